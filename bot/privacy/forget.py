"""Deleting: on request, after 24 hours without agreement, after long silence; practice after a week. Nothing personal is kept elsewhere."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.db import notify
from bot.messages import PRACTICE
from bot.tables import Case, Conversation, ForgottenRow, IgnoredRow, InboundRow, OutboundRow, ReportRow, Upload

GRACE = timedelta(minutes=10)  # how long the confirmation of a deletion stays readable
REFUSED_KEPT = timedelta(hours=24)
SILENT_KEPT = timedelta(days=180)
PRACTICE_KEPT = timedelta(days=7)
REPEATED = timedelta(days=3)  # longer than any provider repeats a message, or is asked for it
UPLOAD_KEPT = timedelta(days=1)
TRACES_KEPT = timedelta(days=7)  # of ids of erased messages, of reports, of what was no message


def forget_requested(session: Session) -> int:
    """Erase the conversations that asked for it, once their confirmation was sent. Returns how many."""
    unsent = select(OutboundRow.id).where(OutboundRow.conversation_id == Conversation.id, OutboundRow.state == "queued").exists()
    asked = session.scalars(select(Conversation).where(Conversation.forget_requested, ~unsent).with_for_update(skip_locked=True)).all()
    for conversation in asked:
        _erase(session, conversation)
    return len(asked)


def _never_again(session: Session, which: ColumnElement[bool]) -> None:
    """Providers repeat messages, and are asked for missed ones: what is erased now must not come back with that."""
    mine = InboundRow.conversation_id.in_(select(Conversation.id).where(which))
    recent = InboundRow.received_at > func.clock_timestamp() - REPEATED
    rows = select(InboundRow.channel, InboundRow.provider_id).where(mine, recent)
    session.execute(insert(ForgottenRow).from_select(["channel", "provider_id"], rows).on_conflict_do_nothing())


def _erase(session: Session, conversation: Conversation) -> None:
    """Everything but the last bubble, which says that all is erased; that one and the shell go after `GRACE`."""
    _never_again(session, Conversation.id == conversation.id)
    last = select(func.max(OutboundRow.id)).filter_by(conversation_id=conversation.id).scalar_subquery()
    session.execute(delete(Case).filter_by(conversation_id=conversation.id))
    session.execute(delete(OutboundRow).where(OutboundRow.conversation_id == conversation.id, OutboundRow.id != last))
    session.execute(delete(InboundRow).where(InboundRow.conversation_id == conversation.id, InboundRow.state != "new"))
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id)
        .values(
            tracker_sealed=None,
            agreed=False,
            safe=None,
            form="",
            chosen_form="",
            forget_requested=False,
            owner="bot",
            epoch=Conversation.epoch + 1,
            last_inbound_at=func.clock_timestamp() - REFUSED_KEPT + GRACE,
        )
    )
    notify(session, "console", "queue")


def expire(session: Session) -> int:
    """Delete conversations whose time is over. Returns how many."""
    now, case_open = func.clock_timestamp(), select(Case.id).where(Case.conversation_id == Conversation.id, Case.state != "closed").exists()
    refused = (Conversation.agreed.is_(False)) & (Conversation.last_inbound_at < now - REFUSED_KEPT)
    silent = Conversation.last_inbound_at < now - SILENT_KEPT
    practised = (Conversation.channel == PRACTICE) & (Conversation.created_at < now - PRACTICE_KEPT)
    over = ((refused | silent) & ~case_open) | practised
    _never_again(session, over)
    gone = session.execute(delete(Conversation).where(over).returning(Conversation.id))
    session.execute(delete(Upload).where(Upload.at < now - UPLOAD_KEPT))
    for table, column in ((ForgottenRow, ForgottenRow.at), (IgnoredRow, IgnoredRow.received_at), (ReportRow, ReportRow.at)):
        session.execute(delete(table).where(column < now - TRACES_KEPT))
    return len(gone.all())
