"""A service as staff see it, and as it is printed: what is unknown is empty; of a confidential place only the town of our list is said."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.directory.eligibility import spoken, tags
from bot.directory.hours_text import in_words
from bot.directory.kinds import kind_names
from bot.directory.presentation import name_of, town_of
from bot.directory.search import Hit
from bot.language.forms import Form, known
from bot.texts import Texts


@dataclass(frozen=True)
class Card:
    """`verified`: verified, partly, name-only, osm. `state`: open, closed, appointment or unknown, in Ramadan `ramadan`."""

    id: str
    name: str
    organization: str
    kinds: tuple[str, ...]
    town: str
    address: str
    phones: tuple[str, ...]
    hours: str
    state: str
    hidden: bool
    offers: str
    audience: str
    warnings: str
    verified: str
    checked: date | None
    attribution: str
    eligible: tuple[str, ...]
    languages: tuple[str, ...]
    documents: str
    cost: str
    free: bool | None
    accessible: bool | None


def card(hit: Hit, language: str, data_dir: Path) -> Card:
    """In a language of the pages; what is not written in it is left in French."""
    form, service = known(language), hit.service
    kinds, whom, tongues = kind_names(data_dir, form), tags(data_dir, form), spoken(data_dir, form)
    return Card(
        service.id,
        name_of(hit, form),
        _in(hit.organization.names, form),
        tuple(kinds.get(kind, kind) for kind in service.categories),
        town_of(service, form),
        "" if service.hidden_place else service.address,
        tuple(str(phone["number"]) for phone in service.phones),
        in_words(service.hours, form, Texts.load(data_dir)),
        "ramadan" if (hit.opening.state, hit.opening.why) == ("unknown", "ramadan") else hit.opening.state,
        service.hidden_place,
        _in(service.offers, form),
        _in(service.audience, form),
        _in(service.warnings, form),
        service.verified,
        service.last_checked,
        service.attribution,
        tuple(whom.get(tag, tag) for tag in service.eligible),
        tuple(tongues.get(code, code) for code in service.languages),
        _in(service.documents, form),
        _in(service.cost, form),
        service.free,
        service.accessible,
    )


def _in(texts: dict[str, str], form: Form) -> str:
    return texts.get(form) or texts.get("fr") or ""
