"""Who is told at any hour."""

import uuid
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import NotFound, Refused
from bot.staff import accounts, on_call, teams
from bot.staff.on_call import Shift
from bot.tables import AuditRow, OnCall, Staff, Team
from tests.story import AtOnce, held, result, until, waiting_for_a_lock

NOW = datetime.now(timezone.utc)
HOUR = timedelta(hours=1)
BOSS = Staff(id=uuid.uuid4(), email="boss@example.org", name="Boss", role="administrator", password_hash="")  # not stored


@pytest.fixture
def team(session: Session) -> Team:
    return teams.first(session)


@pytest.fixture
def salma(session: Session) -> Staff:
    return accounts.create(session, "salma@example.org", "Salma", "caseworker", "a long password for tests")


def shift(person: Staff, starts: int, ends: int) -> Shift:
    """In hours from now."""
    return Shift(person.id, NOW + starts * HOUR, NOW + ends * HOUR)


@pytest.mark.parametrize(("starts", "ends", "expected"), [(-1, 1, True), (0, 1, True), (1, 2, False)])
def test_on_call_is_who_is_planned_for_this_moment(
    session: Session, team: Team, salma: Staff, starts: int, ends: int, expected: bool
) -> None:
    on_call.add(session, BOSS, team.id, shift(salma, starts, ends))
    session.flush()
    assert (on_call.now(session, team, NOW) == [salma]) is expected


def test_the_end_is_not_included(session: Session, team: Team, salma: Staff) -> None:
    on_call.add(session, BOSS, team.id, shift(salma, 0, 8))
    session.flush()
    assert on_call.now(session, team, NOW + 8 * HOUR) == []


@pytest.mark.parametrize("state", [{"active": False}, {"role": "editor"}])
def test_who_does_not_work_on_cases_any_more_is_not_on_call(session: Session, team: Team, salma: Staff, state: dict[str, object]) -> None:
    on_call.add(session, BOSS, team.id, shift(salma, 0, 8))
    for key, value in state.items():
        setattr(salma, key, value)
    session.flush()
    assert on_call.now(session, team, NOW) == []


def test_who_went_to_another_team_is_not_on_call_here(session: Session, team: Team, salma: Staff) -> None:
    on_call.add(session, BOSS, team.id, shift(salma, 0, 8))
    other = Team(name="Other")
    session.add(other)
    session.flush()
    salma.team_id = other.id
    session.flush()
    assert on_call.now(session, team, NOW) == [] and on_call.now(session, other, NOW) == []


@pytest.mark.parametrize(
    ("starts", "ends", "key"),
    [(2, 2, "on_call.order"), (3, 2, "on_call.order"), (-5, -4, "on_call.over"), (0, 24 * 32, "on_call.long"), (9000, 9001, "on_call.far")],
)
def test_nonsense_is_refused(session: Session, team: Team, salma: Staff, starts: int, ends: int, key: str) -> None:
    with pytest.raises(Refused, match=key):
        on_call.add(session, BOSS, team.id, shift(salma, starts, ends))


def test_nobody_of_another_team_is_planned(session: Session, team: Team, salma: Staff) -> None:
    other = Team(name="Other")
    session.add(other)
    session.flush()
    with pytest.raises(Refused, match=r"on_call\.not_in_team"):
        on_call.add(session, BOSS, other.id, shift(salma, 0, 8))


def test_the_same_shift_twice_is_one(session: Session, team: Team, salma: Staff) -> None:
    for _ in range(2):
        on_call.add(session, BOSS, team.id, shift(salma, 0, 8))
    assert len(on_call.plan(session, team, NOW)) == 1


def test_one_person_is_not_on_call_twice_at_a_time(session: Session, team: Team, salma: Staff) -> None:
    on_call.add(session, BOSS, team.id, shift(salma, 0, 8))
    with pytest.raises(Refused, match=r"on_call\.twice"):
        on_call.add(session, BOSS, team.id, shift(salma, 7, 9))
    on_call.add(session, BOSS, team.id, shift(salma, 8, 9))


def test_the_plan_is_what_is_not_over(session: Session, team: Team, salma: Staff) -> None:
    for starts in (8, 0):
        on_call.add(session, BOSS, team.id, shift(salma, starts, starts + 8))
    session.flush()
    assert [row.starts_at for row, _ in on_call.plan(session, team, NOW + HOUR)] == [NOW, NOW + 8 * HOUR]
    assert [row.starts_at for row, _ in on_call.plan(session, team, NOW + 8 * HOUR)] == [NOW + 8 * HOUR]


def test_a_shift_is_taken_out_once_and_only_by_its_own_team(session: Session, team: Team, salma: Staff) -> None:
    on_call.add(session, BOSS, team.id, shift(salma, 0, 8))
    other = Team(name="Other")
    session.add(other)
    session.flush()
    row = session.scalars(select(OnCall)).one()
    on_call.remove(session, BOSS, other.id, row.id)
    assert len(on_call.plan(session, team, NOW)) == 1
    for _ in range(2):
        on_call.remove(session, BOSS, team.id, row.id)
        session.flush()
    assert on_call.plan(session, team, NOW) == []
    actions = list(session.scalars(select(AuditRow.action).where(AuditRow.action.like("team.%")).order_by(AuditRow.id)))
    assert actions == ["team.on_call_added", "team.on_call_removed"]


@pytest.mark.parametrize("role", ["caseworker", "manager"])
def test_only_who_leads_plans(session: Session, team: Team, salma: Staff, role: str) -> None:
    with pytest.raises(NotFound):
        on_call.add(session, Staff(role=role, team_id=team.id), team.id, shift(salma, 0, 8))


def test_of_two_equal_forms_at_the_same_moment_one_counts(db: Database) -> None:
    with db.begin() as session:
        person = accounts.create(session, "salma@example.org", "Salma", "caseworker", "a long password for tests")
        team = teams.first(session)
    wanted = shift(person, 0, 8)

    def plan() -> None:
        with db.begin() as session:
            on_call.add(session, BOSS, team.id, wanted)

    with AtOnce() as both, held(db, "SELECT id FROM team FOR UPDATE"):
        first, second = both.start(plan), both.start(plan)
        until(lambda: waiting_for_a_lock(db) == 2)
    result(first), result(second)
    with db.begin() as session:
        assert len(on_call.plan(session, team, NOW)) == 1
