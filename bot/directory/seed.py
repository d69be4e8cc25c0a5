"""The directory a new installation starts with (`data/directory/*.yml`), and how imports write to the tables."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, delete, or_, select
from sqlalchemy.orm import Session

from bot.directory import versions
from bot.directory.versions import Reason
from bot.errors import ContentError
from bot.faq.entries import seed_hash
from bot.tables import Organization, Service
from bot.understanding.corpus import load_yaml

Seed = dict[str, Any]  # an organisation with its `services`
OSM_PREFIX = "osm-"
NOT_OURS = ""  # `Organization.seed_hash` of what was brought in a file, or changed by one: it follows no other source any more
DAYS = ("last_checked", "starts_on", "ends_on")
# What a file may leave out: it takes back what an earlier version of it said.
UNSAID: dict[str, Any] = {
    **dict.fromkeys((*DAYS, "by_appointment", "accessible", "free")),
    **{"status": "active", "special_hours": [], "eligible": [], "documents": {}, "cost": {}, "verified_by": "", "attribution": ""},
}


@dataclass(frozen=True)
class ImportCount:
    """Organisations added, updated, kept; services removed; lines left out on purpose; bad lines, named."""

    added: int = 0
    updated: int = 0
    kept: int = 0
    removed: int = 0
    skipped: int = 0
    bad: tuple[str, ...] = ()


def read_directory(data_dir: Path) -> list[Seed]:
    seeds = [seed for file in sorted((data_dir / "directory").glob("*.yml")) for seed in load_yaml(file)]
    if not seeds:  # a wrong folder must not empty the tables
        raise ContentError(f"no organisation in {data_dir / 'directory'}/*.yml")
    return seeds


def import_directory(session: Session, data_dir: Path) -> ImportCount:
    """New organisations are added, untouched ones follow the files; those that people edited, or another file brought, are left alone."""
    return write(session, read_directory(data_dir), ~Organization.id.startswith(OSM_PREFIX), Reason("seeded"))


def write(session: Session, seeds: Sequence[Seed], ours: ColumnElement[bool], reason: Reason) -> ImportCount:
    """Make the tables say what the seeds say. `ours` are the organisations that this source may change or remove. Each change leaves a
    version with this reason; what is removed leaves those that it had."""
    held = select(Organization).where(ours).order_by(Organization.id).with_for_update()  # before any change: see `editing._locked_service`
    rows = {row.id: row for row in session.scalars(held.execution_options(populate_existing=True))}
    edited = select(Organization.id).where(or_(Organization.edited, Organization.seed_hash == NOT_OURS))
    frozen = set(session.scalars(select(Service.id).where(Service.organization_id.in_(edited))))
    todo = [seed for seed in seeds if is_news(rows.get(seed["id"]), seed)]
    its = select(Service).where(Service.id.in_([service["id"] for seed in todo for service in seed["services"]]))
    versions.keep(session, [*(rows[seed["id"]] for seed in todo if seed["id"] in rows), *session.scalars(its)])
    versions.keep(session, [row for seed in todo for row in _written(session, seed, frozen)], reason)
    added = sum(seed["id"] not in rows for seed in todo)
    removed = _sweep(session, seeds, ours)
    return ImportCount(added, len(todo) - added, len(seeds) - len(todo), removed)


def is_news(row: Organization | None, seed: Seed) -> bool:
    """It would be written: nobody here has changed it, and the file says something else than the last time."""
    return row is None or not (row.edited or row.seed_hash in (NOT_OURS, seed_hash(seed)))


def _written(session: Session, seed: Seed, frozen: set[str]) -> Iterator[Organization | Service]:
    fields = {name: seed[name] for name in ("id", "names", "website", "email")}
    more = {"description": seed.get("description", {}), "seed_hash": seed_hash(seed), "updated_at": datetime.now(timezone.utc)}
    yield session.merge(Organization(**fields, **more))
    session.flush()  # the services refer to it
    for service in seed["services"]:
        if service["id"] not in frozen:
            yield session.merge(_service(seed["id"], service))


def _service(organization_id: str, seed: Seed) -> Service:
    fields = json.loads(json.dumps(UNSAID | seed, default=str))
    try:
        days = {key: date.fromisoformat(fields[key]) if fields[key] else None for key in DAYS}
        return Service(**{**fields, **days}, organization_id=organization_id, updated_at=datetime.now(timezone.utc))
    except (TypeError, ValueError) as error:
        raise ContentError(f"data/directory, service {seed.get('id')}: {error}") from error


def _sweep(session: Session, seeds: Iterable[Seed], ours: ColumnElement[bool]) -> int:
    """Remove what came from this source and is no longer in it."""
    wanted = {seed["id"]: [service["id"] for service in seed["services"]] for seed in seeds}
    services = {service for ids in wanted.values() for service in ids}
    swept = and_(ours, ~Organization.edited, Organization.seed_hash != NOT_OURS)
    gone = delete(Service).where(Service.organization_id.in_(select(Organization.id).where(swept)), Service.id.not_in(services))
    result = session.execute(gone)
    session.execute(delete(Organization).where(swept, Organization.id.not_in(wanted)))
    return result.rowcount if isinstance(result, CursorResult) else 0
