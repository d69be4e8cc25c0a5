"""The lists of cases: who waits, who has what, what is over. Practice is on none of them."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, tuple_
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from bot.faq import entries
from bot.handoff import clocks, latest, notes
from bot.handoff.thread import Bubble
from bot.language.normalize import normalize
from bot.staff.rights import visible
from bot.tables import Case, Conversation, EntryRow, Staff, Team

VIEWS = ("mine", "waiting", "urgent", "all", "closed")
ANY = "any"  # every kind of danger
PAGE = 50
MOST_WORDS = 8
OPEN = Case.state != "closed"
FORM = func.coalesce(func.nullif(Conversation.form, ""), Case.form)
_RANK = sql_case((Case.urgency != "", 0), else_=2) + sql_case((Case.state == "waiting", 0), else_=1)
_AFTER = re.compile(r"([0-3])\.(\d{1,16})\.(\d{1,9})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICRO = timedelta(microseconds=1)
Words = Mapping[str, str]


@dataclass(frozen=True)
class Wanted:
    """Which cases are looked for; what is empty does not matter. `topic`: of the content. `after`: where the page before ended.

    `text` is looked for in the facts of a case and in its notes; `called`: how the page calls stored values, by kind (place, outcome,
    channel, topic), since people look for what they read."""

    view: str = "all"
    urgency: str = ""
    topic: str = ""
    form: str = ""
    channel: str = ""
    place: str = ""
    assignee: uuid.UUID | None = None
    team: int = 0
    overdue: bool = False
    text: str = ""
    after: str = ""
    called: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One case of a list. `titles`: of the entry that was last answered, by form. `last`: what the person said last."""

    case: Case
    channel: str
    form: str
    holder: str
    team: str
    titles: dict[str, str]
    last: Bubble | None

    @property
    def overdue(self) -> bool:
        return clocks.is_overdue(self.case, datetime.now(timezone.utc))


@dataclass(frozen=True)
class Listing:
    """A page of a list. `counts`: how many each view has, filters applied. `after`: for the next page; empty on the last one."""

    lines: list[Line]
    counts: dict[str, int]
    after: str


def read(session: Session, person: Staff, wanted: Wanted) -> Listing:
    """Open cases: those that wait before those that somebody has, of each the urgent ones first, then who waits longest. Closed ones: the
    newest first."""
    which = and_(visible(person), Case.practice_of.is_(None), *_filters(wanted), _search(session, wanted))
    rows = session.execute(_page(person, wanted, which)).all()
    more = f"{_place(rows[PAGE - 1][0], wanted.view)}" if len(rows) > PAGE else ""
    return Listing(_lines(session, list(rows[:PAGE])), _counts(session, person, which), more)


def alarm(session: Session, person: Staff) -> list[int]:
    """Urgent cases that nobody has taken."""
    waiting = select(Case.id).where(Case.state == "waiting", Case.urgency != "", visible(person), Case.practice_of.is_(None))
    return list(session.scalars(waiting.order_by(Case.opened_at, Case.id)))


def places(session: Session, person: Staff) -> list[str]:
    """Places of the cases that this person may see."""
    query = select(Case.place).where(Case.place != "", visible(person), Case.practice_of.is_(None))
    return list(session.scalars(query.distinct().order_by(Case.place)))


def _views(person: Staff) -> dict[str, ColumnElement[bool]]:
    return {
        "mine": and_(Case.state == "taken", Case.assignee_id == person.id),
        "waiting": Case.state == "waiting",
        "urgent": and_(OPEN, Case.urgency != ""),
        "all": OPEN,
        "closed": Case.state == "closed",
    }


def _counts(session: Session, person: Staff, which: ColumnElement[bool]) -> dict[str, int]:
    counts = (func.count().filter(view).label(name) for name, view in _views(person).items())
    return dict(session.execute(select(*counts).select_from(Case).where(which)).one()._mapping)


def _page(person: Staff, wanted: Wanted, which: ColumnElement[bool]) -> Select[Any]:
    """One line more than a page has, which tells whether there is another page. Thousands of cases are sorted by their numbers alone."""
    newest_first = (Case.closed_at.desc(), Case.id.desc())
    order = newest_first if wanted.view == "closed" else (_RANK, Case.opened_at, Case.id)
    ids = select(Case.id).where(which, _views(person)[wanted.view], _beyond(wanted)).order_by(*order).limit(PAGE + 1)
    query = select(Case, Conversation.channel, FORM, Staff.name, Team.name).join(Team, Team.id == Case.team_id)
    query = query.join(Conversation, Conversation.id == Case.conversation_id).outerjoin(Staff, Staff.id == Case.assignee_id)
    return query.where(Case.id.in_(ids)).order_by(*order)


