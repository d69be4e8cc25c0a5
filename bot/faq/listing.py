"""The editors' list of entries: what is written, what waits, what is due; found by words of any form.

What a revision says never changes, so it is read once for a process: a list of a thousand entries asks the database for narrow rows only.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from bot.faq import comments
from bot.faq.days import is_due
from bot.faq.entries import KNOWN, Entry
from bot.faq.rules import Fault
from bot.language.forms import FORMS, Form
from bot.language.normalize import normalize
from bot.staff.rights import Right, having
from bot.tables import EntryRow, Revision, Staff

VIEWS = ("all", "for_me", "live", "waiting", "review", "check", "due", "missing", "withdrawn", "archived")
NOBODY = "none"  # asked for instead of a responsible person
Status = Literal["there", "check", "missing"]
_AT_ONCE = 200  # bodies that are in memory together: they are large


@dataclass(frozen=True)
class Said:
    """What a revision says, as the list needs it. `words` begin each with a space, so that beginnings of words are found."""

    titles: dict[str, str]
    forms: dict[Form, Status]
    words: str
    title_words: str
    asked: frozenset[str] = frozenset()  # its questions, as `normalize` writes them
    called: frozenset[str] = frozenset()  # its titles, too


@dataclass(frozen=True)
class Line:
    """`reviewer_id`: who is asked for the review; of whoever reads the list: are they `asked` for it, are they `named` in an open comment.

    `standing`: live, waiting (live, with a newer draft), draft (never live), review, archived, withdrawn; `has_draft`: somebody wrote
    what nobody reads yet. `answers`: people are answered with it, maybe with an older revision; `known`: or were, until it was withdrawn.
    `check_again_on`: of what is live."""

    id: str
    topic: str
    standing: str
    has_draft: bool
    answers: bool
    known: bool
    responsible_id: uuid.UUID | None
    reviewer_id: uuid.UUID | None
    asked: bool
    named: bool
    by: uuid.UUID | None
    at: datetime
    check_again_on: str | None
    said: Said

    def views(self, today: date, form: str = "") -> set[str]:
        """In which views it is listed. `form`: the only one that counts for what is missing or to be checked."""
        mine = {"for_me"} if self.asked or self.named else set()
        if self.standing == "archived":
            return {"archived"} | mine
        found = {"all", "live"} | mine if self.answers else {"all"} | mine
        found |= {self.standing} & {"review", "withdrawn"}
        found |= {"waiting"} if self.has_draft and self.standing != "review" else set()
        found |= {"check", "missing"} & {status for name, status in self.said.forms.items() if form in ("", name)}
        return found | {"due"} if self.due(today) else found

    def due(self, today: date) -> bool:
        return self.known and is_due(self.check_again_on, today)


@dataclass(frozen=True)
class Mine:
    """What concerns the reader of a list. `named`: ids of the entries with an open comment that names them."""

    reader_id: uuid.UUID | None = None
    named: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asked:
    """`lacks`: a form that is missing, or to be checked."""

    q: str = ""
    topic: str = ""
    responsible: str = ""
    lacks: str = ""

    @property
    def words(self) -> list[str]:
        """Beginnings of words, as `Said` has them."""
        return [f" {word}" for word in normalize(self.q).split()]

    def narrows_to(self, line: Line) -> bool:
        whose = NOBODY if line.responsible_id is None else str(line.responsible_id)
        waits = not self.lacks or any(status != "there" for form, status in line.said.forms.items() if form == self.lacks)
        return self.topic in ("", line.topic) and self.responsible in ("", whose) and waits


def found(lines: Iterable[Line], asked: Asked) -> list[Line]:
    """What fits, in any order of the words; where they stand in the title first."""
    words, key = asked.words, asked.q.strip()
    fitting = (line for line in lines if all(word in line.said.words for word in words) or line.id == key)
    narrowed = [line for line in fitting if asked.narrows_to(line)]
    return sorted(narrowed, key=lambda line: (not all(word in line.said.title_words for word in words), line.topic, line.id))


def counts(lines: Sequence[Line], today: date, form: str = "") -> Counter[str]:
    """How many there are in each view."""
    return Counter(view for line in lines for view in line.views(today, form))


def twice(lines: Iterable[Line], body: Entry) -> Iterator[Fault]:
    """Its titles and questions that stand in another entry, too; `entry`: the first such. One is enough to look at."""
    others = [line for line in lines if line.id != body.get("id") and line.standing != "archived"]
    called, asked = [(line.id, line.said.called) for line in others], [(line.id, line.said.asked) for line in others]
    for form in FORMS:
        titles = filter(None, [(body.get("titles") or {}).get(form)])
        yield from (Fault(other, "title_twice", form, said) for said in titles if (other := _also(called, said)))
        questions = (body.get("questions") or {}).get(form) or ()
        yield from (Fault(other, "question_twice", form, said) for said in questions if (other := _also(asked, said)))


def _also(others: Iterable[tuple[str, frozenset[str]]], text: str) -> str:
    plain = _norm(text)
    return next((other for other, said in others if plain in said), "")


class Shelf:
    """Keeps what revisions say. One for a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[str, tuple[tuple[int, datetime], Said]] = {}

    def lines(self, session: Session, reader: Staff | None = None) -> list[Line]:
        """`reader`: whose list it is."""
        mine = Mine(reader.id, comments.naming(session, reader)) if reader else Mine()
        with self._lock:
            rows = session.execute(_ROWS).all()
            wanted = [row.id for row in rows if row.id not in self._said or self._said[row.id][0] != (row.head, row.at)]
            for start in range(0, len(wanted), _AT_ONCE):
                self._read(session, wanted[start : start + _AT_ONCE])
            return [_line(row, self._said[row.id][1], mine) for row in rows]

    def titles(self, session: Session) -> dict[str, dict[str, str]]:
        return {line.id: line.said.titles for line in self.lines(session)}

    def _read(self, session: Session, ids: Sequence[str]) -> None:
        for row in session.execute(_BODIES.where(EntryRow.id.in_(ids))):
            self._said[row.id] = ((row.head, row.at), _said(row.id, row.body))


