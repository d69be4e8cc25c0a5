"""What an editor chooses from, found by a few words: facts, other entries, services."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.faq import listing
from bot.faq.facts import facts
from bot.faq.listing import Asked, Line
from bot.handoff.words import Text, Words
from bot.language.forms import Form, in_form
from bot.tables import EntryRow, Organization, Revision, Service

MOST, MOST_FACTS = 8, 16  # found at once


@dataclass(frozen=True)
class Choice:
    """`id`, a title in one line, and what stands below it."""

    id: str
    title: str
    detail: str = ""
    note: str = ""  # a key of what to say about it: the confidence of a fact
    url: str = ""


def fact(fact_id: str, data_dir: Path) -> Choice:
    """One that is gone is still shown, so that it can be taken off."""
    found = facts(data_dir).get(fact_id)
    if found is None:
        return Choice(fact_id, fact_id, note="gone")
    title = f"{found.title} ({found.year})" if found.year else found.title
    return Choice(fact_id, found.text, title, found.confidence, found.url)


def find_facts(session: Session, query: str, data_dir: Path, lines: Sequence[Line] = ()) -> list[Choice]:
    """By their own words, which are English; then what the answers rest on that have these words in any form, of all `lines`."""
    if not Asked(q=query).words:
        return []
    resting = _resting(session, [line.id for line in listing.found(lines, Asked(q=query))[:MOST]])
    own = _fact_words(data_dir).find(query, MOST)
    known = [key for key in resting if key in facts(data_dir)]
    return [fact(key, data_dir) for key in list(dict.fromkeys([*own, *known]))[:MOST_FACTS]]


def _resting(session: Session, entry_ids: Sequence[str]) -> list[str]:
    """Ids of the facts of these entries, in their order."""
    query = select(Revision.entry_id, Revision.body["facts"]).where(Revision.entry_id.in_(entry_ids))
    heads = query.join(EntryRow, (EntryRow.id == Revision.entry_id) & (EntryRow.head == Revision.number))
    found = dict(session.execute(heads).tuples().all())
    return [key for entry_id in entry_ids for key in found.get(entry_id) or ()]


@lru_cache(maxsize=2)
def _fact_words(data_dir: Path) -> Words:
    rows = facts(data_dir).values()
    return Words.of([Text(row.id, [row.title, row.id.replace("_", " ")], [row.text]) for row in rows])


def services(session: Session, form: Form) -> list[Choice]:
    """All of them; several hundred narrow rows."""
    query = select(Service.id, Service.names, Service.town_name, Organization.names).join(Organization)
    rows = session.execute(query.order_by(Service.id)).tuples()
    return [Choice(i, in_form(names, form) or in_form(owner, form) or i, town) for i, names, town, owner in rows]


def find(choices: Sequence[Choice], query: str) -> list[Choice]:
    known = {choice.id: choice for choice in choices}
    words = Words.of([Text(choice.id, [choice.title], [choice.detail, choice.id.replace("_", " ")]) for choice in choices])
    return [known[key] for key in words.find(query, MOST)]
