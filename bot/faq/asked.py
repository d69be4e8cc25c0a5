"""What people asked in vain, as editors read it: clusters, those first that most people asked about lately."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from bot import clock
from bot.clock import TIME_ZONE
from bot.errors import NotFound
from bot.faq import entries
from bot.language.normalize import normalize
from bot.privacy.vault import vault
from bot.tables import Cluster, Unanswered

STATES = ("open", "ignored", "answered")
DAYS = (7, 30, 90, 180)
ON_A_PAGE, IN_LIST, IN_FULL = 20, 3, 60
WEEKS = 12
_SPARE = 3  # so many more are read than are shown: the same words come again and again
_WEIGHT = 0.5  # of an entry that was said and did not help: its probability was high, and is not known


@dataclass(frozen=True)
class Sought:
    """What the list is narrowed to; what is empty does not matter."""

    days: int = 30
    form: str = ""
    topic: str = ""
    place: str = ""
    why: str = ""

    @property
    def where(self) -> tuple[ColumnElement[bool], ...]:
        plain = [getattr(Unanswered, name) == value for name in ("form", "topic", "place", "why") if (value := getattr(self, name))]
        return (Unanswered.at > func.clock_timestamp() - timedelta(days=self.days), *plain)


@dataclass(frozen=True)
class Example:
    id: int
    text: str
    form: str
    why: str


@dataclass(frozen=True)
class Group:
    """A cluster. `people`: different conversations; `since`: those that asked after somebody decided about it. `weeks`: how many people
    in each, the newest last. `counted`: messages by `why`, `place`, `topic` and `form`, the commonest first."""

    cluster: Cluster
    people: int
    since: int
    messages: int
    last: datetime
    counted: dict[str, list[tuple[str, int]]]
    nearest: str
    probability: float
    weeks: list[tuple[date, int]]
    examples: list[Example]


@dataclass(frozen=True)
class Listing:
    """`counts`: clusters by state; `waiting`: messages that were not put into a cluster yet."""

    groups: list[Group]
    counts: dict[str, int]
    waiting: int


def listed(session: Session, sought: Sought, state: str, page: int = 1) -> Listing:
    counts = select(Cluster.state, func.count(func.distinct(Cluster.id))).join(Unanswered).where(*sought.where).group_by(Cluster.state)
    waiting = session.scalar(select(func.count()).select_from(Unanswered).where(Unanswered.cluster_id.is_(None))) or 0
    heads = session.execute(_heads(*sought.where, Cluster.state == state).limit(ON_A_PAGE).offset((page - 1) * ON_A_PAGE)).all()
    return Listing(_groups(session, heads, sought, IN_LIST), {s: n for s, n in session.execute(counts)}, waiting)


def count_open(session: Session) -> int:
    """Clusters that the list shows at first."""
    query = select(func.count(func.distinct(Cluster.id))).join(Unanswered).where(*Sought().where, Cluster.state == STATES[0])
    return session.scalar(query) or 0


def one(session: Session, cluster_id: int) -> Group:
    """With all its messages of the longest time."""
    sought = Sought(DAYS[-1])
    heads = session.execute(_heads(*sought.where, Cluster.id == cluster_id)).all()
    if not heads:
        raise NotFound("There is no such cluster.")
    return _groups(session, heads, sought, IN_FULL)[0]


def places(session: Session) -> list[str]:
    return list(session.scalars(select(Unanswered.place).where(Unanswered.place != "").distinct().order_by(Unanswered.place)))


def _heads(*where: ColumnElement[bool]) -> Any:
    people = func.count(func.distinct(Unanswered.conversation_id))
    since = people.filter(Unanswered.at > Cluster.decided_at)
    last = func.max(Unanswered.at)
    query = select(Cluster, people, since, func.count(), last).join(Unanswered).where(*where).group_by(Cluster.id)
    return query.order_by(people.desc(), last.desc(), Cluster.id)


def _groups(session: Session, heads: Sequence[Row[Any]], sought: Sought, most: int) -> list[Group]:
    ids = [head[0].id for head in heads]
    rows, weeks = _rows(session, ids, sought), _weeks(session, ids)
    chosen = {id: _chosen(rows[id], most * _SPARE) for id in ids}
    texts = _texts(session, [row.id for picked in chosen.values() for row in picked])
    archived = entries.archived(session)
    near = {id: _nearest(rows[id], archived) for id in ids}
    return [_group(head, rows[id], near[id], (weeks[id], _examples(chosen[id], texts)[:most])) for head in heads for id in [head[0].id]]


def _group(head: Row[Any], rows: Sequence[Row[Any]], near: tuple[str, float], shown: tuple[list[tuple[date, int]], list[Example]]) -> Group:
    counted = {name: _counted(getattr(row, name) for row in rows) for name in ("why", "place", "topic", "form")}
    cluster, people, since, messages, last = head
    return Group(cluster, people, since, messages, last, counted, *near, *shown)


def _rows(session: Session, ids: Sequence[int], sought: Sought) -> dict[int, list[Row[Any]]]:
    """Of each cluster, the newest first, without the words."""
    columns = (getattr(Unanswered, name) for name in ("id", "cluster_id", "why", "form", "nearest", "probability", "topic", "place"))
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(select(*columns).where(*sought.where, Unanswered.cluster_id.in_(ids)).order_by(Unanswered.id.desc())):
        found[row.cluster_id].append(row)
    return found


def _weeks(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    start = func.date_trunc("week", clock.local(Unanswered.at))
    people = func.count(func.distinct(Unanswered.conversation_id))
    query = select(Unanswered.cluster_id, start, people).where(Unanswered.cluster_id.in_(ids)).group_by(Unanswered.cluster_id, start)
    found = {(id, at.date()): n for id, at, n in session.execute(query)}
    today = datetime.now(TIME_ZONE).date()
    days = [today - timedelta(days=today.weekday(), weeks=back) for back in reversed(range(WEEKS))]
    return {id: [(day, found.get((id, day), 0)) for day in days] for id in ids}


def _chosen(rows: Sequence[Row[Any]], most: int) -> list[Row[Any]]:
    """The newest of each form, then the second ones: an editor sees at once in which forms it is asked."""
    turn: Counter[str] = Counter()
    ranked: list[tuple[int, int, Row[Any]]] = []
    for row in rows:
        turn[row.form] += 1
        ranked.append((turn[row.form], len(ranked), row))
    return [row for *_, row in sorted(ranked, key=lambda ranked: ranked[:2])[:most]]


def _texts(session: Session, ids: Sequence[int]) -> dict[int, str]:
    query = select(Unanswered.id, Unanswered.text_sealed).where(Unanswered.id.in_(ids))
    return {id: str(vault(session).unseal(sealed)) for id, sealed in session.execute(query)}


def _examples(rows: Sequence[Row[Any]], texts: dict[int, str]) -> list[Example]:
    """Each wording once."""
    known = {normalize(texts[row.id]): row for row in reversed(rows) if row.id in texts}
    return [Example(row.id, texts[row.id], row.form, row.why) for row in rows if row in known.values()]


def _nearest(rows: Iterable[Row[Any]], gone: Collection[str]) -> tuple[str, float]:
    """The entry that most came near to and that is not gone, and its mean probability; 0 when it was only said in vain."""
    weights: dict[str, float] = defaultdict(float)
    known: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        weights[row.nearest] += row.probability or _WEIGHT
        known[row.nearest] += [row.probability] if row.probability else []
    best = max(weights.keys() - {"", *gone}, key=lambda name: (weights[name], name), default="")
    return best, sum(known[best]) / len(known[best]) if known.get(best) else 0.0


def _counted(values: Iterable[str]) -> list[tuple[str, int]]:
    return Counter(value for value in values if value).most_common()
