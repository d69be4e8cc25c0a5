"""Other teams see nothing of a case; what the page offers is what is allowed."""

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import assignment, cases
from bot.handoff.assignment import Move
from bot.handoff.cases import Ending
from bot.tables import Staff
from bot.texts import Texts
from tests.bot.handoff.assignment.who_has_it import do, state
from tests.story import Hire

Do = Callable[[Session, Staff, int], object]


# --- Other teams


def every_step(texts: Texts, held_by: uuid.UUID | None, to: uuid.UUID, team: int) -> dict[str, Do]:
    return {
        "seen": cases.seen,
        "take": lambda s, p, n: cases.take(s, p, n, texts),
        "reply": lambda s, p, n: cases.reply(s, p, n, "Bonjour."),
        "hand_back": lambda s, p, n: cases.hand_back(s, p, n, texts),
        "close": lambda s, p, n: cases.close(s, p, n, Ending(texts, "other")),
        "release": assignment.release,
        "assign": lambda s, p, n: assignment.assign(s, p, Move(n, held_by, to), texts),
        "take_over": lambda s, p, n: assignment.take_over(s, p, Move(n, held_by), texts),
        "transfer": lambda s, p, n: assignment.transfer(s, p, Move(n, held_by, to, reason="x"), texts),
        "to_team": lambda s, p, n: assignment.transfer(s, p, Move(n, held_by, team=team, reason="x"), texts),
        "reopen": lambda s, p, n: assignment.reopen(s, p, n, texts),
        "reopen_and_take": lambda s, p, n: assignment.reopen_and_take(s, p, n, texts),
    }


@pytest.mark.parametrize("role", ["caseworker", "supervisor"])
@pytest.mark.parametrize("now", ["waiting", "taken", "closed"])
def test_a_case_of_another_team_does_not_exist(
    db: Database, hire: Hire, number: int, salma: Staff, texts: Texts, other_team: int, role: str, now: str
) -> None:
    stranger = hire("Omar", role, team_id=other_team)
    if now != "waiting":
        do(db, salma, cases.take, number, texts)
    if now == "closed":
        do(db, salma, cases.close, number, Ending(texts, "no_reply"))
    before = state(db, number)
    for step in every_step(texts, before[1], stranger.id, other_team).values():
        with pytest.raises(NotFound):
            do(db, stranger, step, number)
    assert state(db, number) == before


def test_an_administrator_works_in_every_team(db: Database, hire: Hire, number: int, texts: Texts, other_team: int) -> None:
    boss, omar = hire("Boss", "administrator"), hire("Omar", team_id=other_team)
    do(db, boss, assignment.transfer, Move(number, None, team=other_team, reason="x"), texts)
    do(db, boss, assignment.assign, Move(number, None, omar.id), texts)
    assert state(db, number)[1] == omar.id


# --- What the page offers is what is allowed


@pytest.mark.parametrize("role", ["caseworker", "supervisor", "administrator"])
@pytest.mark.parametrize("now", ["waiting", "mine", "theirs", "closed"])
def test_what_is_offered_works_and_what_is_not_offered_is_refused(
    db: Database, hire: Hire, number: int, salma: Staff, texts: Texts, other_team: int, role: str, now: str
) -> None:
    me = hire("Me", role)
    if now != "waiting":
        do(db, me if now == "mine" else salma, cases.take, number, texts)
    if now == "closed":
        do(db, salma, cases.close, number, Ending(texts, "no_reply"))
    with db.begin() as session:
        case = cases.get(session, number)
        allowed = assignment.possible(me, case)
        to = hire("Yassine").id
    for name, step in every_step(texts, case.assignee_id, to, other_team).items():
        if name in ("seen", "reply"):
            continue
        offered = {"to_team": "transfer", "reopen_and_take": "reopen"}.get(name, name) in allowed
        try:
            with db.begin() as session:
                step(session, me, number)
                session.rollback()
            assert offered, name
        except (Conflict, Refused):
            assert not offered, name
