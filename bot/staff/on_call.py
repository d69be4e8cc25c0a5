"""Who is told of urgent cases at any hour: planned by who leads the team."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Refused
from bot.handoff import audit
from bot.staff import presence, teams
from bot.tables import OnCall, Staff, Team

LONGEST = timedelta(days=31)
FURTHEST = timedelta(days=366)  # a plan that goes further is a slip of the pen


@dataclass(frozen=True)
class Shift:
    staff_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime


def now(session: Session, team: Team, at: datetime) -> list[Staff]:
    """Nobody who left the team, or does not work here any more."""
    planned = select(OnCall.staff_id).where(OnCall.team_id == team.id, OnCall.starts_at <= at, OnCall.ends_at > at)
    query = select(Staff).where(Staff.id.in_(planned), presence.answering(team))
    return list(session.scalars(query.order_by(Staff.name, Staff.id)))


def plan(session: Session, team: Team, at: datetime) -> list[tuple[OnCall, Staff]]:
    """What is not over, the next first."""
    query = select(OnCall, Staff).join(Staff, Staff.id == OnCall.staff_id).where(OnCall.team_id == team.id, OnCall.ends_at > at)
    return list(session.execute(query.order_by(OnCall.starts_at, OnCall.id)).tuples())


def add(session: Session, lead: Staff, team_id: int, shift: Shift) -> None:
    """The same form twice changes nothing."""
    team = teams.lock_led(session, lead, team_id)
    _check(session, team, shift)
    others = list(session.scalars(select(OnCall).filter_by(team_id=team.id, staff_id=shift.staff_id)))
    if any((other.starts_at, other.ends_at) == (shift.starts_at, shift.ends_at) for other in others):
        return
    if _overlaps(shift, others):
        raise Refused("on_call.twice")
    session.add(OnCall(team_id=team.id, staff_id=shift.staff_id, starts_at=shift.starts_at, ends_at=shift.ends_at))
    audit.record(session, str(lead.id), "team.on_call_added", f"team:{team.id}", _data(shift))


def remove(session: Session, lead: Staff, team_id: int, row_id: int) -> None:
    """What is gone already stays gone."""
    team = teams.lock_led(session, lead, team_id)
    row = session.scalars(select(OnCall).filter_by(id=row_id, team_id=team.id)).one_or_none()
    if row:
        session.delete(row)
        gone = Shift(row.staff_id, row.starts_at, row.ends_at)
        audit.record(session, str(lead.id), "team.on_call_removed", f"team:{team.id}", _data(gone))


def _check(session: Session, team: Team, shift: Shift) -> None:
    if session.scalar(select(Staff.id).where(Staff.id == shift.staff_id, presence.answering(team))) is None:
        raise Refused("on_call.not_in_team")
    if shift.ends_at <= shift.starts_at:
        raise Refused("on_call.order")
    if shift.ends_at <= datetime.now(timezone.utc):
        raise Refused("on_call.over")
    if shift.starts_at > datetime.now(timezone.utc) + FURTHEST:
        raise Refused("on_call.far")
    if shift.ends_at - shift.starts_at > LONGEST:
        raise Refused("on_call.long")


def _overlaps(shift: Shift, others: Iterable[OnCall]) -> bool:
    return any(other.starts_at < shift.ends_at and shift.starts_at < other.ends_at for other in others)


def _data(shift: Shift) -> dict[str, str]:
    return {"staff": str(shift.staff_id), "from": shift.starts_at.isoformat(), "to": shift.ends_at.isoformat()}
