"""Somebody else may read the phone of the person. While they say that it is not safe to write, nothing is said by itself of their request.

What they write themselves is still answered: the numbers in danger, and the question whether it is safe now.
"""

import uuid
from datetime import datetime, timedelta, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import notify
from bot.errors import Conflict, Refused
from bot.handoff import audit, cases, notes
from bot.messaging import conversations
from bot.tables import Case, Conversation, Option, OutboundRow, Staff

PAUSE = timedelta(minutes=10)  # who goes on writing is not asked again and again


def was_asked(session: Session, conversation_id: uuid.UUID) -> bool:
    """Whether the question stands there since a moment only."""
    lately = OutboundRow.created_at > datetime.now(timezone.utc) - PAUSE
    query = select(Option.token).filter_by(conversation_id=conversation_id, intent="safe_answer")
    return session.scalar(query.join(OutboundRow, OutboundRow.id == Option.outbound_id).where(lately).limit(1)) is not None


def answered(session: Session, conversation: Conversation, yes: bool) -> None:
    """The person says whether it is safe."""
    conversation.safe = yes
    case = cases.current(session, conversation.id)
    if case:
        audit.record(session, "bot", "case.said_safe" if yes else "case.said_unsafe", f"case:{case.id}")
    notify(session, "console", str(conversation.id))


def confirmed(session: Session, staff: Staff, case: Case, anyway: bool) -> None:
    """Who answers where it is not safe says so each time that they open the page. The case is locked."""
    if conversations.get(session, case.conversation_id).safe is not False:
        return
    if not anyway:
        raise Refused("case.not_safe")
    audit.record(session, str(staff.id), "case.written_anyway", f"case:{case.id}")


def again(session: Session, staff: Staff, case_id: int, why: str) -> None:
    """Who answers has learnt that it is safe to write again. Why is kept as a note."""
    case = cases.mine(session, staff, case_id)
    conversation = conversations.get(session, case.conversation_id)
    if conversation.safe is not False:
        raise Conflict("case.is_safe")
    if not why.strip():
        raise Refused("case.why_safe")
    notes.add(session, staff, case, why)
    conversation.safe = True
    audit.record(session, str(staff.id), "case.marked_safe", f"case:{case_id}")
    notify(session, "console", str(conversation.id))
