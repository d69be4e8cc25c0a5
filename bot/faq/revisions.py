"""The history of an entry: each save is a row that never changes."""

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.tables import EntryRow, Revision

Kind = Literal["new", "minor", "meaning"]
WHYS = ("asked", "taken_back", "again", "imported")  # what a step notes beside its revision; pages say it in the language of the reader


def noted(why: str, detail: str | int = "") -> str:
    """One of `WHYS` as it is stored."""
    return f"revision_why.{why} {detail}".strip()


@dataclass(frozen=True)
class Reason:
    """What kind of change it was, why, and whose; `by` is None for an import."""

    kind: Kind
    why: str = ""
    by: uuid.UUID | None = None


def add(session: Session, row: EntryRow, body: dict[str, Any], reason: Reason) -> Revision:
    """The new head of the entry."""
    row.head += 1
    found = Revision(entry_id=row.id, number=row.head, body=body, kind=reason.kind, why=reason.why, by=reason.by)
    session.flush()  # a new entry must be there first
    session.add(found)
    session.flush()
    return found


def get(session: Session, entry_id: str, number: int) -> Revision:
    found = session.get(Revision, (entry_id, number))
    if found is None:
        raise NotFound(f"entry {entry_id} has no revision {number}")
    return found


def history(session: Session, entry_id: str) -> list[Revision]:
    """The newest first."""
    return list(session.scalars(select(Revision).filter_by(entry_id=entry_id).order_by(Revision.number.desc())))
