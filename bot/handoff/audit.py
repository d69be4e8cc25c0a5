"""The audit trail: appended, never changed."""

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
