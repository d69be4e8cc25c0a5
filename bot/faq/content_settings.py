"""What a manager decides about content while everything runs."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.handoff import audit
from bot.tables import Setting, Staff

GRACE_DAYS = 30  # after its day an entry still answers, flagged; then it is withdrawn


def four_eyes(session: Session) -> bool:
    """Whether somebody else than the author must publish."""
    return bool(_value(session, "four_eyes", False))


def grace_days(session: Session) -> int:
    return int(_value(session, "grace_days", GRACE_DAYS))


def check_links(session: Session) -> bool:
    """Whether addresses that content names are asked; off until a manager wants it: then we call other hosts."""
    return bool(_value(session, "check_links", False))


def put(session: Session, person: Staff, name: str, value: Any) -> None:
    row = insert(Setting).values(name=name, value={"is": value})
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": {"is": value}}))
    audit.record(session, str(person.id), "setting.changed", f"setting:{name}", {"is": value})


def _value(session: Session, name: str, usual: Any) -> Any:
    found = session.scalar(select(Setting.value).filter_by(name=name))
    return usual if found is None else found["is"]
