"""Can somebody go there at this moment? Open, closed, by appointment, or not known.

Of a day the hours count that are written for just that day; in Ramadan those written for Ramadan; else the usual ones. In Ramadan most
of Morocco works other hours, so usual hours alone say nothing then (docs/decisions/0015-directory.md). What runs past midnight belongs to
the day before.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from hijridate import Gregorian, Hijri

from bot.clock import TIME_ZONE
from bot.directory.hours import WEEKDAYS
from bot.staff import week
from bot.staff.hours import Calendar, Span
from bot.tables import Holiday, Service

State = Literal["open", "closed", "appointment", "unknown"]
Why = Literal["usual", "special", "ramadan", "holiday", "paused"]
DAY = timedelta(days=1)
RAMADAN = 9
LAST_YEAR = 2077  # that the calendar reckons
MOON = 2  # days by which a Ramadan that was reckoned may be wrong
KEPT = 2**15  # services' hours, read and laid out for a day
_HOLIDAY = re.compile(r"\bPH\b")
_TIMES = re.compile(r"\b(\d{2}:\d{2})-(\d{2}):(\d{2})")


@dataclass(frozen=True)
class Days:
    """Days of all of the country, as people entered them."""

    holidays: frozenset[date] = frozenset()
    ramadan: frozenset[date] = frozenset()

    @staticmethod
    def of(rows: Iterable[Holiday]) -> "Days":
        found: dict[str, set[date]] = {"holiday": set(), "ramadan": set()}
        for row in rows:
            found[row.kind].update(row.first + n * DAY for n in range((row.last - row.first).days + 1))
        return Days(frozenset(found["holiday"]), frozenset(found["ramadan"]))

    def may_be_ramadan(self, day: date) -> bool:
        """Also while it is reckoned to be, and nobody entered when it is."""
        reckoned = _reckoned(day)
        return day in self.ramadan or (day in reckoned and not self.ramadan.intersection(reckoned))


@dataclass(frozen=True)
class Timetable:
    """All that decides when a service can be reached. `special`: first, last, hours; the one that wins first. `ramadan`: None: not said.
    `begins`: no night reaches into its first day."""

    usual: str = ""
    special: tuple[tuple[date, date, str], ...] = ()
    ramadan: str | None = None
    by_appointment: bool | None = None
    paused: bool = False
    begins: date | None = None

    @staticmethod
    def of(service: Service) -> "Timetable":
        dated = [
            (date.fromisoformat(r["first"]), date.fromisoformat(r["last"]), str(r["hours"])) for r in service.special_hours if r["first"]
        ]
        every = next((str(r["hours"]) for r in service.special_hours if not r["first"]), None)
        narrow = sorted(reversed(dated), key=lambda row: row[1] - row[0])  # of two as narrow, the one written last
        return Timetable(service.hours, tuple(narrow), every, service.by_appointment, service.status == "paused", service.starts_on)


@dataclass(frozen=True)
class Opening:
    """`hours`: those that count on this day, of a holiday only the times; empty when they are not known, or when it is closed all day."""

    state: State
    why: Why = "usual"
    hours: str = ""

    @property
    def open_now(self) -> bool | None:
        """As a plain answer: None is not known, or only by appointment."""
        return {"open": True, "closed": False}.get(self.state)


def opening(times: Timetable, at: datetime, days: Days) -> Opening:
    """A time without zone is taken as Morocco's."""
    moment = at if at.tzinfo else at.replace(tzinfo=TIME_ZONE)
    day = moment.astimezone(TIME_ZONE).date()
    why, hours = _of_day(times, day, days)
    if times.paused:
        return Opening("closed", "paused")
    said = _said(why, hours or "", day, days)
    if times.by_appointment:
        return Opening("appointment", *said)
    before = "" if day == times.begins else _of_day(times, day - DAY, days)[1]
    return Opening("unknown", why) if hours is None else Opening(_state((before, hours), moment, days), *said)


