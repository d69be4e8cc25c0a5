"""Forms of the directory, place by place: what is compared, told, taken over or merged as one; all phones, or one day of the week."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from console.queue import as_number
from console.service_form import LISTS, numbers
from console.team_forms import Filled

DAYS = tuple(f"day_{n}" for n in range(7))
HOURS = (*DAYS, "holidays")
ROWS = {"phones": ("phone", ("number", "note", "kind")), "special_hours": ("special", ("first", "last", "hours", "closed", "name"))}
COUNTS = ("phones", "specials")  # how many rows were shown
NO_PLACE = ("csrf", "seen", "take", "hours_before", "hours_text", *COUNTS)
WHERE = ("town_name", "address", "point")  # what is not stored of a confidential place
_OF_A_DAY = re.compile(r"(?:opens|closes|closed)_([0-6])(?:_\d)?")
_OF_A_ROW = re.compile(r"(phone|special)_[a-z]+_\d+")


class Merged(NamedTuple):
    """`filled`: what comes back. `clashes`: places that both changed, each otherwise; there mine stands. `taken`: theirs, put in."""

    filled: Filled
    clashes: list[str]
    taken: list[str]


def place_of(key: str) -> str:
    """Of a field; empty for what nobody fills in."""
    if day := _OF_A_DAY.fullmatch(key):
        return f"day_{day[1]}"
    if row := _OF_A_ROW.fullmatch(key):
        return "phones" if row[1] == "phone" else "special_hours"
    return "ramadan" if key.startswith("ramadan") else "" if key in NO_PLACE else key


def places(*forms: Filled) -> list[str]:
    """In the order of the forms. Hours that a table of the week cannot show are one place in all of them."""
    found = dict.fromkeys(place_of(key) for form in forms for key in form)
    whole = "hours" in found
    return [place for place in found if place and not (whole and place in HOURS)]


def part(filled: Filled, place: str) -> Filled:
    """The fields of this place."""
    wanted = (*HOURS, "hours") if place == "hours" else (place,)
    return {key: text for key, text in filled.items() if place_of(key) in wanted}


def rows(filled: Filled, place: str) -> Iterator[dict[str, str]]:
    """Of phones those with a number; of days all in which something stands."""
    head, keys = ROWS[place]
    for n in numbers(filled, head):
        row = {key: text for key in keys if (text := filled.get(f"{head}_{key}_{n}", "").strip())}
        if row.get("number") or (row and place != "phones"):
            yield row


def take(filled: Filled, theirs: Filled, wanted: Iterable[str]) -> Filled:
    """The form with these places as the others have them."""
    found = dict(filled)
    for place in wanted:
        found = {key: text for key, text in found.items() if key not in part(found, place)} | part(theirs, place)
    return found | {key: theirs[key] for key in COUNTS if key in theirs and key in found and as_number(theirs[key]) > as_number(found[key])}


def merge(base: Filled, mine: Filled, theirs: Filled) -> Merged:
    """`base`: what I had before me when I began. As `bot.faq.merging` does with answers; of what can be ticked each box counts alone."""
    filled, clashes, taken = mine, list[str](), list[str]()
    for place in places(base, mine, theirs):
        before, my, their = (_said(form, place) for form in (base, mine, theirs))
        if their in (my, before):
            continue
        if place in LISTS:
            filled = {**filled, place: _ticked(base.get(place, ""), mine.get(place, ""), theirs[place])}
        elif my == before:
            filled = take(filled, theirs, [place])
        (taken if my == before or place in LISTS else clashes).append(place)
    if "hidden_place" in filled:
        filled, clashes = take(filled, {}, WHERE), [place for place in clashes if place not in WHERE]
    return Merged(filled, clashes, taken)


def _said(filled: Filled, place: str) -> object:
    """The same for what means the same: rows without anything do not count, nor does the order of ticks."""
    if place in LISTS:
        return frozenset(filled.get(place, "").split(",")) - {""}
    return list(rows(filled, place)) if place in ROWS else {key: text for key, text in _bare(part(filled, place)) if text}


def _bare(fields: Filled) -> Iterator[tuple[str, str]]:
    return ((key, text.strip()) for key, text in fields.items())


def _ticked(base: str, mine: str, theirs: str) -> str:
    before, their = base.split(","), theirs.split(",")
    kept = [code for code in mine.split(",") if code in their or code not in before]
    return ",".join(dict.fromkeys(code for code in [*kept, *(code for code in their if code not in before)] if code))
