"""A record of HSDS as what our columns would say: only what the record says, so that the rest stays as it is."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.directory.hsds import ids
from bot.directory.hsds.book import REGION, Book
from bot.directory.hsds.schedules import BYDAY
from bot.directory.hsds.tables import Row, Tables
from bot.directory.kinds import names_in
from bot.directory.snapshot import EVERYWHERE, TRUST
from bot.language.forms import FORMS
from bot.staff import week

Values = dict[str, Any]  # by column; of texts only the language that the file is in
TEXTS = {"name": "names", "description": "offers", "eligibility_description": "audience", "alert": "warnings", "fees_description": "cost"}
STATUS = {"active": "active", "temporarily closed": "paused", "inactive": "paused", "defunct": "ended"}
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Wrong(ValueError):
    """`args`: the field that is not as HSDS wants it. Never what it says."""


@dataclass
class Its:
    """The rows of a file that belong to a service, by table."""

    tables: Tables
    by_service: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    by_owner: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for table in self.tables:
            for row in self.tables.rows(table):
                if table == "attributes" and row.get("link_entity") == "organization":
                    self.by_owner.setdefault(str(row.get("link_id")), []).append(row)
                key = row.get("link_id") if table == "attributes" else row.get("service_id")
                self.by_service.setdefault(str(key), {}).setdefault(table, []).append(row)

    def of(self, key: str, table: str) -> list[Row]:
        return self.by_service.get(key, {}).get(table, [])


def record(attributes: Iterable[Row]) -> Values:
    """The columns that a full export of ours wrote down."""
    columns = {ids.of("term", "record", name): name for name in COLUMNS}
    return {columns[key]: _json(row) for row in attributes if (key := str(row.get("taxonomy_term_id"))) in columns}


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


def _json(row: Row) -> Any:
    try:
        return json.loads(str(row.get("value")))
    except ValueError as error:
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
    return found | _place(key, its, book) | _classes(its.of(key, "attributes"), book)


def _many(key: str, its: Its, book: Book) -> Values:
    documents = "; ".join(filter(None, (str(row.get("document") or "") for row in its.of(key, "required_documents"))))
    tongues = {str(row.get("code") or "") for row in its.of(key, "languages")}
    return {
        "phones": [_phone(row) for row in its.of(key, "phones")],
        "languages": [code for code in book.tongues if code in tongues],
        "covers": list(dict.fromkeys(filter(None, (_town(row.get("name"), book) for row in its.of(key, "service_areas"))))),
        "hours": _hours(its.of(key, "schedules")),
        "documents": {book.lang: documents} if documents else {},
        "free": any(row.get("amount") == 0 for row in its.of(key, "cost_options")),
    }


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
    """Of the first place; ours have no more."""
    links = [str(row.get("location_id")) for row in its.of(key, "service_at_location")]
    place = its.tables.get("locations", {}).get(links[0]) if links else None
    if place is None:
        return {}
    row = place.row
    address = next((each for each in its.tables.rows("addresses") if each.get("location_id") == row.get("id")), {})
    city = str(address.get("city") or row.get("name") or "")
    found = {"town": _town(city, book), "town_name": city, "address": str(address.get("address_1") or row.get("description") or "")}
    point = {name: _number(row, name) for name in ("latitude", "longitude") if row.get(name) is not None}
    return {name: text for name, text in found.items() if text} | (point if len(point) == 2 else {})


def _classes(attributes: Iterable[Row], book: Book) -> Values:
    """What our own taxonomies say; others are left out, and that is told."""
    terms = {term["id"]: named for named, term in book.terms.items()}
    said = [(*terms[key], row) for row in attributes if (key := str(row.get("taxonomy_term_id"))) in terms]
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


def _hours(rows: Iterable[Row]) -> str:
    """Rows without dates, or that hold now and on; what dates say of single days is not taken."""
    usual = [row for row in rows if row.get("freq") == "WEEKLY" and not (row.get("valid_from") and row.get("valid_to"))]
    days: list[set[tuple[str, str]]] = [set() for _ in BYDAY]
    for row in usual:
        times = (_clock(row, "opens_at"), _clock(row, "closes_at"))
        for day in str(row.get("byday") or "").split(","):
            if day.strip() not in BYDAY:
                raise Wrong("schedules.byday")
            days[BYDAY.index(day.strip())].add((times[0], week.MIDNIGHT if times[1] == "23:59" else times[1]))
    return week.stored(week.Week(tuple(tuple(sorted(times)) for times in days)))


def _clock(row: Row, name: str) -> str:
    found = _CLOCK.match(str(row.get(name) or ""))
    if found is None:
        raise Wrong(f"schedules.{name}")
    return found[0]


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
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise Wrong(name)
    return float(value)


def shaped(values: Values) -> Iterator[str]:
    """The columns whose values have another shape than ours."""
    for kind, names in SHAPES.items():
        yield from (name for name in names if name in values and not isinstance(values[name], kind))
    yield from (name for name in ("hidden_place", "edited") if not isinstance(values.get(name, False), bool))
    yield from (name for name in ("by_appointment", "accessible", "free") if values.get(name) not in (None, True, False))
    yield from (name for name in ("latitude", "longitude") if not isinstance(values.get(name) or 0.0, (int, float)))
    texts = (name for name in SHAPES[dict] if isinstance(values.get(name), dict))
    yield from (name for name in texts if not all(isinstance(text, str) for text in values[name].values()))
