"""Holidays and Ramadan, as editors enter them: the moon decides, so nobody reckons them ahead."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Refused
from bot.handoff import audit
from bot.tables import Holiday, Staff

KINDS = ("holiday", "ramadan")
LONGEST = {"holiday": timedelta(days=7), "ramadan": timedelta(days=30)}
LONGEST_NAME = 60


@dataclass(frozen=True)
class Span:
    kind: str
    first: date
    last: date
    names: dict[str, str] = field(default_factory=dict)


def listed(session: Session) -> list[Holiday]:
    """The newest first."""
    return list(session.scalars(select(Holiday).order_by(Holiday.first.desc(), Holiday.id)))


def add(session: Session, by: Staff, span: Span) -> None:
    """The same form twice changes nothing."""
    _check(span)
    if session.scalar(select(Holiday.id).filter_by(kind=span.kind, first=span.first, last=span.last).limit(1)) is None:
        session.add(Holiday(kind=span.kind, first=span.first, last=span.last, names=span.names))
        audit.record(session, str(by.id), "holiday.added", f"holiday:{span.first}", _data(span.kind, span.first, span.last))


def remove(session: Session, by: Staff, row_id: int) -> None:
    """What is gone already stays gone."""
    row = session.get(Holiday, row_id)
    if row:
        session.delete(row)
        audit.record(session, str(by.id), "holiday.removed", f"holiday:{row.first}", _data(row.kind, row.first, row.last))


def _check(span: Span) -> None:
    if span.kind not in KINDS:
        raise Refused("directory.unknown_value")
    if span.last < span.first:
        raise Refused("days.order")
    if span.last - span.first >= LONGEST[span.kind]:
        raise Refused("days.long")
    if any(len(name) > LONGEST_NAME for name in span.names.values()):
        raise Refused("days.long_name")


def _data(kind: str, first: date, last: date) -> dict[str, str]:
    return {"kind": kind, "first": first.isoformat(), "last": last.isoformat()}
