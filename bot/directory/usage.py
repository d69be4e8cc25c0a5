"""Where a number, a service, an organisation, a fact, a source or an address is used."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.directory.presentation import called
from bot.faq import entries
from bot.faq.facts import Fact, facts
from bot.faq.phones import SHORT, one_shape, phones
from bot.language.forms import in_form, known
from bot.language.normalize import clean, normalize
from bot.tables import EntryRow, Organization, Referral, Service
from bot.understanding.corpus import load_yaml

SHORTEST_WORD = 3
_SCHEME = re.compile(r"^\s*https?://(www\.)?|^\s*www\.")
_ADDRESS = re.compile(r"(https?://|www\.)\S+|[\w-]+(\.[\w-]+)*\.[a-z]{2,}(/\S*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Usage:
    """Ids and names, in a language of the pages. `referrals`: how many, of all teams. `archived`: which of the entries answer nobody."""

    entries: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    emergency: tuple[tuple[str, str], ...] = ()
    services: tuple[tuple[str, str], ...] = ()
    referrals: int = 0
    archived: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.entries or self.facts or self.emergency or self.services or self.referrals)


@dataclass(frozen=True)
class Sought:
    """Numbers in one shape, words, ids of services and of facts, and an address or a part of one, without its scheme."""

    numbers: frozenset[str] = frozenset()
    words: str = ""
    services: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    url: str = ""

    def stands_in(self, texts: Iterable[str]) -> bool:
        return any(self._in(text) for text in texts)

    def leads_to(self, url: str) -> bool:
        return bool(self.url) and self.url in bare(url)

    def _in(self, text: str) -> bool:
        return (
            (bool(self.url) and self.url in text.lower())
            or (bool(self.words) and self.words in normalize(text))
            or any(_shows(text, number) for number in self.numbers)
        )


def of_text(session: Session, text: str, lang: str, data_dir: Path) -> Usage:
    """What somebody typed: a number, words of a name or of the title of a source, the id of a fact, or an address."""
    typed = text.strip()
    if typed in facts(data_dir):
        return _find(session, Sought(facts=frozenset({typed})), lang, data_dir)
    if _ADDRESS.fullmatch(typed) and bare(typed):
        return _find(session, Sought(facts=_facts(lambda fact: bare(typed) in bare(fact.url), data_dir), url=bare(typed)), lang, data_dir)
    digits = re.sub(r"\D", "", clean(text))
    if digits and not re.search(r"[^\W\d]", text):
        return _find(session, Sought(numbers=frozenset({one_shape(digits)})), lang, data_dir)
    words = normalize(text)
    if len(words) < SHORTEST_WORD:
        return Usage()
    named = _facts(lambda fact: words in normalize(fact.title), data_dir)
    return _find(session, Sought(words=words, facts=named), lang, data_dir)


def bare(url: str) -> str:
    """As people type an address."""
    return _SCHEME.sub("", url.lower()).rstrip("/")


def _facts(fits: Callable[[Fact], bool], data_dir: Path) -> frozenset[str]:
    return frozenset(key for key, fact in facts(data_dir).items() if fits(fact))


def of_service(session: Session, service: Service, lang: str, data_dir: Path) -> Usage:
    return of_services(session, [service], lang, data_dir)


def of_services(session: Session, services: Collection[Service], lang: str, data_dir: Path) -> Usage:
    """Of all services of an organisation; other services are those that share a number with them."""
    numbers = frozenset(one_shape(str(phone["number"])) for service in services for phone in service.phones)
    return _find(session, Sought(numbers, services=frozenset(service.id for service in services)), lang, data_dir)


def _find(session: Session, sought: Sought, lang: str, data_dir: Path) -> Usage:
    form = known(lang)
    every = session.execute(select(EntryRow.id, EntryRow.body).order_by(EntryRow.id)).tuples()
    shown = [(key, body) for key, body in every if _used(body, sought)]
    rows = load_yaml(data_dir / "emergency.yml")
    urgent = [row for row in rows if sought.stands_in((*row["names"].values(), str(row["number"])))]
    return Usage(
        tuple((key, in_form(body["titles"], form)) for key, body in shown),
        tuple((fact.id, fact.text) for fact in facts(data_dir).values() if fact.id in sought.facts or sought.stands_in([fact.text])),
        tuple((str(row["number"]), in_form(row["names"], form)) for row in urgent),
        tuple(_services(session, sought, lang)),
        _referrals(session, sought.services),
        frozenset(entries.archived(session) & {key for key, _ in shown}),
    )


def _used(body: Mapping[str, Any], sought: Sought) -> bool:
    """Named by its id, shown in an answer, or resting on it."""
    if not (sought.services.isdisjoint(body.get("services") or ()) and sought.facts.isdisjoint(body.get("facts") or ())):
        return True
    own = body.get("sources") or ()
    if any(sought.leads_to(str(source.get("url") or "")) for source in own):
        return True
    return sought.stands_in(
        [*map(str, (body.get("answers") or {}).values()), *(str(source.get(key) or "") for source in own for key in ("title", "says"))]
    )


def _services(session: Session, sought: Sought, lang: str) -> Iterable[tuple[str, str]]:
    query = select(Service, Organization).join(Organization, Organization.id == Service.organization_id).order_by(Service.id)
    for service, owner in session.execute(query.where(Service.id.not_in(sought.services))).tuples():
        numbers = {one_shape(str(phone["number"])) for phone in service.phones}
        named = sought.words and sought.stands_in(map(str, (*service.names.values(), *owner.names.values())))
        linked = any(sought.leads_to(str(url or "")) for url in (owner.website, *(source.get("url") for source in service.sources)))
        if named or linked or not numbers.isdisjoint(sought.numbers):
            yield service.id, called(service, owner, known(lang))


def _referrals(session: Session, services: Collection[str]) -> int:
    return session.scalar(select(func.count(Referral.id)).where(Referral.service_id.in_(services))) or 0 if services else 0


def _shows(text: str, number: str) -> bool:
    if len(number) <= SHORT:
        return re.search(rf"(?<![\d-]){number}(?![\d-])", clean(text)) is not None
    return number[1:] in re.sub(r"\D", "", text) and number in phones(text)
