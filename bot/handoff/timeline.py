"""What happened to a case besides what was said: who took it, gave it away, ended it. From the audit trail; never shown to the person."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.staff import accounts, teams
from bot.tables import AuditRow, Case

SHOWN: tuple[str, ...] = (
    "opened",
    "urgent",
    "taken",
    "released",
    "assigned",
    "taken_over",
    "transferred",
    "handed_back",
    "closed",
    "withdrawn",
    "reopened",
)
SHOWN += ("lease_ended", "nudged", "left", "said_safe", "said_unsafe", "marked_safe", "satisfaction")


@dataclass(frozen=True)
class Event:
    """One line. `name`: who did it; `other`: to whom it went, or from whom it came; `data`: what the trail says besides."""

    id: str
    at: datetime
    what: str
    name: str = ""
    other: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    side: str = "event"


def of(session: Session, case: Case, since: datetime | None = None, before: datetime | None = None) -> list[Event]:
    """The oldest first; of a part of the thread what happened in its time."""
    query = select(AuditRow).filter_by(subject=f"case:{case.id}").where(AuditRow.action.in_([f"case.{what}" for what in SHOWN]))
    query = query.where(AuditRow.at >= since) if since else query
    rows = list(session.scalars((query.where(AuditRow.at <= before) if before else query).order_by(AuditRow.id)))
    ids = [_id(value) for row in rows for value in (row.actor, row.data.get("to"), row.data.get("from"))]
    names = accounts.names(session, ids)
    called = {team.id: team.name for team in teams.all_teams(session)}
    return [
        Event(
            f"event-{row.id}", row.at, row.action.removeprefix("case."), names.get(_id(row.actor), ""), _other(row, names, called), row.data
        )
        for row in rows
    ]


def _other(row: AuditRow, names: dict[uuid.UUID | None, str], called: dict[int, str]) -> str:
    return called.get(row.data.get("team", 0), "") or names.get(_id(row.data.get("to") or row.data.get("from")), "")


def _id(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
