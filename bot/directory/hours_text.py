"""Opening hours in words, and the ways in which people write them."""

import re
from functools import reduce
from itertools import groupby

from bot.directory.hours import SPAN, one_list, read
from bot.directory.hours_written import DAYS, read_week
from bot.errors import Refused
from bot.language.forms import Form
from bot.staff import week
from bot.texts import Texts

ALWAYS = "24/7"
_OF_MONTH = re.compile(rf"({'|'.join(DAYS)})\[((?:[1-5]|-1)(?:,(?:[1-5]|-1))*)\] ({SPAN}(?:,{SPAN})*)")
_DAY = re.compile(rf"\b(?:{'|'.join(f'(?P<{day}>{names})' for day, names in DAYS.items())})\b\.?", re.IGNORECASE)
_OURS = re.compile(rf"\b(?:{'|'.join(DAYS)})\b")
_NEXT = re.compile(rf"(?<=\d), ?(?=(?:{'|'.join(DAYS)})\b)")
# `mar` is Tuesday to who writes French, and March to the library: beside another month, a day of the month or a weekday of its own
_MAR = re.compile(r"\bmar\b", re.IGNORECASE)
_MARCH = re.compile(rf"(?i:\b(?:jan|feb|apr|may|jun|jul|aug|sep|oct|nov|dec)\b)|\b[Mm]ar (?:{'|'.join(DAYS)}|\d\d?(?![\d:]))")
_TO = r"\s*(?:[-–—]|\b(?:à|au|to|إلى|الى)\b)\s*"
_DASH = re.compile(_TO)
_FROM = re.compile(r"\b(?:de|du|from|من)\b\s*")
_CLOCK = r"\d{1,2}(?: ?h(?: ?\d{2})?|[:.]\d{2})(?!\d)"
_SPAN = re.compile(rf"(?<![\d:.])({_CLOCK}){_TO}({_CLOCK})", re.IGNORECASE)


def in_words(hours: str, form: Form, texts: Texts) -> str:
    """As they are when they cannot be said in a few words."""
    return hours if hours == ALWAYS else week_in_words(hours, form, texts) or _month_in_words(hours, form, texts) or hours


def to_type(hours: str, form: Form, texts: Texts) -> str:
    """In the words of this language, if they are read as these very hours."""
    words = in_words(hours, form, texts) if _OURS.search(hours) else hours
    try:
        return words if typed(words) == hours else hours
    except Refused:
        return hours


def week_in_words(hours: str, form: Form, texts: Texts) -> str:
    """Nothing when they are not known, or too special to be said in a few words."""
    found = week.shown(hours)
    days = found.days if found else ()
    alike = [list(group) for times, group in groupby(range(len(days)), key=lambda n: days[n]) if times]
    names = {n: texts.get(f"weekday_{n + 1}", form) for n in range(7)} if alike else {}
    spans = [names[group[0]] if len(group) == 1 else f"{names[group[0]]} - {names[group[-1]]}" for group in alike]
    return ", ".join(f"{span} {week.times(days[group[0]])}" for span, group in zip(spans, alike))


def _month_in_words(hours: str, form: Form, texts: Texts) -> str:
    """`We[1,3] 09:00-12:00`: the first and the third Wednesday. Nothing when they say more than that."""
    found = [_OF_MONTH.fullmatch(rule.strip()) for rule in hours.removesuffix("; PH off").split(";")]
    rules = [rule for rule in found if rule]
    if len(rules) < len(found) or len({rule[1] for rule in rules}) < len(rules):
        return ""
    return ", ".join(f"{_of_month(rule[1], rule[2].split(','), form, texts)} {rule[3]}" for rule in rules)


def _of_month(day: str, which: list[str], form: Form, texts: Texts) -> str:
    numbers = [texts.get(f"weekday_nth_{'last' if n == '-1' else n}", form) for n in which]
    nth = reduce(lambda first, then: texts.get("weekday_nth_and", form, first=first, then=then), numbers)
    return texts.get("weekday_of_month", form, nth=nth, day=texts.get(f"weekday_{[*DAYS].index(day) + 1}", form))


def typed(text: str) -> str:
    """What somebody typed, in the syntax of OpenStreetMap. `Refused` when a time cannot be, or when it says nothing about times."""
    raw = one_list(" ".join(text.split()))
    if not raw or (read(raw) and (_MARCH.search(raw) or not _MAR.search(raw))):
        return one_list(_SPAN.sub(_span, raw))
    return read_week(raw) or _mixed(raw)


def _mixed(text: str) -> str:
    """The syntax of OpenStreetMap with days and times as people write them: `Me[1,3] 9h-12h`."""
    plain = _SPAN.sub(_span, text)
    days = _DAY.sub(lambda found: str(found.lastgroup), _DASH.sub("-", _FROM.sub("", plain)).replace("،", ","))
    days = one_list(_NEXT.sub("; ", days))
    if not read(days):
        raise Refused("hours.unreadable")
    return days


def _span(found: re.Match[str]) -> str:
    return week.times(week.checked([(found[1], found[2])]))
