"""The file of somebody who reads its report: kept sealed in the database, never on a disk, until they decide."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.privacy.vault import vault
from bot.tables import Staff, Upload


def keep(session: Session, person: Staff, name: str, content: bytes) -> None:
    """In place of the file before."""
    drop(session, person)
    session.add(Upload(staff_id=person.id, name=name, content_sealed=vault(session).seal_bytes(content)))


def kept(session: Session, person: Staff) -> tuple[str, bytes]:
    row = session.get(Upload, person.id)
    if row is None:
        raise NotFound("There is no file to take in.")
    return row.name, vault(session).unseal_bytes(row.content_sealed)


def drop(session: Session, person: Staff) -> None:
    session.execute(delete(Upload).where(Upload.staff_id == person.id))
