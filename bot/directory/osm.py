"""Hospitals, health centres and pharmacies from OpenStreetMap (a healthsites.io extract as CSV)."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from bot.directory.place import Point, distance_km, location
from bot.directory.seed import OSM_PREFIX, ImportCount, Seed, write
from bot.directory.versions import imported
from bot.errors import ContentError
from bot.tables import Organization, Service

ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
COLUMNS = {"osm_type", "osm_id", "amenity", "name", "opening_hours", "last_edit", "lat", "lon"}
CATEGORY = {"hospital": "hospital", "pharmacy": "pharmacy"} | dict.fromkeys(("clinic", "doctors", "health_post"), "health_centre")
# Mappers tag health centres, and even a school for nurses, as hospitals. The name tells.
_HEALTH_CENTRE = re.compile(r"centre de sant|dispensaire|poste m[ée]dical|مركز (?:\S+ )?(?:ال)?صحي|المركز الصحي|مستوصف", re.IGNORECASE)
_NOT_FOR_PATIENTS = re.compile(r"\binstitut de formation", re.IGNORECASE)
SAME_PLACE_KM = 0.1
TOWN_KM, TOWN_TIMES = 2.0, 4.0


@dataclass(frozen=True)
class _Listed:
    """What the directory knows already: these win over OpenStreetMap, and their towns tell where a point lies."""

    urls: set[str] = field(default_factory=set)
    points: dict[str, list[Point]] = field(default_factory=lambda: defaultdict(list))
    towns: dict[str, list[Point]] = field(default_factory=lambda: defaultdict(list))


def import_osm(session: Session, file: Path) -> ImportCount:
    """Run it after `import_directory`. A bad line is named and left out, and what it is about stays; the others are imported."""
    listed, seeds, bad, unread, skipped = _listed(session), dict[str, Seed](), list[str](), set[str](), 0
    for line, row in _rows(file):
        try:
            seed = _seed(row, listed)
        except ValueError as error:
            bad.append(f"line {line}: {error}")
            unread.add(_key_of_bad(row))
            continue
        skipped += seed is None or seed["id"] in seeds
        if seed:
            seeds.setdefault(seed["id"], seed)
    if not seeds and not skipped:  # a wrong file must not empty the tables
        raise ContentError(f"{file}: no place in it")
    ours = and_(Organization.id.startswith(OSM_PREFIX), Organization.id.not_in(_staying(session, unread) - seeds.keys()))
    count = write(session, list(seeds.values()), ours, imported(file.name))
    return replace(count, skipped=skipped, bad=tuple(bad))


def _staying(session: Session, unread: set[str]) -> set[str]:
    """All, when of a bad line nobody can say which place it is about."""
    return unread if "" not in unread else set(session.scalars(select(Organization.id).where(Organization.id.startswith(OSM_PREFIX))))


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, restval="")
        if missing := COLUMNS - set(reader.fieldnames or ()):
            raise ContentError(f"{file}: no column {', '.join(sorted(missing))}")
        for row in reader:
            yield reader.line_num, row


def _listed(session: Session) -> _Listed:
    listed = _Listed()
    for service in session.scalars(select(Service).where(Service.verified != "osm")):
        listed.urls.update(str(source["url"]) for source in service.sources)
        if here := location(service):
            for category in service.categories:
                listed.points[category].append(here)
            if service.town:
                listed.towns[service.town].append(here)
    return listed


def _seed(row: dict[str, str], listed: _Listed) -> Seed | None:
    """The line as an organisation with one service; None when it is not for us or known already."""
    (kind, number), name = _which(row), row["name"].strip()
    point, category, url = _point(row), _category(row["amenity"], name), f"https://www.openstreetmap.org/{kind}/{number}"
    if category is None or url in listed.urls or (not name and _beside(point, listed.points[category])):
        return None
    names, key = {"fr": name, "en": "", "ar": ""}, _key(kind, number)
    service: dict[str, Any] = {
        "id": key,
        "categories": [category],
        "names": names,
        "offers": {},
        "audience": {},
        "warnings": {},
        "languages": [],
        "town": _town(point, listed),
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
        raise ValueError(f"osm_type {row['osm_type']!r}")
    return row["osm_type"], int(row["osm_id"])


def _key(kind: str, number: int) -> str:
    return f"{OSM_PREFIX}{kind}-{number}"


def _key_of_bad(row: dict[str, str]) -> str:
    try:
        return _key(*_which(row))
    except ValueError:
        return ""


def _point(row: dict[str, str]) -> Point:
    point = Point(float(row["lat"]), float(row["lon"]))
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise ValueError(f"no such position: {row['lat']}, {row['lon']}")
    return point


def _category(amenity: str, name: str) -> str | None:
    if _NOT_FOR_PATIENTS.search(name):
        return None
    return "health_centre" if amenity == "hospital" and _HEALTH_CENTRE.search(name) else CATEGORY.get(amenity)


def _beside(point: Point, others: list[Point]) -> bool:
    return any(distance_km(point, other) < SAME_PLACE_KM for other in others)


def _town(point: Point, listed: _Listed) -> str:
    """The town of the nearest listed service, if it is close and every other town is several times as far; else ''."""
    nearest = sorted((min(distance_km(point, p) for p in points), town) for town, points in listed.towns.items())
    if len(nearest) < 2 or nearest[0][0] > TOWN_KM or nearest[1][0] < TOWN_TIMES * nearest[0][0]:
        return ""
    return nearest[0][1]
