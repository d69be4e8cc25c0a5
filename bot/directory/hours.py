"""Is a place open? `hours` is OpenStreetMap's opening_hours; the clock is Morocco's."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from opening_hours import OpeningHours, validate

from bot.clock import TIME_ZONE

COUNTRY = "MA"  # for `PH`, the public holidays
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_WEEKDAY = "|".join(WEEKDAYS)
_DAY = f"{_WEEKDAY}|PH|SH"
_LIST = re.compile(rf"\b({_DAY})\s*,\s+(?=(?:{_DAY})\b)")
_RULES = re.compile(rf";|\|\||(?<=:\d\d),\s*(?=(?:{_DAY})\b)")
SPAN = r"\d\d:\d\d-\d\d:\d\d"
_DAYS = rf"(?:{_WEEKDAY})(?:-(?:{_WEEKDAY}))?"
_PLAIN = re.compile(rf"({_DAYS}(?:,{_DAYS})*) ({SPAN}(?:, ?{SPAN})*|off|closed)")
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
    return OpeningHours(nights_kept(said), country=COUNTRY) if _says_when(said) and validate(said) else None


def one_list(hours: str) -> str:
    """`Mo, Tu 09:00-12:00` as people mean it: with the space it is two rules to the library, and Monday would be open day and night."""
    return _LIST.sub(r"\1,", hours)


def nights_kept(hours: str) -> str:
    """The weekdays beside each other. One after the other, as `Fr 22:00-06:00; Sa 10:00-12:00`, the hours of Saturday would end the night
    of Friday at midnight, and the hours of a rule for two days the night between them and a third."""
    times, rest = weekly(hours)
    alike = {said: ",".join(day for day in WEEKDAYS if times.get(day) == said) for said in sorted({*times.values()})}
    return "; ".join([", ".join(f"{days} {said}" for said, days in alike.items()), *rest]) if alike else hours


def weekly(hours: str) -> tuple[dict[str, str], list[str]]:
    """The times of each weekday as they are written, and the rules for public holidays; no times where hours say more than that."""
    rules = [rule.strip() for rule in hours.split(";") if rule.strip()]
    plain = [found for found in map(_PLAIN.fullmatch, rules) if found]
    rest = rules[len(plain) :]
    if any(_PLAIN.fullmatch(rule) or not rule.startswith("PH") for rule in rest):
        return {}, []
    times = {day: found[2] for found in plain for day in _days(found[1])}  # a later rule wins
    return {day: said for day, said in times.items() if said not in ("off", "closed")}, rest


def _days(written: str) -> Iterator[str]:
    """`Sa-Mo,We`: Saturday, Sunday, Monday, Wednesday."""
    for span in written.split(","):
        first, last = (WEEKDAYS.index(day) for day in (span[:2], span[-2:]))
        yield from (WEEKDAYS[(first + n) % 7] for n in range((last - first) % 7 + 1))


def _says_when(hours: str) -> bool:
    """`Mo-Sa` alone means whole days to the library; to us it means that the times are not known. So it is with a part of the hours."""
    return (":" in hours or "24/7" in hours) and all(_SAYS_WHEN.search(rule) for rule in _RULES.split(hours) if rule.strip())
