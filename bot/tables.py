"""Every table on one page. Columns that end in `_sealed` are encrypted JSON (see privacy/vault.py)."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        uuid.UUID: UUID(as_uuid=True),
    }


def _now() -> Mapped[datetime]:
    return mapped_column(server_default=func.clock_timestamp())


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
    created_at: Mapped[datetime] = _now()
    last_inbound_at: Mapped[datetime] = _now()


class AddressRow(Base):
    """All names by which a channel may call the same person: a phone number, and the user id that hides it."""

    __tablename__ = "address"
    channel: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)


class InboundRow(Base):
    """The inbox. `state`: new, done, dead."""

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
    next_at: Mapped[datetime] = _now()
    error: Mapped[str] = mapped_column(server_default="")
    received_at: Mapped[datetime] = _now()
    done_at: Mapped[datetime | None]


class OutboundRow(Base):
    """The outbox. Unique on (inbound, n): a turn speaks once.

    `state`: queued, held (until the person writes: the channel's window is closed), sent, dropped, dead. `tried_at`: the first attempt;
    a row that was tried and is not sent may have been delivered. `provider_id` and `delivery` (sent, delivered, read, failed) are what
    the provider says. `template`: which one is sent instead of a text.
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
    next_at: Mapped[datetime] = _now()
    error: Mapped[str] = mapped_column(server_default="")
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    provider_id: Mapped[str | None]
    delivery: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = _now()
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class ReportRow(Base):
    """What a provider reported of a message that it delivers: may come twice, out of order, and before we know the message's id."""

    __tablename__ = "report"
    channel: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    delivery: Mapped[str]
    error: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = _now()


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
    next_at: Mapped[datetime] = _now()
    error: Mapped[str] = mapped_column(server_default="")


class ForgottenRow(Base):
    """A message that was erased: only that it was received before, so that a provider who repeats it does not bring it back."""

    __tablename__ = "forgotten"
    channel: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = _now()


class IgnoredRow(Base):
    """What a provider sent that is no message to us, such as a post in a group: kept encrypted for a while, never answered."""

    __tablename__ = "ignored"
    __table_args__ = (UniqueConstraint("channel", "provider_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    provider_id: Mapped[str]
    body_sealed: Mapped[bytes]
    received_at: Mapped[datetime] = _now()


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


class Staff(Base):
    __tablename__ = "staff"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="fr")
    must_change: Mapped[bool] = mapped_column(server_default=text("false"))
    failed: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]


class StaffSession(Base):
    """A sign-in. Only the hash of the cookie is kept."""

    __tablename__ = "staff_session"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    csrf: Mapped[str]
    expires_at: Mapped[datetime]


class Case(Base):
    """A request for a person. `state`: waiting, taken, closed. One open case per conversation."""

    __tablename__ = "case"
    __table_args__ = (Index("one_open_case", "conversation_id", unique=True, postgresql_where=text("state <> 'closed'")),)
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    reason: Mapped[str]
    urgency: Mapped[str] = mapped_column(server_default="")
    topic: Mapped[str] = mapped_column(server_default="")
    form: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="waiting")
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    acknowledged: Mapped[bool] = mapped_column(server_default=text("false"))
    outcome: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[datetime] = _now()
    urgent_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class AuditRow(Base):
    """Who did what to which thing. Appended only; it outlives the conversation and names no person who asked."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = _now()
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class EntryRow(Base):
    """An FAQ entry. `seed_hash` is what the last import wrote; `edited` means people changed it since."""

    __tablename__ = "entry"
    id: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="published")
    body: Mapped[dict[str, Any]]
    seed_hash: Mapped[str]
    edited: Mapped[bool] = mapped_column(server_default=text("false"))
    updated_at: Mapped[datetime] = _now()


class Feedback(Base):
    """Did this help? Counted by entry, form and day: no conversation is named."""

    __tablename__ = "feedback"
    entry: Mapped[str] = mapped_column(primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    helped: Mapped[int] = mapped_column(server_default="0")
    not_helped: Mapped[int] = mapped_column(server_default="0")


class Counter(Base):
    """Version numbers that readers compare: `content` grows with each published change."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(server_default="0")


class Organization(Base):
    __tablename__ = "organization"
    id: Mapped[str] = mapped_column(primary_key=True)
    names: Mapped[dict[str, Any]]
    website: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    seed_hash: Mapped[str] = mapped_column(server_default="")
    edited: Mapped[bool] = mapped_column(server_default=text("false"))


class Service(Base):
    """What an organisation offers at one location. Empty means unknown, and is shown as unknown.

    `verified`: verified, partly, name-only, osm. `hours`: OpenStreetMap opening_hours syntax.
    """

    __tablename__ = "service"
    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"), index=True)
    categories: Mapped[list[Any]]
    names: Mapped[dict[str, Any]]
    offers: Mapped[dict[str, Any]]
    audience: Mapped[dict[str, Any]]
    warnings: Mapped[dict[str, Any]]
    languages: Mapped[list[Any]]
    town: Mapped[str] = mapped_column(server_default="")
    town_name: Mapped[str] = mapped_column(server_default="")
    covers: Mapped[list[Any]]
    address: Mapped[str] = mapped_column(server_default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    phones: Mapped[list[Any]]
    hours: Mapped[str] = mapped_column(server_default="")
    verified: Mapped[str]
    hidden_place: Mapped[bool] = mapped_column(server_default=text("false"))
    sources: Mapped[list[Any]]
    last_checked: Mapped[date | None]
    attribution: Mapped[str] = mapped_column(server_default="")
