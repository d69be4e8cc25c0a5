"""What colleagues write to each other on a case. Never sent to the person; encrypted, and found by fingerprints of its words."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from bot.db import notify
from bot.errors import Refused
from bot.handoff import audit, cases, mentions
from bot.language.normalize import normalize
from bot.privacy.vault import vault
from bot.staff import accounts
from bot.tables import Case, Note, Staff

LONGEST = 4000
TWICE = timedelta(minutes=10)  # the same words of the same person again: the form came twice
SHORTEST = 3  # letters of the beginning of a word by which it is found
LONGEST_WORD = 24  # letters that are looked at
PRINT = 16  # letters of a fingerprint: enough to tell words apart
ARTICLE = "ال"


@dataclass(frozen=True)
class Said:
    """A note as a page shows it. `told`: the colleagues who are named in it."""

    id: int
    at: datetime
    name: str
    text: str
    told: tuple[str, ...] = ()


def add(session: Session, person: Staff, case: Case, text: str) -> Note:
    """Written once, also when the form comes twice. Whoever is named in it as `@name`, and may see the case, finds it in their list."""
    cases.lock_seen(session, person, case.id)
    text = text.strip()[:LONGEST]
    if not text:
        raise Refused("note.empty")
    same = _again(session, person, case, text)
    if same:
        return same
    note = Note(case_id=case.id, staff_id=person.id, body_sealed=vault(session).seal(text), words=_index(session, text))
    session.add(note)
    session.flush()
    told = mentions.add(session, person, case, (note.id, text))
    audit.record(session, str(person.id), "case.noted", f"case:{case.id}", {"note": note.id, "mentions": told})
    notify(session, "console", str(case.conversation_id))
    return note


def _again(session: Session, person: Staff, case: Case, text: str) -> Note | None:
    """The newest note of this case, when it is this one."""
    last = session.scalars(select(Note).filter_by(case_id=case.id).order_by(Note.id.desc()).limit(1)).one_or_none()
    if last is None or last.staff_id != person.id or last.at < datetime.now(timezone.utc) - TWICE:
        return None
    return last if vault(session).unseal(last.body_sealed) == text else None


def of_case(session: Session, case: Case, before: datetime | None = None, most: int = 300) -> list[Said]:
    """The newest first. `before`: none that is newer."""
    query = select(Note).filter_by(case_id=case.id)
    rows = list(session.scalars((query.where(Note.at <= before) if before else query).order_by(Note.at.desc()).limit(most)))
    names, told = accounts.names(session, [row.staff_id for row in rows]), mentions.told(session, [row.id for row in rows])
    return [Said(row.id, row.at, names[row.staff_id], vault(session).unseal(row.body_sealed), told.get(row.id, ())) for row in rows]


def matching(session: Session, text: str) -> Select[tuple[int]]:
    """Ids of cases with a note that has each of these words, or words that begin so. None when there is no word in the text."""
    wanted = sorted({_fingerprint(session, word) for word in _words(text)})
    return select(Note.case_id).where(Note.words.contains(wanted) if wanted else false())


def _index(session: Session, text: str) -> list[str]:
    """Sorted, so that nothing is told of the order of the words."""
    starts = {part for word in _words(text) for part in _parts(word)}
    return sorted(_fingerprint(session, part) for part in starts)


def _words(text: str) -> set[str]:
    return {word[:LONGEST_WORD] for piece in text.split() for word in normalize(piece).split()}


def _parts(word: str) -> set[str]:
    """The word, its beginnings, and the same without the Arabic article."""
    whole = {word, word.removeprefix(ARTICLE)} if len(word) >= len(ARTICLE) + SHORTEST else {word}
    return whole | {w[:end] for w in whole for end in range(SHORTEST, len(w))}


def _fingerprint(session: Session, word: str) -> str:
    return vault(session).fingerprint(f"note:{word}")[:PRINT]
