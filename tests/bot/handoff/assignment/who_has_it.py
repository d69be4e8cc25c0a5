"""What the tests of who has a case do: a step in a transaction of its own; whose the case is then; what was recorded."""

import uuid
from collections.abc import Callable

from sqlalchemy import select

from bot.db import Database
from bot.handoff import cases
from bot.tables import AuditRow, Conversation, Staff


def do(db: Database, person: Staff, what: Callable[..., object], *args: object) -> None:
    with db.begin() as session:
        what(session, person, *args)


def state(db: Database, number: int) -> tuple[str, uuid.UUID | None, str, int]:
    """Of the case and of its conversation; what must always hold is checked on the way."""
    with db.begin() as session:
        case = cases.get(session, number)
        mine = session.get_one(Conversation, case.conversation_id)
        assert mine.owner == {"waiting": "waiting", "taken": "person", "closed": "bot"}[case.state]
        assert (case.assignee_id is not None, case.lease_until is not None) == ((case.state != "waiting"), case.state == "taken")
        assert (case.closed_at is not None) == (case.state == "closed") == bool(case.outcome)
        return case.state, case.assignee_id, mine.owner, mine.epoch


def trail(db: Database) -> list[tuple[str, str]]:
    """Who did what; only keys and ids."""
    with db.begin() as session:
        rows = list(session.scalars(select(AuditRow).where(AuditRow.action.like("case.%")).order_by(AuditRow.id)))
        return [(row.actor, row.action) for row in rows]
