"""Who speaks: handed on by compare-and-set; found by address."""

import uuid

import pytest
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, NotFound
from bot.messages import Owner
from bot.messaging import conversations
from tests.story import AtOnce, Somebody, result, until, waiting_for_a_lock


def test_an_address_has_one_conversation_even_when_two_messages_arrive_at_once(db: Database) -> None:
    def find() -> uuid.UUID:
        with db.begin() as session:
            return conversations.find_or_create(session, "telegram", "12345")

    with AtOnce() as both:
        found = [both.start(find) for _ in range(8)]
    assert len({result(f) for f in found}) == 1


def test_an_address_that_never_wrote_has_no_conversation(session: Session) -> None:
    assert conversations.by_address(session, "telegram", "12345") is None


def test_a_deleted_conversation_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        conversations.get(session, uuid.uuid4())


def test_the_bot_speaks_first(db: Database) -> None:
    somebody = Somebody(db)
    somebody.write()
    assert (somebody.conversation().owner, somebody.conversation().epoch) == ("bot", 0)


def test_the_epoch_grows_at_each_change(session: Session) -> None:
    mine = conversations.get(session, conversations.find_or_create(session, "webchat", "x"))
    steps: tuple[Owner, ...] = ("waiting", "person", "bot")
    assert [conversations.change_owner(session, mine, to) for to in steps] == [1, 2, 3]


def test_the_conversation_in_hand_shows_the_change(session: Session) -> None:
    mine = conversations.get(session, conversations.find_or_create(session, "webchat", "x"))
    conversations.change_owner(session, mine, "waiting")
    assert (mine.owner, mine.epoch) == ("waiting", 1)


def hand_on(db: Database, somebody: Somebody, to: Owner) -> None:
    with db.begin() as session:
        conversations.change_owner(session, somebody.row(session), to)


def test_who_read_the_conversation_before_somebody_took_it_is_refused(db: Database) -> None:
    somebody = Somebody(db)
    somebody.write()
    with db.begin() as slow:
        mine = somebody.row(slow)
        hand_on(db, somebody, "waiting")
        with pytest.raises(Conflict):
            conversations.change_owner(slow, mine, "person")


def test_a_change_and_the_change_back_are_noticed_too(db: Database) -> None:
    """The owner is the same again; the epoch is not."""
    somebody = Somebody(db)
    somebody.write()
    with db.begin() as slow:
        mine = somebody.row(slow)
        hand_on(db, somebody, "waiting")
        hand_on(db, somebody, "bot")
        with pytest.raises(Conflict):
            conversations.change_owner(slow, mine, "person")


def test_of_two_who_take_at_the_same_moment_the_second_waits_and_is_refused(db: Database) -> None:
    somebody = Somebody(db)
    somebody.write()
    with AtOnce() as both, db.begin() as first:
        conversations.change_owner(first, somebody.row(first), "person")
        second = both.start(hand_on, db, somebody, "waiting")
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        with pytest.raises(Conflict):
            result(second)
    assert (somebody.conversation().owner, somebody.conversation().epoch) == ("person", 1)


def test_the_key_of_a_lock_is_the_same_in_every_process() -> None:
    assert conversations.lock_key(uuid.UUID("ffffffff-0000-4000-8000-000000000001")) == -4294950912
