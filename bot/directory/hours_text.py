"""Opening hours in words, and the ways in which people write them."""

import re
from itertools import groupby

from bot.directory.hours import read
from bot.errors import Refused
from bot.language.forms import Form
from bot.staff import week
from bot.texts import Texts

ALWAYS = "24/7"
# As French speakers write days and hours: `Lu-Ve 9h-15h30`
_DAYS = {"lun": "Mo", "mar": "Tu", "mer": "We", "jeu": "Th", "ven": "Fr", "sam": "Sa", "dim": "Su"}
_DAYS |= {"lu": "Mo", "ma": "Tu", "me": "We", "je": "Th", "ve": "Fr", "di": "Su"}
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})(?:di|ndi|rdi|credi|dredi|edi|manche)?\b\.?", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2}) ?[h:.](\d{2})?(?!\d)", re.IGNORECASE)
_DASH = re.compile(r"\s*(?:[-–—]|\bà\b)\s*")


def in_words(hours: str, form: Form, texts: Texts) -> str:
    """As they are when they cannot be said in a few words."""
    return hours if hours == ALWAYS else week_in_words(hours, form, texts) or hours


def week_in_words(hours: str, form: Form, texts: Texts) -> str:
    """Nothing when they are not known, or too special to be said in a few words."""
    found = week.shown(hours)
    days = found.days if found else ()
    alike = [list(group) for times, group in groupby(range(len(days)), key=lambda n: days[n]) if times]
    names = {n: texts.get(f"weekday_{n + 1}", form) for n in range(7)} if alike else {}
    spans = [names[group[0]] if len(group) == 1 else f"{names[group[0]]} - {names[group[-1]]}" for group in alike]
    return ", ".join(f"{span} {week.times(days[group[0]])}" for span, group in zip(spans, alike))


def typed(text: str) -> str:
    """What somebody typed, in the syntax of OpenStreetMap. `Refused` when it says nothing about times."""
    plain = " ".join(text.split())
    if not plain or read(plain):
        return plain
    clocks = _CLOCK.sub(lambda found: f"{int(found[1]):02}:{found[2] or '00'}", _DASH.sub("-", plain))
    days = _DAY.sub(lambda found: _DAYS[found[1].lower()], clocks)
    if not read(days):
        raise Refused("hours.unreadable")
    return days
