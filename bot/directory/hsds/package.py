"""A tabular data package: one CSV file for each table, and `datapackage.json` that says what is in them, in a zip archive."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from bot.directory.hsds import VERSION
from bot.directory.hsds.tables import Line, Row, Tables
from bot.exchange.csv_files import marked, unmarked
from bot.exchange.limits import unpacked
from bot.exchange.report import Unreadable

DESCRIPTOR = "datapackage.json"
MOST_ROWS = 400_000
LONGEST_CELL = 2**20
NUMBERS = ("latitude", "longitude", "timezone", "amount", "interval", "count", "minimum_age", "maximum_age", "extension")
_NUMBER = re.compile(r"[+-][\d .()/-]*\d")  # also of a phone: nothing that a spreadsheet could run
TARGETS = {"organization_id": "organizations", "service_id": "services", "location_id": "locations", "phone_id": "phones"}
TARGETS |= {"service_at_location_id": "service_at_location", "taxonomy_id": "taxonomies", "taxonomy_term_id": "taxonomy_terms"}


def write(tables: Tables) -> bytes:
    """The same rows make the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        files = {f"{name}.csv": _csv(list(tables.rows(name))) for name in sorted(tables)}
        files[DESCRIPTOR] = json.dumps(_descriptor(tables), indent=1)
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _columns(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _csv(rows: list[Row]) -> str:
    out = io.StringIO(newline="")
    columns = _columns(rows)
    csv.writer(out).writerows([columns, *([_cell(row.get(name, "")) for name in columns] for row in rows)])
    return out.getvalue()


def _cell(value: object) -> object:
    """No formula, but numbers and phones as they are: programs read them."""
    return marked(value) if isinstance(value, str) and not _NUMBER.fullmatch(value) else value


def _descriptor(tables: Tables) -> dict[str, Any]:
    resources = [_resource(name, _columns(list(tables.rows(name))), tables) for name in sorted(tables)]
    return {"name": "human_services_data", "title": "Dalil", "profile": "tabular-data-package", "version": VERSION, "resources": resources}


def _resource(name: str, columns: list[str], tables: Tables) -> dict[str, Any]:
    kinds = [{"name": column, "type": "number" if column in NUMBERS else "string"} for column in columns]
    keys = [
        {"fields": column, "reference": {"resource": TARGETS[column], "fields": "id"}}
        for column in columns
        if TARGETS.get(column) in tables and TARGETS[column] != name
    ]
    shape = {"fields": kinds, "primaryKey": "id", **({"foreignKeys": keys} if keys else {})}
    return {"name": name, "path": f"{name}.csv", "profile": "tabular-data-resource", "encoding": "utf-8", "schema": shape}


def read(name: str, content: bytes) -> Tables:
    """Every CSV file in it; missing tables are no fault."""
    tables = Tables()
    with unpacked(name, content) as archive:
        files = [member for member in archive.namelist() if member.lower().endswith(".csv")]
        for member in files:
            table = member.rsplit("/", 1)[-1][:-4].lower()
            for line in _lines(member, archive.read(member)):
                tables.add(table, line)
        for member in (info.filename for info in archive.infolist() if not info.is_dir()):
            if member not in files and member.rsplit("/", 1)[-1] != DESCRIPTOR:
                tables.add(member, Line(member, {"id": member}))
    if not files:
        raise Unreadable("nothing_known", name)
    return tables


def _lines(name: str, content: bytes) -> Iterator[Line]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        named = [heading for heading in reader.fieldnames or () if heading]
        if len(set(named)) < len(named):
            raise Unreadable("broken_table", name, "a heading comes twice")
        for n, cells in enumerate(reader):
            if n >= MOST_ROWS:
                raise Unreadable("too_many_rows", name, f"> {MOST_ROWS}")
            row = {key: _value(key, text) for key, text in cells.items() if key and isinstance(text, str) and text != ""}
            more = any(cells.get(None) or ()) or bool(cells.get(""))
            if row or more:
                yield Line(f"{name}:{reader.line_num}", row, ("hsds.more_cells", "") if more else None)
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unreadable("broken_table", name, type(error).__name__) from error


def _value(column: str, text: str) -> object:
    """A number that is none stays the text that it is: its row is refused by name."""
    try:
        return float(text) if column in NUMBERS else unmarked(text)
    except ValueError:
        return text
