"""A service as staff see it, and as it is printed: what is unknown is empty, and of a confidential place nothing says where it is."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.directory.kinds import kind_names
from bot.directory.presentation import name_of
from bot.directory.search import Hit
from bot.language.forms import Form, known


@dataclass(frozen=True)
class Card:
    """`verified`: verified, partly, name-only, osm. `open_now` is None when the hours are not known."""

    id: str
    name: str
    organization: str
    kinds: tuple[str, ...]
    town: str
    address: str
    phones: tuple[str, ...]
    hours: str
    open_now: bool | None
    hidden: bool
    offers: str
    audience: str
    warnings: str
    verified: str
    checked: date | None
    attribution: str


def card(hit: Hit, language: str, data_dir: Path) -> Card:
    """In a language of the pages; what is not written in it is left in French."""
    form, service = known(language), hit.service
    kinds = kind_names(data_dir, form)
    return Card(
        service.id,
        name_of(hit, form),
        _in(hit.organization.names, form),
        tuple(kinds.get(kind, kind) for kind in service.categories),
        service.town_name,
        "" if service.hidden_place else service.address,
        tuple(str(phone["number"]) for phone in service.phones),
        service.hours,
        hit.open_now,
        service.hidden_place,
        _in(service.offers, form),
        _in(service.audience, form),
        _in(service.warnings, form),
        service.verified,
        service.last_checked,
        service.attribution,
    )


def _in(texts: dict[str, str], form: Form) -> str:
    return texts.get(form) or texts.get("fr") or ""
