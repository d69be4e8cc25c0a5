"""What an extract of OpenStreetMap would change, line by line. It is no whole region here: a place that is not in the file stays."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory import osm
from bot.directory.hsds import stays, unnamed
from bot.directory.hsds.doubts import doubts
from bot.directory.hsds.outcome import Outcome
from bot.directory.hsds.plan import EMPTY, Plan, columns, seen
from bot.directory.hsds.write import PLACE
from bot.directory.osm import Said
from bot.directory.seed import NOT_OURS, OSM_PREFIX, Seed, is_news
from bot.exchange.report import Unreadable
from bot.tables import Organization, Service

WHY = ("not_for_us", "known_here", "twice", "bad_line", "other_file", "not_in_file")  # keys `osm.…` of remarks


@dataclass
class OsmPlan(Plan):
    """`seeds`: what would be written, by id."""

    seeds: dict[str, Seed] = field(default_factory=dict)


def plan(session: Session, name: str, content: bytes) -> OsmPlan:
    said = osm.read(session, name, content)
    if not said:
        raise Unreadable("empty_table", name)
    owners = {row.id: row for row in session.scalars(select(Organization).where(Organization.id.startswith(OSM_PREFIX)))}
    services = {row.id: row for row in session.scalars(select(Service).where(Service.id.startswith(OSM_PREFIX)))}
    outcomes = [_outcome(name, one, owners.get(one.key), services.get(one.key)) for one in said]
    stays.mark_written(session, outcomes)
    outcomes += _absent(services, {one.key for one in said})
    unnamed.tell(session, outcomes)
    return OsmPlan(name, outcomes, osm.ATTRIBUTION, {one.key: one.seed for one in said if one.seed})


def _outcome(name: str, one: Said, owner: Organization | None, held: Service | None) -> Outcome:
    found = Outcome(f"{name}:{one.line}", "services", one.key, "left_out", names={"fr": one.name}, kinds=[one.kind])
    if one.bad:
        found.state, found.remark = "refused", ("osm.bad_line", one.field)
    elif one.seed is None:
        found.remark, found.other = (f"osm.{one.why}", ""), one.known
    else:
        _compare(found, one.seed, owner, held)
    return found


def _compare(found: Outcome, seed: Seed, owner: Organization | None, held: Service | None) -> None:
    before, after = columns(held, EMPTY) if held else EMPTY, EMPTY | seed["services"][0]
    hidden = PLACE if held and held.hidden_place else ()
    changed = {name: after[name] for name in EMPTY if after[name] != before[name] and name not in hidden}
    found.row_id, found.before, found.seen = found.key, {name: before[name] for name in changed}, seen(held, owner)
    if is_news(owner, seed):
        found.state = "new" if owner is None else "changed" if changed else "unchanged"
        found.values, found.fields = changed if found.state != "unchanged" else {}, tuple(sorted(changed))
        found.doubts = tuple(doubts(before | found.values, before))
        return
    is_ours = owner is None or not (owner.edited or owner.seed_hash == NOT_OURS)
    found.state = "unchanged" if is_ours or not changed else "kept"
    if found.state == "kept" and owner and owner.edited:
        found.kept, found.offered = tuple(sorted(changed)), changed
    elif found.state == "kept":
        found.remark = ("osm.other_file", "")


def _absent(services: dict[str, Service], keys: set[str]) -> Iterator[Outcome]:
    for row in services.values():
        if row.id not in keys and row.status != "ended":
            yield stays.named(row.id, row)
