"""The file of somebody who reads its report: kept sealed in the database, never on a disk, until they decide."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.privacy.vault import vault
from bot.tables import Staff, Upload

Kind = Literal["answers", "directory"]


@dataclass(frozen=True)
class File:
    """`lang`: of its texts, where the file does not say it itself."""

    name: str
    content: bytes
    lang: str = ""


def keep(session: Session, person: Staff, kind: Kind, file: File) -> None:
    """In place of the file before."""
    drop(session, person, kind)
    sealed = vault(session).seal_bytes(file.content)
    session.add(Upload(staff_id=person.id, kind=kind, name=file.name, lang=file.lang, content_sealed=sealed))


def kept(session: Session, person: Staff, kind: Kind, lock: bool = False) -> File:
    """With `lock` who asks a second time waits, and then finds nothing to do."""
    row = session.get(Upload, (person.id, kind), with_for_update=lock)
    if row is None:
        raise NotFound("There is no file to take in.")
    return File(row.name, vault(session).unseal_bytes(row.content_sealed), row.lang)


def drop(session: Session, person: Staff, kind: Kind) -> None:
    session.execute(delete(Upload).where(Upload.staff_id == person.id, Upload.kind == kind))
