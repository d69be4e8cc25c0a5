"""When a team works: its weekly hours, with other hours on some days (Ramadan, holidays).

Each day of Morocco's calendar has one set of hours, from midnight to midnight: those of the exception that covers it, else the usual
ones. Of two exceptions the narrower wins (a holiday inside Ramadan), of two as narrow the one made last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import pairwise

from opening_hours import State
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory.hours import read
from bot.tables import Team, TeamDay

HORIZON = 370  # days that are looked at; whoever is closed for longer does not work
DAY = timedelta(days=1)
Span = tuple[datetime, datetime]


def is_open(session: Session, team: Team, at: datetime) -> bool | None:
    """None: the hours are not known."""
    return calendar(session, team, at).is_open(at)


def next_opening(session: Session, team: Team, at: datetime) -> datetime | None:
    """`at` itself when the team is open then. None: not known, or not within a year."""
    return calendar(session, team, at).next_opening(at)


def after_working(session: Session, team: Team, start: datetime, minutes: int) -> datetime:
    """When so many working minutes have passed. Where hours are not known the clock simply runs."""
    return calendar(session, team, start).after_working(start, minutes)


def now(session: Session, team: Team, at: datetime) -> "Now":
    """What is so at this moment, and until when."""
    found = calendar(session, team, at)
    open_now = found.is_open(at)
    return Now(open_now, found.next_closing(at) if open_now else found.next_opening(at))


def calendar(session: Session, team: Team, since: datetime) -> "Calendar":
    """The hours of this team, from the day of `since` on."""
    found = exceptions(session, team, since.astimezone(TIME_ZONE).date())
    return Calendar(team.hours, tuple((row.first, row.last, row.hours) for row in found))


def exceptions(session: Session, team: Team, since: date) -> list[TeamDay]:
    """Those that are not over on this day, the one that wins first."""
    query = select(TeamDay).where(TeamDay.team_id == team.id, TeamDay.last >= since)
    return list(session.scalars(query.order_by(TeamDay.last - TeamDay.first, TeamDay.id.desc())))


@dataclass(frozen=True)
class Now:
    """`open`: None when it is not known. `until`: None when no change is known within a year."""

    open: bool | None
    until: datetime | None


@dataclass(frozen=True)
class Calendar:
    """`exceptions`: first day, last day, hours (empty: closed); the one that wins first. Times given back are in UTC."""

    usual: str
    exceptions: tuple[tuple[date, date, str], ...] = ()

    def is_open(self, at: datetime) -> bool | None:
        spans = self.spans(at.astimezone(TIME_ZONE).date())
        return None if spans is None else any(opens <= at < closes for opens, closes in spans)

    def next_opening(self, at: datetime) -> datetime | None:
        for spans in self._from(at):
            if spans is None:
                return None
            for opens, closes in spans:
                if closes > at:
                    return max(opens, _utc(at))
        return None

    def next_closing(self, at: datetime) -> datetime | None:
        """`at` itself when the team is closed then. None: not known, or not within a year."""
        end = _utc(at)
        for n, spans in enumerate(self._from(at)):
            if spans is None:
                return None
            for opens, closes in spans:
                end = max(end, closes) if opens <= end else end
            if end < _whole(_day(at, n))[1]:
                return end
        return None

    def after_working(self, start: datetime, minutes: int) -> datetime:
        """A team that works less than this in a year has no clock: then it simply runs."""
        left = timedelta(minutes=minutes)
        for n, spans in enumerate(self._from(start)):
            for opens, closes in [_whole(_day(start, n))] if spans is None else spans:
                begins = max(opens, _utc(start))
                if begins + left <= closes:
                    return begins + left
                left -= max(closes - begins, timedelta(0))
        return _utc(start) + timedelta(minutes=minutes)

    def spans(self, day: date) -> list[Span] | None:
        """When the team is open on this day. None: not known."""
        hours = next((hours for first, last, hours in self.exceptions if first <= day <= last), None)
        return [] if hours == "" else _spans(self.usual if hours is None else hours, day)

    def _from(self, at: datetime) -> Iterator[list[Span] | None]:
        return (self.spans(_day(at, n)) for n in range(HORIZON))


def _spans(hours: str, day: date) -> list[Span] | None:
    """What the clocks on the wall show as open, in UTC. On two days a year those are put forward or back."""
    opening, midnight = read(hours), datetime.combine(day, time())
    if opening is None:
        return None
    found = list(opening.intervals(midnight, midnight + DAY))
    if any(state == State.UNKNOWN for _, _, state, _ in found):
        return None
    shown = [(begins, ends) for begins, ends, state, _ in found if state == State.OPEN]
    return [span for piece in _pieces(day) for begins, ends in shown if (span := _within(piece, begins, ends))]


def _within(piece: tuple[datetime, datetime, timedelta], begins: datetime, ends: datetime) -> Span | None:
    """The part of a time on the wall that falls into a piece of the day."""
    first, last, ahead = piece
    opens, closes = (max(first, (begins - ahead).replace(tzinfo=timezone.utc)), min(last, (ends - ahead).replace(tzinfo=timezone.utc)))
    return (opens, closes) if opens < closes else None


@lru_cache(maxsize=512)
def _pieces(day: date) -> list[tuple[datetime, datetime, timedelta]]:
    """The day in UTC, cut where the clocks change: from, to, how far Morocco's clock is ahead."""
    start, end = _whole(day)
    hours = [start + timedelta(hours=n) for n in range((end - start) // timedelta(hours=1))]
    cuts = [start, *(hour for before, hour in pairwise(hours) if _ahead(before) != _ahead(hour)), end]
    return [(first, last, _ahead(first)) for first, last in pairwise(cuts)]


def _whole(day: date) -> Span:
    """From midnight to midnight."""
    start, end = (datetime.combine(d, time(), TIME_ZONE) for d in (day, day + DAY))
    return _utc(start), _utc(end)


def _ahead(at: datetime) -> timedelta:
    return at.astimezone(TIME_ZONE).utcoffset() or timedelta(0)


def _day(at: datetime, later: int) -> date:
    return at.astimezone(TIME_ZONE).date() + timedelta(days=later)


def _utc(at: datetime) -> datetime:
    return at.astimezone(timezone.utc)
