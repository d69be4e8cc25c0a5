"""What an editor filled in, as places of an entry: what a form did not send stays as it was."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData

from bot.faq import workflow
from bot.faq.differences import Place, places, put, value
from bot.faq.entries import Entry
from bot.faq.facts import SOURCE
from bot.language.forms import FORMS, Form, direction, known
from bot.language.normalize import without_marks

FIELDS = {"titles": "title", "answers": "answer", "questions": "questions", "golden": "golden"}  # part: how its fields are called
LISTS = ("facts", "related", "categories", "services")
WORDS = ("topic", "source_form", "read_on", "check_again_on", "checked_by", "checked_on")
SOUGHT = ("facts", "related", "services")  # what is found by words
SHOW = "show_in"  # the form in which the answer is shown
_GAP, _HELD = re.compile(r"(?<=\d) (?=\d)"), re.compile(r"(?<=\d)\u00a0(?=\d)")
_NUMBER, _LRM = re.compile(r"[0-9]+(?:[ .,/-][0-9]+)*"), "\u200e"
_CLASHING = re.compile(r"([\w-]+):([0-9a-f]+)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # all but tab and end of line; the column takes no zero byte


def field_of(place: Place) -> str:
    """`title-fr`, `facts`: what the field of a place is called."""
    part, form = place
    return f"{FIELDS[part]}-{form}" if form else part


def in_field(text: str, form: Form) -> str:
    """Where one writes from right to left, the parts of a number would change places: its spaces do not break, and a mark of direction that
    is not kept stands before one with hyphens (law 09-08)."""
    return _GAP.sub("\u00a0", _NUMBER.sub(_marked, text)) if direction(form) == "rtl" else text


def _marked(found: re.Match[str]) -> str:
    return f"{_LRM}{found.group()}" if "-" in found.group() else found.group()


def place_of(name: str) -> Place | None:
    return next((place for place in places() if field_of(place) == name), None)


@dataclass(frozen=True)
class Typed:
    """`seen`: the revision that was before the editor. `kind`: minor, meaning, or nothing yet. `looked_at`: forms said to be right as
    they are. `responsible`: None when it was not asked; `was`: who it was on the page. `clashing`: after two saved at once, the
    fields that both changed, each with a mark of what mine said then; `keep`: those in which mine shall stay; `take`: the one that shall
    have what the other one saved. `sought`: words by which facts, entries and services are looked for."""

    seen: int
    places: Mapping[Place, Any] = field(default_factory=dict)
    kind: str = ""
    why: str = ""
    looked_at: tuple[str, ...] = ()
    responsible: str | None = None
    was: str = ""
    clashing: Mapping[str, str] = field(default_factory=dict)
    keep: Collection[str] = ()
    take: str = ""
    sought: Mapping[str, str] = field(default_factory=dict)
    show: str = ""

    def over(self, base: Entry) -> Entry:
        """The entry with what was typed."""
        body = dict(base)
        for place, said in self.places.items():
            if said != _untouched(base, place):
                body = put(body, place, as_before(said, base.get(place[0]) or ()) if place[0] in LISTS else said)
        return body

    @property
    def entrusts(self) -> bool:
        """Whether somebody else was chosen than the page had."""
        return self.responsible is not None and self.responsible != self.was


async def typed(request: Request) -> Typed:
    form = await request.form()
    whose = form.get("responsible")
    written = {**_written(form), **_common(form)}
    looked_at = tuple(f for f in FORMS if f in form.getlist("looked_at"))
    sought = {key: _word(form, f"find_{key}")[:200] for key in SOUGHT}
    return Typed(
        _number(form, "seen"),
        written,
        _word(form, "kind"),
        _word(form, "why"),
        looked_at,
        whose if isinstance(whose, str) else None,
        _word(form, "responsible_was"),
        dict(_CLASHING.findall(_word(form, "clashing"))),
        tuple(name for name in form.getlist("keep") if isinstance(name, str)),
        _word(form, "take"),
        sought,
        _word(form, SHOW),
    )


def _written(form: FormData) -> dict[Place, Any]:
    found: dict[Place, Any] = {}
    for part, name in FIELDS.items():
        for written in (f for f in FORMS if f"{name}-{f}" in form):
            found[part, written] = _in_form(_word(form, f"{name}-{written}"), (part, written))
    return found


def _in_form(text: str, place: tuple[str, Form]) -> Any:
    part, form = place
    kept = _loose(text, form)
    return _lines(kept) if part in ("questions", "golden") else kept


def _common(form: FormData) -> dict[Place, Any]:
    found: dict[Place, Any] = {(name, ""): _word(form, name) or None for name in WORDS if name in form}
    if "lists" in form:
        found |= {(name, ""): list(dict.fromkeys(_clean(v) for v in form.getlist(name) if isinstance(v, str))) for name in LISTS}
        found["sources", ""] = _sources(form)
    return found


def _sources(form: FormData) -> list[dict[str, str]]:
    columns = [[v if isinstance(v, str) else "" for v in form.getlist(f"source_{name}")] for name in SOURCE]
    return _rows(zip(*columns))


def _rows(sources: Iterable[Sequence[str]]) -> list[dict[str, str]]:
    lines = ([" ".join(_clean(said).split()) for said in source] for source in sources)
    return [{name: said for name, said in zip(SOURCE, line) if said or name != "says"} for line in lines if any(line)]


def _untouched(base: Entry, place: Place) -> Any:
    """What a field sends in which nobody wrote: an entry need not name its source form, and a file may bring what no field keeps, such
    as the ends of the lines of a source. That is no change, and stays."""
    (part, form), found = place, value(base, place)
    if part in FIELDS:
        said = "\n".join(found or ()) if part in ("questions", "golden") else found or ""
        return _in_form(_clean(said), (part, known(form)))
    if part == "source_form":
        return workflow.source_form(base)
    if part == "sources":
        return _rows([str(source.get(name) or "") for name in SOURCE] for source in found or ())
    return found if part in LISTS else _clean(str(found or "")) or None


def as_before(chosen: Sequence[str], before: Sequence[str]) -> list[str]:
    """As it was; what is new comes last. A page lists what can be chosen in an order of its own."""
    return [*(item for item in before if item in chosen), *(item for item in chosen if item not in before)]


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.split("\n") if line.strip()))


def _word(form: FormData, name: str) -> str:
    value = form.get(name)
    return _clean(value) if isinstance(value, str) else ""


def _loose(text: str, form: Form) -> str:
    """What `in_field` held together, as it is kept and sent."""
    return _HELD.sub(" ", text) if direction(form) == "rtl" else text


def _number(form: FormData, name: str) -> int:
    written = _word(form, name)
    return int(written) if re.fullmatch(r"[0-9]{1,9}", written) else 0


def _clean(text: str) -> str:
    """Browsers send two characters for the end of a line."""
    return _CONTROL.sub(" ", without_marks(text).replace("\r\n", "\n")).strip()
