"""The clock of Morocco. Its rules change with a decree of some weeks: from 2018 an hour ahead but for Ramadan, since 20 September 2026
on UTC all year. They are read from the package `tzdata`, whose version is locked; a machine, its database and a phone may know older ones.
"""

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func
from sqlalchemy.orm import InstrumentedAttribute

_NAME = "Africa/Casablanca"
_SINCE = datetime(2025, 1, 1, tzinfo=timezone.utc)  # older than anything that was ever stored


def _read() -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *_NAME.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=_NAME)


TIME_ZONE = _read()


def noon(day: date) -> datetime:
    """No clock is changed at noon."""
    return datetime.combine(day, time(12), TIME_ZONE)


def local(column: InstrumentedAttribute[datetime]) -> ColumnElement[datetime]:
    """A moment in the database as the clock of Morocco shows it, without zone: PostgreSQL's own rules may be old."""
    *later, first = reversed(_offsets(datetime.now(timezone.utc).year))
    offset = case(*((column >= since, offset) for since, offset in later), else_=first[1])
    return func.timezone("UTC", column + offset)


@lru_cache(maxsize=2)
def _offsets(year: int) -> list[tuple[datetime, timedelta]]:
    """Since when the clock stood how far from UTC, up to the end of the year after this one."""
    found = list[tuple[datetime, timedelta]]()
    hours = int((datetime(year + 2, 1, 1, tzinfo=timezone.utc) - _SINCE).total_seconds()) // 3600
    for at in (_SINCE + timedelta(hours=n) for n in range(hours)):
        offset = at.astimezone(TIME_ZONE).utcoffset() or timedelta()
        if not found or found[-1][1] != offset:
            found.append((at, offset))
    return found
