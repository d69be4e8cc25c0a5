"""Answers stay true: which must be looked at again, what becomes of those that nobody looks at, and "still true".

All is measured by what is live: `EntryRow.check_again_on`.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.errors import NotFound, Refused
from bot.faq import content_settings, entries, workflow
from bot.faq.days import day_of, is_due
from bot.faq.rules import Book
from bot.faq.workflow import Change
from bot.handoff import audit, notices
from bot.staff.rights import Right, having, may
from bot.tables import EntryRow, Staff

SOON = timedelta(days=30)
AGAIN = timedelta(days=365)  # until the next look, if nobody says otherwise
LATEST = timedelta(days=3 * 365)
REMIND = timedelta(days=7)


class Review(NamedTuple):
    """An entry that must be looked at. `day` is None when none was given; `draft_waits`: another text is being worked on."""

    id: str
    titles: dict[str, str]
    day: date | None
    is_withdrawn: bool
    draft_waits: bool
    responsible_id: str
    head: int

    @property
    def week(self) -> date:
        """Its Monday."""
        assert self.day
        return self.day - timedelta(days=self.day.weekday())


class Calendar(NamedTuple):
    """`soon`: within a month, by week; `later`: how many, by month (`2027-02`)."""

    overdue: list[Review]
    soon: dict[date, list[Review]]
    later: Counter[str]


def calendar(session: Session, today: date, whose: Staff | None = None) -> Calendar:
    """Of everybody, or of those that this person must look after."""
    mine = _mine(whose) if whose else EntryRow.id.is_not(None)
    last = (today + SOON).isoformat()
    near = session.execute(_NARROW.where(EntryRow.state.in_(entries.KNOWN), mine, _day() <= last).order_by(_day(), EntryRow.id))
    reviews = [_review(row) for row in near]
    months = select(func.left(_day(), 7)).where(EntryRow.state.in_(entries.KNOWN), mine, _day() > last)
    soon: dict[date, list[Review]] = {}
    for review in reviews:
        if not is_due(review.day, today):
            soon.setdefault(review.week, []).append(review)
    return Calendar([r for r in reviews if is_due(r.day, today)], soon, Counter(session.scalars(months.order_by(_day()))))


def of_month(session: Session, month: str, today: date, whose: Staff | None = None) -> list[Review]:
    """Those that `Calendar.later` counts in this month."""
    mine = _mine(whose) if whose else EntryRow.id.is_not(None)
    later = EntryRow.state.in_(entries.KNOWN) & (_day() > (today + SOON).isoformat()) & (func.left(_day(), 7) == month)
    return [_review(row) for row in session.execute(_NARROW.where(later, mine).order_by(_day(), EntryRow.id))]


def still_true(session: Session, person: Staff, seen: tuple[str, int], days: tuple[date, date], book: Book) -> bool:
    """This person has looked at it today: nothing but its days changes. False when other eyes must publish that first.

    `seen`: entry and revision; `days`: today and the next look. Refused while a draft waits: it is another text, maybe somebody else's."""
    (entry_id, number), (today, again) = seen, days
    if not today < again <= today + LATEST:
        raise Refused("review.day")
    row = session.get(EntryRow, entry_id, with_for_update=True)  # somebody may archive it at this moment
    if row is None:
        raise NotFound(f"There is no entry {entry_id}.")
    if row.state not in entries.KNOWN or row.head != row.live:
        raise Refused("review.draft_waits")
    looked = {"read_on": today, "checked_on": today, "check_again_on": again}
    body = {**row.body, **{key: day.isoformat() for key, day in looked.items()}, "checked_by": person.name}
    saved = workflow.save(session, person, entry_id, Change(body, "minor", number))
    if content_settings.four_eyes(session):
        workflow.submit(session, person, entry_id, saved.number)
        return False
    workflow.publish(session, person, entry_id, saved.number, book)
    return True


def withdraw(session: Session, today: date) -> list[str]:
    """Entries that nobody has looked at in time answer no more, until somebody has. Their days of grace count from the day on which they
    were due, or on which somebody put them live later than that."""
    last = today - timedelta(days=content_settings.grace_days(session))
    began = datetime.combine(last, time(), TIME_ZONE)
    query = select(EntryRow).where(EntryRow.state == "published", func.nullif(_day(), "") < last.isoformat(), EntryRow.updated_at < began)
    rows = session.scalars(query.order_by(EntryRow.id).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.state, row.updated_at = "withdrawn", datetime.now(timezone.utc)
        audit.record(session, "system", "entry.withdrawn", f"entry:{row.id}", {"due": row.check_again_on})
    if rows:
        entries.bump(session)
    return [row.id for row in rows]


def remind(session: Session, today: date) -> list[Staff]:
    """Tell those who must look after overdue entries; each person once a week at most. Returns whom."""
    overdue = EntryRow.state.in_(entries.KNOWN) & (_day() < today.isoformat())
    if session.scalar(select(EntryRow.id).where(overdue, ~_reminded(today)).limit(1)) is None:
        return []
    told = [
        person
        for person in session.scalars(select(Staff).where(having(Right.CONTENT)).order_by(Staff.email))
        if _is_due_to(session, person, today)
    ]
    notices.reviews(session, told, today)
    for person in told:
        session.execute(update(EntryRow).where(overdue, _mine(person)).values(reminded_on=today))
    return told


def count_overdue(session: Session, person: Staff | None, today: date) -> int:
    """How many entries this person must look at, or anybody."""
    query = select(func.count(EntryRow.id)).where(EntryRow.state.in_(entries.KNOWN), _day() < today.isoformat())
    return session.scalar(query.where(_mine(person)) if person else query) or 0


def _is_due_to(session: Session, person: Staff, today: date) -> bool:
    lately = select(EntryRow.id).where(_mine(person), _reminded(today)).limit(1)
    return count_overdue(session, person, today) > 0 and session.scalar(lately) is None


def _reminded(today: date) -> ColumnElement[bool]:
    return func.coalesce(EntryRow.reminded_on > today - REMIND, False)


def _mine(person: Staff) -> ColumnElement[bool]:
    """Entrusted to this person; for those who lead, also what nobody who is there looks after."""
    own = EntryRow.responsible_id == person.id
    if not may(person, Right.EDITORIAL):
        return own
    there = select(Staff.id).where(having(Right.CONTENT))
    return own | EntryRow.responsible_id.is_(None) | EntryRow.responsible_id.not_in(there)


def _day() -> ColumnElement[str]:
    """Empty when there is none: that is long ago."""
    return func.coalesce(EntryRow.check_again_on, "")


_STANDS = (EntryRow.state, EntryRow.head, EntryRow.live, EntryRow.responsible_id)
_NARROW = select(EntryRow.id, EntryRow.check_again_on, EntryRow.body["titles"].label("titles"), *_STANDS)


def _review(row: Row[Any]) -> Review:
    day = day_of(row.check_again_on)
    return Review(row.id, row.titles or {}, day, row.state == "withdrawn", row.head != row.live, str(row.responsible_id or ""), row.head)
