"""HSDS as flat tables: nested objects are taken apart into rows that refer to each other, as in a tabular data package."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
# What is nested in a property, by the name of its table (the file of it in a package).
MANY = {
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


@dataclass
class Line:
    """`where`: the place of the row in its file."""

    where: str
    row: Row


class Tables(dict[str, dict[str, Line]]):
    """Rows by table and id. A row that comes again adds only what was not said before."""

    def add(self, table: str, line: Line) -> bool:
        """False when it has no id."""
        key = str(line.row.get("id") or "")
        held = self.setdefault(table, {}).setdefault(key, line) if key else line
        if held is not line:
            held.row.update({name: value for name, value in line.row.items() if name not in held.row})
        return bool(key)

    def rows(self, table: str) -> Iterator[Row]:
        return (line.row for line in self.get(table, {}).values())


def take(tables: Tables, table: str, found: object, where: str) -> None:
    """One object with all that is nested in it. `ValueError` names the place of what is none."""
    if not isinstance(found, dict):
        raise ValueError(where)
    row: Row = {}
    for name, value in found.items():
        if name in ONE and isinstance(value, dict):
            take(tables, ONE[name], value, f"{where}/{name}")
            row.setdefault(REFERS.get(name, f"{name}_id"), value.get("id"))
        elif name in MANY and isinstance(value, list):
            for n, each in enumerate(value):
                take(tables, MANY[name], _bound(each, table, found.get("id")), f"{where}/{name}/{n}")
        elif value is not None and value != "":
            row[name] = value
    if not tables.add(table, Line(where, row)):
        raise ValueError(where)


def _bound(found: object, table: str, key: object) -> object:
    """With the id of what it is nested in."""
    entity = ENTITY.get(table)
    if not isinstance(found, dict) or entity is None:
        return found
    link = {"link_id": key, "link_entity": entity} if "taxonomy_term_id" in found or "taxonomy_term" in found else {f"{entity}_id": key}
    link = {"resource_id": key, "resource_type": entity} if "last_action_type" in found else link
    return link | found
