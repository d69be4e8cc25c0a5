"""A case stays with its caseworker while a page of theirs is open, and waits again when none was for a while."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, select, update

from bot.db import Database
from bot.handoff import cases, lease
from bot.handoff.cases import LEASE
from bot.tables import AuditRow, Case, Conversation, Staff, Team
from bot.texts import Texts
from channels import leases
from tests.story import AtOnce, Somebody, hire, listening, result, until, waiting_for_a_lock


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


@pytest.fixture
def taken(db: Database, somebody: Somebody, worker: Staff, texts: Texts) -> int:
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, number, texts)
    return number


@pytest.fixture
def passes(db: Database) -> Callable[[timedelta], None]:
    """Time passes for all leases and for who was seen."""

    def passing(time: timedelta) -> None:
        with db.begin() as session:
            session.execute(update(Case).values(lease_until=Case.lease_until - time))
            session.execute(update(Staff).values(seen_at=Staff.seen_at - time))

    return passing


def renew(db: Database, person: Staff) -> None:
    with db.begin() as session:
        lease.renew(session, person)


def left(db: Database, number: int) -> timedelta:
    """How much longer the case stays."""
    with db.begin() as session:
        until_then = cases.get(session, number).lease_until
    assert until_then is not None
    return until_then - datetime.now(timezone.utc)


def who(db: Database, number: int) -> tuple[str, bool]:
    with db.begin() as session:
        case = cases.get(session, number)
        return case.state, case.assignee_id is not None


def test_a_case_that_was_just_taken_stays(db: Database, taken: int) -> None:
    assert LEASE - timedelta(seconds=30) < left(db, taken) <= LEASE
    leases.ending(db)()
    assert who(db, taken) == ("taken", True)


def test_an_open_page_keeps_the_case(db: Database, worker: Staff, taken: int, passes: Callable[[timedelta], None]) -> None:
    for _ in range(3):
        passes(LEASE - timedelta(minutes=1))
        renew(db, worker)
        leases.ending(db)()
    assert who(db, taken) == ("taken", True) and left(db, taken) > LEASE - timedelta(seconds=30)


def test_a_case_that_was_left_behind_waits_again(
    db: Database, somebody: Somebody, taken: int, worker: Staff, passes: Callable[[timedelta], None]
) -> None:
    heard = somebody.heard()
    passes(LEASE)
    with listening(db, "console") as told:
        leases.ending(db)()
        assert {"queue", str(somebody.conversation().id)} <= set(told())
    assert who(db, taken) == ("waiting", False)
    assert (somebody.conversation().owner, somebody.conversation().epoch, somebody.heard()) == ("waiting", 3, heard)
    with db.begin() as session:
        row = session.scalars(select(AuditRow).filter_by(action="case.lease_ended")).one()
        assert (row.actor, row.subject, row.data) == ("system", f"case:{taken}", {"from": str(worker.id)})


def test_who_left_a_case_behind_can_take_it_again(
    db: Database, taken: int, worker: Staff, texts: Texts, passes: Callable[[timedelta], None]
) -> None:
    passes(LEASE)
    leases.ending(db)()
    with db.begin() as session:
        assert cases.take(session, worker, taken, texts).lease_until is not None


def test_who_comes_back_in_time_keeps_the_case(db: Database, taken: int, worker: Staff, passes: Callable[[timedelta], None]) -> None:
    """The case was found to be left behind, and the page is opened again before it is given away."""
    passes(LEASE)
    with db.begin() as session:
        assert lease.over(session) == [taken]
    renew(db, worker)
    with db.begin() as session:
        lease.end(session, taken)
    assert who(db, taken) == ("taken", True)


def test_one_open_page_keeps_all_cases_of_a_caseworker_and_nobody_elses(
    db: Database, taken: int, worker: Staff, texts: Texts, passes: Callable[[timedelta], None]
) -> None:
    other, numbers = hire(db, "Yassine"), [Somebody(db).asks_for_a_person() for _ in range(2)]
    with db.begin() as session:
        cases.take(session, worker, numbers[0], texts)
        cases.take(session, other, numbers[1], texts)
    passes(LEASE - timedelta(minutes=1))
    renew(db, worker)
    passes(timedelta(minutes=2))
    leases.ending(db)()
    assert [who(db, n)[0] for n in (taken, *numbers)] == ["taken", "taken", "waiting"]


def test_a_case_that_its_caseworker_may_no_longer_see_is_not_kept(
    db: Database, taken: int, worker: Staff, passes: Callable[[timedelta], None]
) -> None:
    with db.begin() as session:
        session.add(Team(name="Juridique"))
        session.flush()
        moved = session.get_one(Staff, worker.id)
        moved.team_id = session.scalars(select(Team.id).filter_by(name="Juridique")).one()
    passes(LEASE - timedelta(minutes=1))
    renew(db, moved)
    passes(timedelta(minutes=2))
    leases.ending(db)()
    assert who(db, taken) == ("waiting", False)


def test_who_has_a_page_open_was_seen(db: Database, worker: Staff, passes: Callable[[timedelta], None]) -> None:
    renew(db, worker)
    passes(timedelta(minutes=5))
    renew(db, worker)
    with db.begin() as session:
        seen = session.get_one(Staff, worker.id).seen_at
    assert seen is not None and datetime.now(timezone.utc) - seen < timedelta(seconds=30)


def test_many_pages_of_one_person_write_once(db: Database, taken: int, worker: Staff) -> None:
    renew(db, worker)
    with db.begin() as session:
        before = session.get_one(Staff, worker.id).seen_at, cases.get(session, taken).lease_until
    renew(db, worker)
    with db.begin() as session:
        assert (session.get_one(Staff, worker.id).seen_at, cases.get(session, taken).lease_until) == before


def test_who_no_longer_works_here_is_not_seen(db: Database, worker: Staff) -> None:
    with db.begin() as session:
        session.get_one(Staff, worker.id).active = False
    renew(db, worker)
    with db.begin() as session:
        assert session.get_one(Staff, worker.id).seen_at is None


def test_a_closed_case_has_no_lease(db: Database, taken: int, worker: Staff, texts: Texts) -> None:
    with db.begin() as session:
        cases.hand_back(session, worker, taken, texts)
    with db.begin() as session:
        assert cases.get(session, taken).lease_until is None and lease.over(session) == []


# --- At the same moment


def test_an_open_page_does_not_wait_for_a_case_that_is_being_changed(
    db: Database, taken: int, worker: Staff, passes: Callable[[timedelta], None]
) -> None:
    passes(timedelta(minutes=5))
    with AtOnce() as both, db.begin() as first:
        cases.lock(first, taken)
        result(both.start(renew, db, worker))


def test_a_case_that_is_taken_over_while_its_lease_ends_stays_with_who_took_it_over(
    db: Database, taken: int, texts: Texts, passes: Callable[[timedelta], None]
) -> None:
    other = hire(db, "Yassine")
    passes(LEASE)
    with AtOnce() as both, db.begin() as first:
        cases.give(first, cases.lock(first, taken), other)
        ending = both.start(leases.ending(db))
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        result(ending)
    with db.begin() as session:
        assert cases.get(session, taken).assignee_id == other.id


def test_a_case_that_is_erased_while_its_lease_ends_is_passed_over(db: Database, taken: int, passes: Callable[[timedelta], None]) -> None:
    passes(LEASE)
    with AtOnce() as both, db.begin() as first:
        first.execute(select(Conversation).with_for_update())
        first.execute(delete(Case))
        ending = both.start(leases.ending(db))
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        result(ending)
