"""The audit trail: appended, never changed."""

from typing import Any

from sqlalchemy.orm import Session

from bot.tables import AuditRow


def record(session: Session, actor: str, action: str, subject: str, data: dict[str, Any] | None = None) -> None:
    """`actor`: a staff id or `bot`. `subject`: kind and id, never a name or an address."""
    session.add(AuditRow(actor=actor, action=action, subject=subject, data=data or {}))
