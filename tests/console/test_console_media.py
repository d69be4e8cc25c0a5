"""Voice notes, pictures and files of the person: in the thread, and opened by those who may."""

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.errors import Rejected, TryAgain
from bot.messages import Inbound
from bot.messaging import media
from bot.privacy.vault import vault
from bot.tables import AuditRow, Case, InboundRow, MediaRow

SOUND = bytes(range(256)) * 4
SEALED = "sandbox; default-src 'none'"
Send = Callable[..., int]


@pytest.fixture
def send(db: Database) -> Send:
    """The person of this case sends a file; returns its number. Without `content` it is still to be fetched."""

    def one(number: int, mime: str = "audio/ogg", content: bytes | None = SOUND, kind: str = "voice", caption: str = "") -> int:
        message = Inbound("telegram", str(uuid.uuid4()), "a", "media", media=kind, reference="file", mime=mime, text=caption)
        with db.begin() as session:
            media.want(session, _received(session, number, message), message)
            row = session.scalars(select(MediaRow).order_by(MediaRow.id.desc()).limit(1)).one()
            if content is not None:
                media.keep(session, row, content, mime)
            return row.id

    return one


def test_a_voice_note_plays_in_the_thread_and_its_caption_stays(amina, ask, send):
    number = ask()
    found = send(number, caption="écoutez")
    page = amina.get(f"/cases/{number}").text
    assert f'<audio id="media-{found}" controls preload="none" src="/console/media/{found}"' in page
    assert "a envoyé un message vocal" in page and "écoutez" in page and "conservé" not in page


def test_a_picture_is_small_and_opens_large_in_a_new_tab(amina, ask, send):
    number = ask()
    found = send(number, "image/jpeg", kind="picture")
    page = amina.get(f"/cases/{number}").text
    assert (
        f'href="/console/media/{found}" target="_blank" rel="noopener"><img src="/console/media/{found}" loading="lazy" alt="Image' in page
    )


@pytest.mark.parametrize("mime, ending", [("application/pdf", "pdf"), ("video/mp4", "mp4"), ("text/plain", "txt")])
def test_other_files_are_a_link_to_download(amina, ask, send, mime, ending):
    number = ask()
    found = send(number, mime, kind="document")
    page = amina.get(f"/cases/{number}").text
    assert f'href="/console/media/{found}" download="dalil-{found}.{ending}"' in page and ending.upper() in page
    assert "<audio" not in page and "<img" not in page


def test_sound_that_browsers_do_not_play_can_be_downloaded_too(amina, ask, send):
    number = ask()
    found = send(number, "audio/amr")
    page = amina.get(f"/cases/{number}").text
    assert f'<audio id="media-{found}"' in page and f'download="dalil-{found}.amr"' in page


def test_a_file_that_is_not_there_says_why(amina, ask, send, db: Database):
    number = ask()
    wanted = send(number, content=None)
    assert "en cours de récupération" in amina.get(f"/cases/{number}").text
    with db.begin() as session:
        media.failed(session, session.get_one(MediaRow, wanted), TryAgain("later"))
    assert "en cours de récupération" in amina.get(f"/cases/{number}").text
    with db.begin() as session:
        media.failed(session, session.get_one(MediaRow, wanted), Rejected("gone"))
    assert "n’a pas pu être récupéré" in amina.get(f"/cases/{number}").text
    refused = send(number, "application/x-msdownload", kind="document")
    page = amina.get(f"/cases/{number}").text
    assert "n’a pas été conservé" in page and "/console/media/" not in page
    assert [amina.get(f"/media/{n}").status_code for n in (wanted, refused)] == [404, 404]


def test_what_was_never_fetched_is_said_as_before(amina, ask, db: Database):
    number = ask()
    with db.begin() as session:
        _received(session, number, Inbound("telegram", "p", "a", "media", media="other"))
    assert "qui n’est pas conservé" in amina.get(f"/cases/{number}").text


@pytest.mark.parametrize("phone, words", [("+212600000000", "a partagé son numéro"), ("", "pas le sien")])
def test_a_shared_number_is_said_and_not_shown(amina, ask, db: Database, phone, words):
    number = ask()
    with db.begin() as session:
        _received(session, number, Inbound("telegram", "p", "a", "contact", text=phone))
    page = amina.get(f"/cases/{number}").text
    assert words in page and "212600000000" not in page


@pytest.mark.parametrize("mime, shown", [("audio/ogg", "inline"), ("image/png", "inline"), ("application/pdf", "attachment")])
def test_a_file_comes_decrypted_and_locked_in(amina, ask, send, mime, shown):
    answer = amina.get(f"/media/{send(ask(), mime)}")
    expected = {
        "content-type": mime,
        "content-disposition": shown,
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": SEALED,
        "content-length": str(len(SOUND)),
    }
    assert answer.status_code == 200 and answer.content == SOUND
    assert {name: answer.headers[name] for name in expected} == expected


def test_pages_may_play_files_of_their_own_host_only(amina):
    assert "media-src 'self';" in amina.get("/").headers["content-security-policy"]


