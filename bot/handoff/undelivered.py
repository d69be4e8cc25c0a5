"""Messages that were given up: how many, which, and another try."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db import notify
from bot.errors import Conflict
from bot.handoff import audit, cases, thread
from bot.messages import PRACTICE
from bot.messaging import conversations, outbox, reasons
from bot.privacy.vault import vault
from bot.staff import accounts
from bot.staff.rights import visible
from bot.tables import Case, Conversation, OutboundRow, Staff

LATEST = 200


@dataclass(frozen=True)
class Line:
    """One message of the page. `case`: in whose thread it stands, or 0; without one `text` is empty. `held_by`: who answers there now.

    `stale`: the conversation has changed hands since the bot said it; it is not sent again.
    """

    row: OutboundRow
    channel: str
    side: str
    name: str
    case: int = 0
    text: str = ""
    stale: bool = False
    held_by: str = ""

    @property
    def reason(self) -> str:
        return reasons.key(self.row.error)


def count(session: Session) -> int:
    dead = select(func.count()).select_from(OutboundRow).join(Conversation, Conversation.id == OutboundRow.conversation_id)
    return session.scalar(dead.where(OutboundRow.state == "dead", Conversation.channel != PRACTICE)) or 0


def lines(session: Session, person: Staff) -> list[Line]:
    """The newest first."""
    rows = outbox.dead(session, LATEST)
    talks = {c.id: c for c in session.scalars(select(Conversation).where(Conversation.id.in_({row.conversation_id for row in rows})))}
    known, names = thread.cases_of(session, [row.id for row in rows]), accounts.names(session, [row.staff_id for row in rows])
    others = _held_by_others(session, person, rows)
    hidden = set(known.values()) - cases.visible_ids(session, person, known.values())
    shown = [row for row in rows if known.get(row.id) not in hidden]
    return [_line(session, row, talks[row.conversation_id], (known.get(row.id, 0), names, others)) for row in shown]


def _line(session: Session, row: OutboundRow, talk: Conversation, known: tuple[int, dict[Any, str], dict[Any, str]]) -> Line:
    case, names, others = known
    text = vault(session).unseal(row.body_sealed)["text"] if case else ""
    name = names.get(row.staff_id, "")
    return Line(row, talk.channel, thread.side(row), name, case, text, outbox.is_stale(row, talk), others.get(talk.id, ""))


def _held_by_others(session: Session, person: Staff, rows: Sequence[OutboundRow]) -> dict[Any, str]:
    """Who answers in these conversations, where it is somebody else."""
    wanted, others = {row.conversation_id for row in rows}, (Case.state == "taken") & (Case.assignee_id != person.id)
    query = select(Case.conversation_id, Staff.name).join(Staff, Staff.id == Case.assignee_id)
    return {row[0]: row[1] for row in session.execute(query.where(Case.conversation_id.in_(wanted), others, visible(person)))}


def send_again(session: Session, person: Staff, row_id: int, case_id: int = 0) -> None:
    """Another try. Not of the bot's words from before the conversation changed hands, and not where a colleague is answering.

    The conversation is locked first, so that nobody takes the case meanwhile. Nothing of the row is kept in the session before
    `outbox.resend` locks it: of two who press at once the second one sees what the first one did.
    """
    conversation_id = _lock(session, row_id)
    if conversations.get(session, conversation_id).safe is False:
        raise Conflict("case.not_safe_yet")
    current = cases.current(session, conversation_id)
    if current and current.state == "taken" and current.assignee_id != person.id:
        raise Conflict("case.not_yours")
    if case_id and cases.get(session, case_id).conversation_id != conversation_id:
        raise Conflict("outbox.not_dead")
    known = thread.cases_of(session, [row_id])
    if cases.visible_ids(session, person, known.values()) != set(known.values()):
        raise Conflict("outbox.not_dead")  # as if there was none
    outbox.resend(session, row_id)
    audit.record(session, str(person.id), "message.resent", f"message:{row_id}", {"case": known[row_id]} if known else None)


def note(session: Session, person: Staff, row_id: int) -> None:
    """Somebody has seen it, and there is nothing to do: it is counted no more. In its thread it stays, and may still be sent again."""
    row = session.scalars(select(OutboundRow).filter_by(id=row_id, state="dead").with_for_update()).one_or_none()
    known = thread.cases_of(session, [row_id])
    if row is None or cases.visible_ids(session, person, known.values()) != set(known.values()):
        raise Conflict("outbox.not_dead")
    row.state = "noted"
    audit.record(session, str(person.id), "message.noted", f"message:{row_id}", {"case": known[row_id]} if known else None)
    notify(session, "console", "queue")


def _lock(session: Session, row_id: int) -> uuid.UUID:
    """The conversation of a dead row, until the end of the transaction."""
    found = session.scalar(select(OutboundRow.conversation_id).filter_by(id=row_id).where(OutboundRow.state.in_(outbox.GIVEN_UP)))
    if found is None:
        raise Conflict("outbox.not_dead")
    conversation = session.get_one(Conversation, found, with_for_update={"key_share": True}, populate_existing=True)
    if session.scalar(select(outbox.is_stale(OutboundRow, conversation)).where(OutboundRow.id == row_id)):
        raise Conflict("outbox.stale")
    return found
