"""Opening hours in words, and the ways in which people write them."""

import re
from itertools import groupby

from bot.directory.hours import one_list, read
from bot.errors import Refused
from bot.language.forms import Form
from bot.staff import week
from bot.texts import Texts

ALWAYS = "24/7"
# As people write days, in the languages of the pages: `Lu-Ve 9h-15h30`, `lundi - vendredi`, `الاثنين - الجمعة`
_DAYS = {
    "Mo": r"lu(?:n(?:di)?)?|mon(?:day)?|ال[اإ]ثنين",
    "Tu": r"ma(?:r(?:di)?)?|tue(?:s(?:day)?)?|الثلاثاء",
    "We": r"me(?:r(?:credi)?)?|wed(?:nesday)?|الأربعاء|الاربعاء",
    "Th": r"je(?:u(?:di)?)?|thu(?:rs(?:day)?)?|الخميس",
    "Fr": r"ve(?:n(?:dredi)?)?|fri(?:day)?|الجمعة",
    "Sa": r"sam(?:edi)?|sat(?:urday)?|السبت",
    "Su": r"di(?:m(?:anche)?)?|sun(?:day)?|ال[أا]حد",
}
_DAY = re.compile(rf"\b(?:{'|'.join(f'(?P<{day}>{names})' for day, names in _DAYS.items())})\b\.?", re.IGNORECASE)
_OURS = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b")
_NEXT = re.compile(rf"(?<=\d), ?(?=(?:{'|'.join(_DAYS)})\b)")
# `mar` is Tuesday to who writes French, and March to the library: beside another month, a day of the month or a weekday of its own
_MAR = re.compile(r"\bmar\b", re.IGNORECASE)
_MARCH = re.compile(rf"(?i:\b(?:jan|feb|apr|may|jun|jul|aug|sep|oct|nov|dec)\b)|\b[Mm]ar (?:{'|'.join(_DAYS)}|\d\d?(?![\d:]))")
_TO = r"\s*(?:[-–—]|\b(?:à|au|to|إلى|الى)\b)\s*"
_DASH = re.compile(_TO)
_FROM = re.compile(r"\b(?:de|du|from|من)\b\s*")
_CLOCK = r"\d{1,2}(?: ?h(?: ?\d{2})?|[:.]\d{2})(?!\d)"
_SPAN = re.compile(rf"(?<![\d:.])({_CLOCK}){_TO}({_CLOCK})", re.IGNORECASE)


def in_words(hours: str, form: Form, texts: Texts) -> str:
    """As they are when they cannot be said in a few words."""
    return hours if hours == ALWAYS else week_in_words(hours, form, texts) or hours


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


def typed(text: str) -> str:
    """What somebody typed, in the syntax of OpenStreetMap. `Refused` when a time cannot be, or when it says nothing about times."""
    plain = one_list(_SPAN.sub(_span, " ".join(text.split())))
    if not plain or (read(plain) and (_MARCH.search(plain) or not _MAR.search(plain))):
        return plain
    days = _DAY.sub(lambda found: str(found.lastgroup), _DASH.sub("-", _FROM.sub("", plain)).replace("،", ","))
    days = one_list(_NEXT.sub("; ", days))
    if not read(days):
        raise Refused("hours.unreadable")
    return days


def _span(found: re.Match[str]) -> str:
    return week.times(week.checked([(found[1], found[2])]))
