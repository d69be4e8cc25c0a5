"""The phone number of a person: never shown, except once to who answers, or leads the team, for a reason that stays in the audit trail."""

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotFound, Refused
from bot.handoff import audit, cases, notes
from bot.messaging import conversations
from bot.privacy.vault import vault
from bot.staff.rights import Right, may
from bot.tables import Case, Conversation, InboundRow, Staff

REASONS = ("asked", "danger", "no_other_way", "other")
LOOKED_AT = 300  # messages: each is decrypted whenever the page of the case is made
_NUMBER = re.compile(r"\+?[0-9][0-9 .()-]{5,24}")


def is_known(session: Session, conversation: Conversation) -> bool:
    return bool(_of(session, conversation))


def may_see(person: Staff, case: Case) -> bool:
    return case.state == "taken" and (case.assignee_id == person.id or may(person, Right.LEAD))


def reveal(session: Session, person: Staff, case_id: int, why: tuple[str, str]) -> str:
    """`why`: one of `REASONS`; for `other` a few words too, kept as a note: they may speak of the person, the audit trail may not."""
    reason, words = why[0], why[1].strip()
    case = cases.lock_seen(session, person, case_id)
    if not may_see(person, case):
        raise Conflict("number.not_yours")
    if reason not in REASONS or (reason == "other" and not words):
        raise Refused("number.no_reason")
    found = _of(session, conversations.get(session, case.conversation_id))
    if not found:
        raise NotFound("No number is known.")
    audit.record(session, str(person.id), "case.number_revealed", f"case:{case_id}", {"reason": reason})
    if reason == "other":
        notes.add(session, person, case, words)
    return found


def _of(session: Session, conversation: Conversation) -> str:
    """On WhatsApp their address, unless they hide it behind an id; on Telegram the number that they shared."""
    if conversation.channel == "whatsapp":
        address = str(vault(session).unseal(conversation.address_sealed))
        return address if _NUMBER.fullmatch(address) else ""
    return next(iter(_shared(session, conversation)), "") if conversation.channel == "telegram" else ""


def _shared(session: Session, conversation: Conversation) -> list[str]:
    """Numbers of their own, the newest first. Of a number of somebody else nothing was kept."""
    newest = select(InboundRow).filter_by(conversation_id=conversation.id).order_by(InboundRow.id.desc()).limit(LOOKED_AT)
    rows = session.scalars(newest)
    bodies: list[dict[str, Any]] = [vault(session).unseal(row.body_sealed) for row in rows]
    return [str(body["text"]) for body in bodies if body["kind"] == "contact" and _NUMBER.fullmatch(str(body.get("text", "")))]
