"""Files: fetched from Twilio with our sign-in, from nowhere else; kept encrypted here, deleted there."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.db import Database
from bot.errors import NotFound, Rejected, SendError
from bot.messaging import media
from bot.settings import Settings
from bot.tables import MediaRow
from channels.registry import whatsapp_of
from tests.channels.whatsapp_desk import Desk, count, opened, with_twilio
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN

SOUND = b"OggS\x00a voice that nobody else should hear"
GOOD = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/ME1"


@pytest.fixture
def desk(db: Database, config: Settings, twilio: str) -> Iterator[Desk]:
    with opened(db, config, twilio) as found:
        yield found


def blob(content: bytes = SOUND, mime: str | None = None) -> dict[str, Any]:
    return {"bytes_b64": base64.b64encode(content).decode()} | ({"content_type": mime} if mime else {})


def said(desk: Desk, **what: Any) -> str:
    """A file arrives; the message's id."""
    sid = desk.say(**what or {"voice": blob()})
    desk.settled()
    return sid


def row(db: Database) -> MediaRow:
    with db.begin() as session:
        return session.scalars(select(MediaRow)).one()


def kept(db: Database) -> bytes:
    with db.begin() as session:
        return media.content(session, row(db).id)[1]


def at_twilio(desk: Desk, sid: str) -> list[Any]:
    return list(desk.channel.client.messages(sid).media.list())


# --- Fetched and kept


def test_a_voice_note_is_fetched_and_kept(desk: Desk) -> None:
    said(desk)
    assert desk.fetch() and not desk.fetch()
    assert (row(desk.db).state, row(desk.db).mime, row(desk.db).kind, kept(desk.db)) == ("kept", "audio/ogg", "voice", SOUND)


@pytest.mark.parametrize("kind", ["voice", "image", "document", "video", "audio", "sticker"])
def test_what_people_send_is_kept(desk: Desk, kind: str) -> None:
    said(desk, **{kind: blob()})
    desk.fetch()
    assert row(desk.db).state == "kept" and kept(desk.db) == SOUND


def test_in_the_database_it_is_encrypted(desk: Desk) -> None:
    said(desk)
    desk.fetch()
    found = row(desk.db)
    assert found.content_sealed is not None and b"voice" not in found.content_sealed
    assert b"twilio" not in found.reference_sealed


def test_once_it_is_kept_it_is_deleted_at_twilio(desk: Desk) -> None:
    sid = said(desk)
    assert len(at_twilio(desk, sid)) == 1
    desk.fetch()
    assert at_twilio(desk, sid) == []


def test_what_we_refuse_to_keep_is_deleted_at_twilio_too(desk: Desk) -> None:
    sid = said(desk, document=blob(mime="application/x-msdownload"))
    desk.fetch()
    assert row(desk.db).state == "refused" and at_twilio(desk, sid) == []


@pytest.mark.parametrize("reference", [GOOD, GOOD + "0"])
def test_what_cannot_be_deleted_at_twilio_does_no_harm(db: Database, desk: Desk, config: Settings, reference: str) -> None:
    said(desk)
    desk.fetch()
    desk.channel.discard(reference)
    whatsapp_of(db, with_twilio(config, "http://127.0.0.1:9")).discard(reference)
    assert kept(db) == SOUND


# --- The sign-in


def test_without_our_sign_in_twilio_gives_nothing(desk: Desk, twilio: str) -> None:
    """Else the tests below would show nothing."""
    sid = said(desk)
    path = at_twilio(desk, sid)[0].uri.removesuffix(".json")
    assert desk.control.raw(path, verb="GET").status_code == 401


def test_where_the_file_lies_our_sign_in_is_not_shown(desk: Desk) -> None:
    said(desk)
    desk.fetch()
    leaks = desk.control.get("leaks")
    assert leaks["leaks"] == 0 and [found["authorization"] for found in leaks["fetched"]] == [False]


def test_another_host_than_twilios_is_not_even_asked(desk: Desk, twilio: str) -> None:
    """The same server under another name: a redirect out of the list is not followed."""
    desk.control.post("address", cdn=twilio.replace("127.0.0.1", "localhost"))
    said(desk)
    desk.fetch()
    assert desk.control.get("leaks") == {"leaks": 0, "fetched": []} and row(desk.db).state == "failed"
    assert AUTH_TOKEN not in row(desk.db).error


def test_a_redirect_within_the_same_host_may_leave_the_host_out(desk: Desk) -> None:
    """RFC 9110 allows a relative Location; the stand-in sends one unless it is told otherwise."""
    desk.control.post("address", cdn="")
    said(desk)
    desk.fetch()
    assert row(desk.db).state == "kept" and desk.control.get("leaks")["leaks"] == 0


# --- Other hosts

INSIDE = [
    "http://127.0.0.1/secret",
    "http://127.0.0.1:5432/",
    "http://localhost:8080/console",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://[::1]:8080/",
    "https://127.0.0.1/",
    "http://0.0.0.0:5005/",
]
STRANGERS = [
    "https://example.org/file",
    "https://twilio.com.example.org/file",
    "https://nottwilio.com/file",
    "https://api.twilio.com@example.org/file",
    "https://example.org#api.twilio.com",
    "https://example.org/?https://api.twilio.com/",
    "http://api.twilio.com/file",
    "ftp://api.twilio.com/file",
    "file:///etc/passwd",
    "//api.twilio.com/file",
    "api.twilio.com/file",
    "",
]


