"""FAQ entries with their revisions; what people thought of them, and what they asked in vain."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Computed, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables.base import Base, now


class EntryRow(Base):
    """An FAQ entry as it answers. `body` is what is live; while `state` is not `published` (draft, archived, withdrawn) nobody is answered
    with it. `seed_hash` is what the last import wrote; `edited` means people changed it since.

    The editors' side: `head` is the newest revision, `live` the one that `body` came from (0: none yet); `stage` is where the head
    stands: draft, review, published; `reviewer_id`: who is asked for the review, if it is one person. `reminded_on`: when the
    responsible person was last told that it is due.
    `check_again_on`: of `body`."""

    __tablename__ = "entry"
    id: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="published")
    body: Mapped[dict[str, Any]]
    seed_hash: Mapped[str]
    edited: Mapped[bool] = mapped_column(server_default=text("false"))
    updated_at: Mapped[datetime] = now()
    stage: Mapped[str] = mapped_column(server_default="published")
    head: Mapped[int] = mapped_column(server_default="0")
    live: Mapped[int] = mapped_column(server_default="0")
    responsible_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    reviewer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    reminded_on: Mapped[date | None]
    check_again_on: Mapped[str | None] = mapped_column(Computed("body ->> 'check_again_on'::text", persisted=True))


class Revision(Base):
    """An entry as it was saved; never changed afterwards. `kind`: new, minor (a slip of the pen) or meaning (the other forms must be
    looked at again). `by` is empty for an import."""

    __tablename__ = "revision"
    entry_id: Mapped[str] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[dict[str, Any]]
    kind: Mapped[str]
    why: Mapped[str] = mapped_column(server_default="")
    by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    at: Mapped[datetime] = now()


class Comment(Base):
    """What editors say to each other about an entry; `form` is empty when it is about all of it."""

    __tablename__ = "comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    form: Mapped[str] = mapped_column(server_default="")
    text: Mapped[str]
    by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    at: Mapped[datetime] = now()
    done_at: Mapped[datetime | None]


class CommentMention(Base):
    """An editor who is named in a comment."""

    __tablename__ = "comment_mention"
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, index=True)


class Setting(Base):
    """What a manager decides while everything runs, such as `four_eyes`."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]


class Upload(Base):
    """A file of content that somebody wants to take in, until they decide; one for each person and kind, gone after a day."""

    __tablename__ = "upload"
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    lang: Mapped[str]
    name: Mapped[str]
    content_sealed: Mapped[bytes]
    at: Mapped[datetime] = now()


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


class Cluster(Base):
    """Messages that ask the same thing and were not answered well. `state`: open, ignored, answered; `entry_id`: what they became.
    `centre`: the sum of the vectors of its messages (see bot/faq/clusters.py), `members` of how many. `by` decided, `decided_at`."""

    __tablename__ = "cluster"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default="open")
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("entry.id", ondelete="SET NULL"))
    centre: Mapped[bytes]
    members: Mapped[int] = mapped_column(server_default="0")
    by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    at: Mapped[datetime] = now()
    decided_at: Mapped[datetime | None]


class Unanswered(Base):
    """A message that got no good answer, redacted. `why`: unsure, no_help, left, handed_over, out_of_scope. `nearest`: the entry that
    came closest, with its probability (0: not known). Goes when the conversation goes."""

    __tablename__ = "unanswered"
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound.id", ondelete="CASCADE"), unique=True)
    why: Mapped[str]
    text_sealed: Mapped[bytes]
    form: Mapped[str]
    nearest: Mapped[str] = mapped_column(server_default="")
    probability: Mapped[float] = mapped_column(server_default="0")
    topic: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="")
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id", ondelete="SET NULL"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"), index=True)


class Link(Base):
    """An address that content names, and what became of it when it was last asked. `state`: unknown, good, broken."""

    __tablename__ = "link"
    url: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default="unknown")
    status: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str] = mapped_column(server_default="")
    failures: Mapped[int] = mapped_column(server_default="0")
    checked_at: Mapped[datetime | None]
    next_at: Mapped[datetime] = now()
