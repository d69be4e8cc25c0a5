"""Voice notes, pictures and files of Telegram: fetched once, kept encrypted, refused when nobody should open them."""

import base64
import os
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.errors import NotFound
from bot.messaging import media
from bot.tables import MediaRow
from channels.sender import Sender, fetch_one
from channels.telegram import NAME, Telegram
from tests.channels.telegram_story import (
    PERSON,
    bodies,
    calls_of,
    count,
    due_at_once,
    dump,
    message,
    receive,
    rested,
)
from tests.providers.control import Control
from tests.story import AtOnce, Somebody, bot, result, until

VOICE = b"OggS voice of a test person"


def holding(content: bytes, **more: Any) -> dict[str, Any]:
    return {"bytes_b64": base64.b64encode(content).decode(), **more}


def sent_to_us(db: Database, control: Control, channel: Telegram, **said: Any) -> None:
    control.say(**said)
    receive(db, channel)


def fetch(db: Database, channel: Telegram) -> bool:
    return fetch_one(db, {NAME: channel})


def row(db: Database) -> MediaRow:
    with db.begin() as session:
        return session.scalars(select(MediaRow)).one()


def content(db: Database) -> bytes:
    with db.begin() as session:
        return media.content(session, row(db).id)[1]


# --- Kept


def test_a_voice_note_is_fetched_and_its_bytes_come_back(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, voice=holding(VOICE))
    assert fetch(db, channel) is True
    assert content(db) == VOICE and (row(db).state, row(db).kind, row(db).mime) == ("kept", "voice", "audio/ogg")


@pytest.mark.parametrize(
    ("kind", "kept_as", "mime"),
    [
        ("photo", "picture", "image/jpeg"),
        ("audio", "voice", "audio/mpeg"),
        ("document", "document", "application/pdf"),
        ("video", "document", "video/mp4"),
        ("video_note", "document", "video/mp4"),
    ],
)
def test_every_kind_of_file_is_kept(db: Database, control: Control, channel: Telegram, kind: str, kept_as: str, mime: str) -> None:
    sent_to_us(db, control, channel, **{kind: holding(VOICE)})
    assert fetch(db, channel)
    assert content(db) == VOICE and (row(db).kind, row(db).mime) == (kept_as, mime)


def test_every_byte_comes_back(db: Database, control: Control, channel: Telegram) -> None:
    every = bytes(range(256)) * 64
    sent_to_us(db, control, channel, voice=holding(every))
    fetch(db, channel)
    assert content(db) == every


def test_the_words_under_a_picture_are_kept_with_the_message(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, photo=holding(VOICE), text="Que dit ce papier ?")
    assert [(body["kind"], body["media"], body["text"]) for body in bodies(db)] == [("media", "picture", "Que dit ce papier ?")]


def test_what_was_fetched_is_encrypted(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, voice=holding(VOICE))
    fetch(db, channel)
    assert row(db).content_sealed and VOICE.hex() not in dump(db)


def test_how_telegram_calls_a_file_is_encrypted(db: Database, control: Control, channel: Telegram) -> None:
    """Who knows the name and the token can fetch the file."""
    sent_to_us(db, control, channel, voice=holding(VOICE))
    fetch(db, channel)
    name = calls_of(control, "getFile")[0]["params"]["file_id"]
    assert name not in dump(db) and name.encode().hex() not in dump(db)


def test_a_file_is_fetched_once(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, voice=holding(VOICE))
    assert [fetch(db, channel) for _ in range(3)] == [True, False, False] and len(calls_of(control, "getFile")) == 1


def test_a_voice_note_that_telegram_brings_twice_is_wanted_once(db: Database, control: Control, channel: Telegram) -> None:
    number = control.say(voice=holding(VOICE))
    receive(db, channel)
    control.post("repeat", update_id=number)
    receive(db, channel)
    assert count(db, MediaRow) == 1


@pytest.mark.parametrize("kind", ["sticker", "location", "contact"])
def test_what_holds_no_file_for_us_is_not_fetched(db: Database, control: Control, channel: Telegram, kind: str) -> None:
    cards = {"location": {"latitude": 30.4, "longitude": -9.6}, "contact": {"phone_number": "212600000011"}}
    sent_to_us(db, control, channel, **{kind: cards.get(kind, {})})
    assert len(bodies(db)) == 1 and count(db, MediaRow) == 0


def test_of_a_picture_the_largest_one_is_fetched(db: Database, control: Control, channel: Telegram) -> None:
    sizes = [{"file_id": name, "file_unique_id": name, "width": n, "height": n} for n, name in enumerate(("small", "middle", "large"), 90)]
    control.say(raw=message(None, photo=sizes))
    receive(db, channel)
    fetch(db, channel)
    assert [call["params"]["file_id"] for call in calls_of(control, "getFile")] == ["large"]


def test_a_voice_note_of_which_telegram_tells_no_type_is_kept(db: Database, control: Control, channel: Telegram) -> None:
    """`mime_type` is optional in Telegram's voice notes; they are OGG."""
    sent_to_us(db, control, channel, voice=holding(VOICE, mime_type=None))
    fetch(db, channel)
    assert row(db).state == "kept"