def shown_today(times: Timetable, day: date, days: Days) -> Opening:
    """What is said about the hours of a day without looking at the clock: other hours, closed, or Ramadan."""
    why, hours = _of_day(times, day, days)
    return Opening("unknown" if hours is None else "closed" if why != "usual" and not hours else "open", why, hours or "")


def _of_day(times: Timetable, day: date, days: Days) -> tuple[Why, str | None]:
    """Why, and which hours. None: not known."""
    for first, last, hours in times.special:
        if first <= day <= last:
            return "special", hours
    if not days.may_be_ramadan(day) or times.usual.startswith("24/7"):
        return "usual", times.usual or None
    return "ramadan", times.ramadan if day in days.ramadan else None


def _said(why: Why, hours: str, day: date, days: Days) -> tuple[Why, str]:
    """On a holiday that usual hours name, those of this holiday."""
    if why != "usual" or not _HOLIDAY.search(hours) or not (day in days.holidays or _is_known_holiday(day)):
        return why, hours
    spans = _on_day(hours, day, days)
    if spans is None:
        return why, hours
    own = [span for span in spans if span not in _night(hours, day, days)]
    return "holiday", week.times(tuple((_clock(opens), _clock(closes)) for opens, closes in own))


def _state(hours: tuple[str | None, str], at: datetime, days: Days) -> State:
    """`hours`: of the day before, and of this day. Where those of the day before are not known, this day's say when the night ends."""
    (before, now), day = hours, at.astimezone(TIME_ZONE).date()
    spans = _on_day(now, day, days)
    if spans is None:
        return "unknown"
    if before not in (None, now):
        spans = (*(span for span in spans if span not in _night(now, day, days)), *_night(before or "", day, days))
    return "open" if any(opens <= at < closes for opens, closes in spans) else "closed"


def _on_day(hours: str, day: date, days: Days) -> tuple[Span, ...] | None:
    return _spans(with_holidays(hours, day, days), day) if hours else ()


def _night(hours: str, day: date, days: Days) -> tuple[Span, ...]:
    """What by these hours began the day before."""
    over = ((opens, int(hour), minute) for opens, hour, minute in _TIMES.findall(hours))
    ends = {f"{hour % 24:02}:{minute}" for opens, hour, minute in over if f"{hour:02}:{minute}" < opens or hour > 23} - {week.MIDNIGHT}
    spans = _on_day(hours, day, days) if ends else ()
    return tuple(span for span in spans or () if _clock(span[0]) == week.MIDNIGHT and _clock(span[1]) in ends)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(TIME_ZONE):%H:%M}"


def with_holidays(hours: str, day: date, days: Days) -> str:
    """`PH off` on a holiday that people entered: the weekday stands beside `PH`, in hours that are read for this day only. The day
    before counts too: its night may reach into this day."""
    ours = [WEEKDAYS[d.weekday()] for d in (day - DAY, day) if d in days.holidays]
    return _HOLIDAY.sub(",".join(["PH", *ours]), hours) if ours else hours


@lru_cache(maxsize=KEPT)
def _spans(hours: str, day: date) -> tuple[Span, ...] | None:
    found = Calendar(hours).spans(day)
    return None if found is None else tuple(found)


@lru_cache(maxsize=512)
def _is_known_holiday(day: date) -> bool:
    """One of those with a fixed date, which the library knows."""
    return _spans("PH 00:00-24:00", day) != ()


@lru_cache(maxsize=512)
def _reckoned(day: date) -> frozenset[date]:
    """All days of the Ramadan of this year of the Hijra by the calendar of Umm al-Qura, and some around it: Morocco looks for the moon."""
    hijri = (Gregorian.fromdate(day) if day.year < LAST_YEAR else Gregorian(LAST_YEAR, 1, 1)).to_hijri()
    first = Hijri(hijri.year, RAMADAN, 1)
    begin = date.fromordinal(first.to_gregorian().toordinal())
    return frozenset(begin + n * DAY for n in range(-MOON, first.month_length() + MOON))
