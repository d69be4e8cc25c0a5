"""Who is there."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.staff import accounts, presence, teams
from bot.tables import AuditRow, Staff, Team

NOW = datetime.now(timezone.utc)


@pytest.fixture
def team(session: Session) -> Team:
    return teams.first(session)


def member(session: Session, name: str, role: str = "caseworker", **more: object) -> Staff:
    """Somebody whose page is open."""
    person = accounts.create(session, f"{name.lower()}@example.org", name, role, "a long password for tests")
    for key, value in {"seen_at": datetime.now(timezone.utc), **more}.items():
        setattr(person, key, value)
    session.flush()
    return person


def names(people: list[Staff]) -> list[str]:
    return [person.name for person in people]


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ({}, True),
        ({"away": True}, False),
        ({"active": False}, False),
        ({"seen_at": None}, False),
        ({"seen_at": NOW - timedelta(minutes=3)}, False),
    ],
)
def test_there_is_who_has_a_page_open_and_did_not_leave(session: Session, team: Team, state: dict[str, object], there: bool) -> None:
    member(session, "Salma", **state)
    assert names(presence.present(session, team)) == (["Salma"] if there else [])


def test_who_does_not_answer_is_not_counted(session: Session, team: Team) -> None:
    member(session, "Zineb", "editor")
    assert presence.members(session, team) == []


def test_a_colleague_of_another_team_is_not_there(session: Session, team: Team) -> None:
    other = Team(name="Other")
    session.add(other)
    session.flush()
    member(session, "Salma", team_id=other.id)
    assert (names(presence.present(session, team)), names(presence.present(session, other))) == ([], ["Salma"])


def test_who_is_there_comes_first_then_by_name(session: Session, team: Team) -> None:
    for name, away in (("Salma", True), ("amina", False), ("Yassine", False), ("Brahim", True)):
        member(session, name, away=away)
    found = presence.members(session, team)
    assert [(m.person.name, m.present) for m in found] == [("amina", True), ("Yassine", True), ("Brahim", False), ("Salma", False)]


def test_away_and_back_are_noted_once(session: Session, team: Team) -> None:
    salma = member(session, "Salma")
    for away in (True, True, False):
        presence.set_away(session, salma, away)
    actions = select(AuditRow.action).where(AuditRow.action.in_(("staff.away", "staff.back"))).order_by(AuditRow.id)
    assert list(session.scalars(actions)) == ["staff.away", "staff.back"]
    assert names(presence.present(session, team)) == ["Salma"] and session.scalar(select(func.count()).select_from(Staff)) == 1
