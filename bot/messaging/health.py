"""What waits in the queues of each channel, for those who watch the installation."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from bot.messages import PRACTICE
from bot.tables import ChannelRow, Conversation, InboundRow, OutboundRow


class ChannelHealth(TypedDict):
    """Counts of messages; `oldest`: since when the oldest one in the inbox waits."""

    unread: int
    oldest: datetime | None
    queued: int
    held: int
    dead: int
    error: str
    error_at: datetime | None


def channels(session: Session) -> dict[str, ChannelHealth]:
    """By channel that anybody ever wrote on."""
    new = select(Conversation.channel, func.count(), func.min(InboundRow.received_at)).join(InboundRow).where(InboundRow.state == "new")
    unread = {name: (count, oldest) for name, count, oldest in session.execute(new.group_by(Conversation.channel))}
    waiting = select(Conversation.channel, OutboundRow.state, func.count()).join(OutboundRow)
    waiting = waiting.where(OutboundRow.state.in_(("queued", "held", "dead"))).group_by(Conversation.channel, OutboundRow.state)
    counts = {(name, state): count for name, state, count in session.execute(waiting)}
    errors = {row.name: row for row in session.scalars(select(ChannelRow))}
    used = session.scalars(select(Conversation.channel).where(Conversation.channel != PRACTICE).distinct())
    return {name: _one(name, unread, counts, errors) for name in used}


def _one(
    name: str, unread: dict[str, tuple[int, datetime]], counts: dict[tuple[str, str], int], errors: dict[str, ChannelRow]
) -> ChannelHealth:
    waits, oldest = unread.get(name, (0, None))
    state = errors.get(name)
    return ChannelHealth(
        unread=waits,
        oldest=oldest,
        queued=counts.get((name, "queued"), 0),
        held=counts.get((name, "held"), 0),
        dead=counts.get((name, "dead"), 0),
        error=state.error if state else "",
        error_at=state.error_at if state else None,
    )
