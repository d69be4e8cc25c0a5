"""The service directory: who helps where, and when."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables.base import Base, now


class Organization(Base):
    __tablename__ = "organization"
    id: Mapped[str] = mapped_column(primary_key=True)
    names: Mapped[dict[str, Any]]
    description: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    website: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    seed_hash: Mapped[str] = mapped_column(server_default="")
    edited: Mapped[bool] = mapped_column(server_default=text("false"))
    updated_at: Mapped[datetime] = now()


class Service(Base):
    """What an organisation offers at one location. Empty or None means unknown, and is shown as unknown.

    `verified`: verified, partly, name-only, osm. `hours`: OpenStreetMap opening_hours syntax. `special_hours`: days with other hours,
    {"first", "last", "hours", "name"}; empty hours mean closed; without first and last: every Ramadan. `audience` says in words who it
    is for, `eligible` in tags (see `bot.directory.eligibility`). `documents`, `cost`: texts by language; `free`: costs nothing.
    `status`: active, paused, ended; before `starts_on` and after `ends_on` it is hidden. Triggers renew the counter `directory`
    whenever a row of these tables changes (see `bot.directory.snapshot`).
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
    status: Mapped[str] = mapped_column(server_default="active")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    special_hours: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    by_appointment: Mapped[bool | None]
    accessible: Mapped[bool | None]
    eligible: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    documents: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    cost: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    free: Mapped[bool | None]
    verified_by: Mapped[str] = mapped_column(server_default="")
    updated_at: Mapped[datetime] = now()


class DirectoryVersion(Base):
    """An organisation or a service (`kind`) as one change left it; only the place of what became confidential is taken out later. `at`:
    `updated_at` of the row. `why`: see `bot.directory.versions`. `by` is empty for start content and the command line. `file`: of an
    import; `batch` joins what one import changed. It outlives its row, which may come back."""

    __tablename__ = "directory_version"
    __table_args__ = (Index("directory_version_of_row", "kind", "row_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    row_id: Mapped[str]
    values: Mapped[dict[str, Any]]
    why: Mapped[str]
    by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    file: Mapped[str] = mapped_column(server_default="")
    batch: Mapped[uuid.UUID | None] = mapped_column(index=True)
    at: Mapped[datetime]


class Holiday(Base):
    """Days of all of the country. `kind`: holiday (`PH` in opening hours) or ramadan; the moon decides, so people enter them."""

    __tablename__ = "holiday"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    first: Mapped[date]
    last: Mapped[date]
    names: Mapped[dict[str, Any]]
