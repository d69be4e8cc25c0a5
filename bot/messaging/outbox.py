"""The outbox: all that is said is a row here, written with the change that caused it, sent after the commit."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, overload

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.db import notify
from bot.errors import Conflict, SendError, TryAgain, Unreachable, WindowClosed
from bot.messages import PRACTICE, Reply
from bot.messaging import options, retries
from bot.messaging.pacing import Paces
from bot.messaging.parts import parts
from bot.privacy.vault import vault
from bot.tables import ChannelRow, Conversation, InboundRow, OutboundRow

CHANNEL = "outbox"
WAITS = (1, 5, 30, 120, 600)  # seconds between tries to send
SPREAD = 0.2
GIVEN_UP = ("dead", "noted")  # noted: staff have seen it
LEASE = timedelta(seconds=2)  # between noting an attempt and making it


def add(
    session: Session, conversation: Conversation, replies: Sequence[Reply], inbound_id: int | None = None, staff_id: uuid.UUID | None = None
) -> None:
    """Queue replies under the conversation's present epoch. Unique on (inbound, n): the same turn cannot speak twice."""
    for n, bubble in enumerate(bubble for reply in replies for bubble in parts(reply, conversation.channel)):
        row = OutboundRow(
            conversation_id=conversation.id,
            inbound_id=inbound_id,
            n=n,
            actor=bubble.actor,
            epoch=conversation.epoch,
            template=bubble.template,
            body_sealed=b"",
            staff_id=staff_id,
        )
        session.add(row)
        session.flush()
        buttons = options.add(session, conversation.id, row.id, bubble.buttons)
        row.body_sealed = vault(session).seal(_body(bubble, buttons))
    if replies:
        session.flush()
        notify(session, CHANNEL)
        notify(session, "console", str(conversation.id))


def _body(reply: Reply, buttons: list[dict[str, str]]) -> dict[str, Any]:
    known = {"text": reply.text, "form": reply.form, "buttons": buttons, "ask_location": reply.ask_location}
    return known | {"template": reply.template} if reply.template else known


class Attempt(NamedTuple):
    """`tried`: when this row was first tried, if an earlier attempt ended without a word: it may have been delivered."""

    row_id: int
    channel: str
    tried: datetime | None


def begin(session: Session, paces: Mapping[str, Paces]) -> Attempt | None:
    """The next row that may be sent now; noted as tried before the provider hears of it, so that a sender that dies leaves a trace.

    Only the oldest unsent row of a conversation is ever taken."""
    now = datetime.now(timezone.utc)
    heads = select(func.min(OutboundRow.id)).where(OutboundRow.state == "queued").group_by(OutboundRow.conversation_id)
    resting = select(ChannelRow.name).where(ChannelRow.name == Conversation.channel, ChannelRow.send_after > now).exists()
    query = select(OutboundRow, Conversation.channel).join(Conversation, Conversation.id == OutboundRow.conversation_id)
    due = query.where(OutboundRow.id.in_(heads), OutboundRow.state == "queued", OutboundRow.next_at <= now, Conversation.send_after <= now)
    found = session.execute(due.where(~resting).order_by(OutboundRow.id).limit(1).with_for_update(of=OutboundRow, skip_locked=True)).first()
    if found is None:
        return None
    row, channel = found
    attempt = Attempt(row.id, channel, row.tried_at)
    row.tried_at, row.next_at = row.tried_at or now, now + LEASE
    _pace(session, row.conversation_id, channel, paces.get(channel, Paces()))
    return attempt


def _pace(session: Session, conversation_id: uuid.UUID, channel: str, paces: Paces) -> None:
    now = datetime.now(timezone.utc)
    if paces.person.seconds:
        conversation = session.get_one(Conversation, conversation_id, with_for_update={"key_share": True})
        conversation.send_after = paces.person.after(conversation.send_after, now)
    if paces.all.seconds:
        state = channel_state(session, channel)
        state.send_after = paces.all.after(state.send_after, now)


def channel_state(session: Session, name: str) -> ChannelRow:
    """What all processes know of a channel, locked until the end of the transaction."""
    session.execute(insert(ChannelRow).values(name=name).on_conflict_do_nothing())
    return session.get_one(ChannelRow, name, with_for_update=True, populate_existing=True)


def claim(session: Session, row_id: int) -> tuple[OutboundRow, Conversation] | None:
    """The row, locked for the transaction in which it is sent; None when somebody else has it.

    The key of the conversation is share-locked: who changes the owner waits until this send is over, and after it no stale row
    starts. A message that comes in does not wait.
    """
    query = select(OutboundRow).filter_by(id=row_id, state="queued").with_for_update(skip_locked=True)
    row = session.scalars(query).one_or_none()
    if row is None:
        return None
    owner = select(Conversation).filter_by(id=row.conversation_id).with_for_update(read=True, key_share=True)
    return row, session.scalars(owner.execution_options(populate_existing=True)).one()


@overload
def is_stale(row: OutboundRow, conversation: Conversation) -> bool: ...
@overload
def is_stale(row: type[OutboundRow], conversation: Conversation) -> ColumnElement[bool]: ...
def is_stale(row: Any, conversation: Conversation) -> Any:
    """A bot's word from before the conversation changed hands; "an answer waits" once the person has written.

    Of a row, or as a condition on the rows of this conversation: the operators mean the same in both.
    """
    before = (row.actor == "bot") & (row.epoch != conversation.epoch)
    return before | (row.template != "") if conversation.nudged_at is None else before


