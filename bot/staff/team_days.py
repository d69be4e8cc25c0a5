"""Days on which a team has other hours than usual, or is closed."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory.hours import read
from bot.errors import Refused
from bot.handoff import audit
from bot.staff import teams
from bot.tables import Staff, TeamDay

LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=1000)  # what lies further is a slip of the pen
LONGEST_NAME = 60


@dataclass(frozen=True)
class Days:
    """`hours`: of each of these days; empty: closed."""

    first: date
    last: date
    hours: str = ""
    name: str = ""


def add(session: Session, by: Staff, team_id: int, days: Days) -> None:
    """The same form twice changes nothing."""
    team = teams.lock_led(session, by, team_id)
    _check(days)
    if session.scalar(select(TeamDay.id).filter_by(team_id=team.id, **asdict(days)).limit(1)) is None:
        session.add(TeamDay(team_id=team.id, **asdict(days)))
        audit.record(session, str(by.id), "team.days_added", f"team:{team.id}", _data(days))


def remove(session: Session, by: Staff, team_id: int, row_id: int) -> None:
    """What is gone already stays gone."""
    team = teams.lock_led(session, by, team_id)
    row = session.scalars(select(TeamDay).filter_by(id=row_id, team_id=team.id)).one_or_none()
    if row:
        session.delete(row)
        audit.record(session, str(by.id), "team.days_removed", f"team:{team.id}", _data(Days(row.first, row.last, row.hours, row.name)))


def _check(days: Days) -> None:
    if days.last < days.first:
        raise Refused("days.order")
    today = datetime.now(TIME_ZONE).date()
    if days.last < today:
        raise Refused("days.over")
    if days.last > today + FURTHEST:
        raise Refused("days.far")
    if days.last - days.first > LONGEST:
        raise Refused("days.long")
    if days.hours and read(days.hours) is None:
        raise Refused("hours.unreadable")
    if len(days.name) > LONGEST_NAME:
        raise Refused("days.long_name")


def _data(days: Days) -> dict[str, str]:
    """Without the name: people write into it what they like."""
    return {"first": days.first.isoformat(), "last": days.last.isoformat(), "hours": days.hours}
