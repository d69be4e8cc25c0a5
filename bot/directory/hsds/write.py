"""Organisations and services as HSDS objects. Of a confidential place nothing leaves that says where it is: no address, no position,
no pages that were its sources, and the town only by its name in our list."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, timezone
from typing import Any

from sqlalchemy import inspect

from bot.directory.hsds import ids, schedules
from bot.directory.hsds.book import REGION, Book, Json
from bot.directory.opening import Timetable
from bot.directory.presentation import named
from bot.directory.seed import OSM_PREFIX
from bot.directory.snapshot import EVERYWHERE
from bot.language.forms import in_form
from bot.tables import Organization, Service

STATUS = {"active": "active", "paused": "temporarily closed", "ended": "defunct"}
PHONES = {"whatsapp": "cell", "mobile": "cell", "cell": "cell", "fax": "fax", "sms": "text", "text": "text"}
PLACE = ("address", "latitude", "longitude", "town_name", "sources")  # columns that may say where a confidential place is
OURS = ("updated_at", "seed_hash", "organization_id")  # of this database only
MINIMAL = (Service.names, Service.categories, Service.status, Service.starts_on, Service.ends_on, Service.updated_at, Organization.names)
YES_OR_NO = ("by_appointment", "free", "accessible")
_POSTAL_CODE = re.compile(r"\b\d{5}\b")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_URI = re.compile(r"https?://[!-~]+")


def may_leave(service: Service) -> bool:
    """The id of a point of OpenStreetMap tells where it is, also when it is that of the organisation."""
    return not (service.hidden_place and (service.id.startswith(OSM_PREFIX) or service.organization_id.startswith(OSM_PREFIX)))


def organization(row: Organization, book: Book) -> Json:
    key = ids.of_row("organization", row.id)
    name = in_form(row.names, book.lang) or book.of_kind(book.nameless.get(row.id, ()))
    found: Json = {"id": key, "name": name, "description": in_form(row.description, book.lang) or name}
    found |= {"email": row.email} if _EMAIL.fullmatch(row.email) else {}
    found |= {"website": row.website} if _URI.fullmatch(row.website) else {}
    return found | ({"attributes": list(_record("organization", key, row, book))} if book.full else {})


def whole_organization(row: Organization, its: Iterable[Service], book: Book) -> Json:
    """With its places."""
    found = [_location(each, row, ids.of("location", ids.of_row("service", each.id)), book) for each in its if place_type(each, book)]
    return organization(row, book) | ({"locations": found} if found else {})


def listed_service(row: Service, owner: Organization, book: Book) -> Json:
    """With what it has one of, as lists want it."""
    return _service(row, owner, book) | {"organization": _plain(organization(owner, book))}


def minimal_service(row: Service, owner: Organization, book: Book) -> Json:
    """Of it no more is needed than `MINIMAL`."""
    head = {"id": ids.of_row("service", row.id), "name": name_of(row, owner, book), "status": status(row, book.today)}
    return {**head, "last_modified": _moment(row)}


def service(row: Service, owner: Organization, book: Book) -> Json:
    """With all that belongs to it."""
    key = ids.of_row("service", row.id)
    many = {
        "phones": list(_phones(row, key)),
        "schedules": _schedules(row, key, book),
        "service_areas": [_area(code, key, book) for code in row.covers],
        "service_at_locations": [_at_location(row, owner, book)] if place_type(row, book) else [],
        "languages": [_language(code, key, book) for code in row.languages],
        "cost_options": [_free(key, book)] if row.free else [],
        "required_documents": _documents(row, key, book),
        "attributes": list(_attributes(row, key, book)),
    }
    return _service(row, owner, book) | {"organization": organization(owner, book)} | {name: rows for name, rows in many.items() if rows}


def at_place(row: Service, owner: Organization, book: Book, full: bool) -> Json:
    """The link between a service and its place; only where there is one (`place_type`)."""
    found = _at_location(row, owner, book)
    return found if full else _plain(found) | {"location": _plain(found["location"])}


def place_type(row: Service, book: Book) -> str:
    """Of what is only reached by phone the place is virtual. Empty: not known."""
    if row.hidden_place:
        return "physical" if row.town in book.towns else ""
    return "physical" if row.town or row.town_name or row.address or row.latitude is not None else "virtual" if row.phones else ""


def _plain(found: Json) -> Json:
    return {name: value for name, value in found.items() if not isinstance(value, (list, dict))}


def _service(row: Service, owner: Organization, book: Book) -> Json:
    cost = in_form(row.cost, book.lang) or (book.text("service_free") if row.free else "")
    said = {
        "description": in_form(row.offers, book.lang),
        "application_process": book.text("service_by_appointment") if row.by_appointment else "",
        "fees_description": cost,
        "eligibility_description": in_form(row.audience, book.lang),
        "assured_date": row.last_checked.isoformat() if row.last_checked else "",
        "alert": in_form(row.warnings, book.lang),
        "last_modified": _moment(row),
    }
    head = {"id": ids.of_row("service", row.id), "organization_id": ids.of_row("organization", owner.id), "name": name_of(row, owner, book)}
    return {**head, "status": status(row, book.today), **{name: text for name, text in said.items() if text}}


def _moment(row: Service) -> str:
    return row.updated_at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def name_of(row: Service, owner: Organization, book: Book) -> str:
    return named((row.names, owner.names), book.lang) or book.of_kind(row.categories)


def status(row: Service, today: date) -> str:
    if row.status == "active" and row.starts_on and row.starts_on > today:
        return "inactive"
    return "defunct" if row.ends_on and row.ends_on < today else STATUS[row.status]


def _phones(row: Service, key: str) -> Iterator[Json]:
    for n, phone in enumerate(row.phones):
        kind, note = str(phone.get("kind") or ""), str(phone.get("note") or "")
        said = ", ".join(part for part in ("WhatsApp" if kind == "whatsapp" else "", note) if part)
        found = {"id": ids.of("phone", key, str(n)), "service_id": key, "number": str(phone["number"]), "type": PHONES.get(kind, "voice")}
        yield found | ({"description": said} if said else {})


def _schedules(row: Service, key: str, book: Book) -> list[Json]:
    return [_schedule(each, key, book) for each in schedules.rows(Timetable.of(row), book.today, book.days)]


def _schedule(row: schedules.Row, key: str, book: Book) -> Json:
    first, last = row.first.isoformat() if row.first else "", row.last.isoformat() if row.last else ""
    found: Json = {"id": ids.of("schedule", key, row.why, first, last, row.opens, row.closes, ",".join(row.days)), "service_id": key}
    found |= {"valid_from": first} if first else {}
    found |= {"valid_to": last} if last else {}
    if row.opens:
        zone = f"{row.offset:+03d}:00"
        found |= {"freq": "WEEKLY", "byday": ",".join(row.days), "opens_at": row.opens + zone, "closes_at": row.closes + zone}
        found |= {"timezone": row.offset}
    elif not row.known:
        found |= {"description": book.text("service_ramadan_check")}
    return found | {"notes": row.note or row.why}


def _area(code: str, key: str, book: Book) -> Json:
    return {"id": ids.of("area", key, code), "service_id": key, "name": REGION if code == EVERYWHERE else book.towns.get(code, code)}


def _language(code: str, key: str, book: Book) -> Json:
    return {"id": ids.of("language", key, code), "service_id": key, "name": book.tongues.get(code, code), "code": code}


def _free(key: str, book: Book) -> Json:
    option = book.term("about", "free")["name"]
    return {"id": ids.of("cost", key), "service_id": key, "option": option, "amount": 0, "currency": "MAD"}


def _documents(row: Service, key: str, book: Book) -> list[Json]:
    text = in_form(row.documents, book.lang)
    return [{"id": ids.of("document", key), "service_id": key, "document": text}] if text else []


def _at_location(row: Service, owner: Organization, book: Book) -> Json:
    key, at = ids.of_row("service", row.id), ids.of("location", ids.of_row("service", row.id))
    return {"id": ids.of("service_at_location", key), "service_id": key, "location_id": at, "location": _location(row, owner, at, book)}


def _location(row: Service, owner: Organization, key: str, book: Book) -> Json:
    town = book.towns.get(row.town, "")
    found: Json = {"id": key, "location_type": place_type(row, book), "organization_id": ids.of_row("organization", owner.id)}
    found |= {"name": town if row.hidden_place else row.town_name or town}
    if not row.hidden_place:
        found |= {"description": row.address, "addresses": list(_addresses(row, town, key))}
        found |= {"latitude": row.latitude, "longitude": row.longitude} if row.latitude is not None else {}
        if row.id.startswith(OSM_PREFIX):
            found |= {"external_identifier": row.id[len(OSM_PREFIX) :].replace("-", "/"), "external_identifier_type": "OpenStreetMap"}
        found |= {"accessibility": [_access(row.accessible, key, book)] if row.accessible is not None else []}
    return {name: value for name, value in found.items() if value not in ("", [])}


def _addresses(row: Service, town: str, key: str) -> Iterator[Json]:
    """Only when all is known that an address must have: else it stands in the description of the location."""
    code = _POSTAL_CODE.search(row.address)
    if code and town:
        where = {"address_1": row.address, "city": town, "state_province": REGION, "postal_code": code[0], "country": "MA"}
        yield {"id": ids.of("address", key), "location_id": key, **where, "address_type": "physical"}


def _access(accessible: bool, key: str, book: Book) -> Json:
    said = book.text("service_accessible" if accessible else "service_not_accessible")
    return {"id": ids.of("accessibility", key), "location_id": key, "description": said}


def _attributes(row: Service, key: str, book: Book) -> Iterator[Json]:
    for n, code in enumerate(row.categories):
        yield _attribute("service", key, book.term("kind", code), book, ("category", "", str(n)))
    for n, code in enumerate(row.eligible):
        yield _attribute("service", key, book.term("eligibility", code), book, ("eligibility", "", str(n)))
    yield _attribute("service", key, book.term("verification", row.verified), book, ("verification", "", ""))
    answers = {name: getattr(row, name) for name in YES_OR_NO} | {"confidential": row.hidden_place or None}
    for name, value in answers.items():
        if value is not None:
            yield _attribute("service", key, book.term("about", name), book, ("about", json.dumps(value), ""))
    for n, source in enumerate(() if row.hidden_place else row.sources):
        yield _attribute("service", key, book.term("about", "source"), book, ("source", str(source["url"]), str(n)))
    if row.attribution and not row.hidden_place:
        yield _attribute("service", key, book.term("about", "attribution"), book, ("attribution", row.attribution, ""))
    if book.full:
        yield from _record("service", key, row, book)


def _attribute(entity: str, key: str, term: Json, book: Book, said: tuple[str, str, str]) -> Json:
    """`said`: link type, value, and a number where there may be several."""
    link_type, value, n = said
    found = {"id": ids.of("attribute", key, term["id"], n), "link_id": key, "link_entity": entity, "taxonomy_term_id": term["id"]}
    return {**found, "link_type": link_type, **({"value": value} if value else {}), "taxonomy_term": term}


def _record(entity: str, key: str, row: Any, book: Book) -> Iterator[Json]:
    """Each column as it is, but for what must not leave and what belongs to this database."""
    hidden = isinstance(row, Service) and row.hidden_place
    for column in (each.key for each in inspect(type(row)).columns):
        if column not in OURS and not (hidden and column in (*PLACE, "attribution")):
            value = getattr(row, column)
            plain = json.dumps(value.isoformat() if isinstance(value, date) else value, ensure_ascii=False, sort_keys=True)
            yield _attribute(entity, key, book.term("record", column), book, ("record", plain, ""))
