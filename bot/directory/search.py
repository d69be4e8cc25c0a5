"""Find services: near a point, or in a town; what is known best comes first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, inf, radians, sin, sqrt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.hours import TIME_ZONE, is_open
from bot.errors import NotFound
from bot.language.normalize import normalize
from bot.tables import Organization, Service

PAGE = 3
MOST = 40  # of a list for staff
ARTICLE = "ال"
NEAR_KM = 60.0  # further than this is another town's service, not one nearby
EARTH_KM = 6371.0
EVERYWHERE = "all"
TRUST = ("verified", "partly", "osm", "name-only")
# Rough kilometres along the main road, north to south (Taroudant lies off it): only to say which town is the next one.
ROAD_KM = {"taroudant": -75, "agadir": 0, "inezgane": 10, "ait_melloul": 14, "biougra": 30, "ait_amira": 38, "belfaa": 50, "tiznit": 92}
NEARBY, IN_TOWN, COVERS_IT, IN_REGION, FAR = range(5)


@dataclass(frozen=True)
class Point:
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Query:
    category: str
    town: str = ""
    point: Point | None = None
    open_at: datetime | None = None
    page: int = 0


@dataclass(frozen=True)
class Hit:
    """`elsewhere`: not in the place that was asked for."""

    service: Service
    organization: Organization
    km: float | None
    open_now: bool | None
    elsewhere: bool


def distance_km(a: Point, b: Point) -> float:
    """Along the great circle (haversine)."""
    north, south = radians(a.latitude), radians(b.latitude)
    half_height, half_width = (south - north) / 2, radians(b.longitude - a.longitude) / 2
    return 2 * EARTH_KM * asin(sqrt(sin(half_height) ** 2 + cos(north) * cos(south) * sin(half_width) ** 2))


def location(service: Service) -> Point | None:
    """None when unknown, and for a hidden place even if somebody entered it."""
    if service.hidden_place or service.latitude is None or service.longitude is None:
        return None
    return Point(service.latitude, service.longitude)


def search(session: Session, query: Query) -> tuple[list[Hit], bool]:
    """One page of hits, and whether there are more."""
    found = select(Service, Organization).join(Organization, Organization.id == Service.organization_id)
    rows = session.execute(found.where(Service.categories.contains([query.category]))).tuples()
    hits = _ordered([_hit(service, organization, query) for service, organization in rows], query)
    start = max(query.page, 0) * PAGE
    return hits[start : start + PAGE], len(hits) > start + PAGE


def by_words(session: Session, words: str, query: Query) -> list[Hit]:
    """For staff: services whose names, offer or town say all these words, or parts of words; an empty category is any."""
    found = select(Service, Organization).join(Organization, Organization.id == Service.organization_id)
    kind = found.where(Service.categories.contains([query.category])) if query.category else found
    wanted = [word.removeprefix(ARTICLE) for word in normalize(words).split()]
    hits = [_hit(service, organization, query) for service, organization in session.execute(kind).tuples()]
    return _ordered([hit for hit in hits if _says(hit, wanted)], query)[:MOST]


def _says(hit: Hit, wanted: Iterable[str]) -> bool:
    """Parts of words, because Arabic and French glue the article to the word."""
    known = (hit.service.names, hit.organization.names, hit.service.offers)
    said = normalize(" ".join([hit.service.town_name, *(str(text) for texts in known for text in texts.values())]))
    return all(part in said for part in wanted)


def get(session: Session, service_id: str) -> Hit:
    service = session.get(Service, service_id)
    organization = session.get(Organization, service.organization_id) if service else None
    if service is None or organization is None:
        raise NotFound(f"service {service_id}")
    return Hit(service, organization, None, is_open(service.hours, datetime.now(TIME_ZONE)), False)


def _hit(service: Service, organization: Organization, query: Query) -> Hit:
    here = location(service)
    km = distance_km(query.point, here) if query.point and here else None
    open_now = is_open(service.hours, query.open_at or datetime.now(TIME_ZONE))
    place = _place(service, query, km)
    return Hit(service, organization, km, open_now, place == FAR or bool(query.town and place == IN_REGION))


def _ordered(hits: Iterable[Hit], query: Query) -> list[Hit]:
    kept = [hit for hit in hits if query.open_at is None or hit.open_now]
    local = [hit for hit in kept if not hit.elsewhere]
    return sorted(local if query.town and local else kept, key=lambda hit: _key(hit, query))


def _key(hit: Hit, query: Query) -> tuple[int, float, int, bool, float, str]:
    service, place = hit.service, _place(hit.service, query, hit.km)
    km = inf if hit.km is None else hit.km
    first = km if place == NEARBY else _road_km(service, query.town) if place == IN_REGION else 0.0
    trust = TRUST.index(service.verified) if service.verified in TRUST else len(TRUST)
    nameless = not any(service.names.values())
    return place, first, trust, nameless, km, service.id


def _road_km(service: Service, town: str) -> float:
    """How far, roughly, the nearest town of this service is from the one asked for."""
    towns = ROAD_KM.keys() & {service.town, *service.covers}
    return min((abs(ROAD_KM[t] - ROAD_KM[town]) for t in towns), default=inf) if town in ROAD_KM else 0.0


def _place(service: Service, query: Query, km: float | None) -> int:
    if km is not None and km <= NEAR_KM:
        return NEARBY
    if query.town and service.town == query.town:
        return IN_TOWN
    if EVERYWHERE in service.covers or query.town in service.covers:
        return COVERS_IT
    at_home = bool(service.town or service.covers)
    return IN_REGION if at_home and km is None else FAR
