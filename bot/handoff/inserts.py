"""What a caseworker may put into an answer with one key: ready answers, answers of the FAQ, services of the directory.

All of it in the form in which the person is answered, word for word as it would be sent.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.hours_text import week_in_words
from bot.directory.kinds import kinds_by_word
from bot.directory.presentation import details_text, name_of
from bot.directory.search import Hit, Query, by_words
from bot.directory.search import get as service_hit
from bot.errors import Refused
from bot.faq import entries
from bot.faq.entries import Entry
from bot.faq.presentation import answer_text
from bot.handoff import canned
from bot.handoff.drafts import LONGEST
from bot.handoff.words import SOME, Text, Words
from bot.language.forms import Form, in_form, nearest
from bot.staff import teams
from bot.tables import Canned, Case, EntryRow, InboundRow, Service, Staff
from bot.texts import Texts

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
    places = by_words(session, query, Query(), kinds_by_word(writer.data_dir))[:MOST]
    return [
        *_canned(session, writer, [ready[key] for key in keys]),
        *_faq(session, writer, answers),
        *(_service(writer, hit) for hit in places),
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
    elif kind == "faq":
        found = _faq(session, writer, [name])
    elif kind == "service" and session.get(Service, name) is not None:
        found = [_service(writer, service_hit(session, name))]
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
    hours = week_in_words(team.hours, form, Texts.load(writer.data_dir))
    return {"name": writer.person.name.split(" ")[0], "case": str(writer.case.id), "team": team.name, "hours": hours}


def _faq(session: Session, writer: Writer, ids: Sequence[str]) -> list[Insert]:
    """As the bot says them, with the line of sources."""
    published = ((entry_id, entries.published(session, entry_id)) for entry_id in ids)
    return [_answer(writer, entry_id, entry) for entry_id, entry in published if entry]


def _answer(writer: Writer, entry_id: str, entry: Entry) -> Insert:
    text = answer_text(entry, writer.form, Texts.load(writer.data_dir), writer.data_dir)
    return Insert("faq", entry_id, in_form(entry["titles"], writer.form), text, nearest(entry["answers"], writer.form))


def _service(writer: Writer, hit: Hit) -> Insert:
    text = details_text(hit, writer.form, Texts.load(writer.data_dir))
    return Insert("service", hit.service.id, name_of(hit, writer.form), text, writer.form)
