"""What is unread: what the person wrote since who answers last looked."""

import pytest

from bot.db import Database
from bot.handoff import assignment, cases, unread
from bot.handoff.assignment import Move
from bot.tables import Staff
from bot.texts import Texts
from tests.story import Somebody, hire, listening


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


@pytest.fixture
def number(db: Database, somebody: Somebody, worker: Staff, texts: Texts) -> int:
    """Somebody wrote; the case is taken, and looked at."""
    somebody.write()
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, number, texts)
    look(db, worker, number)
    return number


def look(db: Database, worker: Staff, number: int) -> None:
    with db.begin() as session:
        unread.seen(session, worker, cases.get(session, number))


def new(db: Database, worker: Staff) -> list[int]:
    with db.begin() as session:
        return list(unread.of(session, worker))


def test_what_comes_after_a_look_is_unread_until_the_next_one(db: Database, somebody: Somebody, worker: Staff, number: int) -> None:
    assert new(db, worker) == []
    newest = somebody.write("encore")
    with db.begin() as session:
        assert unread.of(session, worker) == {number: newest} == unread.of(session, worker, [number])
        assert unread.of(session, worker, [number + 1]) == {}
    look(db, worker, number)
    assert new(db, worker) == []


def test_it_is_unread_for_who_answers_alone(db: Database, somebody: Somebody, worker: Staff, number: int) -> None:
    somebody.write("encore")
    other = hire(db, "Omar")
    look(db, other, number)
    assert (new(db, other), new(db, worker)) == ([], [number])


def test_a_case_that_one_was_given_is_unread(db: Database, worker: Staff, number: int, texts: Texts) -> None:
    other = hire(db, "Omar")
    with db.begin() as session:
        assignment.transfer(session, worker, Move(number, worker.id, other.id, reason="…"), texts)
    assert (new(db, other), new(db, worker)) == ([number], [])


def test_what_waits_or_is_over_is_nobodys(db: Database, somebody: Somebody, worker: Staff, number: int) -> None:
    somebody.write("encore")
    with db.begin() as session:
        assignment.release(session, worker, number)
    assert new(db, worker) == []


def test_a_look_is_told_to_ones_own_pages_only_and_when_something_was_new(
    db: Database, somebody: Somebody, worker: Staff, number: int
) -> None:
    somebody.write("encore")
    with listening(db, "console") as heard:
        look(db, worker, number)
        assert heard() == [str(worker.id)]
        look(db, worker, number)
        assert heard() == []


def test_a_message_in_a_case_is_told_to_all_pages(db: Database, somebody: Somebody, number: int) -> None:
    somebody.turn()
    somebody.write("encore")
    with listening(db, "console") as heard:
        somebody.turn()
        assert "queue" in heard()
