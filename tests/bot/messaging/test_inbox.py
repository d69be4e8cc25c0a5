"""The inbox: received once, worked on in order, tried again, never lost."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.messages import Inbound
from bot.messaging import inbox
from bot.privacy.vault import vault
from bot.tables import Conversation, InboundRow
from tests.story import AtOnce, Somebody, listening, result


def receive(session: Session, address: str = "somebody", provider_id: str = "1", channel: str = "webchat") -> int:
    found = inbox.receive(session, Inbound(channel, provider_id, address, "text", text="bonjour"))
    assert found is not None
    return found


def conversation_of(session: Session, inbound_id: int) -> UUID:
    return session.get_one(InboundRow, inbound_id).conversation_id


def count(session: Session, table: type[InboundRow] | type[Conversation]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def later(session: Session, inbound_id: int) -> None:
    """Its next try is far away."""
    session.get_one(InboundRow, inbound_id).next_at = datetime.now(timezone.utc) + timedelta(hours=1)
    session.flush()


def test_the_same_message_of_a_provider_is_kept_once(session: Session) -> None:
    receive(session)
    again = inbox.receive(session, Inbound("webchat", "1", "somebody", "text", text="bonjour"))
    assert again is None and count(session, InboundRow) == 1


def test_the_same_message_received_twice_at_the_same_time_is_kept_once(db: Database) -> None:
    somebody = Somebody(db)
    with AtOnce() as both:
        futures = [both.start(somebody.write, provider_id="same") for _ in range(8)]
    assert [result(f) is None for f in futures].count(False) == 1 and len(somebody.inbound()) == 1


def test_two_channels_may_use_the_same_provider_id(session: Session) -> None:
    receive(session, channel="webchat")
    receive(session, channel="telegram")
    assert count(session, InboundRow) == 2


def test_messages_of_one_address_are_one_conversation(session: Session) -> None:
    first, second = receive(session, provider_id="1"), receive(session, provider_id="2")
    assert conversation_of(session, first) == conversation_of(session, second)


def test_the_same_address_on_two_channels_is_two_conversations(session: Session) -> None:
    receive(session, channel="webchat")
    receive(session, channel="telegram")
    assert count(session, Conversation) == 2


def test_a_place_on_the_zero_meridian_is_kept_whole(session: Session) -> None:
    message = Inbound("webchat", "1", "somebody", "location", latitude=30.42, longitude=0.0)
    row = session.get_one(InboundRow, inbox.receive(session, message))
    assert vault(session).unseal(row.body_sealed) == {"kind": "location", "latitude": 30.42, "longitude": 0.0}


def test_a_message_wakes_a_worker_when_it_is_committed(db: Database) -> None:
    with listening(db, inbox.CHANNEL) as heard:
        with db.begin() as session:
            receive(session)
            before = heard()
        after = heard()
    assert (before, after) == ([], [""])


def test_a_duplicate_wakes_nobody(db: Database) -> None:
    somebody = Somebody(db)
    somebody.write(provider_id="same")
    with listening(db, inbox.CHANNEL) as heard:
        somebody.write(provider_id="same")
        assert heard() == []


def test_a_message_moves_the_time_of_the_last_one(db: Database) -> None:
    somebody = Somebody(db)
    somebody.write()
    before = somebody.conversation().last_inbound_at
    somebody.write()
    assert somebody.conversation().last_inbound_at > before


def test_conversations_that_wait_longest_come_first(session: Session) -> None:
    written = [receive(session, address, str(n)) for n, address in enumerate(["a", "b", "a", "c"])]
    assert inbox.due(session) == [conversation_of(session, written[n]) for n in (0, 1, 3)]


def test_a_conversation_whose_oldest_message_is_tried_later_is_not_due(session: Session) -> None:
    first = receive(session, provider_id="1")
    receive(session, provider_id="2")
    later(session, first)
    assert inbox.due(session) == []


def test_a_later_message_never_overtakes_one_that_is_tried_again(session: Session) -> None:
    first = receive(session, provider_id="1")
    receive(session, provider_id="2")
    later(session, first)
    assert inbox.head(session, conversation_of(session, first)) is None


def test_the_oldest_message_of_a_conversation_is_worked_on_first(session: Session) -> None:
    first = receive(session, provider_id="1")
    receive(session, provider_id="2")
    head = inbox.head(session, conversation_of(session, first))
    assert head is not None and head.id == first


def test_after_the_first_message_is_done_the_second_is_next(session: Session) -> None:
    first, second = receive(session, provider_id="1"), receive(session, provider_id="2")
    inbox.done(session, first, "fr")
    head = inbox.head(session, conversation_of(session, first))
    assert head is not None and head.id == second


def test_a_message_is_done_once(session: Session) -> None:
    inbound_id = receive(session)
    assert [inbox.done(session, inbound_id, "fr"), inbox.done(session, inbound_id, "en")] == [True, False]


def test_of_two_workers_that_finish_at_the_same_time_one_is_told_so(db: Database) -> None:
    inbound_id = Somebody(db).write()
    assert inbound_id is not None

    def finish() -> bool:
        with db.begin() as session:
            return inbox.done(session, inbound_id, "fr")

    with AtOnce() as both:
        futures = [both.start(finish) for _ in range(8)]
    assert [result(f) for f in futures].count(True) == 1


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8)])
def test_a_failed_turn_is_tried_again_after_a_growing_pause(session: Session, failures: int, seconds: int) -> None:
    inbound_id = receive(session)
    row = session.get_one(InboundRow, inbound_id)
    row.attempts = failures - 1
    before = datetime.now(timezone.utc)
    last = inbox.failed(session, inbound_id, "NotReady")
    assert not last and abs((row.next_at - before).total_seconds() - seconds) < 0.9


def test_the_fifth_failure_is_the_last(session: Session) -> None:
    inbound_id = receive(session)
    assert [inbox.failed(session, inbound_id, "NotReady") for _ in range(5)] == [False] * 4 + [True]


def test_a_failure_of_a_message_that_is_done_changes_nothing(session: Session) -> None:
    inbound_id = receive(session)
    inbox.done(session, inbound_id, "fr")
    assert not inbox.failed(session, inbound_id, "late")
    session.expire_all()
    row = session.get_one(InboundRow, inbound_id)
    assert (row.state, row.attempts, row.error) == ("done", 0, "")


def test_a_message_that_was_forgotten_cannot_fail(session: Session) -> None:
    assert inbox.failed(session, 1, "late") is False


def test_success_wipes_the_error_of_the_tries_before(session: Session) -> None:
    inbound_id = receive(session)
    inbox.failed(session, inbound_id, "NotReady")
    session.execute(update(InboundRow).values(next_at=func.clock_timestamp()))
    inbox.done(session, inbound_id, "fr")
    session.expire_all()
    assert session.get_one(InboundRow, inbound_id).error == ""
