"""Two editors at once: what the other one saved beside what this one typed, where both changed the same place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.faq import differences, merging, revisions, workflow
from bot.faq.differences import Piece
from bot.faq.entries import Entry
from bot.staff import accounts
from console.entry_forms import Typed, field_of, place_of


@dataclass(frozen=True)
class Clash:
    """`theirs`: of each field that both changed, what differs. `by`: who saved it."""

    theirs: Mapping[str, Sequence[Piece]] = field(default_factory=dict)
    by: str = ""


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
    """`typed.since`: the version with which both began; nobody saved meanwhile when it is 0."""
    if not typed.since:
        return NO_CLASH
    theirs = body(session, entry_id, typed.seen)
    found = merging.merge(body(session, entry_id, typed.since), mine, theirs).clashes
    passages = {field_of(p): differences.passages(differences.text(mine, p), differences.text(theirs, p)) for p in found}
    return Clash(passages, _author(session, entry_id, typed.seen))


def _author(session: Session, entry_id: str, number: int) -> str:
    by = revisions.get(session, entry_id, number).by
    return accounts.names(session, [by]).get(by, "") if by else ""
