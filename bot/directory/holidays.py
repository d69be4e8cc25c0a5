"""Holidays and Ramadan, as editors enter them: the moon decides, so nobody reckons them ahead."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory.hours import read
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import audit
from bot.tables import Holiday, Staff

KINDS = ("holiday", "ramadan")
LONGEST = {"holiday": timedelta(days=7), "ramadan": timedelta(days=30)}
LONGEST_NAME = 60
BACK, AHEAD = 1, 5  # years that can be entered


@dataclass(frozen=True)
class Span:
    kind: str
    first: date
    last: date
    names: dict[str, str] = field(default_factory=dict)


def listed(session: Session) -> list[Holiday]:
    """The newest first."""
    return list(session.scalars(select(Holiday).order_by(Holiday.first.desc(), Holiday.id)))


def version(row: Holiday) -> str:
    """Of a line as an editor sees it."""
    return json.dumps([row.kind, row.first.isoformat(), row.last.isoformat(), row.names], sort_keys=True)


@lru_cache(maxsize=16)
def fixed(year: int) -> tuple[date, ...]:
    """The holidays of Morocco that have the same date each year: nobody enters them."""
    only, noon = read("PH 10:00-14:00"), time(12)
    days = (date(year, 1, 1) + timedelta(n) for n in range(366))
    return tuple(day for day in days if day.year == year and only and only.is_open(datetime.combine(day, noon)))


def add(session: Session, by: Staff, span: Span) -> None:
    _check(session, span)
    session.add(Holiday(kind=span.kind, first=span.first, last=span.last, names=span.names))
    audit.record(session, str(by.id), "holiday.added", f"holiday:{span.first}", _data(span.kind, span.first, span.last))


def change(session: Session, by: Staff, old: tuple[int, str], span: Span) -> None:
    """`old`: the line, and the version of it that this editor saw."""
    row_id, seen = old
    row = session.get(Holiday, row_id, with_for_update=True)
    if row is None:
        raise NotFound(f"holiday {row_id}")
    _check(session, span, row_id)
    if version(row) != seen:
        raise Conflict("directory.changed")
    row.kind, row.first, row.last, row.names = span.kind, span.first, span.last, span.names
    audit.record(session, str(by.id), "holiday.changed", f"holiday:{span.first}", _data(span.kind, span.first, span.last))


def remove(session: Session, by: Staff, row_id: int) -> None:
    """What is gone already stays gone."""
    row = session.get(Holiday, row_id)
    if row:
        session.delete(row)
        audit.record(session, str(by.id), "holiday.removed", f"holiday:{row.first}", _data(row.kind, row.first, row.last))


def _check(session: Session, span: Span, itself: int = 0) -> None:
    if span.kind not in KINDS:
        raise Refused("directory.unknown_value")
    if span.last < span.first:
        raise Refused("days.order")
    if span.last - span.first >= LONGEST[span.kind]:
        raise Refused("days.long")
    today = datetime.now(TIME_ZONE).year
    if not (today - BACK <= span.first.year and span.last.year <= today + AHEAD):
        raise Refused("days.far")
    if not any(span.names.values()):
        raise Refused("days.no_name")
    if any(len(name) > LONGEST_NAME for name in span.names.values()):
        raise Refused("days.long_name")
    same = select(Holiday.id).where(Holiday.kind == span.kind, Holiday.first <= span.last, Holiday.last >= span.first, Holiday.id != itself)
    days = {span.first + timedelta(n) for n in range((span.last - span.first).days + 1)}
    known = span.kind == "holiday" and days <= {*fixed(span.first.year), *fixed(span.last.year)}  # a feast may reach beyond one of them
    if known or session.scalar(same.limit(1)) is not None:
        raise Refused("days.known")


def _data(kind: str, first: date, last: date) -> dict[str, str]:
    return {"kind": kind, "first": first.isoformat(), "last": last.isoformat()}
