"""All organisations, also those without services, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session

from bot.directory.presentation import named, nameless
from bot.directory.words import small_words
from bot.language.forms import Form
from bot.language.normalize import normalize
from bot.tables import Organization, Service


@dataclass(frozen=True)
class Listed:
    id: str
    name: str
    services: int


Kinds = Mapping[str, Sequence[str]]  # of the places of organisations without a name, by their ids
LANGUAGES = ("fr", "ar", "en")


def kinds_of_nameless(session: Session) -> Kinds:
    """Of the first place that is not confidential."""
    without = (func.coalesce(Organization.names[language].astext, "") == "" for language in LANGUAGES)
    places = select(Service.organization_id, Service.categories).join(Organization, Organization.id == Service.organization_id)
    places = places.where(*without, not_(Service.hidden_place), func.jsonb_array_length(Service.categories) > 0)
    return {owner: kinds for owner, kinds in session.execute(places.order_by(Service.id.desc())).tuples()}


def called(row: Organization, kinds: Kinds, form: Form) -> str:
    """One without a name is called by the kind of its place."""
    return named([row.names], form) or nameless(kinds.get(row.id, ()), form)


def name_of(session: Session, row: Organization, form: Form) -> str:
    return named([row.names], form) or called(row, kinds_of_nameless(session), form)


def listed(session: Session, typed: str, form: Form) -> list[Listed]:
    """Those in whose names, of any language, all words stand."""
    query = select(Organization, func.count(Service.id)).outerjoin(Service, Service.organization_id == Organization.id)
    kinds = kinds_of_nameless(session)
    words = [word for word in normalize(typed).split() if word not in small_words()]
    found = [
        Listed(row.id, called(row, kinds, form), many)
        for row, many in session.execute(query.group_by(Organization.id)).tuples()
        if _named(row, words)
    ]
    return sorted(found, key=lambda one: (normalize(one.name), one.id))


def _named(row: Organization, words: list[str]) -> bool:
    said = normalize(" ".join(map(str, row.names.values())))
    return all(word in said for word in words)
