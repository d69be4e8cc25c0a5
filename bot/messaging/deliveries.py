"""What providers report of messages they took: twice, out of order, or before we know under which id they took them."""

from collections.abc import Callable
from datetime import datetime, timezone

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.db import notify
from bot.errors import SendError
from bot.messaging import outbox
from bot.tables import Conversation, OutboundRow, ReportRow

RANK = {"": 0, "sent": 1, "failed": 2, "delivered": 3, "read": 4}  # a report never takes back a higher one


def report(session: Session, channel: str, provider_id: str, delivery: str, error: str = "") -> bool:
    """Keep what was reported. False when we knew as much before."""
    session.execute(insert(ReportRow).values(channel=channel, provider_id=provider_id, delivery="").on_conflict_do_nothing())
    known = session.get_one(ReportRow, (channel, provider_id), with_for_update=True, populate_existing=True)
    if RANK[delivery] <= RANK[known.delivery]:
        return False
    known.delivery, known.error = delivery, error
    return True


def settle(session: Session, channel: str, provider_id: str, meaning: Callable[[str], SendError]) -> tuple[OutboundRow, SendError] | None:
    """Bring the row up to what was reported. `meaning`: of a reported error. The row that failed is returned, and why.

    Nothing happens while the row is not known yet: who learns its id settles again."""
    known = session.get(ReportRow, (channel, provider_id), populate_existing=True)
    if known is None:
        return None
    row = session.scalars(select(OutboundRow).filter_by(provider_id=provider_id, state="sent").with_for_update()).one_or_none()
    if row is None or RANK[known.delivery] <= RANK[row.delivery]:
        return None
    notify(session, "console", str(row.conversation_id))
    if known.delivery == "failed":
        failure = meaning(known.error)
        row.provider_id, row.delivery = None, ""  # the next try gets another id, and reports of its own
        outbox.failed(session, row, failure)
        return row, failure
    row.delivery = known.delivery
    _next_may_go(session, row)
    return None


def _next_may_go(session: Session, row: OutboundRow) -> None:
    """It has arrived: the next bubble cannot overtake it."""
    conversation = session.get_one(Conversation, row.conversation_id, with_for_update={"key_share": True})
    conversation.send_after = min(conversation.send_after, datetime.now(timezone.utc))
    notify(session, outbox.CHANNEL)
