"""Colleagues who are named in a note: `@name`."""

import re
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.db import notify
from bot.handoff import notices
from bot.privacy.vault import vault
from bot.staff.rights import may_see, visible
from bot.tables import Case, Mention, Note, Staff

LATEST = 100


@dataclass(frozen=True)
class Line:
    """A note in which somebody is named, in their list."""

    case_id: int
    note_id: int
    at: datetime
    name: str
    text: str
    unread: bool


def colleagues(session: Session, person: Staff, case: Case) -> list[Staff]:
    """Who else works here and may see this case, by name."""
    query = select(Staff).where(Staff.id != person.id, may_see(case))
    return list(session.scalars(query.order_by(Staff.name, Staff.id)))


def add(session: Session, person: Staff, case: Case, note: tuple[int, str]) -> int:
    """Remember who is named in this note (its id and text). How many they are."""
    note_id, text = note
    named, _ = parted(text, colleagues(session, person, case))
    session.add_all(Mention(note_id=note_id, staff_id=colleague.id) for colleague in named)
    if named:
        session.flush()
        notices.mentioned(session, case, note_id, named)
        notify(session, "console", "queue")  # their pages count it
    return len(named)


def parted(text: str, colleagues: Sequence[Staff]) -> tuple[list[Staff], str]:
    """Who is named, and the text without their names. The longest name first: `@Amina Naji` is no `@Amina`."""
    found: list[Staff] = []
    for name, called in sorted(_spellings(colleagues).items(), key=lambda pair: -len(pair[0])):
        text, times = re.subn(rf"(?<!\w)@{re.escape(name)}(?!\w)", " ", text, flags=re.IGNORECASE)
        found += called if times else []
    return list(dict.fromkeys(found)), text


def _spellings(colleagues: Sequence[Staff]) -> dict[str, list[Staff]]:
    """By full name, and by the first word of it where only one is called so."""
    whole: defaultdict[str, list[Staff]] = defaultdict(list)
    first: defaultdict[str, list[Staff]] = defaultdict(list)
    for colleague in colleagues:
        whole[colleague.name.lower()].append(colleague)
        first[colleague.name.split()[0].lower()].append(colleague)
    return {name: called for name, called in first.items() if len(called) == 1} | whole


def told(session: Session, note_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Names of who is named, by note."""
    return named_in(session, Mention.note_id, Mention.staff_id, note_ids)


def named_in(
    session: Session, text: InstrumentedAttribute[int], who: InstrumentedAttribute[uuid.UUID], ids: Collection[int]
) -> dict[int, tuple[str, ...]]:
    """Names, in their order, by the id of the `text` in which these stand."""
    found: dict[int, tuple[str, ...]] = {}
    query = select(text, Staff.name).join(Staff, Staff.id == who).where(text.in_(ids)).order_by(Staff.name)
    for text_id, name in session.execute(query).tuples() if ids else ():
        found[text_id] = (*found.get(text_id, ()), name)
    return found


def unread(session: Session, person: Staff) -> int:
    """How many notes this person has not seen that name them, of cases that they may still see."""
    query = select(func.count()).select_from(Mention).join(Note, Note.id == Mention.note_id).join(Case, Case.id == Note.case_id)
    return session.scalar(query.where(Mention.staff_id == person.id, Mention.seen_at.is_(None), visible(person))) or 0


def lines(session: Session, person: Staff) -> list[Line]:
    """Unread ones first, then the newest."""
    query = select(Mention, Note, Staff.name).join(Note, Note.id == Mention.note_id).join(Case, Case.id == Note.case_id)
    mine = query.join(Staff, Staff.id == Note.staff_id).where(Mention.staff_id == person.id, visible(person))
    rows = session.execute(mine.order_by(Mention.seen_at.is_not(None), Note.id.desc()).limit(LATEST))
    return [
        Line(note.case_id, note.id, note.at, name, vault(session).unseal(note.body_sealed), mention.seen_at is None)
        for mention, note, name in rows
    ]


def seen(session: Session, person: Staff, case: Case) -> None:
    """This person has the case before them."""
    notes = select(Note.id).filter_by(case_id=case.id)
    read = update(Mention).where(Mention.staff_id == person.id, Mention.seen_at.is_(None), Mention.note_id.in_(notes))
    if session.execute(read.values(seen_at=func.clock_timestamp()).returning(Mention.note_id)).first():
        notify(session, "console", "queue")
