"""How long after a person's last message their channel takes free text. Later it takes templates only, until they write."""

from datetime import datetime, timedelta, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.tables import Conversation, OutboundRow

LENGTHS = {"whatsapp": timedelta(hours=24)}


def closes_at(conversation: Conversation) -> datetime | None:
    """None: the channel always takes text."""
    length = LENGTHS.get(conversation.channel)
    return conversation.last_inbound_at + length if length else None


def is_closed(conversation: Conversation) -> bool:
    """By the clock, or because the provider said so and the person has not written since."""
    ends = closes_at(conversation)
    return ends is not None and (conversation.nudged_at is not None or ends <= datetime.now(timezone.utc))


def nudge(session: Session, conversation: Conversation) -> OutboundRow | None:
    """The message that told them, behind the closed window, that an answer waits; None when they were not told."""
    if conversation.nudged_at is None:
        return None
    query = select(OutboundRow).filter_by(conversation_id=conversation.id).where(OutboundRow.template != "")
    return session.scalars(query.order_by(OutboundRow.id.desc()).limit(1)).one_or_none()
