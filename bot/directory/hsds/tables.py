"""HSDS as flat tables: nested objects are taken apart into rows that refer to each other, as in a tabular data package."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.directory.hsds import ids

Row = dict[str, Any]
Fault = tuple[str, str]  # a key (`hsds.…`) and the field that it is about: what the field says is never repeated
# What is nested in a property, by the name of its table (the file of it in a package).
MANY = {
    "organizations": "organizations",
    "services": "services",
    "phones": "phones",
    "schedules": "schedules",
    "service_areas": "service_areas",
    "service_at_locations": "service_at_location",
    "languages": "languages",
    "cost_options": "cost_options",
    "required_documents": "required_documents",
    "attributes": "attributes",
    "locations": "locations",
    "addresses": "addresses",
    "accessibility": "accessibility",
    "metadata": "metadata",
    "contacts": "contacts",
    "programs": "programs",
    "funding": "funding",
    "organization_identifiers": "organization_identifiers",
    "capacities": "service_capacity",
    "additional_urls": "url",
    "additional_websites": "url",
}
ONE = {"organization": "organizations", "location": "locations", "taxonomy_term": "taxonomy_terms", "program": "programs"}
ONE |= {"taxonomy_detail": "taxonomies", "unit": "units"}
REFERS = {"taxonomy_detail": "taxonomy_id"}  # else the name of the property and `_id`
ENTITY = {"services": "service", "organizations": "organization", "locations": "location", "phones": "phone", "addresses": "address"}
ENTITY |= {"service_at_location": "service_at_location", "schedules": "schedule", "contacts": "contact", "programs": "program"}


LINKS = {"id", "service_id", "organization_id", "location_id", "service_at_location_id", "link_id", "link_entity", "taxonomy_term_id"}
# What is read of a row; of what else it says it is told that it was left out.
FIELDS = {
    "organizations": {"name", "description", "website", "email"},
    "services": {"name", "description", "status", "assured_date", "eligibility_description", "alert", "fees_description", "last_modified"},
    "locations": {"name", "description", "latitude", "longitude", "location_type"},
    "service_at_location": set[str](),
    "addresses": {"address_1", "address_2", "city", "state_province", "postal_code", "country", "address_type"},
    "phones": {"number", "description", "type"},
    "schedules": {"freq", "byday", "opens_at", "closes_at", "valid_from", "valid_to", "until", "interval", "dtstart", "timezone", "wkst"},
    "service_areas": {"name"},
    "languages": {"code", "name"},
    "cost_options": {"amount", "currency"},
    "required_documents": {"document"},
    "accessibility": set[str](),
    "attributes": {"value", "link_type", "label"},
    "metadata": {"resource_id", "resource_type", "field_name", "last_action_date", "last_action_type", "updated_by"}
    | {"previous_value", "replacement_value"},
    "taxonomies": {"name", "description"},
    "taxonomy_terms": {"name", "description", "code", "taxonomy", "taxonomy_id", "language"},
}
_CANONICAL = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Line:
    """`where`: the place of the row in its file. `fault`: why nothing of it can be taken."""

    where: str
    row: Row
    fault: Fault | None = None


class Tables(dict[str, dict[str, Line]]):
    """Rows by table and id. A row that comes again may add what was not said before, but not say otherwise."""

    def add(self, table: str, line: Line) -> None:
        """One without an id is named and refused."""
        _spell(line.row)
        key = str(line.row.get("id") or "")
        line.fault = line.fault or (None if key else ("hsds.wrong_field", "id"))
        held = self.setdefault(table, {}).setdefault(key or line.where, line)
        if held is not line:
            other = [name for name, value in line.row.items() if held.row.setdefault(name, value) != value]
            held.fault = held.fault or line.fault or (("hsds.twice", other[0]) if other else None)

    def rows(self, table: str) -> Iterator[Row]:
        """Those that can be taken."""
        return (line.row for line in self.get(table, {}).values() if not line.fault)


def _spell(row: Row) -> None:
    """Ids in one way of writing them, so that what belongs together is found."""
    for name, value in row.items():
        if (name == "id" or name.endswith("_id")) and isinstance(value, str) and not _CANONICAL.fullmatch(value):
            row[name] = ids.as_uuid(value) or value


def take(tables: Tables, table: str, found: object, where: str) -> None:
    """One object with all that is nested in it."""
    line = Line(where, {})
    if not isinstance(found, dict):
        tables.add(table, line)
        return
    for name, value in found.items():
        if name in ONE and isinstance(value, dict):
            take(tables, ONE[name], value, f"{where}/{name}")
            line.row.setdefault(REFERS.get(name, f"{name}_id"), value.get("id"))
        elif name in MANY and isinstance(value, list):
            for n, each in enumerate(value):
                take(tables, MANY[name], _bound(each, table, found.get("id")), f"{where}/{name}/{n}")
        elif isinstance(value, (list, dict)):
            _odd(line, table, name)
        elif value is not None and value != "":
            line.row[name] = value
    tables.add(table, line)


def _odd(line: Line, table: str, name: str) -> None:
    """A list or an object where none belongs: a fault in what is read, else a field like others that are left out."""
    if name in {*FIELDS.get(table, ()), *LINKS, *MANY, *ONE}:
        line.fault = line.fault or ("hsds.wrong_field", name)
    else:
        line.row[name] = None


def _bound(found: object, table: str, key: object) -> object:
    """With the id of what it is nested in."""
    entity = ENTITY.get(table)
    if not isinstance(found, dict) or entity is None:
        return found
    link = {"link_id": key, "link_entity": entity} if "taxonomy_term_id" in found or "taxonomy_term" in found else {f"{entity}_id": key}
    link = {"resource_id": key, "resource_type": entity} if "last_action_type" in found else link
    return link | found
