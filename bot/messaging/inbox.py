"""The inbox: each message of a provider is received once and stays until its turn is done."""

import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.db import notify_all
from bot.errors import TryAgain
from bot.messages import Inbound
from bot.messaging import conversations, media, options, outbox, retries
from bot.privacy.vault import vault
from bot.tables import ForgottenRow, IgnoredRow, InboundRow

WAITS = (1, 2, 4, 8)  # seconds before a failed turn is run again; after the last the message is dead
CHANNEL = "inbox"


def receive(session: Session, message: Inbound) -> int | None:
    """Keep a message and wake a worker. None when this provider id was received before, and perhaps erased since."""
    provider_id = vault(session).fingerprint(message.provider_id)  # it may contain the address (web chat: the token)
    if session.get(ForgottenRow, (message.channel, provider_id)):
        return None
    conversation_id = conversations.find_or_create(session, message.channel, message.address, message.also)
    row = insert(InboundRow).values(
        channel=message.channel,
        provider_id=provider_id,
        conversation_id=conversation_id,
        body_sealed=vault(session).seal(message.body()),
    )
    inbound_id = session.scalar(row.on_conflict_do_nothing().returning(InboundRow.id))
    if inbound_id is not None:
        if message.reference:
            media.want(session, inbound_id, message)
        outbox.release(session, conversation_id, message.form)
        notify_all(session, {CHANNEL: "", "console": str(conversation_id)})
    return inbound_id


def ignore(session: Session, channel: str, provider_id: str, body: dict[str, Any]) -> None:
    """Keep what is no message to us, without answering it."""
    row = insert(IgnoredRow).values(channel=channel, provider_id=provider_id, body_sealed=vault(session).seal(body))
    session.execute(row.on_conflict_do_nothing())


def ignored(session: Session, channel: str) -> list[dict[str, Any]]:
    """What was kept of this channel without being answered, the newest first."""
    rows = session.scalars(select(IgnoredRow).filter_by(channel=channel).order_by(IgnoredRow.id.desc()))
    return [vault(session).unseal(row.body_sealed) for row in rows]


def due(session: Session, limit: int = 20) -> list[uuid.UUID]:
    """Conversations whose oldest waiting message may be worked on now, longest waiting first."""
    heads = select(func.min(InboundRow.id).label("id")).where(InboundRow.state == "new").group_by(InboundRow.conversation_id).subquery()
    query = select(InboundRow.conversation_id).join(heads, heads.c.id == InboundRow.id)
    return list(session.scalars(query.where(InboundRow.next_at <= func.clock_timestamp()).order_by(InboundRow.id).limit(limit)))


def head(session: Session, conversation_id: uuid.UUID) -> InboundRow | None:
    """The oldest waiting message of a conversation, if it is due."""
    query = select(InboundRow).filter_by(conversation_id=conversation_id, state="new").order_by(InboundRow.id).limit(1)
    row = session.scalars(query).one_or_none()
    return row if row and row.next_at <= datetime.now(timezone.utc) else None


def recent(session: Session, row: InboundRow) -> int:
    """Messages of this conversation that came in the minute before this one."""
    earlier = select(func.count()).select_from(InboundRow).filter_by(conversation_id=row.conversation_id).where(InboundRow.id < row.id)
    return session.scalar(earlier.where(InboundRow.received_at > row.received_at - timedelta(minutes=1))) or 0


def done(session: Session, inbound_id: int, form: str) -> bool:
    """Mark as done; False when it was done before (then the whole turn must be thrown away)."""
    changed = session.execute(
        update(InboundRow)
        .where(InboundRow.id == inbound_id, InboundRow.state == "new")
        .values(state="done", form=form, done_at=func.clock_timestamp(), error="")
        .returning(InboundRow.id)
    )
    return changed.scalar_one_or_none() is not None


def failed(session: Session, inbound_id: int, error: str) -> bool:
    """Count a failure and plan the next try. True when there is none left."""
    row = session.get(InboundRow, inbound_id)
    if row is None or row.state != "new":
        return False
    row.attempts += 1
    row.error = error[:200]
    again = retries.after(TryAgain(error), row.attempts, WAITS)
    row.next_at = again or row.next_at
    return again is None


def words(session: Session, conversation_id: uuid.UUID) -> list[tuple[InboundRow, str]]:
    """What the person said, oldest first: the text, or the title of the button that was pressed; empty for a shared place."""
    rows = session.scalars(select(InboundRow).filter_by(conversation_id=conversation_id).order_by(InboundRow.id))
    return [(row, _words(session, vault(session).unseal(row.body_sealed))) for row in rows]


def _words(session: Session, body: dict[str, Any]) -> str:
    if body["kind"] == "button":
        return "".join(options.titles(session, [body.get("token", "")]).values())
    return str(body.get("text", ""))
