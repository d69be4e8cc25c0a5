"""Messages that came while no webhook reached us: asked for at Twilio, received once, none lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.messages import Effect
from bot.messaging import outbox
from bot.privacy import forget
from bot.settings import Settings
from bot.tables import Conversation, InboundRow, MediaRow
from channels.registry import sender_of, whatsapp_of
from channels.whatsapp import NAME, Reconciler
from tests.channels.whatsapp_desk import USER_ID, Desk, count, heard_by, menu, opened, received, with_twilio
from tests.story import AtOnce, result, system, until


@pytest.fixture
def desk(db: Database, config: Settings, twilio: str) -> Iterator[Desk]:
    with opened(db, config, twilio) as found:
        yield found


def missed(desk: Desk, *texts: str) -> None:
    for text in texts:
        desk.say(text=text, missed=True)


def cursor(db: Database) -> str:
    with db.begin() as session:
        return outbox.channel_state(session, NAME).cursor


def set_cursor(db: Database, back: timedelta) -> None:
    with db.begin() as session:
        outbox.channel_state(session, NAME).cursor = (datetime.now(timezone.utc) - back).isoformat()


def without_twilio(desk: Desk, config: Settings) -> Reconciler:
    return Reconciler(desk.db, whatsapp_of(desk.db, with_twilio(config, "http://127.0.0.1:9")))


# --- Received


def test_a_missed_message_is_received(desk: Desk) -> None:
    missed(desk, "Bonjour")
    assert received(desk.db) == []
    desk.reconcile()
    assert received(desk.db) == ["Bonjour"]


def test_missed_messages_are_received_in_the_order_in_which_they_were_written(desk: Desk) -> None:
    missed(desk, *map(str, range(8)))
    desk.reconcile()
    assert received(desk.db) == list(map(str, range(8)))


def test_however_often_twilio_is_asked_a_message_is_received_once(desk: Desk) -> None:
    missed(desk, "a")
    for _ in range(3):
        desk.reconcile()
    assert received(desk.db) == ["a"]


def test_what_the_webhook_had_delivered_is_not_received_again(desk: Desk) -> None:
    heard_by(desk, "a")
    missed(desk, "b")
    desk.reconcile()
    assert received(desk.db) == ["a", "b"] and count(desk.db, Conversation) == 1


def test_a_webhook_that_comes_after_all_changes_nothing(desk: Desk) -> None:
    sid = desk.say(text="a", missed=True)
    desk.reconcile()
    desk.control.post("repeat", sid=sid)
    desk.settled()
    assert received(desk.db) == ["a"] and desk.control.get("deliveries")[-1]["status"] == 204


def test_what_was_answered_is_not_answered_again(desk: Desk) -> None:
    heard_by(desk, "a")
    desk.person.turn()
    desk.reconcile()
    assert [row.state for row in desk.person.inbound()] == ["done"]


def test_two_askers_at_once_receive_each_message_once(desk: Desk) -> None:
    missed(desk, *map(str, range(5)))
    with AtOnce() as both:
        for done in [both.start(desk.reconcile) for _ in range(4)]:
            result(done)
    assert sorted(received(desk.db)) == list("01234")


def test_more_than_a_page_is_received(desk: Desk) -> None:
    missed(desk, *(str(n) for n in range(60)))
    desk.reconcile()
    assert len(received(desk.db)) == 60


def test_what_we_sent_is_not_received(desk: Desk) -> None:
    heard_by(desk, "a")
    desk.person.queue(system("our words"))
    desk.send_all()
    desk.reconcile()
    assert desk.texts() == ["our words"] and received(desk.db) == ["a"]


def test_somebody_without_a_number_is_received(desk: Desk) -> None:
    desk.say(**{"from": "", "bsuid": USER_ID, "text": "Bonjour", "missed": True})
    desk.reconcile()
    assert received(desk.db) == ["Bonjour"]


def test_a_number_written_instead_of_a_missed_press_is_what_the_person_chose(desk: Desk) -> None:
    """Twilio's list does not say which button was pressed, but its title is the text."""
    heard_by(desk)
    desk.know_templates()
    desk.person.queue(menu("Que cherchez-vous ?", "Santé", "Travail"))
    desk.send_all()
    desk.say(button=desk.sent()[0]["buttons"][1]["token"], missed=True)
    desk.person.turn()
    desk.reconcile()
    assert desk.person.load().intent == "intent_2"


# --- Files


