"""What is answered from: FAQ entries and the directory; what people thought of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables.base import Base, now


class EntryRow(Base):
    """An FAQ entry. `seed_hash` is what the last import wrote; `edited` means people changed it since."""

    __tablename__ = "entry"
    id: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="published")
    body: Mapped[dict[str, Any]]
    seed_hash: Mapped[str]
    edited: Mapped[bool] = mapped_column(server_default=text("false"))
    updated_at: Mapped[datetime] = now()


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
