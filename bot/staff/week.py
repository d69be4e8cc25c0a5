"""The hours of a week as people fill them in, and as they are stored (in the syntax of OpenStreetMap)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise

from opening_hours import State

from bot.directory.hours import read
from bot.errors import Refused

NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MOST = 2  # times a day that the form has room for
_MONDAY = date(2026, 11, 23)  # of a week without a public holiday
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))?")  # 9, 9:30, 09.30, 9h30, 0930
MIDNIGHT = "00:00"
Times = tuple[str, str]  # from and to; to midnight is 00:00


class WrongDay(Refused):
    """`day`: 0 is Monday."""

    def __init__(self, key: str, day: int) -> None:
        super().__init__(key)
        self.day = day


@dataclass(frozen=True)
class Week:
    """The times of each day, Monday first; none: closed."""

    days: tuple[tuple[Times, ...], ...]
    closed_on_holidays: bool = False


def stored(week: Week) -> str:
    """Empty when nothing is filled in: then the hours are not known."""
    if not any(week.days):
        return ""
    alike = [list(group) for _, group in groupby(range(7), key=lambda n: week.days[n])]
    rules = [f"{_days(group)} {times(week.days[group[0]])}" for group in alike if week.days[group[0]]]
    return "; ".join([*rules, *(["PH off"] if week.closed_on_holidays else [])])


def shown(hours: str) -> Week | None:
    """None: there is more in these hours than the form can show."""
    if not hours:
        return Week(((),) * 7)
    days = tuple(_times_on(hours, _MONDAY + timedelta(n)) for n in range(7))
    fitting = (Week(days, holidays) for holidays in (False, True) if all(len(day) <= MOST for day in days))
    return next((week for week in fitting if _meaning(stored(week)) == _meaning(hours)), None)


def times(day: tuple[Times, ...]) -> str:
    """`09:00-12:30,14:00-18:00`."""
    return ",".join(f"{opens}-{'24:00' if closes == MIDNIGHT else closes}" for opens, closes in day)


def checked(filled: list[Times]) -> tuple[Times, ...]:
    """What was filled in for one day. Times that are both empty are left out."""
    day = tuple((_clock(opens), _clock(closes)) for opens, closes in filled if opens.strip() or closes.strip())
    if any(closes <= opens for opens, closes in day if closes != MIDNIGHT):
        raise Refused("hours.order")
    if any(later[0] < earlier[1] or earlier[1] == MIDNIGHT for earlier, later in pairwise(day)):
        raise Refused("hours.overlap")
    return day


def checked_week(filled: list[list[Times]], closed: set[int]) -> list[tuple[Times, ...]]:
    """Of all days; those that are marked as closed have no times."""
    found = []
    for n, day in enumerate(filled):
        try:
            found.append(() if n in closed else checked(day))
        except Refused as error:
            raise WrongDay(str(error), n) from error
    if closed and not any(found):
        raise Refused("hours.never")
    return found


def _clock(text: str) -> str:
    """`09:30`, from the ways in which people write it."""
    found = _CLOCK.fullmatch(text.strip().lower())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (-1, 0)
    if (hour, minute) == (24, 0):
        return MIDNIGHT
    if not (0 <= hour <= 23 and minute <= 59):
        raise Refused("hours.half")
    return f"{hour:02}:{minute:02}"


def _days(group: list[int]) -> str:
    return NAMES[group[0]] if len(group) == 1 else f"{NAMES[group[0]]}-{NAMES[group[-1]]}"


def _times_on(hours: str, day: date) -> tuple[Times, ...]:
    opening, midnight = read(hours), datetime.combine(day, time())
    if opening is None:
        return ()
    found = opening.intervals(midnight, midnight + timedelta(1))
    return tuple((f"{begins:%H:%M}", f"{ends:%H:%M}") for begins, ends, state, _ in found if state == State.OPEN)


def _meaning(hours: str) -> str:
    """Two ways of writing the same hours are the same here."""
    opening = read(hours)
    return str(opening.normalize()) if opening else hours
