"""Of two who try for a case at once, one gets it."""

import random
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import assignment, cases
from bot.handoff.assignment import Move
from bot.handoff.cases import Ending
from bot.tables import Staff
from bot.texts import Texts
from tests.bot.handoff.assignment.who_has_it import do, state
from tests.story import AtOnce, Hire, Somebody, result, until, waiting_for_a_lock


def race(db: Database, tries: list[Callable[[], None]]) -> list[BaseException | None]:
    with AtOnce(len(tries)) as all_of_them:
        started: list[Future[None]] = [all_of_them.start(each) for each in tries]
        return [each.exception() for each in started]


def test_a_hundred_races_for_one_case_never_end_with_two_owners(
    db: Database, somebody: Somebody, hire: Hire, lead: Staff, texts: Texts, other_team: int
) -> None:
    """Take, give, take over, release, pass on, close, reopen, lease: in any order, by anybody, at once."""
    people = [hire(name) for name in ("Salma", "Yassine", "Nadia")]
    number, dice = somebody.asks_for_a_person(), random.Random(7)

    def step(what: Callable[..., object], person: Staff, *args: object) -> Callable[[], None]:
        return lambda: do(db, person, what, *args)

    for _ in range(100):
        with db.begin() as session:
            held_by = cases.get(session, number).assignee_id
        one, two = dice.sample(people, 2)
        every = [
            step(cases.take, one, number, texts),
            step(cases.take, two, number, texts),
            step(assignment.assign, lead, Move(number, held_by, two.id), texts),
            step(assignment.take_over, lead, Move(number, held_by), texts),
            step(assignment.release, one, number),
            step(assignment.transfer, two, Move(number, held_by, one.id, reason="x"), texts),
            step(cases.close, two, number, Ending(texts, "other")),
            step(assignment.reopen_and_take, one, number, texts),
            step(assignment.reopen, two, number, texts),
        ]
        before = state(db, number)
        errors = race(db, dice.sample(every, 4))
        assert [e for e in errors if e is not None and not isinstance(e, Conflict | Refused)] == []
        after = state(db, number)
        assert after[3] >= before[3] + sum(e is None for e in errors)
        assert [e for e in race(db, [step(cases.reply, person, number, "oui") for person in (*people, lead)]) if e is None] == [None] * (
            after[0] == "taken"
        )


@pytest.mark.parametrize("times", range(10))
def test_of_many_who_want_a_case_one_gets_it(db: Database, somebody: Somebody, hire: Hire, lead: Staff, texts: Texts, times: int) -> None:
    people, number = [hire(f"Salma {n}") for n in range(5)], somebody.asks_for_a_person()
    tries = [lambda p=p: do(db, p, cases.take, number, texts) for p in people]
    gives = [lambda p=p: do(db, lead, assignment.assign, Move(number, None, p.id), texts) for p in people[:3]]
    errors = race(db, [*tries, *gives])
    assert sum(e is None for e in errors) == 1 and all(e is None or isinstance(e, Conflict) for e in errors)
    assert state(db, number)[3] == 2 and len(somebody.heard()) == 1


def test_of_two_leads_who_give_a_case_at_once_the_second_is_told(
    db: Database, hire: Hire, taken: int, salma: Staff, lead: Staff, texts: Texts
) -> None:
    yassine, boss = hire("Yassine"), hire("Hind", "supervisor")
    tries = [
        lambda: do(db, lead, assignment.assign, Move(taken, salma.id, yassine.id), texts),
        lambda: do(db, boss, assignment.take_over, Move(taken, salma.id), texts),
    ]
    errors = race(db, tries)
    assert sorted(type(e).__name__ for e in errors) == ["Conflict", "NoneType"]


def test_who_takes_a_case_that_goes_to_another_team_at_this_moment_does_not_get_it(
    db: Database, hire: Hire, number: int, lead: Staff, texts: Texts, other_team: int
) -> None:
    yassine = hire("Yassine")
    with AtOnce() as both, db.begin() as first:
        assignment.transfer(first, lead, Move(number, None, team=other_team, reason="x"), texts)
        late = both.start(do, db, yassine, cases.take, number, texts)
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        assert isinstance(late.exception(), NotFound)
    assert state(db, number)[0] == "waiting"


def test_a_case_is_passed_on_while_the_person_writes(
    db: Database, somebody: Somebody, hire: Hire, taken: int, salma: Staff, texts: Texts
) -> None:
    yassine = hire("Yassine")
    somebody.write("vous êtes là ?")
    work = somebody.load()
    with AtOnce() as both, db.begin() as first:
        assignment.transfer(first, salma, Move(taken, salma.id, yassine.id, reason="x"), texts)
        turn = both.start(somebody.finish, work)
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        assert result(turn)
    assert state(db, taken)[1] == yassine.id and somebody.case() is not None