@pytest.mark.parametrize(
    "asked, start, end",
    [("bytes=0-1", 0, 2), ("bytes=100-", 100, 1024), ("bytes=-24", 1000, 1024), ("bytes=1000-9999", 1000, 1024), ("bytes=-9999", 0, 1024)],
)
def test_a_phone_gets_the_piece_of_the_sound_it_asks_for(amina, ask, send, asked, start, end):
    answer = amina.get(f"/media/{send(ask())}", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, SOUND[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/1024" and answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(end - start) and answer.headers["content-security-policy"] == SEALED


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_piece_behind_the_end_is_refused(amina, ask, send, asked):
    answer = amina.get(f"/media/{send(ask())}", headers={"Range": asked})
    assert (answer.status_code, answer.content, answer.headers["content-range"]) == (416, b"", "bytes */1024")


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=9-3", "bytes=-", "bytes=x-y", "lines=0-1", "bytes=" + "9" * 400 + "-"])
def test_a_range_that_makes_no_sense_gets_the_whole(amina, ask, send, asked):
    answer = amina.get(f"/media/{send(ask())}", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, SOUND)


def test_a_piece_of_something_older_gets_the_whole(amina, ask, send):
    answer = amina.get(f"/media/{send(ask())}", headers={"Range": "bytes=0-1", "If-Range": '"before"'})
    assert (answer.status_code, answer.content) == (200, SOUND)


def test_pieces_are_for_sound_only(amina, ask, send):
    answer = amina.get(f"/media/{send(ask(), 'image/png')}", headers={"Range": "bytes=0-1"})
    assert answer.status_code == 200 and "accept-ranges" not in answer.headers


def test_opening_is_audited_and_the_pieces_of_one_playing_count_once(amina, brahim, ask, send, hour_passes, db: Database):
    number = ask()
    found = send(number)
    for _ in range(3):
        amina.get(f"/media/{found}", headers={"Range": "bytes=0-1"})
    brahim.get(f"/media/{found}")
    assert [(row.subject, row.data) for row in _opened(db)] == [(f"media:{found}", {"case": number})] * 2
    assert len({row.actor for row in _opened(db)}) == 2
    hour_passes()
    amina.get(f"/media/{found}")
    assert len(_opened(db)) == 3


def test_another_member_may_listen_to_the_case_of_a_colleague(amina, brahim, ask, send):
    number = ask()
    found = send(number)
    amina.post(f"/cases/{number}/take")
    assert brahim.get(f"/media/{found}").content == SOUND


def test_strangers_and_editors_open_nothing(visitor, editor, ask, send, db: Database):
    number = ask()
    found = send(number)
    assert visitor.get(f"/media/{found}", follow_redirects=False).status_code == 303
    answer = editor.get(f"/media/{found}")
    assert answer.status_code == 403 and "n’a pas accès" in answer.text and SOUND not in answer.content
    assert editor.get(f"/cases/{number}").status_code == 403
    assert _opened(db) == []


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
def test_supervisors_and_administrators_work_on_cases_too(amina, ask, send, db: Database, role):
    found = send(ask())
    with db.begin() as session:
        session.execute(update(AuditRow.metadata.tables["staff"]).values(role=role))
    assert amina.get(f"/media/{found}").status_code == 200


def test_a_file_of_a_conversation_without_a_case_is_not_for_staff(amina, ask, send, db: Database):
    number = ask()
    found = send(number)
    with db.begin() as session:
        session.delete(session.get_one(Case, number))
    assert amina.get(f"/media/{found}").status_code == 404 and _opened(db) == []


def test_of_a_closed_case_only_what_was_sent_before_its_end(amina, ask, send):
    number = ask()
    before = send(number)
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/close", outcome="answered")
    after = send(number)
    assert [amina.get(f"/media/{n}").status_code for n in (before, after)] == [200, 404]
    assert f"/media/{after}" not in amina.get(f"/cases/{number}").text


@pytest.mark.parametrize("name", ["0", "-1", "x", "999", "99999999999999999999", "1.0"])
def test_numbers_that_name_no_file_are_not_found(amina, name):
    assert amina.get(f"/media/{name}").status_code == 404


def test_a_file_under_another_key_is_not_found(amina, ask, send, db: Database):
    found = send(ask())
    with db.begin() as session:
        session.get_one(MediaRow, found).content_sealed = b"sealed by somebody else"
    assert amina.get(f"/media/{found}").status_code == 404 and _opened(db) == []


def _received(session, number: int, message: Inbound) -> int:
    row = InboundRow(
        channel=message.channel,
        provider_id=str(uuid.uuid4()),
        conversation_id=session.get_one(Case, number).conversation_id,
        body_sealed=vault(session).seal(message.body()),
    )
    session.add(row)
    session.flush()
    return row.id


def _opened(db: Database) -> list[AuditRow]:
    with db.begin() as session:
        return list(session.scalars(select(AuditRow).filter_by(action="media.opened").order_by(AuditRow.id)))
