"""Keeping the directory: what editors write, checked, never over somebody else's change, and left alone by imports from then on."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory import versions
from bot.directory.eligibility import spoken, tags
from bot.directory.hours import read
from bot.directory.kinds import kind_names
from bot.directory.snapshot import EVERYWHERE, TRUST
from bot.directory.towns import town_names
from bot.directory.versions import Reason
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import audit
from bot.tables import DirectoryVersion, Organization, Service, Staff

STATUS = ("active", "paused", "ended")
SURE = "verified"
LONGEST, LONGEST_NAME, LONGEST_LINE = 1500, 160, 300
LONGEST_DAYS = timedelta(days=366)
MOST = 100  # phones, and days with other hours: what a form can bring
TEXTS = ("offers", "audience", "warnings", "documents", "cost")
Values = dict[str, Any]  # by column
Row = TypeVar("Row", Organization, Service)


class WrongField(Refused):
    """`field`: the column that cannot be stored as it was filled in. `at`: which of its fields in the form, when there are several."""

    def __init__(self, key: str, field: str, at: str = "") -> None:
        super().__init__(key)
        self.field, self.at = field, at or field


class WrongFields(WrongField):
    """All that is wrong; it reads as the first of them."""

    def __init__(self, faults: Sequence[WrongField]) -> None:
        super().__init__(str(faults[0]), faults[0].field, faults[0].at)
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Change:
    """`seen`: the version of the row that the editor saw; empty for a new one. `why`: what its version will say (`versions.WHY`)."""

    values: Values
    seen: str = ""
    why: str = "changed"


def version(row: Organization | Service) -> str:
    return row.updated_at.astimezone(timezone.utc).isoformat()


def organization(session: Session, organization_id: str) -> Organization:
    found = session.get(Organization, organization_id)
    if found is None:
        raise NotFound("There is no such organisation.")
    return found


def services_of(session: Session, organization_id: str) -> list[Service]:
    return list(session.scalars(select(Service).filter_by(organization_id=organization_id).order_by(Service.id)))


def save_organization(session: Session, by: Staff, organization_id: str, change: Change) -> Organization:
    """An empty id is a new one. The same in `save_service`."""
    check_organization(change.values)
    row = _locked(session, Organization, organization_id, change.seen) if organization_id else Organization(id=_new_id())
    _write(session, by, row, change)
    row.edited = True
    return row


def save_service(session: Session, by: Staff, about: tuple[str, str], change: Change, data_dir: Path) -> Service:
    """`about`: the organisation and the service. `Conflict` when somebody else changed it since this editor looked."""
    row = _locked_service(session, about[1], change.seen) if about[1] else _new_service(session, about[0])
    values = _vouched(by, row, change.values) | reopening(row, change.values)
    check(values, data_dir)
    _write(session, by, row, replace(change, values=values))
    return row


def reopening(row: Service, values: Values) -> Values:
    """What goes with opening again: the last day that came with the end, unless another is said."""
    is_back = row.status == "ended" and values["status"] != "ended"
    is_over = row.ends_on is not None and row.ends_on <= _today()
    return {"ends_on": None} if is_back and is_over and values["ends_on"] == row.ends_on else {}


def end(session: Session, by: Staff, service_id: str, seen: str) -> None:
    """It is never deleted: referrals and answers name it."""
    _write(session, by, _locked_service(session, service_id, seen), Change({"status": "ended", "ends_on": _today()}, why="ended"))


def checked(session: Session, by: Staff, service_id: str, seen: str) -> None:
    """This editor has asked, today, and all of it is true."""
    row = _locked_service(session, service_id, seen)
    _write(session, by, row, Change({"verified": SURE, "verified_by": by.name, "last_checked": _today()}, why="checked"))


def restore(session: Session, by: Staff, old: tuple[DirectoryVersion, str], data_dir: Path) -> None:
    """`old`: the version to make so again, and the one that is seen now."""
    version, seen = old
    values = versions.columns(version)
    if version.kind == "organization":
        save_organization(session, by, version.row_id, Change(values, seen, "restored"))
        return
    row = _locked_service(session, version.row_id, seen)
    values |= versions.hiding(row)
    check(values, data_dir)
    _write(session, by, row, Change(values, why="restored"))


def check_organization(values: Values) -> None:
    raise_first(faults_of_organization(values))


def check(values: Values, data_dir: Path) -> None:
    """`WrongField` for the first thing that cannot be true."""
    raise_first(faults(values, data_dir))


def raise_first(found: Iterator[WrongField]) -> None:
    for fault in found:
        raise fault


def faults_of_organization(values: Values) -> Iterator[WrongField]:
    yield from _names(values["names"])
    yield from _lengths(values)


def faults(values: Values, data_dir: Path) -> Iterator[WrongField]:
    """All that cannot be true."""
    yield from _names(values["names"], needed=False)
    yield from _lengths(values)
    known = {"categories": kind_names, "covers": town_names, "eligible": tags, "languages": spoken}
    for field, names in known.items():
        if not set(values[field]) <= {*names(data_dir, "fr"), *([EVERYWHERE] if field == "covers" else [])}:
            yield WrongField("directory.unknown_value", field)
    for field, allowed in {"town": {"", *town_names(data_dir, "fr")}, "status": STATUS, "verified": TRUST}.items():
        if values[field] not in allowed:
            yield WrongField("directory.unknown_value", field)
    yield from _place(values)
    yield from _times(values)


def _names(names: Mapping[str, str], needed: bool = True) -> Iterator[WrongField]:
    if needed and not any(names.values()):
        yield WrongField("directory.no_name", "names", "names_fr")
    yield from (WrongField("directory.too_long", "names", f"names_{lang}") for lang, name in names.items() if len(name) > LONGEST_NAME)


def _lengths(values: Values) -> Iterator[WrongField]:
    for field in (*TEXTS, "description"):
        too_long = [form for form, text in values.get(field, {}).items() if len(text) > LONGEST]
        yield from (WrongField("directory.too_long", field, f"{field}_{form}") for form in too_long)
    for field in ("address", "town_name", "website", "email"):
        if len(values.get(field, "")) > LONGEST_LINE:
            yield WrongField("directory.too_long", field)
    if values.get("website") and not values["website"].startswith(("https://", "http://")):
        yield WrongField("directory.bad_address", "website")
    if values.get("email") and values["email"].count("@") != 1:
        yield WrongField("directory.bad_email", "email")
    yield from (WrongField("directory.too_many", field) for field in ("phones", "special_hours") if len(values.get(field, ())) > MOST)


def _place(values: Values) -> Iterator[WrongField]:
    """Where a confidential place is must not even be stored, but for the town of our list."""
    latitude, longitude = values["latitude"], values["longitude"]
    if values["hidden_place"] and (values["address"] or latitude is not None):
        yield WrongField("directory.hidden_address", "address")
    if values["hidden_place"] and values["town_name"]:
        yield WrongField("directory.hidden_address", "town_name")
    if (latitude is None) != (longitude is None) or (latitude is not None and not (-90 <= latitude <= 90 and -180 <= longitude <= 180)):
        yield WrongField("directory.bad_point", "point")
    if any(not phone["number"] or len(phone["number"]) > 40 for phone in values["phones"]):
        yield WrongField("directory.bad_phone", "phones")
    if any(not source["url"].startswith(("https://", "http://")) for source in values["sources"]):
        yield WrongField("directory.bad_address", "sources")


def _times(values: Values) -> Iterator[WrongField]:
    if values["starts_on"] and values["ends_on"] and values["ends_on"] < values["starts_on"]:
        yield WrongField("days.order", "ends_on")
    if values["hours"] and read(values["hours"]) is None:
        yield WrongField("hours.unreadable", "hours")
    for n, row in enumerate(values["special_hours"]):
        if row["hours"] and read(row["hours"]) is None:
            yield WrongField("hours.unreadable", "special_hours", f"special_hours_{n}")
        first, last = (date.fromisoformat(row[key]) if row["first"] else date.min for key in ("first", "last"))
        if last < first:
            yield WrongField("days.order", "special_hours", f"special_last_{n}")
        if last - first > LONGEST_DAYS:
            yield WrongField("days.long", "special_hours", f"special_last_{n}")


def _vouched(by: Staff, row: Service, values: Values) -> Values:
    """Who says that all is true stands by it, with a name and today; a change by somebody who does not say so ends what another said."""
    sure = values["verified"]
    if sure == SURE != row.verified:
        return values | {"verified_by": by.name, "last_checked": _today()}
    changed = any(
        versions.plain(getattr(row, key)) != versions.plain(value) for key, value in values.items() if key not in ("verified", "status")
    )
    if not changed and sure == row.verified:
        return values
    return values | {"verified": "partly" if sure == SURE else sure, "verified_by": ""}


def _new_service(session: Session, organization_id: str) -> Service:
    _lock_owner(session, organization_id)
    return Service(id=_new_id(), organization_id=organization(session, organization_id).id, attribution="")


def _locked_service(session: Session, service_id: str, seen: str) -> Service:
    """Its organisation first, everywhere: each change also locks the counter, and whoever then wants another row may wait for ever."""
    _lock_owner(session, session.scalar(select(Service.organization_id).filter_by(id=service_id)))
    return _locked(session, Service, service_id, seen)


def _lock_owner(session: Session, organization_id: str | None) -> None:
    session.execute(select(Organization.id).filter_by(id=organization_id).with_for_update())


def _locked(session: Session, table: type[Row], row_id: str, seen: str) -> Row:
    query = select(table).filter_by(id=row_id).with_for_update().execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such place.")
    if version(row) != seen:
        raise Conflict("directory.changed")
    return row


def _write(session: Session, by: Staff, row: Organization | Service, change: Change) -> None:
    """Only what differs is named in the trail, without what it says; that is kept in the versions. Where nothing differs, nobody is
    told that it was changed."""
    is_new = row.updated_at is None
    changed = sorted(key for key, value in change.values.items() if is_new or versions.plain(getattr(row, key)) != versions.plain(value))
    if not changed:
        return
    versions.keep(session, [] if is_new else [row])
    for key in changed:
        setattr(row, key, change.values[key])
    row.updated_at = datetime.now(timezone.utc)
    session.add(row)
    versions.keep(session, [row], Reason("new" if is_new else change.why, by.id))
    if isinstance(row, Service):
        organization(session, row.organization_id).edited = True
        audit.record(session, str(by.id), "service.created" if is_new else "service.changed", f"service:{row.id}", {"fields": changed})
    else:
        audit.record(
            session, str(by.id), "organization.created" if is_new else "organization.changed", f"organization:{row.id}", {"fields": changed}
        )


def _new_id() -> str:
    return f"own-{uuid.uuid4().hex[:12]}"


def _today() -> date:
    return datetime.now(TIME_ZONE).date()
