"""Two editors at once: what the other one saved beside what this one typed, where both changed the same place."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.faq import differences, revisions, workflow
from bot.faq.differences import Piece, Place
from bot.faq.entries import Entry
from bot.faq.merging import Merged
from bot.staff import accounts
from console.entry_forms import Typed, field_of, place_of


@dataclass(frozen=True)
class Clash:
    """`theirs`: of each field that both changed, what differs. `by`: who saved it. `undecided`: fields of which nobody has said yet whose
    text it shall be: mine was neither kept, nor given up, nor written on."""

    theirs: Mapping[str, Sequence[Piece]] = field(default_factory=dict)
    by: str = ""
    undecided: frozenset[str] = frozenset()

    @property
    def listed(self) -> list[tuple[str, Place]]:
        """Each field and its place, in the order of the page."""
        return [(name, place) for place in differences.places() if (name := field_of(place)) in self.theirs]


NO_CLASH = Clash()


def body(session: Session, entry_id: str, seen: int) -> Entry:
    """What an editor had before them; the newest when that is no revision."""
    head = workflow.head(session, entry_id)
    try:
        return {**revisions.get(session, entry_id, seen).body, "id": entry_id}
    except NotFound:
        return {**head.body, "id": entry_id}


def typed_over(session: Session, entry_id: str, typed: Typed) -> Entry:
    """With what was typed, and at the place `typed.take` what the colleague saved."""
    theirs = body(session, entry_id, typed.seen)
    mine, place = typed.over(theirs), place_of(typed.take)
    return differences.put(mine, place, differences.value(theirs, place)) if place else mine


def clash(session: Session, entry_id: str, typed: Typed, mine: Entry) -> Clash:
    """What is left of it: where mine is as theirs by now, there is none."""
    if not typed.clashing:
        return NO_CLASH
    theirs = body(session, entry_id, typed.seen)
    places = {name: place for name in typed.clashing if (place := place_of(name))}
    found = {name: p for name, p in places.items() if differences.content(mine, p) != differences.content(theirs, p)}
    passages = {name: differences.passages(differences.text(mine, p), differences.text(theirs, p)) for name, p in found.items()}
    undecided = {name for name, p in found.items() if name not in typed.keep and _mark(mine, p) == typed.clashing[name]}
    return Clash(passages, _author(session, entry_id, typed.seen), frozenset(undecided))


def marks(merged: Merged) -> dict[str, str]:
    """Of each clash what mine says now: whoever writes on has decided."""
    return {field_of(place): _mark(merged.body, place) for place in merged.clashes}


def open_since(clash: Clash, typed: Typed) -> dict[str, str]:
    """A third save decides nothing that was not decided."""
    return {name: mark for name, mark in typed.clashing.items() if name in clash.undecided}


def _mark(body: Entry, place: Place) -> str:
    return hashlib.sha256(repr(differences.content(body, place)).encode()).hexdigest()[:16]


def _author(session: Session, entry_id: str, number: int) -> str:
    by = revisions.get(session, entry_id, number).by
    return accounts.names(session, [by]).get(by, "") if by else ""