# --- Refused


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/zip", "application/vnd.android.package-archive", "x", None])
def test_a_file_that_nobody_should_open_is_refused(db: Database, control: Control, channel: Telegram, mime: str | None) -> None:
    sent_to_us(db, control, channel, document=holding(b"<script>", mime_type=mime))
    fetch(db, channel)
    assert row(db).state == "refused" and row(db).content_sealed is None


def test_of_a_refused_file_there_are_no_bytes(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, document=holding(b"<script>", mime_type="text/html"))
    fetch(db, channel)
    with pytest.raises(NotFound):
        content(db)


def test_a_file_that_is_too_large_is_refused(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, voice=holding(os.urandom(1024) * 16 * 1024 + b"x"))
    fetch(db, channel)
    assert row(db).state == "refused" and row(db).content_sealed is None


def test_a_file_larger_than_telegram_hands_out_is_given_up_at_once(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, document={"file_size": 21 * 2**20})
    fetch(db, channel)
    due_at_once(db)
    assert fetch(db, channel) is False and row(db).state in ("refused", "failed") and "too big" in row(db).error


# --- Failed


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 429, "retry_after": 1}, {"drop": True}, {"hang": "close"}], ids=str)
def test_a_fetch_that_fails_is_tried_again(db: Database, control: Control, channel: Telegram, answer: dict[str, Any]) -> None:
    control.post("script", method="getFile", answers=[answer])
    sent_to_us(db, control, channel, voice=holding(VOICE))
    fetch(db, channel)
    due_at_once(db)
    fetch(db, channel)
    assert content(db) == VOICE and (row(db).state, row(db).attempts) == ("kept", 1)


def test_between_two_tries_to_fetch_there_is_a_pause(db: Database, control: Control, channel: Telegram) -> None:
    control.post("script", method="getFile", answers=[{"status": 500}])
    sent_to_us(db, control, channel, voice=holding(VOICE))
    assert [fetch(db, channel) for _ in range(3)] == [True, False, False] and row(db).state == "wanted"


def test_a_fetch_waits_as_long_as_telegram_said(db: Database, control: Control, channel: Telegram) -> None:
    control.post("script", method="getFile", answers=[{"status": 429, "retry_after": 60}])
    sent_to_us(db, control, channel, voice=holding(VOICE))
    fetch(db, channel)
    assert (row(db).next_at - datetime.now(timezone.utc)).total_seconds() > 55


def test_a_fetch_that_goes_on_failing_is_given_up(db: Database, control: Control, channel: Telegram) -> None:
    control.post("script", method="getFile", answers=[{"status": 500}] * 9)
    sent_to_us(db, control, channel, voice=holding(VOICE))
    for _ in range(9):
        fetch(db, channel)
        due_at_once(db)
    assert row(db).state == "failed" and len(calls_of(control, "getFile")) == 1 + len(media.WAITS)


def test_a_file_that_telegram_does_not_know_is_given_up_at_once(db: Database, control: Control, channel: Telegram) -> None:
    control.say(raw=message(None, voice={"file_id": "gone", "file_unique_id": "gone", "duration": 1, "mime_type": "audio/ogg"}))
    receive(db, channel)
    fetch(db, channel)
    assert row(db).state == "failed" and row(db).error


def test_a_file_that_fails_holds_up_no_other(db: Database, control: Control, channel: Telegram) -> None:
    control.post("script", method="getFile", answers=[{"status": 500}])
    for name in (b"first", b"second"):
        sent_to_us(db, control, channel, voice=holding(name))
    while fetch(db, channel):
        pass
    with db.begin() as session:
        assert list(session.scalars(select(MediaRow.state).order_by(MediaRow.id))) == ["wanted", "kept"]


def test_a_file_whose_name_nobody_can_decrypt_holds_up_no_other(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, voice=holding(b"first"))
    made_with_another_key(db)
    sent_to_us(db, control, channel, voice=holding(b"second"))
    while fetch(db, channel):
        pass
    with db.begin() as session:
        assert "kept" in list(session.scalars(select(MediaRow.state)))


def made_with_another_key(db: Database) -> None:
    with db.begin() as session:
        session.execute(update(MediaRow).values(reference_sealed=b"made with another key"))


# --- The process


def in_the_process(db: Database, channel: Telegram, true: Callable[[], bool]) -> None:
    """The sender runs until something is true."""
    process = Sender(db, {NAME: channel})
    with AtOnce(1) as thread:
        loop = thread.start(process.run)
        try:
            until(true, 4)
        finally:
            process.stopping.set()
            result(loop)


def test_the_process_fetches_what_was_sent(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, voice=holding(VOICE))
    in_the_process(db, channel, lambda: row(db).state == "kept")
    assert content(db) == VOICE


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that a thread ended is what the condition shows
def test_a_file_that_cannot_be_fetched_does_not_stop_the_process(db: Database, control: Control, channel: Telegram) -> None:
    sent_to_us(db, control, channel, voice=holding(VOICE))
    made_with_another_key(db)
    somebody = Somebody(db, NAME, PERSON)

    def answered() -> bool:
        """Also after each worker has met the file."""
        rested(db)
        if "queued" not in somebody.states():
            somebody.queue(*bot("bonjour"))
        return somebody.states().count("sent") > 5

    in_the_process(db, channel, answered)
    assert len(control.get("sent")) > 5
