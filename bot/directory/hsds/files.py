"""The directory as a file: JSON (a page with all services, as the API gives them) or a tabular data package; and such a file as tables."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.hsds import package, write
from bot.directory.hsds.book import Book, Json
from bot.directory.hsds.tables import MANY, Tables, take
from bot.exchange.limits import MOST_BYTES, MOST_UNPACKED
from bot.exchange.report import Unreadable
from bot.tables import Organization, Service

KINDS = ("json", "zip")
BATCH = 500


def services(session: Session, book: Book) -> Iterator[Json]:
    query = select(Service, Organization).join(Organization, Organization.id == Service.organization_id).order_by(Service.id)
    for row, owner in session.execute(query.execution_options(yield_per=BATCH)).tuples():
        if write.may_leave(row):
            yield write.service(row, owner, book)


def organizations(session: Session, book: Book) -> Iterator[Json]:
    """Those that have no service: of the others a service speaks, or nothing may."""
    query = select(Organization).where(~select(Service.id).where(Service.organization_id == Organization.id).exists())
    yield from (write.organization(row, book) for row in session.scalars(query.order_by(Organization.id)))


def as_page(found: list[Json], total: int, number: int = 1, size: int = 0) -> Json:
    """`Page` of HSDS. `size`: how many a page may have; 0: all on one."""
    pages = -(-total // size) if size else min(total, 1)
    head = {"total_items": total, "total_pages": pages, "page_number": number, "size": len(found)}
    return {**head, "first_page": number == 1, "last_page": number >= pages, "empty": not found, "contents": found}


def export(session: Session, book: Book, kind: str) -> tuple[bytes, int]:
    """The file, and how many services are in it."""
    found, alone = list(services(session, book)), list(organizations(session, book))
    if kind == "json":
        page = as_page(found, len(found)) | ({"organizations": alone} if alone else {})
        return json.dumps(page, ensure_ascii=False, indent=1).encode(), len(found)
    return package.write(as_tables(found, alone, book)), len(found)


def as_tables(found: list[Json], alone: list[Json], book: Book) -> Tables:
    tables = Tables()
    for taxonomy in book.taxonomies.values():
        take(tables, "taxonomies", taxonomy, "")
    for term in book.terms.values():
        take(tables, "taxonomy_terms", term, "")
    for each in alone:
        take(tables, "organizations", each, "")
    for each in found:
        take(tables, "services", each, "")
    return tables


def read(name: str, content: bytes) -> Tables:
    """`Unreadable` when nothing of it can be taken."""
    if len(content) > MOST_BYTES:
        raise Unreadable("unpacks_too_large", name, f"> {min(MOST_BYTES, MOST_UNPACKED) // 2**20} MB")
    if name.lower().endswith(".zip"):
        return package.read(name, content)
    try:
        tables = _of_json(json.loads(content.decode("utf-8-sig")))
    except json.JSONDecodeError as error:
        raise _no_json(name, content, f"{error.lineno}:{error.colno}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise _no_json(name, content) from error
    if not any(line.row for lines in tables.values() for line in lines.values()):
        raise Unreadable("not_hsds", name)
    return tables


def _no_json(name: str, content: bytes, place: str = "") -> Unreadable:
    start = content[:4096].decode("utf-8-sig", errors="replace").lstrip()
    if start.startswith(("{", "[")):
        return Unreadable("broken_json", name, place)
    return Unreadable("not_hsds", name)


def _of_json(found: Any) -> Tables:
    """A page, a list, or one object; services, or organisations."""
    tables, said = Tables(), found if isinstance(found, dict) else {"contents": found}
    contents = said.get("contents", [said] if "id" in said else [])
    lists = {"contents": contents, **{key: rows for key, rows in said.items() if isinstance(rows, list) and "contents" in said}}
    for key, rows in ((key, rows) for key, rows in lists.items() if isinstance(rows, list)):
        for n, one in enumerate(rows):
            take(tables, MANY.get(key) or (_kind(one) if key == "contents" else key), one, f"{key}/{n}")
    return tables


def _kind(found: object) -> str:
    """Only services have a status, and only what links two has none of its own name."""
    if not isinstance(found, dict) or "status" in found:
        return "services"
    return "organizations" if "name" in found else "service_at_location"
