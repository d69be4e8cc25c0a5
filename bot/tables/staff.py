"""Members of staff, their teams, hours and sign-in."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables.base import Base, now


class Team(Base):
    """Caseworkers who share a queue. `topics`: the topics of the content whose cases come here. `hours`: in the syntax of OpenStreetMap;
    empty: not known. Minutes until the first and the next answer are due, in working hours; `urgent_minutes`: until others are told."""

    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    topics: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    hours: Mapped[str] = mapped_column(server_default="")
    first_answer_minutes: Mapped[int] = mapped_column(server_default="60")
    next_answer_minutes: Mapped[int] = mapped_column(server_default="60")
    urgent_minutes: Mapped[int] = mapped_column(server_default="5")
    email: Mapped[str] = mapped_column(server_default="")
    telegram_group: Mapped[str] = mapped_column(server_default="")


class TeamDay(Base):
    """Other hours from `first` to `last`: Ramadan, a holiday. Empty hours: closed."""

    __tablename__ = "team_day"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), index=True)
    first: Mapped[date]
    last: Mapped[date]
    hours: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")


class OnCall(Base):
    """Who is told of urgent cases at any hour, from when to when."""

    __tablename__ = "on_call"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class Staff(Base):
    """`away`: chosen by the person. `mail_new`: wants e-mails of what is not urgent too. `seen_at`: when a page of theirs was last
    open. `totp_step`: a code is good once."""

    __tablename__ = "staff"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), server_default="1")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    password_hash: Mapped[str]
    totp_sealed: Mapped[bytes | None]
    totp_step: Mapped[int] = mapped_column(server_default="0")
    language: Mapped[str] = mapped_column(server_default="fr")
    away: Mapped[bool] = mapped_column(server_default=text("false"))
    mail_new: Mapped[bool] = mapped_column(server_default=text("true"))
    seen_at: Mapped[datetime | None]
    must_change: Mapped[bool] = mapped_column(server_default=text("false"))
    failed: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]


class StaffSession(Base):
    """A sign-in. Only the hash of the cookie is kept. `verified`: the second factor was given, or none is set up."""

    __tablename__ = "staff_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str]
    agent: Mapped[str] = mapped_column(server_default="")
    verified: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = now()
    used_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime]


class RecoveryCode(Base):
    """Opens an account once when the device with the codes is lost."""

    __tablename__ = "recovery_code"
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """A link that is good once: for a new account, or with `staff_id` for a new password."""

    __tablename__ = "invitation"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    invited_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
