"""What two versions of an entry say differently, word by word."""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from bot.faq.entries import Entry
from bot.language.forms import FORMS

WRITTEN = ("titles", "answers", "questions", "golden")  # what stands in each form
COMMON = (
    "topic",
    "source_form",
    "facts",
    "sources",
    "related",
    "categories",
    "services",
    "read_on",
    "check_again_on",
    "checked_by",
    "checked_on",
    "to_check",
)
MOST = 3000  # words that are compared one by one; beyond, a text is shown as replaced
_TOKENS = re.compile(r"\n|[^\S\n]+|[^\W\d_]+|\d+|.", re.DOTALL)
Place = tuple[str, str]  # a part of an entry, and the form; the form is empty for what all forms have in common


class Piece(NamedTuple):
    kind: Literal["same", "gone", "new"]
    text: str


class Difference(NamedTuple):
    part: str
    form: str
    pieces: list[Piece]


def words(before: str, after: str) -> list[Piece]:
    """The way from one text to the other."""
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    if max(len(old), len(new)) > MOST:
        return _pieces([("gone", before), ("new", after)])
    found: list[tuple[Literal["same", "gone", "new"], str]] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(old[a:b])))
        else:
            found += [("gone", "".join(old[a:b])), ("new", "".join(new[c:d]))]
    return _pieces(found)


def bodies(before: Entry, after: Entry) -> list[Difference]:
    """Every place at which they differ, in the order of the editor's page."""
    return [Difference(*place, words(text(before, place), text(after, place))) for place in changed(before, after)]


def changed(before: Entry, after: Entry) -> list[Place]:
    return [place for place in places() if text(before, place) != text(after, place)]


def places() -> Iterator[Place]:
    yield from ((part, form) for form in FORMS for part in WRITTEN)
    yield from ((part, "") for part in COMMON)


def text(body: Entry, place: Place) -> str:
    """As an editor reads it: a line for each item of a list."""
    return _text(value(body, place))


def value(body: Entry, place: Place) -> Any:
    part, form = place
    return (body.get(part) or {}).get(form) if form else body.get(part)


def put(body: Entry, place: Place, new: Any) -> Entry:
    """The body with another value at this place; what is empty goes."""
    part, form = place
    if not form:
        return {**body, part: new}
    inner = {key: old for key, old in (body.get(part) or {}).items() if key != form}
    return {**body, part: inner | ({form: new} if new else {})}


def _text(found: Any) -> str:
    if isinstance(found, Mapping):
        return " · ".join(str(part) for part in found.values() if part)
    if isinstance(found, list | tuple):
        return "\n".join(map(_text, found))
    return "" if found is None else str(found)


def _pieces(found: list[tuple[Literal["same", "gone", "new"], str]]) -> list[Piece]:
    return [Piece(kind, said) for kind, said in found if said]
