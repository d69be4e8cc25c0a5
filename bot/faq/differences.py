"""What two versions of an entry say differently, word by word."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from bot.faq.entries import Entry
from bot.faq.facts import SOURCE
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
AROUND = 60  # characters shown on each side of a difference
LONGEST = 3000  # lines, or words of lines that changed, that are compared one by one; beyond, they are shown as replaced
MOST = 20_000  # pairs of equal words between two texts: "!?!?!?" has so many ways to match that comparing takes minutes
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
    """The way from one text to the other: lines that are the same, and the words of the others."""
    found: list[Piece] = []
    for old, new in _ways(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        for part in [(old, new)] if old == new else _ways(_TOKENS.findall(old), _TOKENS.findall(new)):
            _add(found, *part)
    return found


def _ways(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """What stands here and there in each stretch; blanks match only beside other words."""
    if max(len(old), len(new)) > LONGEST or _pairs(old, new) > MOST:
        yield "".join(old), "".join(new)
        return
    for _, a, b, c, d in SequenceMatcher(str.isspace, old, new, autojunk=False).get_opcodes():
        yield "".join(old[a:b]), "".join(new[c:d])


def _pairs(old: list[str], new: list[str]) -> int:
    here, there = Counter(old), Counter(new)
    return sum(count * there[word] for word, count in here.items() if not word.isspace())


def passages(before: str, after: str) -> list[Piece]:
    """As `words`, with only a little of what both say around each difference."""
    found = words(before, after)
    return [_folded(piece, at > 0, at < len(found) - 1) if piece.kind == "same" else piece for at, piece in enumerate(found)]


def bodies(before: Entry, after: Entry) -> list[Difference]:
    """Every place at which they differ, in the order of the editor's page."""
    return [Difference(*place, words(text(before, place), text(after, place))) for place in changed(before, after)]


def changed(before: Entry, after: Entry) -> list[Place]:
    return [place for place in places() if content(before, place) != content(after, place)]


def places() -> Iterator[Place]:
    yield from ((part, form) for form in FORMS for part in WRITTEN)
    yield from ((part, "") for part in COMMON)


def text(body: Entry, place: Place) -> str:
    """As an editor reads it: a line for each item of a list."""
    return _text(value(body, place))


def content(body: Entry, place: Place) -> Any:
    """What stands there, to compare: no matter how what is empty is written, or in which order the parts of a source stand."""
    return _content(value(body, place))


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


def _folded(piece: Piece, behind: bool, ahead: bool) -> Piece:
    """`behind`: it stands behind a difference; `ahead`: one follows."""
    first = piece.text[:AROUND].rpartition(" ")[0] if behind else ""
    last = piece.text[-AROUND:].partition(" ")[2] if ahead else ""
    short = len(piece.text) <= AROUND * (behind + ahead)
    return piece if short else Piece("same", f"{first} … {last}")


def _text(found: Any) -> str:
    if isinstance(found, Mapping):
        return " · ".join(str(found[part]) for part in (*SOURCE, *sorted(found.keys() - {*SOURCE})) if found.get(part))
    if isinstance(found, list | tuple):
        return "\n".join(map(_text, found))
    return "" if found is None else str(found)


def _content(found: Any) -> Any:
    if isinstance(found, Mapping):
        return {part: said for part, said in ((part, _content(inner)) for part, inner in found.items()) if said}
    if isinstance(found, list | tuple):
        return [said for said in map(_content, found) if said] or ""
    return "" if found is None else str(found)


def _add(found: list[Piece], old: str, new: str) -> None:
    if old != new:
        found += [piece for piece in (Piece("gone", old), Piece("new", new)) if piece.text]
    elif found and found[-1].kind == "same":
        found[-1] = Piece("same", found[-1].text + old)
    elif old:
        found.append(Piece("same", old))
