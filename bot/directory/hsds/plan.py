"""What a file would change, row by row, before anything is changed."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory import editing
from bot.directory.editing import WrongField
from bot.directory.hsds import ids, record, stays, unnamed, write
from bot.directory.hsds.book import LANGS, Book, Lang
from bot.directory.hsds.doubts import doubts
from bot.directory.hsds.left import Over
from bot.directory.hsds.notes import Notes
from bot.directory.hsds.outcome import Outcome
from bot.directory.hsds.record import Its, Values, Wrong
from bot.directory.hsds.tables import Line, Tables, take
from bot.directory.seed import DAYS, UNSAID
from bot.tables import Organization, Service

STATES = ("refused", "new", "changed", "kept", "unchanged", "left_out")
EMPTY: Values = {
    **UNSAID,
    **{name: {} for name in ("names", "offers", "audience", "warnings")},
    **{name: [] for name in ("categories", "languages", "covers", "phones", "sources")},
    **{name: "" for name in ("town", "town_name", "address", "hours")},
    **{"latitude": None, "longitude": None, "verified": "name-only", "hidden_place": False},
}
EMPTY_OWNER: Values = {"names": {}, "description": {}, "website": "", "email": "", "edited": False}
OF_THE_DAY = ("hours", "status")  # what an export says of them depends on the day on which it was written
WORDS = ("kind", "eligibility", "about", "verification", "record")  # our taxonomies


@dataclass
class Plan:
    """`attribution`: whom to credit for all of it."""

    name: str
    outcomes: list[Outcome]
    attribution: str = ""

    @property
    def to_do(self) -> list[Outcome]:
        return [each for each in self.outcomes if each.state in ("new", "changed")]

    @property
    def is_whole(self) -> bool:
        return not any(each.state == "refused" for each in self.outcomes)

    @property
    def doubtful(self) -> int:
        return sum(bool(each.doubts) for each in self.outcomes)

    def count(self, state: str) -> int:
        return sum(each.state == state for each in self.outcomes)

    @property
    def mark(self) -> str:
        """Of another plan it is another one."""
        said = [(each.key, each.state, each.values, each.seen if each.values else "") for each in self.outcomes]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:20]


def plan(session: Session, name: str, tables: Tables, book: Book) -> Plan:
    """A file of ours says itself in which language it is; of another one it is that of the book."""
    outcomes = list(_Planning(session, tables, replace(book, lang=_language(tables) or book.lang)).outcomes())
    stays.mark_written(session, outcomes)
    unnamed.tell(session, outcomes)
    return Plan(name, outcomes)


def _language(tables: Tables) -> Lang | None:
    ours = {ids.of("taxonomy", key) for key in WORDS}
    said = {row.get("language") for row in tables.rows("taxonomy_terms") if row.get("taxonomy_id") in ours}
    return next((lang for lang in LANGS if lang in said), None)


class _Planning:
    def __init__(self, session: Session, tables: Tables, book: Book) -> None:
        self.tables, self.book, self.its = tables, book, Its(tables)
        self.owners = {ids.of_row("organization", row.id): row for row in session.scalars(select(Organization))}
        self.services = {ids.of_row("service", row.id): row for row in session.scalars(select(Service))}
        self.owned = {row.id: {"id": row.id, **columns(row, EMPTY_OWNER)} for row in self.owners.values()}
        self.ready: dict[str, str] = {key: row.id for key, row in self.owners.items()}  # organisations that a service may name
        self.refused = set[str]()
        self.over = Over(self.its, self._known(), _words(book))
        self.notes = Notes(self.its)

    def _known(self) -> dict[str, set[str]]:
        here: dict[str, set[str]] = {"organizations": {*self.owners}, "services": {*self.services}, "locations": set()}
        return {table: {*self.tables.get(table, ()), *keys} for table, keys in here.items()}

    def outcomes(self) -> Iterator[Outcome]:
        for line in self.tables.get("organizations", {}).values():
            yield self._safely(line, "organizations", self._owner)
        for line in self.tables.get("services", {}).values():
            yield self._safely(line, "services", self._service)
        for table, line, state, remark in self.over.told(self.refused):
            yield Outcome(line.where, table, ids.as_uuid(line.row.get("id")) or "", state, remark=remark)
        theirs = {row.id for key, row in self.owners.items() if key in self.tables.get("organizations", {})}
        yield from stays.absent(self.services, {*self.tables.get("services", {})}, theirs)

    def _safely(self, line: Line, table: str, of: Any) -> Outcome:
        """A row that is wrong is named and refused; the others are looked at."""
        key = ids.as_uuid(line.row.get("id"))
        found = Outcome(line.where, table, key or "", "unchanged", remark=line.fault)
        try:
            if key is None:
                raise Wrong("id")
            if not line.fault:
                of(found, line.row)
        except WrongField as error:
            found.remark = (str(error), error.field)
        except (Wrong, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            found.remark = ("hsds.wrong_field", str(error) if isinstance(error, Wrong) else "")
        if found.remark:
            self.refused.add(str(line.row.get("id")))
            self.its.spare(str(line.row.get("id")))
            named: Values = {self.book.lang: str(line.row.get("name") or "")[: editing.LONGEST_NAME]}
            return Outcome(line.where, table, key or "", "refused", remark=found.remark, names=named)
        return found

    def _owner(self, found: Outcome, row: dict[str, Any]) -> None:
        held, said = self.owners.get(found.key), record.organization(row, self.book)
        own = record.record(self.its, str(row["id"]))
        _shaped(own)
        found.row_id = held.id if held else _id(own, found.key, "organization")
        base = own or self.owned.get(found.row_id, {})
        if base and not any(base.get("names", {}).values()) and self._is_no_name(said["names"][self.book.lang], found.row_id):
            del said["names"]
        said = _merged(own, said, self._owner_again(base))
        self._compare(found, held, said, EMPTY_OWNER)
        whole = EMPTY_OWNER | columns(held, EMPTY_OWNER) | found.values
        if found.values:
            editing.check_organization(whole)
        self.owned[found.row_id], self.ready[found.key] = {"id": found.row_id, **whole}, found.row_id

    def _is_no_name(self, name: str, row_id: str) -> bool:
        """But what our exports put for one: the kind, in older ones the id."""
        return self.book.is_of_kind(name) or name == row_id

    def _service(self, found: Outcome, row: dict[str, Any]) -> None:
        held, said = self.services.get(found.key), record.service(row, self.its, self.book)
        own = record.record(self.its, str(row["id"]))
        _shaped(own)
        found.owner = self._owner_of(row, held)
        if not found.owner:
            found.remark = ("hsds.no_organization", "organization_id")
            return
        found.row_id = held.id if held else _id(own, found.key, "service")
        if not own and said.get("verified") == "verified":  # nobody here has checked it
            said["verified"] = held.verified if held else "partly"
        base = own or ({"id": held.id, **columns(held, EMPTY)} if held else {})
        said = _merged(own, said, self._again(base, self.owned[found.owner]))
        if said.get("hidden_place") or (held and held.hidden_place):
            said = {name: value for name, value in said.items() if name not in write.PLACE} | {"hidden_place": True}
            said |= {"address": "", "town_name": "", "latitude": None, "longitude": None} if held and not held.hidden_place else {}
        self._compare(found, held, said, EMPTY)
        if found.values:
            before = EMPTY | columns(held, EMPTY)
            editing.check(dated(before | found.values), self.book.data_dir)
            found.doubts = tuple(doubts(before | found.values, before))

    def _owner_of(self, row: dict[str, Any], held: Service | None) -> str:
        """Empty: there is none. A service stays where it is; that the file has it elsewhere is told."""
        named = str(row.get("organization_id") or "")
        owner = self.ready.get(named, "")
        if held and (owner or not named):
            self.over.stayed |= {str(row["id"])} if owner not in ("", held.organization_id) else set()
            return held.organization_id
        return owner

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
        row, tables = Service(**dated(EMPTY | base), **more), Tables()
        take(tables, "services", write.service(row, Organization(**owner), self.book), "")
        self.over.compare(tables)
        return record.service(next(tables.rows("services")), Its(tables), self.book)

    def _compare(self, found: Outcome, held: Organization | Service | None, said: Values, empty: Values) -> None:
        """What a person has written or checked stays, unless the file has a newer note on that field."""
        before = columns(held, empty) if held else empty
        values = {name: _joined(before[name], value) for name, value in said.items() if name in empty}
        if "\\u0000" in json.dumps(values) or not json.dumps(values, ensure_ascii=False).encode():  # half a character: `ValueError`
            raise Wrong("")
        changed = {name: value for name, value in values.items() if value != before[name]}
        owner = self._owner_row(held)
        kept = {name for name in changed if held and _is_by_people(held, owner) and not self.notes.newer(found.key, name, held.updated_at)}
        found.values = {name: value for name, value in changed.items() if name not in kept}
        found.fields, found.kept, found.seen = tuple(sorted(found.values)), tuple(sorted(kept)), seen(held, owner)
        found.before = {name: before[name] for name in changed}
        found.offered = {name: values[name] for name in kept}
        found.names = {**before["names"], **found.values.get("names", {})}
        found.state = "new" if held is None else "changed" if found.values else "kept" if kept else "unchanged"

    def _owner_row(self, held: Organization | Service | None) -> Organization | None:
        return self.owners[ids.of_row("organization", held.organization_id)] if isinstance(held, Service) else held


def seen(row: Organization | Service | None, owner: Organization | None) -> str:
    """The version of a record, and whether a person wrote on its organisation: if either is another one, the plan is."""
    return f"{editing.version(row)} {owner.edited}" if row and owner else ""


def _is_by_people(row: Organization | Service, owner: Organization | None) -> bool:
    return bool(owner and owner.edited) or (isinstance(row, Service) and bool(row.verified_by))


def _words(book: Book) -> set[str]:
    whole = {ids.of("term", "record", name) for name in record.COLUMNS}
    return {ids.of("taxonomy", key) for key in WORDS} | {str(term["id"]) for term in book.terms.values()} | whole


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


def columns(row: Any, empty: Values) -> Values:
    """As JSON says them."""
    said = {name: getattr(row, name) for name in empty} if row is not None else {}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def dated(values: Values) -> Values:
    return values | {name: date.fromisoformat(values[name]) for name in DAYS if isinstance(values.get(name), str)}
