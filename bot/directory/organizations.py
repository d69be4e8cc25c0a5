"""All organisations, also those without services, by name."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.directory.presentation import called
from bot.directory.words import small_words
from bot.language.forms import Form
from bot.language.normalize import normalize
from bot.tables import Organization, Service


@dataclass(frozen=True)
class Listed:
    id: str
    name: str
    services: int


def listed(session: Session, typed: str, form: Form) -> list[Listed]:
    """Those in whose names, of any language, all words stand."""
    query = select(Organization, func.count(Service.id)).outerjoin(Service, Service.organization_id == Organization.id)
    words = [word for word in normalize(typed).split() if word not in small_words()]
    found = [
        Listed(row.id, called(Service(id=row.id, names={}), row, form), many)
        for row, many in session.execute(query.group_by(Organization.id)).tuples()
        if _named(row, words)
    ]
    return sorted(found, key=lambda one: (normalize(one.name), one.id))


def _named(row: Organization, words: list[str]) -> bool:
    said = normalize(" ".join(map(str, row.names.values())))
    return all(word in said for word in words)
