"""Find services: near a point, or in a town; what is known best comes first, and each hit says why it stands where it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf, nan

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory import snapshot
from bot.directory.opening import Opening, State, Timetable, opening
from bot.directory.place import ROAD_KM, Point, distances_km
from bot.directory.snapshot import EVERYWHERE, TRUST, Flags, Numbers, Snapshot
from bot.directory.words import Word, read
from bot.errors import NotFound
from bot.tables import Organization, Service

PAGE = 3
MOST = 40  # of a list for staff
NEAR_KM = 60.0  # further than this is another town's service, not one nearby
NEARBY, IN_TOWN, COVERS_IT, IN_REGION, FAR = range(5)
HIDDEN_BY = ("ended", "paused", "over", "early")
PLACES = ("nearby", "in_town", "covers_it", "in_region", "far")
Ids = NDArray[np.intp]


@dataclass(frozen=True)
class Query:
    """What must be true of a service, all of it. `at`: the moment; None is now. `open_at`: only what is in one of `states` then,
    in their order: what is known to be open, unless something else is asked. `eligible`: tags (`bot.directory.eligibility`); what is
    unknown does not count as yes. `hidden`: also what people are not shown. `by_distance`: from the point, whatever else is better
    known; with a town, only what is there or comes there. `ended`: only that, or none of it."""

    category: str = ""
    town: str = ""
    point: Point | None = None
    open_at: datetime | None = None
    page: int = 0
    words: tuple[Word, ...] = ()
    language: str = ""
    eligible: frozenset[str] = frozenset()
    accessible: bool = False
    free: bool = False
    within_km: float = inf
    by_distance: bool = False
    hidden: bool = False
    ended: bool | None = None
    states: tuple[State, ...] = ("open",)

    @property
    def at(self) -> datetime:
        return self.open_at or datetime.now(TIME_ZONE)


@dataclass(frozen=True)
class Hit:
    """`elsewhere`: not in the place that was asked for. `why`: keys (`why.…` in catalogues) and marks of what a word
    meant (`kind:hospital`), in the order in which they counted. `unsure`: it was asked what is open, and nobody knows of this."""

    service: Service
    organization: Organization
    km: float | None
    opening: Opening
    elsewhere: bool
    why: tuple[str, ...] = ()
    unsure: bool = False

    @property
    def open_now(self) -> bool | None:
        return self.opening.open_now


@dataclass(frozen=True)
class Ranked:
    """The rows that fit, the best first, and what put them there; the first `here` of them are in the place that was asked for.
    `said`: why a word fits, and to which of them."""

    rows: Ids
    places: Numbers
    km: Numbers
    said: tuple[tuple[str, Flags], ...]
    asked: bool  # for a place
    here: int


def search(session: Session, query: Query) -> tuple[list[Hit], bool]:
    """One page of hits, and whether there are more."""
    start = max(query.page, 0) * PAGE
    hits = _hits(session, query, start, start + PAGE + 1)
    return hits[:PAGE], len(hits) > PAGE


def by_words(session: Session, words: str, query: Query, kinds: Mapping[str, frozenset[str]] | None = None) -> list[Hit]:
    """For staff: services that say all these words, or parts of them, or are of the kind that a word means (`kinds_by_word`)."""
    return _hits(session, replace(query, words=read(words, kinds or {})), 0, MOST)


def listed(session: Session, query: Query, size: int) -> tuple[list[Hit], int]:
    """One page of so many, and how many there are in all."""
    held, start = snapshot.of(session), max(query.page, 0) * size
    found = list(_kept(held, _ranked(held, query), query))
    return _loaded(session, held, query, found[start : start + size]), len(found)


def of_unknown_hours(session: Session, query: Query) -> int:
    """How many are in the place asked for of which nobody knows whether they are open then."""
    held = snapshot.of(session)
    ranked = _ranked(held, query)
    return sum(1 for _ in _in_state(held, ranked, replace(query, states=("unknown",)), range(ranked.here)))


def matching(session: Session, words: tuple[Word, ...]) -> list[str]:
    """The ids of all services that say these words, also of those that people are not shown."""
    held = snapshot.of(session)
    return [held.known[int(n)].id for n in _fitting(held, Query(words=words, hidden=True))]


def get(session: Session, service_id: str) -> Hit:
    service = session.get(Service, service_id)
    organization = session.get(Organization, service.organization_id) if service else None
    if service is None or organization is None:
        raise NotFound(f"service {service_id}")
    now = opening(Timetable.of(service), datetime.now(TIME_ZONE), snapshot.of(session).days)
    return Hit(service, organization, None, now, False)


def is_shown(service: Service, at: datetime) -> bool:
    """To people: works, has begun, has not ended."""
    return not hidden_by(service, at)


def hidden_by(service: Service, at: datetime) -> tuple[str, ...]:
    """Why people are not shown it, of `HIDDEN_BY`. Of what has ended its days say nothing more."""
    if service.status == "ended":
        return ("ended",)
    today = at.astimezone(TIME_ZONE).date()
    over, early = service.ends_on is not None and service.ends_on < today, service.starts_on is not None and service.starts_on > today
    return tuple(why for why, so in zip(HIDDEN_BY[1:], (service.status != "active", over, early)) if so)


Found = tuple[int, Opening, float, bool, tuple[str, ...]]  # row, opening, km, elsewhere, why


def _hits(session: Session, query: Query, start: int, end: int) -> list[Hit]:
    held = snapshot.of(session)
    found = [one for n, one in zip(range(end), _kept(held, _ranked(held, query), query)) if n >= start]
    return _loaded(session, held, query, found)


def _kept(held: Snapshot, ranked: Ranked, query: Query) -> Iterator[Found]:
    """Hours are looked up only as far as somebody reads. What is elsewhere comes only when there is nothing in the town asked for."""
    local = False
    for at, now in _in_state(held, ranked, query, range(ranked.here)):
        local = True
        yield int(ranked.rows[at]), now, float(ranked.km[at]), False, _why(held, ranked, at)
    if not (local and query.town):
        for at, now in _in_state(held, ranked, query, range(ranked.here, len(ranked.rows))):
            yield int(ranked.rows[at]), now, float(ranked.km[at]), True, _why(held, ranked, at)


def _in_state(held: Snapshot, ranked: Ranked, query: Query, rows: range) -> Iterator[tuple[int, Opening]]:
    """The first of the states as it comes, the others after it."""
    openings, later = held.at(query.at), list[tuple[int, Opening]]()
    for at in rows:
        now = openings.of(int(ranked.rows[at]))
        if query.open_at is None or now.state == query.states[0]:
            yield at, now
        elif now.state in query.states:
            later.append((at, now))
    yield from sorted(later, key=lambda one: query.states.index(one[1].state))


def _why(held: Snapshot, ranked: Ranked, at: int) -> tuple[str, ...]:
    known = held.known[int(ranked.rows[at])]
    place = (PLACES[int(ranked.places[at])],) if ranked.asked else ()
    said = (why for why, fits in ranked.said if fits[at])
    return (*place, *said, TRUST[known.trust] if known.trust < len(TRUST) else TRUST[-1])


def _loaded(session: Session, held: Snapshot, query: Query, found: list[Found]) -> list[Hit]:
    ids = [held.known[n].id for n, *_ in found]
    pairs = select(Service, Organization).join(Organization, Organization.id == Service.organization_id).where(Service.id.in_(ids))
    rows = {service.id: (service, organization) for service, organization in session.execute(pairs).tuples()} if ids else {}
    return [
        Hit(*rows[key], None if np.isnan(km) else km, now, elsewhere, why, query.open_at is not None and now.state == "unknown")
        for key, (_, now, km, elsewhere, why) in zip(ids, found)
        if key in rows  # gone since the directory was read
    ]


def _ranked(held: Snapshot, query: Query) -> Ranked:
    rows = _fitting(held, query)
    km = distances_km(query.point, held.latitude[rows], held.longitude[rows]) if query.point else np.full(len(rows), nan)
    near = km <= query.within_km if query.within_km < inf else np.ones(len(rows), dtype=np.bool_)
    rows, km = rows[near], km[near]
    places, asked = _places(held, query, rows, km), query.point is not None or bool(query.town)
    named, counted = _counted(held, query.words, rows)
    first = np.where(places == NEARBY, km, np.where(places == IN_REGION, _road_km(held, rows, query.town), 0.0))
    far = np.where(np.isnan(km), inf, km)
    keys = (rows, far, held.nameless[rows], held.trust[rows], ~named, -counted, first, places)
    order = np.lexsort((*keys, far) if query.by_distance else keys)
    marks = sorted({mark for word in query.words for mark in word.meant})
    said = [("named", named), *((mark, held.meant(mark)[rows]) for mark in marks)]
    everywhere = query.by_distance or not asked
    here = len(rows) if everywhere else int(np.count_nonzero(places < (IN_REGION if query.town else FAR)))
    return Ranked(rows[order], places[order], km[order], tuple((why, fits[order]) for why, fits in said), asked, here)


def _counted(held: Snapshot, words: tuple[Word, ...], rows: Ids) -> tuple[Flags, Numbers]:
    """All words stand in the name; and how many stand there or are what it is: those come before words of a description."""
    named, counted = np.full(len(rows), bool(words)), np.zeros(len(rows))
    for word in words:
        in_name = held.words.named(word)[rows]
        named &= in_name
        counted += in_name
        counted += _is(held, word)[rows]
    return named, counted


def _fitting(held: Snapshot, query: Query) -> Ids:
    """The rows of which all is true that was asked."""
    fits = ~held.none if query.hidden else _shown(held, query.at)
    fits = fits & (_ended(held, query.at) == query.ended) if query.ended is not None else fits
    fits = fits & held.kinds.get(query.category, held.none) if query.category else fits
    fits = fits & held.languages.get(query.language, held.none) if query.language else fits
    for tag in query.eligible:
        fits = fits & held.eligible.get(tag, held.none)
    fits = fits & held.accessible if query.accessible else fits
    fits = fits & held.free if query.free else fits
    fits = fits & _serves(held, query.town) if query.by_distance and query.town else fits
    return np.flatnonzero(fits & _all([_says(held, word) for word in query.words], held))


def _serves(held: Snapshot, town: str) -> Flags:
    there: Flags = held.town.get(town, held.none) | held.covers.get(town, held.none) | held.covers.get(EVERYWHERE, held.none)
    return there


def _says(held: Snapshot, word: Word) -> Flags:
    """Says the word, or is what it means."""
    return held.words.said(word) | _is(held, word)


def _is(held: Snapshot, word: Word) -> Flags:
    """Is what the word means."""
    found: Flags = np.logical_or.reduce([held.none, *(held.meant(mark) for mark in word.meant)])
    return found


def _all(flags: list[Flags], held: Snapshot) -> Flags:
    found: Flags = np.logical_and.reduce([~held.none, *flags])
    return found


def _shown(held: Snapshot, at: datetime) -> Flags:
    """As `is_shown`, for all of them."""
    today = at.astimezone(TIME_ZONE).date().toordinal()
    shown: Flags = held.active & (held.first <= today) & (held.last >= today)
    return shown


def _ended(held: Snapshot, at: datetime) -> Flags:
    over: Flags = held.ended | (held.last < at.astimezone(TIME_ZONE).date().toordinal())
    return over


def _places(held: Snapshot, query: Query, rows: Ids, km: Numbers) -> Numbers:
    if query.point is None and not query.town:
        return np.zeros(len(rows))
    everywhere, covers = held.covers.get(EVERYWHERE, held.none), held.covers.get(query.town, held.none) if query.town else held.none
    at_home = ~held.town.get("", held.none) | np.logical_or.reduce([held.none, *held.covers.values()])
    cases = (km <= NEAR_KM, (held.town.get(query.town, held.none) & bool(query.town))[rows], (everywhere | covers)[rows])
    found: Numbers = np.select((*cases, at_home[rows] & np.isnan(km)), (NEARBY, IN_TOWN, COVERS_IT, IN_REGION), FAR).astype(np.float64)
    return found


def _road_km(held: Snapshot, rows: Ids, town: str) -> Numbers:
    """How far, roughly, the nearest town of these services is from the one asked for."""
    if town not in ROAD_KM:
        return np.zeros(len(rows))
    found = np.full(len(rows), inf)
    for other, km in ROAD_KM.items():
        there = (held.town.get(other, held.none) | held.covers.get(other, held.none))[rows]
        found = np.where(there, np.minimum(found, abs(km - ROAD_KM[town])), found)
    return found
