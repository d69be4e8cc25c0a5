"""The outbox: all that is said is a row here, written with the change that caused it, sent after the commit."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db import notify
from bot.messages import Reply
from bot.messaging import options
from bot.privacy.vault import vault
from bot.tables import Conversation, InboundRow, OutboundRow

CHANNEL = "outbox"
WAITS = (1, 5, 30, 120, 600)  # seconds between tries to send


def add(
    session: Session, conversation: Conversation, replies: Sequence[Reply], inbound_id: int | None = None, staff_id: uuid.UUID | None = None
) -> None:
    """Queue replies under the conversation's present epoch. Unique on (inbound, n): the same turn cannot speak twice."""
    for n, reply in enumerate(replies):
        row = OutboundRow(
            conversation_id=conversation.id,
            inbound_id=inbound_id,
            n=n,
            actor=reply.actor,
            epoch=conversation.epoch,
            body_sealed=b"",
            staff_id=staff_id,
        )
        session.add(row)
        session.flush()
        buttons = options.add(session, conversation.id, row.id, reply.buttons)
        row.body_sealed = vault(session).seal(_body(reply, buttons))
    if replies:
        session.flush()
        notify(session, CHANNEL)
        notify(session, "console", str(conversation.id))


def _body(reply: Reply, buttons: list[dict[str, str]]) -> dict[str, Any]:
    return {"text": reply.text, "form": reply.form, "buttons": buttons, "ask_location": reply.ask_location}


def claim(session: Session) -> tuple[OutboundRow, Conversation] | None:
    """The next row to send, locked for this transaction. Only the oldest unsent row of a conversation is ever taken.

    The key of the conversation is share-locked: who changes the owner waits until this send is over, and after it no stale row
    starts. A message that comes in does not wait.
    """
    heads = select(func.min(OutboundRow.id)).where(OutboundRow.state == "queued").group_by(OutboundRow.conversation_id)
    query = select(OutboundRow).where(
        OutboundRow.id.in_(heads), OutboundRow.state == "queued", OutboundRow.next_at <= func.clock_timestamp()
    )
    row = session.scalars(query.order_by(OutboundRow.id).limit(1).with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    owner = select(Conversation).filter_by(id=row.conversation_id).with_for_update(read=True, key_share=True)
    return row, session.scalars(owner.execution_options(populate_existing=True)).one()


def is_stale(row: OutboundRow, conversation: Conversation) -> bool:
    """A bot's word from before the conversation changed hands."""
    return row.actor == "bot" and row.epoch != conversation.epoch


def sent(session: Session, row: OutboundRow) -> None:
    row.state, row.sent_at, row.error = "sent", datetime.now(timezone.utc), ""
    notify(session, "sent", str(row.conversation_id))
    notify(session, "console", str(row.conversation_id))


def dropped(row: OutboundRow) -> None:
    row.state = "dropped"


def failed(session: Session, row: OutboundRow, error: str, retryable: bool) -> None:
    """Plan the next try, or give up: a dead row is shown to staff."""
    notify(session, "console", str(row.conversation_id))
    row.attempts += 1
    row.error = error[:200]
    if not retryable or row.attempts > len(WAITS):
        row.state = "dead"
        return
    row.next_at = datetime.now(timezone.utc) + timedelta(seconds=WAITS[row.attempts - 1])


def readable(session: Session, conversation_id: uuid.UUID, after: int) -> list[tuple[OutboundRow, dict[str, Any]]]:
    """What was sent to this conversation after row `after`, oldest first."""
    query = select(OutboundRow).filter_by(conversation_id=conversation_id, state="sent").where(OutboundRow.id > after)
    return [(row, vault(session).unseal(row.body_sealed)) for row in session.scalars(query.order_by(OutboundRow.id))]


def is_busy(session: Session, conversation_id: uuid.UUID) -> bool:
    """Whether a message still waits for its turn, a reply to be sent, or a deletion to be done."""
    asked = select(InboundRow.id).filter_by(conversation_id=conversation_id, state="new")
    queued = select(OutboundRow.id).filter_by(conversation_id=conversation_id, state="queued")
    forgetting = select(Conversation.id).filter_by(id=conversation_id, forget_requested=True)
    return bool(session.scalar(select(asked.exists() | queued.exists() | forgetting.exists())))
