"""What a file would change, row by row, before anything is changed; and that plan carried out, all of it or nothing."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory import editing
from bot.directory.editing import WrongField
from bot.directory.hsds import ids, record, write
from bot.directory.hsds.book import LANGS, Book, Lang
from bot.directory.hsds.record import Its, Values, Wrong
from bot.directory.hsds.tables import Line, Tables, take
from bot.directory.seed import DAYS, UNSAID
from bot.errors import Conflict, Refused
from bot.handoff import audit
from bot.tables import Organization, Service

STATES = ("refused", "new", "changed", "kept", "unchanged", "left_out")
TABLES = {"organizations", "services", "locations", "service_at_location", "addresses", "phones", "schedules", "service_areas"}
TABLES |= {"languages", "cost_options", "required_documents", "accessibility", "attributes", "taxonomies", "taxonomy_terms", "metadata"}
EMPTY: Values = {
    **UNSAID,
    **{name: {} for name in ("names", "offers", "audience", "warnings")},
    **{name: [] for name in ("categories", "languages", "covers", "phones", "sources")},
    **{name: "" for name in ("town", "town_name", "address", "hours")},
    **{"latitude": None, "longitude": None, "verified": "name-only", "hidden_place": False},
}
EMPTY_OWNER: Values = {"names": {}, "description": {}, "website": "", "email": "", "edited": False}
OF_THE_DAY = ("hours", "status")  # what an export says of them depends on the day on which it was written
PARENTS = {"service_id": "services", "organization_id": "organizations", "location_id": "locations"}


@dataclass
class Outcome:
    """What becomes of one row. `fields`: columns that change; `kept`: that a person has written, so they stay. `remark`: a key
    (`hsds.…`) and the field it is about: what the field says is never repeated."""

    where: str
    table: str
    key: str
    state: str
    row_id: str = ""
    owner: str = ""
    values: Values = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    remark: tuple[str, str] | None = None


@dataclass
class Plan:
    name: str
    outcomes: list[Outcome]

    @property
    def to_do(self) -> list[Outcome]:
        return [each for each in self.outcomes if each.state in ("new", "changed")]

    @property
    def is_whole(self) -> bool:
        return not any(each.state == "refused" for each in self.outcomes)

    def count(self, state: str) -> int:
        return sum(each.state == state for each in self.outcomes)

    @property
    def mark(self) -> str:
        """Of another plan it is another one."""
        said = [(each.key, each.state, each.fields, each.values) for each in self.outcomes]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:20]


def plan(session: Session, name: str, tables: Tables, book: Book) -> Plan:
    """A file of ours says itself in which language it is; of another one it is that of the book."""
    return Plan(name, list(_Planning(session, tables, replace(book, lang=_language(tables) or book.lang)).outcomes()))


def _language(tables: Tables) -> Lang | None:
    ours = {ids.of("taxonomy", key) for key in ("kind", "eligibility", "about", "verification", "record")}
    said = {row.get("language") for row in tables.rows("taxonomy_terms") if row.get("taxonomy_id") in ours}
    return next((lang for lang in LANGS if lang in said), None)


class _Planning:
    def __init__(self, session: Session, tables: Tables, book: Book) -> None:
        self.tables, self.book, self.its = tables, book, Its(tables)
        self.owners = {ids.of_row("organization", row.id): row for row in session.scalars(select(Organization))}
        self.services = {ids.of_row("service", row.id): row for row in session.scalars(select(Service))}
        self.owned = {row.id: {"id": row.id, **_columns(row, EMPTY_OWNER)} for row in self.owners.values()}
        self.ready: dict[str, str] = {key: row.id for key, row in self.owners.items()}  # organisations that a service may name

    def outcomes(self) -> Iterator[Outcome]:
        for line in self.tables.get("organizations", {}).values():
            yield self._safely(line, "organizations", self._owner)
        for line in self.tables.get("services", {}).values():
            yield self._safely(line, "services", self._service)
        yield from self._strays()
        for table in sorted(set(self.tables) - TABLES):
            lines = self.tables[table]
            yield Outcome(next(iter(lines.values())).where, table, "", "left_out", remark=("hsds.left_out", f"{table}: {len(lines)}"))

    def _safely(self, line: Line, table: str, of: Any) -> Outcome:
        """A row that is wrong is named and refused; the others are looked at."""
        key = ids.as_uuid(line.row.get("id"))
        try:
            if key is None:
                raise Wrong("id")
            found: Outcome = of(Outcome(line.where, table, key, "unchanged"), line.row)
        except WrongField as error:
            return Outcome(line.where, table, key or "", "refused", remark=(str(error), error.field))
        except (Wrong, ValueError, TypeError, KeyError, AttributeError) as error:
            about = str(error) if isinstance(error, Wrong) else ""
            return Outcome(line.where, table, key or "", "refused", remark=("hsds.wrong_field", about))
        return found

    def _owner(self, found: Outcome, row: dict[str, Any]) -> Outcome:
        held, said = self.owners.get(found.key), record.organization(row, self.book)
        own = record.record(self.its.by_owner.get(str(row["id"]), []))
        _shaped(own)
        found.row_id = held.id if held else _id(own, found.key, "organization")
        said = _merged(own, said, self._owner_again(own or self.owned.get(found.row_id, {})))
        self._compare(found, held, said, EMPTY_OWNER)
        whole = EMPTY_OWNER | _columns(held, EMPTY_OWNER) | found.values
        if found.values:
            editing.check_organization(whole)
        self.owned[found.row_id], self.ready[found.key] = {"id": found.row_id, **whole}, found.row_id
        return found

    def _service(self, found: Outcome, row: dict[str, Any]) -> Outcome:
        held, said = self.services.get(found.key), record.service(row, self.its, self.book)
        own = record.record(self.its.of(str(row["id"]), "attributes"))
        _shaped(own)
        found.owner = self.ready.get(ids.as_uuid(row.get("organization_id")) or "", "") or (held.organization_id if held else "")
        if not found.owner or (row.get("organization_id") and ids.as_uuid(row["organization_id"]) not in self.ready):
            found.state, found.remark = "refused", ("hsds.no_organization", "organization_id")
            return found
        found.row_id = held.id if held else _id(own, found.key, "service")
        if not own and said.get("verified") == "verified":  # nobody here has checked it
            said["verified"] = held.verified if held else "partly"
        base = own or ({"id": held.id, **_columns(held, EMPTY)} if held else {})
        said = _merged(own, said, self._again(base, self.owned[found.owner]))
        if said.get("hidden_place") or (held and held.hidden_place):
            said = {name: value for name, value in said.items() if name not in write.PLACE} | {"hidden_place": True}
            said |= {"address": "", "latitude": None, "longitude": None} if held and not held.hidden_place else {}
        self._compare(found, held, said, EMPTY)
        if found.values:
            editing.check(_dated(EMPTY | _columns(held, EMPTY) | found.values), self.book.data_dir)
        return found

    def _owner_again(self, base: Values) -> Values:
        """What our own export of this record says in the plain fields: what differs from it was changed by somebody."""
        tables = Tables()
        if base:
            take(tables, "organizations", write.organization(Organization(**base), self.book), "")
        return record.organization(next(tables.rows("organizations")), self.book) if base else {}

    def _again(self, base: Values, owner: Values) -> Values:
        """The same of a service."""
        if not base:
            return {}
        more = {"organization_id": owner["id"], "updated_at": datetime.now(timezone.utc)}
        row, tables = Service(**_dated(EMPTY | base), **more), Tables()
        take(tables, "services", write.service(row, Organization(**owner), self.book), "")
        return record.service(next(tables.rows("services")), Its(tables), self.book)

    def _compare(self, found: Outcome, held: Organization | Service | None, said: Values, empty: Values) -> None:
        """What a person has written or checked stays, unless the file has a newer note on that field."""
        before = _columns(held, empty) if held else empty
        values = {name: _joined(before[name], value) for name, value in said.items() if name in empty}
        if "\\u0000" in json.dumps(values) or not json.dumps(values, ensure_ascii=False).encode():  # half a character: `ValueError`
            raise Wrong("")
        changed = {name: value for name, value in values.items() if value != before[name]}
        guarded = held is not None and self._is_by_people(held)
        kept = {name for name in changed if guarded and not self._is_noted(found.key, name, held)}
        found.values = {name: value for name, value in changed.items() if name not in kept}
        found.fields, found.kept = tuple(sorted(found.values)), tuple(sorted(kept))
        found.state = "new" if held is None else "changed" if found.values else "kept" if kept else "unchanged"

    def _is_by_people(self, held: Organization | Service) -> bool:
        if isinstance(held, Organization):
            return held.edited
        owner = self.owners[ids.of_row("organization", held.organization_id)]
        return owner.edited or bool(held.verified_by)

    def _is_noted(self, key: str, column: str, held: Organization | Service | None) -> bool:
        theirs = {ours: name for name, ours in record.TEXTS.items()} | {"last_checked": "assured_date"}
        since = held.updated_at.date().isoformat() if held else ""
        notes = (row for row in self.tables.rows("metadata") if ids.as_uuid(row.get("resource_id")) == key)
        return any(row.get("field_name") in (column, theirs.get(column)) and str(row.get("last_action_date", "")) > since for row in notes)

    def _strays(self) -> Iterator[Outcome]:
        """Rows that belong to nothing in the file or here."""
        known = {"services": {*self.tables.get("services", {}), *self.services}, "locations": {*self.tables.get("locations", {})}}
        known["organizations"] = {*self.tables.get("organizations", {}), *self.owners}
        for table in sorted(TABLES & set(self.tables) - {"services"}):
            for line in self.tables[table].values():
                wrong = [name for name, of in PARENTS.items() if line.row.get(name) and str(line.row[name]) not in known[of]]
                if wrong:
                    key = ids.as_uuid(line.row.get("id")) or ""
                    yield Outcome(line.where, table, key, "refused", remark=("hsds.no_parent", wrong[0]))


def apply(session: Session, actor: str, found: Plan, others: bool = False) -> int:
    """How many records are new or changed. `others`: although some rows are refused."""
    if not found.to_do:
        raise Refused("exchange.nothing")
    if not found.is_whole and not others:
        raise Refused("exchange.not_whole")
    for each in found.to_do:
        table, empty = (Organization, EMPTY_OWNER) if each.table == "organizations" else (Service, EMPTY)
        row: Any = session.get(table, each.row_id, with_for_update=True, populate_existing=True)
        if (row is None) != (each.state == "new"):
            raise Conflict("exchange.plan_changed")
        values = _dated(each.values if row else empty | each.values)
        if row is None:
            owner = {"organization_id": each.owner} if table is Service else {}
            row = table(id=each.row_id, **owner)
            session.add(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at = datetime.now(timezone.utc)
        session.flush()
    audit.record(session, actor, "directory.imported", "directory", {"new": found.count("new"), "changed": found.count("changed")})
    return len(found.to_do)


def _id(own: Values, key: str, kind: str) -> str:
    """The one it had with us; else one that keeps its UUID."""
    mine = str(own.get("id") or "")
    return mine if mine and ids.of_row(kind, mine) == key else f"{ids.FOREIGN}{key}"


def _shaped(own: Values) -> None:
    for name in record.shaped(own):
        raise Wrong(name)


def _merged(own: Values, said: Values, again: Values) -> Values:
    """The whole record, and over it the plain fields that are not as we would have written them."""
    newer = {name: value for name, value in said.items() if value != again.get(name) and not (own and name in OF_THE_DAY)}
    return {**own, **{name: _joined(own.get(name), value) for name, value in newer.items()}}


def _joined(before: Any, value: Any) -> Any:
    """Texts in other languages stay."""
    return {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value


def _columns(row: Any, empty: Values) -> Values:
    """As JSON says them."""
    said = {name: getattr(row, name) for name in empty} if row is not None else {}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def _dated(values: Values) -> Values:
    return values | {name: date.fromisoformat(values[name]) for name in DAYS if isinstance(values.get(name), str)}