_HEAD = and_(Revision.entry_id == EntryRow.id, Revision.number == EntryRow.head)
_AT = func.coalesce(Revision.at, EntryRow.updated_at).label("at")
_STANDS = (EntryRow.state, EntryRow.stage, EntryRow.head, EntryRow.live)
_REVIEWER = Staff.id.label("reviewer_id")  # as long as they keep content
_ROWS = (
    select(EntryRow.id, EntryRow.topic, *_STANDS, EntryRow.responsible_id, _REVIEWER, EntryRow.check_again_on, Revision.by, _AT)
    .outerjoin(Revision, _HEAD)
    .outerjoin(Staff, and_(Staff.id == EntryRow.reviewer_id, having(Right.CONTENT)))
    .order_by(EntryRow.id)
)
_BODIES = select(EntryRow.id, EntryRow.head, _AT, func.coalesce(Revision.body, EntryRow.body).label("body")).outerjoin(Revision, _HEAD)


def standing(row: EntryRow | Row[Any]) -> str:
    """Where an entry stands, in one word: see `Line`."""
    if row.stage == "review":
        return "review"
    if row.state in ("archived", "withdrawn", "draft"):
        return str(row.state)
    return "waiting" if row.head != row.live and row.stage == "draft" else "live"


def _line(row: Row[Any], said: Said, mine: Mine) -> Line:
    state = standing(row), row.head != row.live, row.state == "published", row.state in KNOWN
    asked = row.reviewer_id is not None and row.reviewer_id == mine.reader_id
    people = row.responsible_id, row.reviewer_id, asked, row.id in mine.named
    return Line(row.id, row.topic, *state, *people, row.by, row.at, row.check_again_on, said)


def status(body: Entry, form: Form) -> Status:
    if not (body.get("answers") or {}).get(form):
        return "missing"
    return "check" if form in (body.get("to_check") or ()) else "there"


def _said(entry_id: str, body: Entry) -> Said:
    titles = {form: str(text) for form, text in (body.get("titles") or {}).items()}
    heads = [entry_id, entry_id.replace("_", " "), *titles.values()]
    asked = [line for questions in (body.get("questions") or {}).values() for line in questions]
    lines = [*heads, *map(str, (body.get("answers") or {}).values()), *asked]
    same, called = (frozenset(map(_norm, texts)) for texts in (asked, titles.values()))
    return Said(titles, {form: status(body, form) for form in FORMS}, _words(lines), _words(heads), same, called)


def _words(lines: Sequence[str]) -> str:
    words = {plain for written in set(" ".join(lines).split()) for plain in _plain(written)}
    return "".join(f" {word}" for word in sorted(words))


def _norm(line: str) -> str:
    """As `normalize`, from words that are kept."""
    return " ".join(plain for written in line.split() for plain in _plain(written))


@lru_cache(maxsize=65536)
def _plain(written: str) -> tuple[str, ...]:
    """A word as `normalize` writes it. Kept, since the same ones come again and again."""
    return tuple(normalize(written).split())
