"""Who is there: a page of the console is open, and the person did not say that they are away."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from bot.handoff import audit
from bot.staff.rights import Right, having
from bot.tables import Staff, Team

THERE = timedelta(minutes=2)  # a page is open as long as it was seen in this time


@dataclass(frozen=True)
class Member:
    """Somebody who answers in a team."""

    person: Staff
    present: bool


def is_there() -> ColumnElement[bool]:
    """The condition on `Staff`."""
    return ~Staff.away & func.coalesce(Staff.seen_at > func.clock_timestamp() - THERE, False)


def answering(*teams: Team) -> ColumnElement[bool]:
    """The condition on `Staff` of who works on the cases of these teams."""
    return having(Right.CASES) & Staff.team_id.in_([team.id for team in teams])


def members(session: Session, *teams: Team) -> list[Member]:
    """Who works on the cases of these teams: those who are there first, by name."""
    query = select(Staff, is_there()).where(answering(*teams)).order_by(is_there().desc(), func.lower(Staff.name), Staff.id)
    return [Member(person, there) for person, there in session.execute(query)]


def present(session: Session, team: Team) -> list[Staff]:
    return [member.person for member in members(session, team) if member.present]


def set_away(session: Session, person: Staff, away: bool) -> None:
    """Chosen by the person. Said twice, it changes nothing."""
    query = update(Staff).where(Staff.id == person.id, Staff.away.is_not(away)).values(away=away).returning(Staff.id)
    if session.scalar(query):
        audit.record(session, str(person.id), "staff.away" if away else "staff.back", f"staff:{person.id}")
