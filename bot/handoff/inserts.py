"""What a caseworker may put into an answer with one key: ready answers, answers of the FAQ, services of the directory.

All of it in the form in which the person is answered, word for word as it would be sent.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.presentation import details_text, name_of
from bot.directory.search import get as service_hit
from bot.errors import Refused
from bot.faq import entries
from bot.faq.entries import Entry
from bot.faq.presentation import answer_text
from bot.handoff import canned
from bot.handoff.drafts import LONGEST
from bot.handoff.words import SOME, Text, Words
from bot.language.forms import Form, in_form, nearest
from bot.staff import teams, week
from bot.tables import Canned, Case, EntryRow, InboundRow, Organization, Service, Staff
from bot.texts import Texts
from bot.understanding.corpus import load_yaml

MOST = 6  # of each kind that are found


@dataclass(frozen=True)
class Insert:
    """`kind`: canned, faq, service. `form`: the one the text is in, another one than asked for when there is none."""

    kind: str
    id: str
    title: str
    text: str
    form: Form

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Writer:
    """Who writes, in which case, in which form."""

    person: Staff
    case: Case
    form: Form
    data_dir: Path


class FaqWords:
    """The words of the published entries, read anew when the content changed. One for a process: it takes a while to make."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version, self._words = -1, Words.of([])

    def of(self, session: Session) -> Words:
        with self._lock:
            version = entries.version(session)
            if version != self._version:
                self._version, self._words = version, Words.of(list(_entry_texts(session)))
            return self._words


def _entry_texts(session: Session) -> Iterator[Text]:
    columns = (EntryRow.id, EntryRow.body["titles"], EntryRow.body["questions"])
    for entry_id, titles, questions in session.execute(select(*columns).where(EntryRow.state == "published")):
        yield Text(entry_id, list(titles.values()), [line for lines in questions.values() for line in lines])


def find(session: Session, writer: Writer, query: str, faq: FaqWords) -> list[Insert]:
    """What fits these words. Without any: the ready answers, and what fits the person's last message."""
    ready = {str(row.id): row for row in canned.of_team(session, writer.case.team_id)}
    if not query.strip():
        return [*_canned(session, writer, list(ready.values())), *suggested(session, writer)]
    keys = canned.find(list(ready.values()), query, MOST)
    answers = faq.of(session).find(query, MOST, SOME)
    places = _words(_service_texts(session, writer.data_dir)).find(query, MOST)
    return [
        *_canned(session, writer, [ready[key] for key in keys]),
        *_faq(session, writer, answers),
        *_services(session, writer, places),
    ]


def suggested(session: Session, writer: Writer) -> list[Insert]:
    """The answers that fit the last message of the person; nothing when none does, or when it was not read yet."""
    query = select(InboundRow.guesses).filter_by(conversation_id=writer.case.conversation_id)
    return _faq(session, writer, session.scalar(query.order_by(InboundRow.id.desc()).limit(1)) or [])


def one(session: Session, writer: Writer, key: str) -> Insert:
    """What a form names. `Refused` when it is gone meanwhile."""
    kind, _, name = key.partition(":")
    found: list[Insert] = []
    if kind == "canned":
        found = _canned(session, writer, [row for row in canned.of_team(session, writer.case.team_id) if str(row.id) == name])
    elif kind in ("faq", "service"):
        found = (_faq if kind == "faq" else _services)(session, writer, [name])
    if not found:
        raise Refused("help.gone")
    return found[0]


def joined(typed: str, insert: Insert) -> str:
    """What was typed, and what is put behind it."""
    text = f"{typed.rstrip()}\n{insert.text}" if typed.strip() else insert.text
    if len(text) > LONGEST:
        raise Refused("help.too_long")
    return text


def _canned(session: Session, writer: Writer, rows: Sequence[Canned]) -> list[Insert]:
    forms = {row.id: nearest(row.bodies, writer.form) for row in rows}
    known = {form: _values(session, writer, form) for form in set(forms.values())}
    texts = {row.id: canned.filled(row.bodies[forms[row.id]], forms[row.id], known[forms[row.id]]) for row in rows}
    return [Insert("canned", str(row.id), row.name, texts[row.id], forms[row.id]) for row in rows]


def _values(session: Session, writer: Writer, form: Form) -> dict[str, str]:
    """What the variables stand for in this case."""
    team = teams.get(session, writer.case.team_id)
    hours = _hours(team.hours, form, Texts.load(writer.data_dir))
    return {"name": writer.person.name.split(" ")[0], "case": str(writer.case.id), "team": team.name, "hours": hours}


def _hours(hours: str, form: Form, texts: Texts) -> str:
    """The week in words; nothing when it is not known, or too special to be said in a few."""
    found = week.shown(hours)
    days = found.days if found else ()
    alike = [list(group) for times, group in groupby(range(len(days)), key=lambda n: days[n]) if times]
    names = {n: texts.get(f"weekday_{n + 1}", form) for n in range(7)} if alike else {}
    spans = [names[group[0]] if len(group) == 1 else f"{names[group[0]]} - {names[group[-1]]}" for group in alike]
    return ", ".join(f"{span} {week.times(days[group[0]])}" for span, group in zip(spans, alike))


def _faq(session: Session, writer: Writer, ids: Sequence[str]) -> list[Insert]:
    """As the bot says them, with the line of sources."""
    published = ((entry_id, entries.published(session, entry_id)) for entry_id in ids)
    return [_answer(writer, entry_id, entry) for entry_id, entry in published if entry]


def _answer(writer: Writer, entry_id: str, entry: Entry) -> Insert:
    text = answer_text(entry, writer.form, Texts.load(writer.data_dir), writer.data_dir)
    return Insert("faq", entry_id, in_form(entry["titles"], writer.form), text, nearest(entry["answers"], writer.form))


def _services(session: Session, writer: Writer, ids: Sequence[str]) -> list[Insert]:
    hits = (service_hit(session, row.id) for row in session.scalars(select(Service).where(Service.id.in_(ids))))
    texts, form = Texts.load(writer.data_dir), writer.form
    found = {hit.service.id: Insert("service", hit.service.id, name_of(hit, form), details_text(hit, form, texts), form) for hit in hits}
    return [found[key] for key in ids if key in found]


@lru_cache(maxsize=2)
def _words(texts: tuple[Text, ...]) -> Words:
    """Kept as long as the texts are the same: to read them takes less time than to make their words. The version of the content does not
    grow with an import of the directory."""
    return Words.of(texts)


def _service_texts(session: Session, data_dir: Path) -> tuple[Text, ...]:
    """By their names, their town, and the words for their kinds in all forms."""
    columns = (Service.id, Service.names, Organization.names, Service.town_name, Service.categories)
    rows = session.execute(select(*columns).join(Organization, Organization.id == Service.organization_id).order_by(Service.id)).tuples()
    kinds = _kinds(data_dir)
    return tuple(
        Text(service_id, (*names.values(), *whose.values(), town), tuple(word for kind in categories for word in kinds.get(kind, ())))
        for service_id, names, whose, town, categories in rows
    )


@lru_cache(maxsize=2)
def _kinds(data_dir: Path) -> dict[str, tuple[str, ...]]:
    rows = load_yaml(data_dir / "categories.yml")
    return {kind: (*row["names"].values(), *(w for words in row["words"].values() for w in words)) for kind, row in rows.items()}
