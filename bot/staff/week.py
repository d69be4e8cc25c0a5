"""The hours of a week as people fill them in, and as they are stored (in the syntax of OpenStreetMap)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise

from opening_hours import State

from bot.directory.hours import SPAN, WEEKDAYS, read, weekly
from bot.errors import Refused

MOST = 2  # times a day that the form has room for
_MONDAY = date(2026, 11, 23)  # of a week without a public holiday
_CLOCK = re.compile(r"(\d{1,2})(?: ?h| ?[:.h]? ?(\d{2}))?")  # 9, 9h, 9:30, 09.30, 9h30, 9 h 30, 0930
MIDNIGHT = "00:00"
NIGHT = 18 * 60  # minutes: what goes on over midnight for longer is a mistake
Times = tuple[str, str]  # from and to; to midnight is 00:00


class WrongDay(Refused):
    """`day`: 0 is Monday. `others`: days that are wrong too."""

    def __init__(self, key: str, day: int, others: Sequence["WrongDay"] = ()) -> None:
        super().__init__(key)
        self.day, self.others = day, tuple(others)


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
    ways = [way for way in (_written(hours), days, _over_midnight(days)) if all(len(day) <= MOST for day in way)]
    fitting = (Week(way, holidays) for way in ways for holidays in (False, True))
    return next((week for week in fitting if _meaning(stored(week)) == _meaning(hours)), None)


def times(day: tuple[Times, ...]) -> str:
    """`09:00-12:30,14:00-18:00`."""
    return ",".join(f"{opens}-{'24:00' if closes == MIDNIGHT else closes}" for opens, closes in day)


def checked(filled: list[Times]) -> tuple[Times, ...]:
    """What was filled in for one day. Times that are both empty are left out; the last ones may go on over midnight."""
    filled = [(opens.strip(), closes.strip()) for opens, closes in filled if opens.strip() or closes.strip()]
    if any(not opens or not closes for opens, closes in filled):
        raise Refused("hours.half")
    day = tuple((_clock(opens), _clock(closes)) for opens, closes in filled)
    if any(_is_wrong_way_round(times) for times in day):
        raise Refused("hours.order")
    if any(later[0] < earlier[1] or _into_tomorrow(earlier) for earlier, later in pairwise(day)):
        raise Refused("hours.overlap")
    return day


def checked_week(filled: list[list[Times]], closed: set[int]) -> list[tuple[Times, ...]]:
    """Of all days; those that are marked as closed have no times."""
    found: list[tuple[Times, ...]] = []
    wrong = []
    for n, day in enumerate(filled):
        try:
            found.append(() if n in closed else checked(day))
        except Refused as error:
            found.append(())
            wrong.append(WrongDay(str(error), n))
    wrong += [WrongDay("hours.overlap", n) for n in range(7) if _runs_into(found[n - 1], found[n])]
    if wrong:
        raise WrongDay(str(wrong[0]), wrong[0].day, wrong[1:])
    if closed and not any(found):
        raise Refused("hours.never")
    return found


def _is_wrong_way_round(times: Times) -> bool:
    if times[1] == MIDNIGHT or times[0] < times[1]:
        return False
    opens, closes = (60 * int(clock[:2]) + int(clock[3:]) for clock in times)
    return opens == closes or closes + 24 * 60 - opens > NIGHT


def _into_tomorrow(times: Times) -> bool:
    return times[1] <= times[0]


def _runs_into(yesterday: tuple[Times, ...], today: tuple[Times, ...]) -> bool:
    return bool(yesterday and today) and _into_tomorrow(yesterday[-1]) and today[0][0] < yesterday[-1][1]


def _clock(text: str) -> str:
    """`09:30`, from the ways in which people write it."""
    found = _CLOCK.fullmatch(text.strip().lower())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (-1, 0)
    if (hour, minute) == (24, 0):
        return MIDNIGHT
    if not (0 <= hour <= 23 and minute <= 59):
        raise Refused("hours.no_time")
    return f"{hour:02}:{minute:02}"


def _days(group: list[int]) -> str:
    return WEEKDAYS[group[0]] if len(group) == 1 else f"{WEEKDAYS[group[0]]}-{WEEKDAYS[group[-1]]}"


def _written(hours: str) -> tuple[tuple[Times, ...], ...]:
    """Of a night and a morning that begins as it ends, no reckoning tells which was meant."""
    times, _ = weekly(hours)
    return tuple(
        tuple((span[:5], span[-5:].replace("24:00", MIDNIGHT)) for span in re.findall(SPAN, times.get(day, ""))) for day in WEEKDAYS
    )


def _times_on(hours: str, day: date) -> tuple[Times, ...]:
    opening, midnight = read(hours), datetime.combine(day, time())
    if opening is None:
        return ()
    found = opening.intervals(midnight, midnight + timedelta(1))
    return tuple((f"{begins:%H:%M}", f"{ends:%H:%M}") for begins, ends, state, _ in found if state == State.OPEN)


def _over_midnight(days: tuple[tuple[Times, ...], ...]) -> tuple[tuple[Times, ...], ...]:
    """What ends at midnight and goes on in the morning belongs to the evening."""
    goes_on = [bool(days[n - 1] and day) and days[n - 1][-1][1] == MIDNIGHT == day[0][0] != day[0][1] for n, day in enumerate(days)]
    found = [list(day[1:] if on else day) for day, on in zip(days, goes_on)]
    for n in (n for n, on in enumerate(goes_on) if on):
        if found[n - 1]:
            found[n - 1][-1] = (found[n - 1][-1][0], days[n][0][1])
    return tuple(map(tuple, found))


def _meaning(hours: str) -> str:
    """Two ways of writing the same hours are the same here."""
    opening = read(hours)
    return str(opening.normalize()) if opening else hours
