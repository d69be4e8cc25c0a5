"""The directory as searching needs it, in memory: read once, then only the rows that changed.

The counter `directory` gets another number with every change (triggers of the database), so nobody is answered with an old directory.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import lru_cache
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import String, literal_column, select
from sqlalchemy.orm import Session

from bot.directory.opening import Days, Opening, Timetable, opening
from bot.directory.towns import town_words
from bot.directory.words import Ids, Said, Vocabulary
from bot.faq.phones import one_shape
from bot.settings import ROOT
from bot.tables import Counter, Holiday, Organization, Service

TRUST = ("verified", "partly", "osm", "name-only")
EVERYWHERE = "all"
BATCH = 500
Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Mark = tuple[str, ...]  # of one row, as it is now: any change makes another one


@dataclass(frozen=True)
class Known:
    """One service. Of a confidential place only the town of our list says where it is."""

    id: str
    mark: Mark
    latitude: float
    longitude: float
    town: str
    covers: frozenset[str]
    kinds: frozenset[str]
    languages: frozenset[str]
    eligible: frozenset[str]
    accessible: bool | None
    free: bool | None
    trust: int
    nameless: bool
    first: int
    last: int
    status: str
    times: Timetable
    names: Ids
    texts: Ids
    phones: str

    @staticmethod
    def of(service: Service, names: dict[str, Any], mark: Mark, words: Vocabulary) -> "Known":
        hidden = service.hidden_place or service.latitude is None or service.longitude is None
        latitude, longitude = (nan, nan) if hidden else (float(service.latitude or 0), float(service.longitude or 0))
        named = " ".join(map(str, (*service.names.values(), *names.values())))
        place = (town_words(ROOT / "data").get(service.town, ""), "" if service.hidden_place else service.town_name)
        offered = " ".join(map(str, (*place, *service.offers.values())))
        trust = TRUST.index(service.verified) if service.verified in TRUST else len(TRUST)
        return Known(
            service.id,
            mark,
            latitude,
            longitude,
            service.town,
            frozenset(map(str, service.covers)),
            frozenset(map(str, service.categories)),
            frozenset(map(str, service.languages)),
            frozenset(map(str, service.eligible)),
            service.accessible,
            service.free,
            trust,
            not any(service.names.values()),
            (service.starts_on or date.min).toordinal(),
            (service.ends_on or date.max).toordinal(),
            service.status,
            Timetable.of(service),
            words.ids(named),
            words.ids(f"{named} {offered}"),
            " ".join(one_shape(str(phone["number"])) for phone in service.phones),
        )


class Snapshot:
    """`known` in the order of their ids; all arrays go with it."""

    def __init__(self, version: int, days: Days, known: Sequence[Known], words: Vocabulary) -> None:
        self.version, self.days, self.known = version, days, known
        self.latitude, self.longitude = _numbers(k.latitude for k in known), _numbers(k.longitude for k in known)
        self.trust, self.nameless = _numbers(k.trust for k in known), _flags(k.nameless for k in known)
        self.first, self.last = _numbers(k.first for k in known), _numbers(k.last for k in known)
        self.active, self.ended = _flags(k.status == "active" for k in known), _flags(k.status == "ended" for k in known)
        self.accessible, self.free = _flags(k.accessible is True for k in known), _flags(k.free is True for k in known)
        self.town = _by_value((frozenset({k.town}) for k in known), len(known))
        self.covers = _by_value((k.covers for k in known), len(known))
        self.kinds = _by_value((k.kinds for k in known), len(known))
        self.languages = _by_value((k.languages for k in known), len(known))
        self.eligible = _by_value((k.eligible for k in known), len(known))
        self.none = np.zeros(len(known), dtype=np.bool_)
        self.words = Said(words, [k.names for k in known], [k.texts for k in known], [k.phones for k in known])
        tables = dict[Timetable, int]()
        self._times = [tables.setdefault(k.times, n) for n, k in enumerate(known)]  # the first row with the same hours
        self._openings = Openings(self, datetime.min.replace(tzinfo=timezone.utc))

    def meant(self, mark: str) -> Flags:
        """Which services are what a word means (`bot.directory.kinds.kinds_by_word`)."""
        field, _, value = mark.partition(":")
        return {"kind": self.kinds, "language": self.languages, "for": self.eligible}[field].get(value, self.none)

    def at(self, moment: datetime) -> "Openings":
        """Kept for a minute: hours begin and end with one."""
        minute = moment.astimezone(timezone.utc).replace(second=0, microsecond=0)
        openings = self._openings
        if openings.minute != minute:
            openings = self._openings = Openings(self, minute)
        return openings

    def alike(self, n: int) -> int:
        """The first row that has the same hours as this one."""
        return self._times[n]


class Openings:
    """Which services are open at this minute; each timetable is reckoned when it is first asked for."""

    def __init__(self, held: Snapshot, minute: datetime) -> None:
        self.minute, self._held, self._found = minute, held, dict[int, Opening]()

    def of(self, n: int) -> Opening:
        same = self._held.alike(n)
        found = self._found.get(same)
        if found is None:
            found = self._found[same] = opening(self._held.known[same].times, self.minute, self._held.days)
        return found


class Holder:
    """One for a process. Which database it reads is told by the number: no two changes draw the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words = Vocabulary()
        self._held = Snapshot(0, Days(), (), self._words)

    def of(self, session: Session) -> Snapshot:
        version = session.scalar(select(Counter.value).filter_by(name="directory")) or 0
        with self._lock:
            if version != self._held.version or not version:
                self._held = _read(session, version, self._held, self._words)
            return self._held


def of(session: Session) -> Snapshot:
    """The directory as this transaction sees it."""
    return _holder().of(session)


@lru_cache(maxsize=1)
def _holder() -> Holder:
    return Holder()


def _read(session: Session, version: int, before: Snapshot, words: Vocabulary) -> Snapshot:
    columns = [literal_column(f"{table}.{name}::text", String) for table in ("service", "organization") for name in ("xmin", "ctid")]
    rows = session.execute(select(Service.id, *columns).join(Organization, Organization.id == Service.organization_id)).all()
    marks: dict[str, Mark] = {row[0]: tuple(row[1:]) for row in rows}
    kept = {known.id: known for known in before.known if marks.get(known.id) == known.mark}
    for service, names in _changed(session, [key for key in marks if key not in kept]):
        kept[service.id] = Known.of(service, names, marks[service.id], words)
    return Snapshot(version, Days.of(session.scalars(select(Holiday))), [kept[key] for key in sorted(kept)], words)


def _changed(session: Session, ids: Sequence[str]) -> Iterator[tuple[Service, dict[str, Any]]]:
    query = select(Service, Organization.names).join(Organization, Organization.id == Service.organization_id)
    query = query.execution_options(populate_existing=True)
    for start in range(0, len(ids), BATCH):
        yield from session.execute(query.where(Service.id.in_(ids[start : start + BATCH]))).tuples()


def _numbers(values: Iterable[float]) -> Numbers:
    return np.fromiter(values, dtype=np.float64)


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, dtype=np.bool_)


def _by_value(sets: Iterable[frozenset[str]], size: int) -> dict[str, Flags]:
    """For each value, which rows have it."""
    found: dict[str, list[int]] = {}
    for n, values in enumerate(sets):
        for value in values:
            found.setdefault(value, []).append(n)
    return {value: _at(rows, size) for value, rows in found.items()}


def _at(rows: Sequence[int], size: int) -> Flags:
    flags = np.zeros(size, dtype=np.bool_)
    flags[rows] = True
    return flags
