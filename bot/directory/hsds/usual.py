"""The usual hours out of rows of `schedule`. Hours that end, begin later, or do not come each week are none: they are left out."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from bot.clock import noon
from bot.directory.hsds.schedules import BYDAY
from bot.directory.hsds.tables import Row
from bot.staff import week

BEFORE = timedelta(hours=1)  # the clock of Morocco until 20 September 2026: files that say it mean the hours on the door
RARER = ("count", "byweekno", "bymonthday", "byyearday")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::\d\d)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?")
_NTH = re.compile(r"[+-]?\d+(?:MO|TU|WE|TH|FR|SA|SU)")


class NoSchedule(ValueError):
    """`args`: the field that is not as HSDS wants it."""


def hours(rows: list[Row], today: date) -> str:
    """Empty: not known. When a row that holds now cannot be said in full, nothing is: a day that is missing would count as closed."""
    days: list[set[week.Times]] = [set() for _ in BYDAY]
    for row in rows:
        times = _times(row, today) if _is_weekly(row) else None
        if times is None:
            return ""
        for day in _days(row):
            days[BYDAY.index(day)].add(times)
    return week.stored(week.Week(tuple(tuple(sorted(times)) for times in days)))


def lasting(rows: list[Row], today: date) -> list[Row]:
    """Those that hold now and on: not over, not yet to come, and not for some days only."""
    return [row for row in rows if (row.get("freq") or row.get("opens_at")) and _is_lasting(row, today)]


def _is_lasting(row: Row, today: date) -> bool:
    begins = list(_dates(row, "valid_from", "dtstart"))
    ends = list(_dates(row, "valid_to", "until"))
    return not (row.get("valid_from") and ends) and all(day <= today for day in begins) and all(day >= today for day in ends)


def _dates(row: Row, *names: str) -> Iterator[date]:
    for name in names:
        if row.get(name):
            try:
                yield date.fromisoformat(str(row[name])[:10])
            except ValueError as error:
                raise NoSchedule(f"schedules.{name}") from error


def _is_weekly(row: Row) -> bool:
    rarer = any(row.get(name) for name in RARER) or row.get("interval") not in (None, 1)
    return row.get("freq") == "WEEKLY" and not rarer and bool(row.get("opens_at") and row.get("closes_at")) and bool(_days(row))


def _days(row: Row) -> list[str]:
    """None at all when one is only some of its month."""
    days = [day.strip() for day in str(row.get("byday") or "").split(",")]
    if any(day not in BYDAY and not _NTH.fullmatch(day) for day in days):
        raise NoSchedule("schedules.byday")
    return days if all(day in BYDAY for day in days) else []


def _times(row: Row, today: date) -> week.Times | None:
    """None when by the clock here it would open on another day."""
    opens, closes = _here(row, "opens_at", today), _here(row, "closes_at", today)
    if opens.days:
        return None
    ends = _clock(closes % timedelta(days=1))
    return _clock(opens), week.MIDNIGHT if ends == "23:59" else ends


def _here(row: Row, name: str, today: date) -> timedelta:
    """Since midnight by the clock here. As it is written when it says the clock of today, or the one before."""
    found = _CLOCK.fullmatch(str(row.get(name) or ""))
    if found is None:
        raise NoSchedule(f"schedules.{name}")
    said, written = _offset(found, row), timedelta(hours=int(found[1]), minutes=int(found[2]))
    ours = noon(today).utcoffset() or timedelta()
    return written if said is None or said in (BEFORE, ours) else written - said + ours


def _offset(found: re.Match[str], row: Row) -> timedelta | None:
    zone: Any = row.get("timezone")
    if found[3]:
        return timedelta()
    if found[4]:
        return timedelta(hours=int(found[5]), minutes=int(found[6] or 0)) * (-1 if found[4] == "-" else 1)
    return timedelta(hours=zone) if isinstance(zone, (int, float)) and abs(zone) <= 14 else None


def _clock(since: timedelta) -> str:
    return f"{since.seconds // 3600:02}:{since.seconds % 3600 // 60:02}"