def sent(session: Session, row: OutboundRow, provider_id: str | None = None) -> None:
    row.state, row.sent_at, row.error, row.provider_id = "sent", datetime.now(timezone.utc), "", provider_id
    _tell(session, row)


def dropped(row: OutboundRow) -> None:
    row.state = "dropped"


def failed(session: Session, row: OutboundRow, error: SendError) -> None:
    """Hold it until the person writes, plan the next try, or give up: a dead row is shown to staff."""
    row.attempts += 1
    row.error = str(error)[:200]
    again = retries.after(error, row.attempts, WAITS, SPREAD)
    row.state = "held" if isinstance(error, WindowClosed) else "queued" if again else "dead"
    row.next_at = again or row.next_at
    _tell(session, row)


def _tell(session: Session, row: OutboundRow) -> None:
    notify(session, "sent", str(row.conversation_id))
    notify(session, "console", str(row.conversation_id))


def after_failure(session: Session, conversation_id: uuid.UUID, error: SendError) -> None:
    """What one failed row means for the others of its conversation. In a transaction of its own: the row's own share-locks the person."""
    conversation = session.get_one(Conversation, conversation_id, with_for_update={"key_share": True})
    now = datetime.now(timezone.utc)
    if isinstance(error, Unreachable):
        conversation.unreachable = str(error)[:200]
        waiting = update(OutboundRow).filter_by(conversation_id=conversation_id, state="queued")
        session.execute(waiting.values(state="dead", error=conversation.unreachable))
    if isinstance(error, WindowClosed):
        nudge(session, conversation)
    if isinstance(error, TryAgain) and error.after:
        conversation.send_after = now + timedelta(seconds=error.after)
    notify(session, "console", str(conversation_id))
    channel = channel_state(session, conversation.channel)
    channel.error, channel.error_at = str(error)[:200], now


def nudge(session: Session, conversation: Conversation) -> bool:
    """Tell them that an answer waits: once, until they write; not where somebody else may read it. False: not said.

    The conversation is locked by who calls."""
    if conversation.nudged_at is not None or conversation.safe is False:
        return False
    conversation.nudged_at = datetime.now(timezone.utc)
    add(session, conversation, [Reply("", conversation.form or "fr", actor="system", template="answer_waits")])
    return True


def release(session: Session, conversation_id: uuid.UUID, form: str = "") -> None:
    """The person wrote: they can be reached, and what was held back goes out. `form`: the language of their app, a first guess."""
    mine, first_guess = Conversation.id == conversation_id, func.coalesce(func.nullif(Conversation.form, ""), form)
    heard = update(Conversation).where(mine).values(last_inbound_at=func.clock_timestamp(), unreachable="", form=first_guess)
    if session.scalar(heard.returning(Conversation.nudged_at)):
        session.execute(update(Conversation).where(mine).values(nudged_at=None))
        held = update(OutboundRow).filter_by(conversation_id=conversation_id, state="held")
        session.execute(held.values(state="queued", next_at=func.clock_timestamp()))
        notify(session, CHANNEL)


def provider_ids(session: Session, conversation_id: uuid.UUID) -> frozenset[str]:
    """Messages of the provider for which a row of this conversation already stands."""
    query = select(OutboundRow.provider_id).filter_by(conversation_id=conversation_id).where(OutboundRow.provider_id.is_not(None))
    return frozenset(map(str, session.scalars(query)))


def resend(session: Session, row_id: int) -> OutboundRow:
    """Staff asks for another try of a row that was given up."""
    row = session.scalars(select(OutboundRow).filter_by(id=row_id).with_for_update()).one_or_none()
    if row is None or row.state not in GIVEN_UP:
        raise Conflict("outbox.not_dead")
    row.state, row.attempts, row.next_at = "queued", 0, datetime.now(timezone.utc)
    notify(session, CHANNEL)
    _tell(session, row)
    return row


def dead(session: Session, limit: int = 200) -> list[OutboundRow]:
    """Rows that were given up, newest first."""
    real = select(OutboundRow).join(Conversation, Conversation.id == OutboundRow.conversation_id).where(Conversation.channel != PRACTICE)
    return list(session.scalars(real.where(OutboundRow.state == "dead").order_by(OutboundRow.id.desc()).limit(limit)))


def readable(session: Session, conversation_id: uuid.UUID, after: int) -> list[tuple[OutboundRow, dict[str, Any]]]:
    """What was sent to this conversation after row `after`, oldest first."""
    query = select(OutboundRow).filter_by(conversation_id=conversation_id, state="sent").where(OutboundRow.id > after)
    return [(row, vault(session).unseal(row.body_sealed)) for row in session.scalars(query.order_by(OutboundRow.id))]


def is_gone(session: Session, conversation_id: uuid.UUID, after: int) -> bool:
    """Whether what was said up to row `after` was erased."""
    upto = select(OutboundRow.id).filter_by(conversation_id=conversation_id).where(OutboundRow.id <= after)
    return after > 0 and not session.scalar(select(upto.exists()))


def is_busy(session: Session, conversation_id: uuid.UUID) -> bool:
    """Whether a message still waits for its turn, a reply to be sent, or a deletion to be done."""
    asked = select(InboundRow.id).filter_by(conversation_id=conversation_id, state="new")
    queued = select(OutboundRow.id).filter_by(conversation_id=conversation_id, state="queued")
    forgetting = select(Conversation.id).filter_by(id=conversation_id, forget_requested=True)
    return bool(session.scalar(select(asked.exists() | queued.exists() | forgetting.exists())))
