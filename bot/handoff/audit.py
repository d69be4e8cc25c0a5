"""The audit trail: appended, never changed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.tables import AuditRow


def record(session: Session, actor: str, action: str, subject: str, data: dict[str, Any] | None = None) -> None:
    """`actor`: a staff id or `bot`. `subject`: kind and id, never a name or an address."""
    session.add(AuditRow(actor=actor, action=action, subject=subject, data=data or {}))


def is_recent(session: Session, actor: str, what: tuple[str, str], within: timedelta) -> bool:
    """Whether this actor did `what` (action, subject) not longer ago than `within`."""
    action, subject = what
    query = select(AuditRow.id).filter_by(actor=actor, action=action, subject=subject)
    return session.scalar(query.where(AuditRow.at > func.clock_timestamp() - within).limit(1)) is not None


@dataclass(frozen=True)
class Search:
    """What somebody looks for in the trail; what is empty does not matter. `before`: only rows older than this one."""

    actor: str = ""
    action: str = ""
    case: int = 0
    before: int = 0


def find(session: Session, search: Search, most: int) -> list[AuditRow]:
    """The newest first. To a case belongs also what was done with a message or a file of it."""
    wanted = {"actor": search.actor, "action": search.action}
    query = select(AuditRow).filter_by(**{column: value for column, value in wanted.items() if value})
    if search.case:
        query = query.where((AuditRow.subject == f"case:{search.case}") | (AuditRow.data["case"] == func.to_jsonb(search.case)))
    if search.before:
        query = query.where(AuditRow.id < search.before)
    return list(session.scalars(query.order_by(AuditRow.id.desc()).limit(most)))
