"""A record of HSDS as what our columns would say: only what the record says, so that the rest stays as it is."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.directory.hsds import ids, usual
from bot.directory.hsds.book import REGION, Book
from bot.directory.hsds.tables import Row, Tables
from bot.directory.kinds import names_in
from bot.directory.snapshot import EVERYWHERE, TRUST
from bot.language.forms import FORMS

Values = dict[str, Any]  # by column; of texts only the language that the file is in
TEXTS = {"name": "names", "description": "offers", "eligibility_description": "audience", "alert": "warnings", "fees_description": "cost"}
STATUS = {"active": "active", "temporarily closed": "paused", "inactive": "paused", "defunct": "ended"}


ENTITIES = ("service", "service_at_location", "location")


class Wrong(ValueError):
    """`args`: the field that is not as HSDS wants it. Never what it says."""


@dataclass
class Its:
    """The rows of a file by what they belong to. `taken`: those that were read into a record; what is not is told."""

    tables: Tables
    taken: set[int] = field(default_factory=set)
    _of: dict[tuple[str, str, str], list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for table in self.tables:
            for row in self.tables.rows(table):
                for key in _parents(table, row):
                    self._of.setdefault((*key, table), []).append(row)

    def of(self, entity: str, key: str, table: str) -> list[Row]:
        return self._of.get((entity, key, table), [])

    def take(self, rows: Iterable[Row]) -> list[Row]:
        found = list(rows)
        self.taken.update(map(id, found))
        return found

    def spare(self, key: str) -> None:
        """What belongs to a record that is refused goes with it."""
        for table in self.tables:
            self.take([*self.of("service", key, table), *self.of("link", key, table)])


def _parents(table: str, row: Row) -> Iterator[tuple[str, str]]:
    if table == "attributes":
        yield "link", str(row.get("link_id"))
    else:
        yield from ((entity, str(row[f"{entity}_id"])) for entity in ENTITIES if row.get(f"{entity}_id"))


def record(its: Its, key: str) -> Values:
    """The columns that a full export of ours wrote down."""
    columns = {ids.of("term", "record", name): name for name in COLUMNS}
    rows = its.take(row for row in its.of("link", key, "attributes") if str(row.get("taxonomy_term_id")) in columns)
    return {columns[str(row["taxonomy_term_id"])]: _json(row) for row in rows}


COLUMNS = (
    *("id", "names", "description", "website", "email", "edited"),
    *("categories", "offers", "audience", "warnings", "languages", "town", "town_name", "covers", "address", "latitude", "longitude"),
    *("phones", "hours", "verified", "hidden_place", "sources", "last_checked", "attribution", "status", "starts_on", "ends_on"),
    *("special_hours", "by_appointment", "accessible", "eligible", "documents", "cost", "free", "verified_by"),
)
SHAPES: dict[type, tuple[str, ...]] = {
    dict: ("names", "description", "offers", "audience", "warnings", "documents", "cost"),
    list: ("categories", "languages", "covers", "phones", "sources", "special_hours", "eligible"),
    str: ("id", "website", "email", "town", "town_name", "address", "hours", "verified", "attribution", "status", "verified_by"),
}
PARTS = {"phones": ("number",), "sources": ("url",), "special_hours": ("first", "last", "hours", "name")}


def _is_shaped(found: object, needed: tuple[str, ...]) -> bool:
    return isinstance(found, dict) and set(needed) <= set(found) and all(isinstance(text, str) for text in found.values())


def _json(row: Row) -> Any:
    try:
        return json.loads(str(row.get("value")))
    except (ValueError, RecursionError) as error:
        raise Wrong("attributes") from error


def organization(row: Row, book: Book) -> Values:
    found: Values = {"names": {book.lang: _text(row, "name")}}
    said = {name: _text(row, name) for name in ("website", "email") if row.get(name)}
    about = _text(row, "description")
    return found | said | ({"description": {book.lang: about}} if about and about != row.get("name") else {})


def service(row: Row, its: Its, book: Book) -> Values:
    """`Wrong` names the field."""
    key = str(row["id"])
    found: Values = {ours: {book.lang: _text(row, theirs)} for theirs, ours in TEXTS.items() if row.get(theirs)}
    if row.get("status") not in STATUS:
        raise Wrong("status")
    found["status"] = STATUS[str(row["status"])]
    if row.get("assured_date"):
        found["last_checked"] = _day(row, "assured_date")
    found |= {name: value for name, value in _many(key, its, book).items() if value}
    return found | _place(key, its, book) | _classes(its, key, book)


def _many(key: str, its: Its, book: Book) -> Values:
    links = _links(key, its)
    documents = its.take(row for row in its.of("service", key, "required_documents") if row.get("document"))
    tongues = its.take(row for row in its.of("service", key, "languages") if row.get("code") in book.tongues)
    areas = its.take(row for row in _both(key, its, "service_areas") if _town(row.get("name"), book))
    said = {str(row["code"]) for row in tongues}
    return {
        "phones": _phones(its.take([*_both(key, its, "phones"), *its.of("location", _at(links), "phones")])),
        "languages": [code for code in book.tongues if code in said],
        "covers": list(dict.fromkeys(_town(row["name"], book) for row in areas)),
        "hours": _hours(key, its, book),
        "documents": {book.lang: "; ".join(str(row["document"]) for row in documents)} if documents else {},
        "free": _is_free(its, its.of("service", key, "cost_options")),
    }


def _links(key: str, its: Its) -> list[Row]:
    """To the first place; ours have no more."""
    return its.of("service", key, "service_at_location")[:1]


def _at(links: list[Row]) -> str:
    return str(links[0].get("location_id")) if links else ""


def _both(key: str, its: Its, table: str) -> list[Row]:
    """Of the service, and of the service at its place."""
    return [
        *its.of("service", key, table),
        *(row for link in _links(key, its) for row in its.of("service_at_location", str(link["id"]), table)),
    ]


def _phones(rows: list[Row]) -> list[dict[str, str]]:
    """What is told twice, of the service and of its place, is one."""
    return list({(phone["number"], phone["kind"], phone["note"]): phone for phone in map(_phone, rows)}.values())


def _is_free(its: Its, rows: list[Row]) -> bool:
    """When all that it may cost is nothing."""
    return bool(rows) and all(row.get("amount") == 0 for row in rows) and bool(its.take(rows))


def _hours(key: str, its: Its, book: Book) -> str:
    """At its place, if that is said; else of the service."""
    there = [row for link in _links(key, its) for row in its.of("service_at_location", str(link["id"]), "schedules")]
    try:
        rows = usual.lasting(there or its.of("service", key, "schedules"), book.today)
        found = usual.hours(rows, book.today)
    except usual.NoSchedule as error:
        raise Wrong(str(error)) from error
    if found:
        its.take(rows)
    return found


def _phone(row: Row) -> dict[str, str]:
    number, about = _text(row, "number"), str(row.get("description") or "")
    kind = "whatsapp" if about.lower().startswith("whatsapp") else "voice"
    if not number:
        raise Wrong("phones.number")
    return {"number": number, "kind": kind, "note": about[len("whatsapp") :].lstrip(", ") if kind == "whatsapp" else about}


def _town(name: object, book: Book) -> str:
    """By any name that we know for it."""
    if name == REGION:
        return EVERYWHERE
    said = str(name or "").casefold()
    return next((key for form in FORMS for key, known in _towns(book, form).items() if known.casefold() == said), "")


def _towns(book: Book, form: str) -> dict[str, str]:
    return names_in(book.data_dir / "places.yml", form)


def _place(key: str, its: Its, book: Book) -> Values:
    links = its.take(_links(key, its))
    place = its.tables.get("locations", {}).get(_at(links))
    if place is None or place.fault:
        return {}
    [row] = its.take([place.row])
    [address] = its.take(its.of("location", _at(links), "addresses")[:1]) or [{}]
    city = str(address.get("city") or row.get("name") or "")
    found = {"town": _town(city, book), "town_name": city, "address": _address(address) or str(row.get("description") or "")}
    point = {name: _number(row, name) for name in ("latitude", "longitude") if row.get(name) is not None}
    return {name: text for name, text in found.items() if text} | (point if len(point) == 2 else {})


def _address(row: Row) -> str:
    """In one line; ours has its postal code in it."""
    first = str(row.get("address_1") or "")
    more = (str(row.get(name) or "") for name in ("address_2", "postal_code"))
    return ", ".join(filter(None, [first, *(part for part in more if part not in first)])) if first else ""


def _classes(its: Its, key: str, book: Book) -> Values:
    """What our own taxonomies say; others are left out."""
    terms = {term["id"]: named for named, term in book.terms.items()}
    rows = its.take(row for row in its.of("link", key, "attributes") if str(row.get("taxonomy_term_id")) in terms)
    said = [(*terms[row["taxonomy_term_id"]], row) for row in rows]
    found: Values = {}
    for taxonomy, code, row in said:
        if taxonomy in ("kind", "eligibility"):
            found.setdefault("categories" if taxonomy == "kind" else "eligible", []).append(code)
        elif taxonomy == "verification" and code in TRUST:
            found["verified"] = code
        elif code == "source":
            found.setdefault("sources", []).append({"url": str(row.get("value") or ""), "page_date": "", "seen": ""})
        elif code == "attribution":
            found["attribution"] = str(row.get("value") or "")
        elif taxonomy == "about":
            found["hidden_place" if code == "confidential" else code] = row.get("value") in ("true", True)
    return found


def _text(row: Row, name: str) -> str:
    value = row.get(name, "")
    if not isinstance(value, str) or "\0" in value:
        raise Wrong(name)
    return value


def _day(row: Row, name: str) -> str:
    try:
        return date.fromisoformat(str(row[name])[:10]).isoformat()
    except ValueError as error:
        raise Wrong(name) from error


def _number(row: Row, name: str) -> float:
    value = row[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 180:  # also what is no number, or endless
        raise Wrong(name)
    return float(value)


def shaped(values: Values) -> Iterator[str]:
    """The columns whose values have another shape than ours."""
    listed = ((name, values[name]) for name in PARTS if isinstance(values.get(name), list))
    yield from (name for name, rows in listed if not all(_is_shaped(each, PARTS[name]) for each in rows))
    for kind, names in SHAPES.items():
        yield from (name for name in names if name in values and not isinstance(values[name], kind))
    yield from (name for name in ("hidden_place", "edited") if not isinstance(values.get(name, False), bool))
    yield from (name for name in ("by_appointment", "accessible", "free") if values.get(name) not in (None, True, False))
    yield from (name for name in ("latitude", "longitude") if not isinstance(values.get(name) or 0.0, (int, float)))
    texts = (name for name in SHAPES[dict] if isinstance(values.get(name), dict))
    yield from (name for name in texts if not all(isinstance(text, str) for text in values[name].values()))
