"""What is said, and how it travels: conversations, inbox, outbox, files, channels."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables.base import Base, now


class Conversation(Base):
    """One person on one channel. `owner` and `epoch` say who speaks; both change only by compare-and-set.

    `send_after`: when the channel may speak to them next. `unreachable`: why nothing arrives (they blocked us). `nudged_at`: when they
    were told that an answer waits behind a closed window.
    """

    __tablename__ = "conversation"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    channel: Mapped[str]
    address_sealed: Mapped[bytes]
    owner: Mapped[str] = mapped_column(server_default="bot")
    epoch: Mapped[int] = mapped_column(server_default="0")
    form: Mapped[str] = mapped_column(server_default="")
    chosen_form: Mapped[str] = mapped_column(server_default="")
    agreed: Mapped[bool | None]
    safe: Mapped[bool | None]
    tracker_sealed: Mapped[bytes | None]
    forget_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    unreachable: Mapped[str] = mapped_column(server_default="")
    send_after: Mapped[datetime] = mapped_column(server_default=text("(clock_timestamp() - '01:00:00'::interval)"))
    nudged_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = now()
    last_inbound_at: Mapped[datetime] = now()


class AddressRow(Base):
    """All names by which a channel may call the same person: a phone number, and the user id that hides it."""

    __tablename__ = "address"
    channel: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)


class InboundRow(Base):
    """The inbox. `state`: new, done, dead. `guesses`: ids of FAQ entries that fit the message, the best first."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        Index("inbound_waiting", "conversation_id", "id", postgresql_where=text("state = 'new'")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    provider_id: Mapped[str]
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    body_sealed: Mapped[bytes]
    form: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="new")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = now()
    error: Mapped[str] = mapped_column(server_default="")
    guesses: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    received_at: Mapped[datetime] = now()
    done_at: Mapped[datetime | None]


class OutboundRow(Base):
    """The outbox. Unique on (inbound, n): a turn speaks once.

    `state`: queued, held (until the person writes: the channel's window is closed), sent, dropped, dead, noted (dead, and staff have seen
    it). `tried_at`: the first attempt; a row that was tried and is not sent may have been delivered. `provider_id` and `delivery` (sent,
    delivered, read, failed) are what the provider says. `template`: which one is sent instead of a text.
    """

    __tablename__ = "outbound"
    __table_args__ = (
        UniqueConstraint("inbound_id", "n"),
        Index("outbound_waiting", "conversation_id", "id", postgresql_where=text("state = 'queued'")),
        Index("outbound_read", "conversation_id", "id"),
        Index("outbound_provider", "provider_id"),
        Index("outbound_dead", "id", postgresql_where=text("state = 'dead'")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id", ondelete="SET NULL"))
    n: Mapped[int] = mapped_column(server_default="0")
    actor: Mapped[str]
    epoch: Mapped[int]
    template: Mapped[str] = mapped_column(server_default="")
    body_sealed: Mapped[bytes]
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = now()
    error: Mapped[str] = mapped_column(server_default="")
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    provider_id: Mapped[str | None]
    delivery: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = now()
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class ReportRow(Base):
    """What a provider reported of a message that it delivers: may come twice, out of order, and before we know the message's id."""

    __tablename__ = "report"
    channel: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    delivery: Mapped[str]
    error: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = now()


class MediaRow(Base):
    """A voice note, picture or file. `reference_sealed` is what the provider calls it. `state`: wanted, kept, refused, failed."""

    __tablename__ = "media"
    id: Mapped[int] = mapped_column(primary_key=True)
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str]
    reference_sealed: Mapped[bytes]
    kind: Mapped[str]
    mime: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="wanted")
    content_sealed: Mapped[bytes | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = now()
    error: Mapped[str] = mapped_column(server_default="")


class ForgottenRow(Base):
    """A message that was erased: only that it was received before, so that a provider who repeats it does not bring it back."""

    __tablename__ = "forgotten"
    channel: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = now()


class IgnoredRow(Base):
    """What a provider sent that is no message to us, such as a post in a group: kept encrypted for a while, never answered."""

    __tablename__ = "ignored"
    __table_args__ = (UniqueConstraint("channel", "provider_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    provider_id: Mapped[str]
    body_sealed: Mapped[bytes]
    received_at: Mapped[datetime] = now()


class ChannelRow(Base):
    """What all processes must know of a channel: when it may send next, how far it has read, its last error."""

    __tablename__ = "channel"
    name: Mapped[str] = mapped_column(primary_key=True)
    send_after: Mapped[datetime] = mapped_column(server_default=text("(clock_timestamp() - '01:00:00'::interval)"))
    cursor: Mapped[str] = mapped_column(server_default="")
    error: Mapped[str] = mapped_column(server_default="")
    error_at: Mapped[datetime | None]


class TemplateRow(Base):
    """A message template as the provider knows it. `content_hash` tells whether the file changed since."""

    __tablename__ = "template"
    name: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str]
    content_hash: Mapped[str]
    approval: Mapped[str] = mapped_column(server_default="")


class Option(Base):
    """A button that was sent: what it means is kept here, the person only gets the token."""

    __tablename__ = "option"
    token: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    outbound_id: Mapped[int] = mapped_column(ForeignKey("outbound.id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[str]
    intent: Mapped[str]
    data: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]
