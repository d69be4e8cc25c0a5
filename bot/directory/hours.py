"""Is a place open? `hours` is OpenStreetMap's opening_hours; the clock is Morocco's."""

from datetime import datetime
from functools import lru_cache

from opening_hours import OpeningHours, validate

from bot.clock import TIME_ZONE

COUNTRY = "MA"  # for `PH`, the public holidays


def is_open(hours: str, at: datetime) -> bool | None:
    """None: not known. A time without zone is taken as Morocco's."""
    opening = read(hours)
    if opening is None:
        return None
    local = at.astimezone(TIME_ZONE).replace(tzinfo=None) if at.tzinfo else at
    return None if opening.is_unknown(local) else bool(opening.is_open(local))


@lru_cache(maxsize=2**14)  # as many as a large directory has
def read(hours: str) -> OpeningHours | None:
    """None: they say nothing about times, or cannot be read."""
    return OpeningHours(hours, country=COUNTRY) if _says_when(hours) and validate(hours) else None


def _says_when(hours: str) -> bool:
    """`Mo-Sa` alone means whole days to the library; to us it means that the times are not known."""
    return ":" in hours or "24/7" in hours
