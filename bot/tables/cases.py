"""Requests for a person, and what caseworkers do with them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables.base import Base, now


class Case(Base):
    """A request for a person. `state`: waiting, taken, closed. One open case per conversation.

    `due_at`: when an answer is due; null while none is. `first_due_at`: when the first one was, for the figures. `lease_until`: when a
    case that its caseworker left behind waits again. `owner_seen`: the newest message of the person that its caseworker has looked at.
    `left_at`: when the person began a new conversation in the web chat; nothing written here reaches them any more.
    `practice_of`: who practises on it; nobody else sees or counts it. `facts_sealed`: what the person had told the bot (slots).
    `topics`: chosen at the end, for the figures. `satisfaction`: 1 no, 2 partly, 3 yes.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("one_open_case", "conversation_id", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("case_open", "team_id", "state", "opened_at", postgresql_where=text("state <> 'closed'")),
        Index("case_closed", "team_id", "closed_at", postgresql_where=text("state = 'closed'")),
        Index("case_ended", "closed_at", "id", postgresql_where=text("state = 'closed'")),
        Index("case_of_conversation", "conversation_id", "id"),
        Index("case_of_staff", "assignee_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), server_default="1")
    practice_of: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    scenario: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str]
    urgency: Mapped[str] = mapped_column(server_default="")
    topic: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="")
    form: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="waiting")
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    acknowledged: Mapped[bool] = mapped_column(server_default=text("false"))
    facts_sealed: Mapped[bytes | None]
    outcome: Mapped[str] = mapped_column(server_default="")
    topics: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    satisfaction: Mapped[int | None]
    opened_at: Mapped[datetime] = now()
    urgent_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    owner_seen: Mapped[int] = mapped_column(server_default="0")
    first_due_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Note(Base):
    """What colleagues write to each other on a case. `words`: fingerprints of its words, by which it is found without being read."""

    __tablename__ = "note"
    __table_args__ = (Index("note_words", "words", postgresql_using="gin"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    body_sealed: Mapped[bytes]
    words: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    at: Mapped[datetime] = now()


class Mention(Base):
    """A colleague who is named in a note."""

    __tablename__ = "mention"
    __table_args__ = (Index("mention_of_staff", "staff_id", "seen_at"),)
    note_id: Mapped[int] = mapped_column(ForeignKey("note.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[datetime | None]


class Draft(Base):
    """An answer that is not sent yet."""

    __tablename__ = "draft"
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    body_sealed: Mapped[bytes]
    at: Mapped[datetime] = now()


class Canned(Base):
    """A ready answer. `bodies`: text by written form. Without a team it is everybody's."""

    __tablename__ = "canned"
    __table_args__ = (UniqueConstraint("team_id", "name", postgresql_nulls_not_distinct=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"))
    name: Mapped[str]
    bodies: Mapped[dict[str, Any]]
    changed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime] = now()


class Referral(Base):
    """A person is sent to a service of the directory. `state`: asked, refused, agreed, sent, accepted, declined, done, withdrawn.
    `shared_sealed`: what is told to the service, exactly as the person agreed to it."""

    __tablename__ = "referral"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    service_id: Mapped[str | None] = mapped_column(ForeignKey("service.id", ondelete="SET NULL"))
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(server_default="asked")
    shared_sealed: Mapped[bytes]
    created_at: Mapped[datetime] = now()
    changed_at: Mapped[datetime] = now()


class Notice(Base):
    """A word to members of staff outside of the console; never what a person said. `key`: the same one is told once.
    `way`: email, telegram. `state`: queued, sent, dropped, dead."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_waiting", "next_at", postgresql_where=text("state = 'queued'")),
        Index("notice_of_staff", "staff_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    way: Mapped[str]
    target: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="fr")
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = now()
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = now()
    sent_at: Mapped[datetime | None]


class AuditRow(Base):
    """Who did what to which thing. The database refuses to change or delete a row. It outlives the conversation, and names no asker."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_subject", "subject", "at"), Index("audit_actor", "actor", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = now()
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
