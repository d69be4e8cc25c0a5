"""What stays although a file says something else, or says nothing of it: services that it no longer names, and what people wrote."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory import versions
from bot.directory.hsds.outcome import Outcome
from bot.directory.hsds.write import may_leave
from bot.tables import Organization, Service

MOST = 0.5  # of the directory: a file that has more of it is meant to be all of it
NOT_IN_FILE = ("osm.not_in_file", "")


def absent(here: Mapping[str, Service], services: set[str], owners: set[str]) -> Iterator[Outcome]:
    """`here`: by their UUIDs. Of a partner's file only what its own organisations no longer have; the rest is none of theirs."""
    known = {key: row for key, row in here.items() if may_leave(row)}
    is_all = len(services & known.keys()) > MOST * len(known)
    for key, row in known.items():
        if key not in services and row.status != "ended" and (is_all or row.organization_id in owners):
            yield named(key, row)


def named(key: str, row: Service) -> Outcome:
    return Outcome("", "services", key, "kept", row.id, remark=NOT_IN_FILE, names=dict(row.names))


def mark_written(session: Session, outcomes: list[Outcome]) -> None:
    """Of what stays: which columns a person wrote, or checked."""
    kept = [each for each in outcomes if each.kept]
    owners = select(Organization).where(Organization.id.in_([each.row_id for each in kept if each.table == "organizations"]))
    services = select(Service).where(Service.id.in_([each.row_id for each in kept if each.table == "services"]))
    checked = {row.id: bool(row.verified_by) for row in session.scalars(services)}
    by_people = {"organizations": versions.written(session, list(session.scalars(owners)))}
    by_people["services"] = versions.written(session, list(session.scalars(services)))
    for each in kept:
        written = by_people[each.table][each.row_id]
        vouched = {name for name in each.kept if each.before[name] not in versions.NOTHING and checked.get(each.row_id)}
        each.written = tuple(name for name in each.kept if name in written | vouched)
