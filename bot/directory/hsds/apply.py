"""A plan carried out: all of it in the transaction of the caller, or nothing."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.directory import versions
from bot.directory.hsds.osm_plan import OsmPlan
from bot.directory.hsds.outcome import Outcome
from bot.directory.hsds.plan import EMPTY, EMPTY_OWNER, Plan, dated, seen
from bot.directory.seed import NOT_OURS, write
from bot.directory.versions import Reason, imported
from bot.errors import Conflict, Refused
from bot.handoff import audit
from bot.tables import Organization, Service

Row = TypeVar("Row", Organization, Service)


def apply(session: Session, actor: str, found: Plan, others: bool = False) -> int:
    """How many records are new or changed. `others`: although some rows are refused. `Conflict` when somebody saved one since the plan."""
    if not found.to_do:
        raise Refused("exchange.nothing")
    if not found.is_whole and not others:
        raise Refused("exchange.not_whole")
    try:
        reason = imported(found.name, actor)
        _write_osm(session, found, reason) if isinstance(found, OsmPlan) else _write(session, found.to_do, reason)
    except IntegrityError as error:  # somebody brings the same record at this moment
        raise Conflict("exchange.plan_changed") from error
    audit.record(session, actor, "directory.imported", "directory", {"new": found.count("new"), "changed": found.count("changed")})
    return len(found.to_do)


def _write_osm(session: Session, found: OsmPlan, reason: Reason) -> None:
    """As the command line does, but nothing is removed; these places go on following OpenStreetMap."""
    keys = [each.row_id for each in found.to_do]
    count = write(session, [found.seeds[key] for key in keys], Organization.id.in_(keys), reason)
    if count.added + count.updated < len(keys):  # somebody has edited one meanwhile
        raise Conflict("exchange.plan_changed")
    session.flush()


def _write(session: Session, to_do: list[Outcome], reason: Reason) -> None:
    """All are locked and looked at before the first is written: organisations first, as editors do."""
    of_services = [each for each in to_do if each.table == "services"]
    owners = _locked(session, Organization, (each.owner or each.row_id for each in to_do))
    services = _locked(session, Service, (each.row_id for each in of_services))
    for each in to_do:
        held = services.get(each.row_id) if each.table == "services" else owners.get(each.row_id)
        if seen(held, owners.get(each.owner or each.row_id)) != each.seen:
            raise Conflict("exchange.plan_changed")
    written: list[Organization | Service] = []
    versions.keep(session, [*owners.values(), *services.values()])
    for each in (each for each in to_do if each.table == "organizations"):
        row = owners.setdefault(each.row_id, Organization(id=each.row_id, **EMPTY_OWNER))
        written.append(_set(session, row, each))
        row.seed_hash = NOT_OURS
    session.flush()  # the services refer to them
    for each in of_services:
        if each.owner not in owners:
            raise Conflict("exchange.plan_changed")
        written.append(_set(session, services.get(each.row_id) or Service(id=each.row_id, organization_id=each.owner, **EMPTY), each))
        owners[each.owner].seed_hash = NOT_OURS
    versions.keep(session, written, reason)


def _locked(session: Session, table: type[Row], keys: Iterable[str]) -> dict[str, Row]:
    query = select(table).where(table.id.in_(sorted(set(keys)))).order_by(table.id).with_for_update()
    return {row.id: row for row in session.scalars(query.execution_options(populate_existing=True))}


def _set(session: Session, row: Organization | Service, each: Outcome) -> Organization | Service:
    for name, value in dated(each.values).items():
        setattr(row, name, value)
    row.updated_at = datetime.now(timezone.utc)
    session.add(row)
    return row
