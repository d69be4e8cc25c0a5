"""Is a place open? `hours` is OpenStreetMap's opening_hours; the clock is Morocco's."""

import re
from datetime import datetime
from functools import lru_cache

from opening_hours import OpeningHours, validate

from bot.clock import TIME_ZONE

COUNTRY = "MA"  # for `PH`, the public holidays
_DAY = "Mo|Tu|We|Th|Fr|Sa|Su|PH|SH"
_LIST = re.compile(rf"\b({_DAY})\s*,\s+(?=(?:{_DAY})\b)")
_RULES = re.compile(rf";|\|\||(?<=:\d\d),\s*(?=(?:{_DAY})\b)")
_SAYS_WHEN = re.compile(r":|24/7|\b(?:off|closed|unknown)\b|sunrise|sunset|\"")


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
    said = one_list(hours)
    return OpeningHours(said, country=COUNTRY) if _says_when(said) and validate(said) else None


def one_list(hours: str) -> str:
    """`Mo, Tu 09:00-12:00` as people mean it: with the space it is two rules to the library, and Monday would be open day and night."""
    return _LIST.sub(r"\1,", hours)


def _says_when(hours: str) -> bool:
    """`Mo-Sa` alone means whole days to the library; to us it means that the times are not known. So it is with a part of the hours."""
    return (":" in hours or "24/7" in hours) and all(_SAYS_WHEN.search(rule) for rule in _RULES.split(hours) if rule.strip())