def test_a_missed_voice_note_is_received_and_fetched(desk: Desk) -> None:
    desk.say(voice={}, missed=True)
    desk.reconcile()
    desk.fetch()
    with desk.db.begin() as session:
        (row,) = session.scalars(select(MediaRow))
    assert (row.kind, row.state, row.mime) == ("voice", "kept", "audio/ogg")


def test_a_missed_picture_keeps_its_words(desk: Desk) -> None:
    desk.say(image={}, text="C'est quoi ?", missed=True)
    desk.reconcile()
    assert received(desk.db) == ["C'est quoi ?"] and count(desk.db, MediaRow) == 1


def test_a_voice_note_that_we_have_is_not_fetched_again(desk: Desk) -> None:
    desk.say(voice={})
    desk.settled()
    desk.fetch()
    desk.reconcile()
    assert count(desk.db, MediaRow) == 1 and not desk.fetch()


# --- The cursor


def test_the_cursor_moves(desk: Desk) -> None:
    before = datetime.now(timezone.utc)
    desk.reconcile()
    first = cursor(desk.db)
    desk.reconcile()
    assert before <= datetime.fromisoformat(first) < datetime.fromisoformat(cursor(desk.db)) <= datetime.now(timezone.utc)


def test_what_came_before_the_cursor_is_not_asked_for_again(desk: Desk) -> None:
    missed(desk, "old")
    set_cursor(desk.db, -timedelta(hours=1))
    desk.reconcile()
    assert received(desk.db) == []


def test_what_came_shortly_before_the_cursor_is_asked_for_again(desk: Desk) -> None:
    missed(desk, "just before")
    set_cursor(desk.db, -timedelta(minutes=5))
    desk.reconcile()
    assert received(desk.db) == ["just before"]


def test_after_a_long_stop_all_of_it_is_asked_for(desk: Desk) -> None:
    set_cursor(desk.db, timedelta(days=3))
    missed(desk, "a")
    desk.reconcile()
    assert received(desk.db) == ["a"]


# --- Twilio is down


def test_while_twilio_is_down_the_cursor_stays(desk: Desk, config: Settings) -> None:
    set_cursor(desk.db, timedelta(hours=2))
    before = cursor(desk.db)
    without_twilio(desk, config)()
    assert cursor(desk.db) == before


def test_what_came_while_twilio_was_down_is_received_afterwards(desk: Desk, config: Settings) -> None:
    missed(desk, "a")
    without_twilio(desk, config)()
    desk.reconcile()
    assert received(desk.db) == ["a"]


def test_a_wrong_sign_in_moves_no_cursor(desk: Desk) -> None:
    desk.channel.client.password = "wrong"
    desk.channel.client.auth = (desk.channel.client.username, "wrong")
    missed(desk, "a")
    desk.reconcile()
    assert cursor(desk.db) == "" and received(desk.db) == []


# --- Deleted means deleted


def forgotten(desk: Desk) -> None:
    """The person asked for it, was told that it is done, and it is done."""
    desk.person.turn(system("all is erased"), effects=[Effect("forget")])
    desk.send_all()
    with desk.db.begin() as session:
        assert forget.forget_requested(session) == 1
    assert count(desk.db, InboundRow) == 0


def test_what_a_person_had_deleted_does_not_come_back(desk: Desk) -> None:
    heard_by(desk, "delete my data")
    forgotten(desk)
    desk.reconcile()
    assert received(desk.db) == []


def test_what_was_deleted_does_not_come_back_by_a_repeated_webhook(desk: Desk) -> None:
    sid = desk.say(text="delete my data")
    desk.settled()
    forgotten(desk)
    desk.control.post("repeat", sid=sid)
    desk.settled()
    assert received(desk.db) == []


def test_who_deleted_everything_can_write_again(desk: Desk) -> None:
    heard_by(desk, "delete my data")
    forgotten(desk)
    heard_by(desk, "encore moi")
    assert received(desk.db) == ["encore moi"]


# --- In the process


def test_the_sending_process_asks_for_what_was_missed(desk: Desk) -> None:
    missed(desk, "a")
    sender = sender_of(desk.db, desk.settings)
    with AtOnce() as thread:
        loop = thread.start(sender.run)
        try:
            until(lambda: received(desk.db) == ["a"])
        finally:
            sender.stopping.set()
        result(loop)


def test_what_was_missed_appears_in_no_log(desk: Desk, caplog: Any) -> None:
    missed(desk, "un secret")
    desk.reconcile()
    assert "secret" not in caplog.text and "212600000001" not in caplog.text
