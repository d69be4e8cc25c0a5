"""Hospitals, health centres and pharmacies from OpenStreetMap (a healthsites.io extract as CSV)."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from bot.directory.editing import LONGEST_LINE, LONGEST_NAME
from bot.directory.place import Point, distance_km, location
from bot.directory.seed import OSM_PREFIX, ImportCount, Seed, write
from bot.directory.versions import imported
from bot.errors import ContentError
from bot.exchange.report import Unreadable
from bot.exchange.tables import MOST_ROWS
from bot.tables import Organization, Service

ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
COLUMNS = {"osm_type", "osm_id", "amenity", "name", "opening_hours", "last_edit", "lat", "lon"}
CATEGORY = {"hospital": "hospital", "pharmacy": "pharmacy"} | dict.fromkeys(("clinic", "doctors", "health_post"), "health_centre")
# Mappers tag health centres, and even a school for nurses, as hospitals. The name tells.
_HEALTH_CENTRE = re.compile(r"centre de sant|dispensaire|poste m[ée]dical|مركز (?:\S+ )?(?:ال)?صحي|المركز الصحي|مستوصف", re.IGNORECASE)
_NOT_FOR_PATIENTS = re.compile(r"\binstitut de formation", re.IGNORECASE)
_NUMBER = re.compile(r"\s*\d{1,19}\s*", re.ASCII)
LONGEST = {"name": LONGEST_NAME, "opening_hours": LONGEST_LINE, "last_edit": 40}
SAME_PLACE_KM = 0.1
TOWN_KM, TOWN_TIMES = 2.0, 4.0


Known = tuple[str, dict[str, Any]]  # a service that is here already: its id, and what it is called


@dataclass(frozen=True)
class _Listed:
    """What the directory knows already: these win over OpenStreetMap, and their towns tell where a point lies."""

    urls: dict[str, Known] = field(default_factory=dict)
    points: dict[str, list[tuple[Point, Known]]] = field(default_factory=lambda: defaultdict(list))
    towns: dict[str, list[Point]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class Said:
    """A line. Without a seed: why it is not taken (`not_for_us`, `known_here`, `twice`), or what cannot be read (`bad`, in the column
    `field`). `key`: of which place it is; empty when nobody can say. `known`: the service that is here already.
    `kind`: of a line that can be read."""

    line: int
    name: str
    key: str
    seed: Seed | None = None
    why: str = ""
    bad: str = ""
    field: str = ""
    known: Known | None = None
    kind: str = ""


class _Bad(ValueError):
    def __init__(self, field: str, said: str) -> None:
        super().__init__(f"{field} {said}")
        self.field = field


def import_osm(session: Session, file: Path) -> ImportCount:
    """All of a region, so what is not in the file any more is removed. Run it after `import_directory`. A bad line is named and left
    out, and what it is about stays; the others are imported."""
    try:
        said = read(session, file.name, file.read_bytes())
    except Unreadable as error:
        raise ContentError(f"{file}: {error.remark.key.replace('_', ' ')} {error.remark.detail}".strip()) from error
    seeds = {one.key: one.seed for one in said if one.seed}
    if not any(one.seed or one.why for one in said):  # a wrong file must not empty the tables
        raise ContentError(f"{file}: no place in it")
    unread = {one.key for one in said if one.bad}
    ours = and_(Organization.id.startswith(OSM_PREFIX), Organization.id.not_in(_staying(session, unread) - seeds.keys()))
    count = write(session, list(seeds.values()), ours, imported(file.name))
    bad = tuple(f"line {one.line}: {one.bad}" for one in said if one.bad)
    return replace(count, skipped=sum(bool(one.why) for one in said), bad=bad)


def is_extract(content: bytes) -> bool:
    """By its headings, whatever it is called."""
    head = content[:4096].decode("utf-8-sig", errors="replace").lstrip().partition("\n")[0]
    return {"osm_type", "osm_id"} <= {column.strip('" \r') for column in head.split(",")}


def read(session: Session, name: str, content: bytes) -> list[Said]:
    """Line by line, as it stands beside what the directory knows. `Unreadable` when nothing of it can be taken."""
    listed, taken, found = _listed(session), set[str](), list[Said]()
    for line, row in _rows(name, content):
        one = _said(line, row, listed)
        if one.seed:
            one = replace(one, seed=None, why="twice") if one.key in taken else one
            taken.add(one.key)
        found.append(one)
    return found


def _staying(session: Session, unread: set[str]) -> set[str]:
    """All, when of a bad line nobody can say which place it is about."""
    return unread if "" not in unread else set(session.scalars(select(Organization.id).where(Organization.id.startswith(OSM_PREFIX))))


def _rows(name: str, content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("not_text", name) from error
    if "\0" in text:
        raise Unreadable("not_text", name)
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True)
    try:
        if missing := COLUMNS - set(reader.fieldnames or ()):
            raise Unreadable("osm_columns", name, ", ".join(sorted(missing)))
        for n, row in enumerate(reader):
            if n >= MOST_ROWS:
                raise Unreadable("too_many_rows", name, f"> {MOST_ROWS}")
            yield reader.line_num, row
    except csv.Error as error:
        raise Unreadable("broken_table", f"{name}:{reader.line_num}") from error


def _listed(session: Session) -> _Listed:
    listed = _Listed()
    owned = select(Service, Organization.names).join(Organization, Organization.id == Service.organization_id)
    for service, names in session.execute(owned.where(Service.verified != "osm").order_by(Service.id)).tuples():
        known = service.id, dict(service.names if any(service.names.values()) else names)
        listed.urls.update({str(source["url"]): known for source in service.sources})
        if here := location(service):
            for category in service.categories:
                listed.points[category].append((here, known))
            if service.town:
                listed.towns[service.town].append(here)
    return listed


def _said(line: int, row: dict[str, str], listed: _Listed) -> Said:
    name, key = row["name"].strip(), ""
    try:
        which = _which(row)
        key = _key(*which)
        if None in row:
            raise _Bad("", "more cells than headings")
        for field, most in LONGEST.items():
            if len(row[field]) > most:
                raise _Bad(field, f"longer than {most}")
        point, category, url = _point(row), _category(row["amenity"], name), "https://www.openstreetmap.org/{}/{}".format(*which)
    except _Bad as bad:
        return Said(line, name[:LONGEST_NAME], key, bad=str(bad), field=bad.field)
    if category is None:
        return Said(line, name, key, why="not_for_us")
    if known := listed.urls.get(url) or (None if name else _beside(point, listed.points[category])):
        return Said(line, name, key, why="known_here", known=known, kind=category)
    return Said(line, name, key, _seed(row, key, (category, url, _town(point, listed)), point), kind=category)


def _seed(row: dict[str, str], key: str, about: tuple[str, str, str], point: Point) -> Seed:
    """The line as an organisation with one service. `about`: kind, address of its page, town."""
    (category, url, town), name = about, row["name"].strip()
    names = {"fr": name, "en": "", "ar": ""}
    service: dict[str, Any] = {
        "id": key,
        "categories": [category],
        "names": names,
        "offers": {},
        "audience": {},
        "warnings": {},
        "languages": [],
        "town": town,
        "town_name": "",
        "covers": [],
        "address": "",
        "latitude": point.latitude,
        "longitude": point.longitude,
        "phones": [],
        "hours": row["opening_hours"].strip(),
        "verified": "osm",
        "hidden_place": False,
        "sources": [{"url": url, "page_date": row["last_edit"], "seen": ""}],
        "attribution": ATTRIBUTION,
    }
    return {"id": key, "names": names, "website": "", "email": "", "services": [service]}


def _which(row: dict[str, str]) -> tuple[str, int]:
    if row["osm_type"] not in ("node", "way", "relation"):
        raise _Bad("osm_type", repr(row["osm_type"][:20]))
    if not _NUMBER.fullmatch(row["osm_id"]):
        raise _Bad("osm_id", repr(row["osm_id"][:20]))
    return row["osm_type"], int(row["osm_id"])


def _key(kind: str, number: int) -> str:
    return f"{OSM_PREFIX}{kind}-{number}"


def _point(row: dict[str, str]) -> Point:
    try:
        point = Point(float(row["lat"]), float(row["lon"]))
    except ValueError:
        raise _Bad("lat, lon", "no number") from None
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise _Bad("lat, lon", "no such position")
    return point


def _category(amenity: str, name: str) -> str | None:
    if _NOT_FOR_PATIENTS.search(name):
        return None
    return "health_centre" if amenity == "hospital" and _HEALTH_CENTRE.search(name) else CATEGORY.get(amenity)


def _beside(point: Point, others: list[tuple[Point, Known]]) -> Known | None:
    return next((known for other, known in others if distance_km(point, other) < SAME_PLACE_KM), None)


def _town(point: Point, listed: _Listed) -> str:
    """The town of the nearest listed service, if it is close and every other town is several times as far; else ''."""
    nearest = sorted((min(distance_km(point, p) for p in points), town) for town, points in listed.towns.items())
    if len(nearest) < 2 or nearest[0][0] > TOWN_KM or nearest[1][0] < TOWN_TIMES * nearest[0][0]:
        return ""
    return nearest[0][1]
