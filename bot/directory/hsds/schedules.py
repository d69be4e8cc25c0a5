"""Hours as HSDS says them: rows with days of the week and times; other hours on some days and in Ramadan as rows with dates.

Morocco's clock may change, and HSDS knows only fixed offsets: so each row has the offset of its own days, reckoned when the file is
written. A row without times names days on which it is closed, or not known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby

from bot.clock import noon
from bot.directory.opening import DAY, Days, Timetable, shown_today
from bot.staff import week

HORIZON = 370  # days ahead for which other hours are told
BYDAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Row:
    """`why`: usual, special or ramadan. Without times: closed, or not known (`known`). `note`: the hours as we keep them."""

    why: str
    first: date | None
    last: date | None
    days: tuple[str, ...] = ()
    opens: str = ""
    closes: str = ""
    offset: int = 1
    known: bool = True
    note: str = ""


@lru_cache(maxsize=4096)
def rows(times: Timetable, today: date, days: Days) -> tuple[Row, ...]:
    if not times.usual and not times.special and times.ramadan is None:
        return ()
    alive = Timetable(times.usual, times.special, times.ramadan)  # whether it is paused or by appointment is said elsewhere
    return tuple(row for stretch in _stretches(alive, today, days) for row in _rows(*stretch))


Stretch = tuple[str, str | None, int, date | None, date | None]  # why, hours (None: not known), offset, first, last


def _stretches(times: Timetable, today: date, days: Days) -> Iterator[Stretch]:
    """Days one after the other with the same hours. What is so at both ends is so before and after, as far as anybody knows."""
    all_days = [today + n * DAY for n in range(HORIZON)]
    for (why, hours, offset), same in groupby(all_days, key=lambda day: _of(times, day, days)):
        its = list(same)
        opening = why == "usual" and its[0] == all_days[0]
        closing = why == "usual" and its[-1] == all_days[-1]
        if hours is not None or why != "usual":
            yield why, hours, offset, None if opening else its[0], None if closing else its[-1]


def _of(times: Timetable, day: date, days: Days) -> tuple[str, str | None, int]:
    found = shown_today(times, day, days)
    offset = noon(day).utcoffset() or timedelta()
    return found.why, None if found.state == "unknown" else found.hours, int(offset.total_seconds() // 3600)


def _rows(why: str, hours: str | None, offset: int, first: date | None, last: date | None) -> Iterator[Row]:
    """One for each time of the day, with the days that have it."""
    shown = week.shown(hours) if hours else None
    if hours == "24/7":
        yield Row(why, first, last, BYDAY, "00:00", "23:59", offset, note=hours)
    elif shown is None or not any(shown.days):
        yield Row(why, first, last, offset=offset, known=hours is not None, note=hours or "")
    else:
        for opens, closes in sorted({times for day in shown.days for times in day}):
            its = tuple(name for name, day in zip(BYDAY, shown.days) if (opens, closes) in day)
            yield Row(why, first, last, its, opens, "23:59" if closes == week.MIDNIGHT else closes, offset, note=hours or "")
