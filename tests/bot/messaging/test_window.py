"""Channels that take text only for a while after the person's last message."""

from datetime import datetime, timedelta, timezone

import pytest

from bot.db import Database
from bot.messaging import outbox, window
from tests.story import Somebody


def written(db: Database, channel: str, ago: timedelta) -> Somebody:
    somebody = Somebody(db, channel)
    somebody.write()
    somebody.change(last_inbound_at=datetime.now(timezone.utc) - ago)
    return somebody


@pytest.mark.parametrize("channel", ["webchat", "telegram", "practice"])
def test_most_channels_always_take_text(db: Database, channel: str) -> None:
    conversation = written(db, channel, timedelta(days=90)).conversation()
    assert window.closes_at(conversation) is None and not window.is_closed(conversation)


@pytest.mark.parametrize(("ago", "closed"), [(timedelta(hours=23), False), (timedelta(hours=24), True)])
def test_a_day_after_the_last_message_whatsapp_closes(db: Database, ago: timedelta, closed: bool) -> None:
    conversation = written(db, "whatsapp", ago).conversation()
    assert window.closes_at(conversation) == conversation.last_inbound_at + timedelta(hours=24)
    assert window.is_closed(conversation) is closed


def test_the_person_is_told_once_until_they_write(db: Database) -> None:
    somebody = written(db, "whatsapp", timedelta(days=2))
    for told in (True, False):
        with db.begin() as session:
            assert outbox.nudge(session, somebody.row(session)) is told
            row = window.nudge(session, somebody.row(session))
            assert row is not None and row.template == "answer_waits"
    somebody.write()
    with db.begin() as session:
        assert window.nudge(session, somebody.row(session)) is None
        assert not window.is_closed(somebody.row(session))
        assert outbox.nudge(session, somebody.row(session))


def test_what_the_provider_says_counts_more_than_the_clock(db: Database) -> None:
    somebody = written(db, "whatsapp", timedelta(hours=1))
    with db.begin() as session:
        outbox.nudge(session, somebody.row(session))
    assert window.is_closed(somebody.conversation())