def _place(case: Case, view: str) -> str:
    """Where a case stands in its list, for an address. Cases that come or go meanwhile move no other one over the edge of a page."""
    at = (case.closed_at if view == "closed" else case.opened_at) or _EPOCH
    rank = (0 if case.urgency else 2) + (0 if case.state == "waiting" else 1)
    return f"{rank}.{(at - _EPOCH) // _MICRO}.{case.id}"


def _beyond(wanted: Wanted) -> ColumnElement[bool]:
    """What comes after that place; everything, when it is none."""
    found = _AFTER.fullmatch(wanted.after)
    if found is None:
        return literal(True)
    rank, at, case_id = int(found[1]), _EPOCH + int(found[2]) * _MICRO, int(found[3])
    if wanted.view == "closed":
        return tuple_(Case.closed_at, Case.id) < tuple_(literal(at), literal(case_id))
    return tuple_(_RANK, Case.opened_at, Case.id) > tuple_(literal(rank), literal(at), literal(case_id))


def _lines(session: Session, rows: list[Any]) -> list[Line]:
    last = latest.of(session, [case.id for case, *_ in rows])
    titles = entries.titles(session, [case.topic for case, *_ in rows if case.topic])
    return [Line(c, channel, form, name or "", team, titles.get(c.topic, {}), last.get(c.id)) for c, channel, form, name, team in rows]


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    of_topic = Case.topic.in_(select(EntryRow.id).filter_by(topic=wanted.topic)) | Case.topics.contains([wanted.topic])
    given = (
        (wanted.urgency == ANY, Case.urgency != ""),
        (wanted.urgency not in ("", ANY), Case.urgency == wanted.urgency),
        (wanted.topic, of_topic),
        (wanted.form, select(Conversation.id).where(Conversation.id == Case.conversation_id, FORM.in_([wanted.form])).exists()),
        (wanted.channel, _by([wanted.channel])),
        (wanted.place, Case.place == wanted.place),
        (wanted.assignee, Case.assignee_id == wanted.assignee),
        (wanted.team, Case.team_id == wanted.team),
        (wanted.overdue, Case.due_at < func.clock_timestamp()),
    )
    return [condition for asked, condition in given if asked]


def _by(channels: list[str]) -> ColumnElement[bool]:
    return Case.conversation_id.in_(select(Conversation.id).where(Conversation.channel.in_(channels)))


def _search(session: Session, wanted: Wanted) -> ColumnElement[bool]:
    """Every word of the text stands in a fact of the case, or the text in a note on it."""
    words = normalize(wanted.text).split()[:MOST_WORDS]
    if not words:
        return literal(True)
    known = _known(session, wanted.called)
    facts = and_(*(_fact(word, known) for word in words))
    return or_(facts, Case.id.in_(notes.matching(session, wanted.text)))


def _known(session: Session, called: Mapping[str, Words]) -> dict[str, dict[Any, str]]:
    """By kind, the words for each value that it may have. Small tables: compared here, where accents and letters are folded."""
    topics, rows = called.get("topic", {}), session.execute(select(EntryRow.id, EntryRow.topic, EntryRow.body["titles"]))
    titles = {i: " ".join((topics.get(topic, topic), *(named or {}).values())) for i, topic, named in rows}
    names = {i: name for i, name in session.execute(select(Staff.id, Staff.name))}
    everything: dict[str, Mapping[Any, str]] = {**called, "topic": titles, "name": names}
    return {kind: {value: normalize(words) for value, words in named.items()} for kind, named in everything.items()}


def _fact(word: str, known: dict[str, dict[Any, str]]) -> ColumnElement[bool]:
    fitting = {kind: [value for value, words in named.items() if word in words] for kind, named in known.items()}
    columns = {"topic": Case.topic, "name": Case.assignee_id, "place": Case.place, "outcome": Case.outcome, "urgency": Case.urgency}
    found = [column.in_(fitting[kind]) for kind, column in columns.items() if fitting.get(kind)]
    number = [Case.id == int(word)] if word.isascii() and word.isdigit() and len(word) < 10 else []
    return or_(false(), *number, *found, *([_by(fitting["channel"])] if fitting.get("channel") else []))
