"""What the read API asks: all filters must be true. Ids are those of HSDS."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timezone

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import Session, load_only

from bot.clock import TIME_ZONE
from bot.directory import search
from bot.directory.hsds import ids, write
from bot.directory.hsds.book import Book
from bot.directory.kinds import kinds_by_word
from bot.directory.seed import OSM_PREFIX
from bot.directory.words import read
from bot.errors import NotFound
from bot.tables import AuditRow, Counter, Organization, Service

LEAVES = not_(and_(Service.hidden_place, or_(Service.id.startswith(OSM_PREFIX), Service.organization_id.startswith(OSM_PREFIX))))
YES_OR_NO = {"by_appointment": Service.by_appointment, "free": Service.free, "accessible": Service.accessible}
FIRST, LAST = (datetime(*day, tzinfo=timezone.utc) for day in ((1, 1, 2), (9999, 12, 30)))  # that can be told in any time zone
Pair = tuple[Service, Organization]


@dataclass(frozen=True)
class Asked:
    """What is empty does not matter. `minimal`: no more is read than `write.minimal_service` needs."""

    words: str = ""
    term: str = ""
    taxonomy: str = ""
    organization: str = ""
    modified_after: datetime | None = None
    page: int = 1
    size: int = 50
    minimal: bool = False


@dataclass
class Keys:
    """Our ids by those of HSDS, for as long as nothing changes in the directory. One for a process."""

    _version: int = 0
    _found: dict[str, dict[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, session: Session, kind: str) -> dict[str, str]:
        """`kind`: service or organization."""
        version = session.scalar(select(Counter.value).filter_by(name="directory")) or 0
        with self._lock:
            if version != self._version or not version:
                services, owners = session.scalars(select(Service.id).where(LEAVES)), session.scalars(select(Organization.id))
                self._found = {"service": _by_uuid("service", services), "organization": _by_uuid("organization", owners)}
                self._version = version
            return self._found[kind]


def _by_uuid(kind: str, rows: Iterable[str]) -> dict[str, str]:
    return {ids.of_row(kind, row): row for row in rows}


def services(session: Session, asked: Asked, book: Book, keys: Keys) -> tuple[list[Pair], int]:
    """One page, and how many there are in all."""
    return _page(session, and_(*_wanted(session, asked, book, keys)), asked)


def placed(session: Session, asked: Asked, book: Book, keys: Keys) -> tuple[list[Pair], int]:
    """As `services`, of those that have a place."""
    return _page(session, and_(*_wanted(session, asked, book, keys), _has_place(book)), asked)


def at_location(session: Session, key: str, book: Book, keys: Keys) -> Pair:
    """By the id of the link between a service and its place."""
    found = next((uuid for uuid in keys.of(session, "service") if ids.of("service_at_location", uuid) == key), "")
    pair = service(session, found, keys)
    if not write.place_type(pair[0], book):
        raise NotFound("There is no such record.")
    return pair


def service(session: Session, key: str, keys: Keys) -> Pair:
    found = session.get(Service, keys.of(session, "service").get(key, ""))
    owner = session.get(Organization, found.organization_id) if found else None
    if found is None or owner is None:
        raise NotFound("There is no such record.")
    return found, owner


def organizations(session: Session, asked: Asked, book: Book, keys: Keys) -> tuple[list[Organization], int]:
    """Those of which a service is as asked; all of them when nothing is."""
    of_services = select(Service.organization_id).where(*_wanted(session, asked, book, keys))
    hidden = and_(Organization.id.startswith(OSM_PREFIX), Organization.id.not_in(select(Service.organization_id).where(LEAVES)))
    is_asked = asked.words or asked.term or asked.taxonomy
    query = select(Organization).where(Organization.id.in_(of_services) if is_asked else not_(hidden))
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Organization.id).subquery())) or 0
    cut = query.order_by(Organization.id).offset((asked.page - 1) * asked.size).limit(asked.size)
    return list(session.scalars(cut)), total


def organization(session: Session, key: str, keys: Keys) -> tuple[Organization, list[Service]]:
    row = session.get(Organization, keys.of(session, "organization").get(key, ""))
    its = list(session.scalars(select(Service).where(Service.organization_id == row.id).order_by(Service.id))) if row else []
    shown = [each for each in its if write.may_leave(each)]
    if row is None or (its and not shown):
        raise NotFound("There is no such record.")
    return row, shown


def services_of(session: Session, owners: Iterable[Organization]) -> dict[str, list[Service]]:
    """By the id of their organisation."""
    found: dict[str, list[Service]] = {}
    wanted = select(Service).where(LEAVES, Service.organization_id.in_([owner.id for owner in owners]))
    for row in session.scalars(wanted.order_by(Service.id)):
        found.setdefault(row.organization_id, []).append(row)
    return found


def _page(session: Session, wanted: ColumnElement[bool], asked: Asked) -> tuple[list[Pair], int]:
    query = select(Service, Organization).join(Organization, Organization.id == Service.organization_id).where(wanted)
    total = session.scalar(select(func.count()).select_from(Service).where(wanted)) or 0
    cut = query.order_by(Service.id).offset((asked.page - 1) * asked.size).limit(asked.size)
    if asked.minimal:
        cut = cut.options(*(load_only(*(each for each in write.MINIMAL if each.class_ is table)) for table in (Service, Organization)))
    return [(row, owner) for row, owner in session.execute(cut).tuples()], total


def _has_place(book: Book) -> ColumnElement[bool]:
    """As `write.place_type`."""
    said = or_(Service.town != "", Service.town_name != "", Service.address != "", Service.latitude.is_not(None))
    anywhere = or_(said, func.jsonb_array_length(Service.phones) > 0)
    return or_(and_(Service.hidden_place, Service.town.in_(list(book.towns))), and_(not_(Service.hidden_place), anywhere))


def _wanted(session: Session, asked: Asked, book: Book, keys: Keys) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [LEAVES]
    if asked.words:
        found.append(Service.id.in_(search.matching(session, read(asked.words, kinds_by_word(book.data_dir)))))
    if asked.term:
        found.append(_with_term(asked.term, book))
    if asked.taxonomy:
        found.append(_with_taxonomy(asked.taxonomy))
    if asked.organization:
        found.append(Service.organization_id == keys.of(session, "organization").get(asked.organization, ""))
    if asked.modified_after:
        found.append(_changed(asked.modified_after, book.today))
    return found


def _changed(since: datetime, today: date) -> ColumnElement[bool]:
    """Anything that is said of a service: also one that begins or is over without anybody writing it, the name of its organisation, and
    holidays, which are in its hours."""
    since = max(FIRST, min(since, LAST))
    day = since.astimezone(TIME_ZONE).date()
    begun, over = Service.starts_on.between(day, today), and_(Service.ends_on >= day, Service.ends_on < today)
    of_owner = Service.organization_id.in_(select(Organization.id).where(Organization.updated_at >= since))
    holidays = exists().where(AuditRow.action.startswith("holiday."), AuditRow.at >= since)
    return or_(Service.updated_at >= since, begun, over, of_owner, and_(Service.hours != "", holidays))


def _with_term(key: str, book: Book) -> ColumnElement[bool]:
    taxonomy, code = next((named for named, term in book.terms.items() if term["id"] == key), ("", ""))
    if taxonomy in ("kind", "eligibility"):
        return (Service.categories if taxonomy == "kind" else Service.eligible).contains([code])
    if taxonomy == "verification":
        return Service.verified == code
    return _about().get(code, false())


def _with_taxonomy(key: str) -> ColumnElement[bool]:
    held = {"kind": func.jsonb_array_length(Service.categories) > 0, "eligibility": func.jsonb_array_length(Service.eligible) > 0}
    found = held | {"verification": true(), "about": or_(*_about().values())}
    return next((wanted for name, wanted in found.items() if ids.of("taxonomy", name) == key), false())


def _about() -> dict[str, ColumnElement[bool]]:
    """Of a confidential place neither sources nor credit are said."""
    said = {name: column.is_not(None) for name, column in YES_OR_NO.items()}
    open_place = not_(Service.hidden_place)
    sources = and_(func.jsonb_array_length(Service.sources) > 0, open_place)
    return {
        **said,
        "confidential": Service.hidden_place.is_(True),
        "source": sources,
        "attribution": and_(Service.attribution != "", open_place),
    }