@pytest.mark.parametrize("reference", INSIDE + STRANGERS)
def test_a_file_of_another_host_is_not_fetched(db: Database, config: Settings, reference: str) -> None:
    with pytest.raises(Rejected):
        whatsapp_of(db, with_twilio(config, "")).fetch(reference)


@pytest.mark.parametrize("target", INSIDE[:4] + STRANGERS[:4])
def test_a_redirect_to_another_host_is_not_followed(desk: Desk, target: str) -> None:
    desk.control.post("address", cdn=target.rstrip("/"))
    said(desk)
    desk.fetch()
    found = row(desk.db)
    assert (found.state, found.content_sealed) == ("failed", None) and "not fetched from" in found.error


@pytest.mark.parametrize("target", ["http://[", "https://[::1", "http://a b", "https://api.twilio.com:99999999"])
def test_a_redirect_to_what_is_no_address_does_not_stop_the_sender(desk: Desk, target: str) -> None:
    desk.control.post("address", cdn=target)
    said(desk)
    desk.fetch()
    assert row(desk.db).state != "kept" and row(desk.db).attempts == 1


@pytest.mark.parametrize("reference", ["https://[::1", "http://[", "https://api.twilio.com:port/x", "https://api.twilio.com/\x00"])
def test_what_is_no_address_is_not_fetched(db: Database, config: Settings, twilio: str, reference: str) -> None:
    with pytest.raises(SendError):
        whatsapp_of(db, with_twilio(config, twilio)).fetch(reference)


# --- Size and kind


def test_what_is_too_large_is_not_kept(desk: Desk) -> None:
    said(desk, document=blob(b"%PDF" + b"x" * media.MOST_BYTES))
    desk.fetch()
    found = row(desk.db)
    assert found.state in ("refused", "failed") and found.content_sealed is None and found.error


def test_the_largest_that_is_allowed_is_kept(desk: Desk) -> None:
    said(desk, document=blob(b"x" * media.MOST_BYTES))
    desk.fetch()
    assert row(desk.db).state == "kept"


@pytest.mark.parametrize("mime", ["text/html", "application/zip", "image/svg+xml", "application/x-msdownload", "text/vcard"])
def test_a_kind_that_nobody_should_open_is_refused(desk: Desk, mime: str) -> None:
    said(desk, document=blob(mime=mime))
    desk.fetch()
    with desk.db.begin() as session, pytest.raises(NotFound):
        media.content(session, row(desk.db).id)
    assert row(desk.db).state == "refused" and mime in row(desk.db).error


def test_the_kind_is_what_the_file_says_not_what_was_announced(desk: Desk) -> None:
    said(desk, document=blob(mime="text/html"), params={"MediaContentType0": "application/pdf"})
    desk.fetch()
    assert row(desk.db).state == "refused"


# --- Trouble


def test_a_file_that_twilio_does_not_have_yet_is_tried_again(desk: Desk) -> None:
    said(desk, params={"MediaUrl0": GOOD}, voice=blob())
    desk.fetch()
    assert (row(desk.db).state, row(desk.db).attempts, desk.fetch()) == ("wanted", 1, False)


def test_a_file_that_never_comes_is_given_up(desk: Desk) -> None:
    said(desk, params={"MediaUrl0": GOOD}, voice=blob())
    for _ in range(8):
        desk.due()
        desk.fetch()
    assert (row(desk.db).state, row(desk.db).attempts) == ("failed", len(media.WAITS) + 1)


def test_while_twilio_is_down_the_file_waits(desk: Desk, config: Settings) -> None:
    said(desk)
    working, desk.channel = desk.channel, whatsapp_of(desk.db, with_twilio(config, "http://127.0.0.1:9"))
    desk.fetch()
    assert row(desk.db).state == "wanted"
    desk.channel = working
    desk.due()
    desk.fetch()
    assert kept(desk.db) == SOUND


def test_a_wrong_sign_in_is_no_reason_to_lose_a_file(desk: Desk, config: Settings, twilio: str) -> None:
    """During a change of the token; messages are tried again on 401, too."""
    said(desk)
    wrong = with_twilio(config, twilio, twilio_auth_token=SecretStr("not yet known"))
    desk.channel = whatsapp_of(desk.db, wrong)
    desk.fetch()
    assert row(desk.db).state == "wanted"


def test_a_failing_file_does_not_keep_others_from_being_fetched(desk: Desk) -> None:
    said(desk, params={"MediaUrl0": GOOD}, voice=blob())
    said(desk)
    desk.fetch()
    desk.fetch()
    with desk.db.begin() as session:
        assert sorted(session.scalars(select(MediaRow.state))) == ["kept", "wanted"]


def test_a_text_wants_no_file(desk: Desk) -> None:
    said(desk, text="Bonjour")
    assert count(desk.db, MediaRow) == 0 and not desk.fetch()
