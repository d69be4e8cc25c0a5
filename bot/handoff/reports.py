"""Figures of the work on cases, for a period and the one before it. All are about cases that were opened in the period."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select, true
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session, join, outerjoin
from sqlalchemy.sql.roles import FromClauseRole

from bot import clock
from bot.errors import NotFound, Refused
from bot.handoff import small_numbers
from bot.handoff.figures import Late, Line, Number, Pair, Period, Report, Spell
from bot.staff import teams
from bot.staff.rights import Right, may
from bot.tables import Case, Conversation, EntryRow, Referral, Staff, Team

LONGEST = 3 * 366  # days of a period
_STEPS = {"day": timedelta(days=1), "week": timedelta(days=7)}
PLAIN = ("form", "outcome", "urgency", "place", "satisfaction")  # counted as they stand in the case


@dataclass(frozen=True)
class Scope:
    """Which cases are counted: of these teams, nobody's practice, opened in the period or the one before."""

    period: Period
    team_ids: tuple[int, ...]

    @property
    def where(self) -> tuple[ColumnElement[bool], ...]:
        since, until = Case.opened_at >= self.period.before.start, Case.opened_at < self.period.end
        return Case.team_id.in_(self.team_ids), Case.practice_of.is_(None), since, until

    @property
    def each(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """The period, and the one before."""
        return Case.opened_at >= self.period.start, Case.opened_at < self.period.start

    @property
    def pair(self) -> tuple[ColumnElement[int], ColumnElement[int]]:
        now, before = self.each
        return func.count().filter(now), func.count().filter(before)


def period(first: str, last: str, days: int, today: date) -> Period:
    """From what a form says: two dates, or the last so many days."""
    if not first and not last:
        return Period(today - timedelta(days=min(max(days, 1), LONGEST) - 1), today)
    try:
        found = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError as error:
        raise Refused("report.no_date") from error
    if not 1 <= found.days <= LONGEST or found.last > today:
        raise Refused("report.no_period")
    return found


def teams_of(session: Session, person: Staff) -> list[Team]:
    """Whose figures this person reads: who works on the cases of one team, that team's; who works on none, everybody's."""
    everybody = may(person, Right.ALL_TEAMS) or not may(person, Right.CASES)
    return [team for team in teams.all_teams(session) if everybody or team.id == person.team_id]


def read(session: Session, person: Staff, asked: Period, team_id: int = 0) -> Report:
    """`team_id` 0: all teams whose figures this person reads."""
    allowed = teams_of(session, person)
    chosen = tuple(team.id for team in allowed if team_id in (0, team.id))
    if not chosen:
        raise NotFound("There is no such team.")
    scope = Scope(asked, chosen)
    tables = _tables(session, scope) | (_by_caseworker(session, scope) if may(person, Right.LEAD) else {})
    opened = Pair(*session.execute(select(*scope.pair).where(*scope.where)).one())
    found = Report(asked, allowed, opened, tables, *_times(session, scope), _week(session, scope), _course(session, scope))
    return found if may(person, Right.CASES) else small_numbers.guarded(found)


def _tables(session: Session, scope: Scope) -> dict[str, list[Line]]:
    talks = join(Case, Conversation, Conversation.id == Case.conversation_id)
    referrals = join(Case, Referral, Referral.case_id == Case.id)
    return {
        "topic": _by_topic(session, scope),
        **{name: _lines(session, scope, getattr(Case, name)) for name in PLAIN},
        "channel": _lines(session, scope, Conversation.channel, talks),
        "referral": _lines(session, scope, Referral.state, referrals),
    }


def _by_topic(session: Session, scope: Scope) -> list[Line]:
    """What caseworkers chose at the end (a case may count twice), else the topic of the answer that was read last."""
    guessed = func.jsonb_build_array(func.coalesce(EntryRow.topic, ""))
    chosen = sql_case((func.jsonb_array_length(Case.topics) > 0, Case.topics), else_=guessed)
    topic = func.jsonb_array_elements_text(chosen).table_valued("value").lateral()
    entries = outerjoin(Case, EntryRow, EntryRow.id == Case.topic)
    return _lines(session, scope, topic.c.value, join(entries, topic, true()))


def _by_caseworker(session: Session, scope: Scope) -> dict[str, list[Line]]:
    lines = _lines(session, scope, Case.assignee_id)
    people = session.scalars(select(Staff).where(Staff.id.in_([line.key for line in lines if line.key])))
    names = {str(person.id): person.name for person in people}
    return {"caseworker": [line._replace(key=names.get(line.key, "")) for line in lines]}


def _lines(session: Session, scope: Scope, key: SQLColumnExpression[Any], source: FromClauseRole | type[Case] = Case) -> list[Line]:
    """The commonest first."""
    now, before = scope.pair
    query = select(key, now, before).select_from(source).where(*scope.where).group_by(key)
    found = session.execute(query.order_by(now.desc(), before.desc(), key))
    return [Line("" if row[0] is None else str(row[0]), row[1], row[2]) for row in found]


def _times(session: Session, scope: Scope) -> tuple[dict[str, tuple[Spell, Spell]], tuple[Late, Late]]:
    """By the clock, nights and holidays included; whether an answer was late goes by the hours of the team."""
    spans = {"taken": Case.taken_at - Case.opened_at, "answered": Case.answered_at - Case.opened_at}
    columns = [column for span in spans.values() for when in scope.each for column in _spell(span, when)]
    late = func.coalesce(Case.answered_at, Case.closed_at, func.clock_timestamp()) > Case.first_due_at
    due = [func.count(Case.first_due_at).filter(when, *more) for when in scope.each for more in ((), (late,))]
    row = tuple(session.execute(select(*columns, *due).where(*scope.where)).one())
    found = [Spell(*row[n : n + 3]) for n in range(0, len(columns), 3)]
    spells = {name: (found[2 * n], found[2 * n + 1]) for n, name in enumerate(spans)}
    return spells, (Late(*row[-4:-2]), Late(*row[-2:]))


def _spell(span: ColumnElement[Any], when: ColumnElement[bool]) -> Iterator[ColumnElement[Any]]:
    seconds = sql_case((when, func.extract("epoch", span)))
    yield func.count(seconds)
    yield from (func.percentile_cont(share).within_group(seconds) for share in (0.5, 0.9))


def _week(session: Session, scope: Scope) -> list[list[Number]]:
    opened = clock.local(Case.opened_at)
    day, hour = func.extract("isodow", opened), func.extract("hour", opened)
    query = select(day, hour, func.count()).where(*scope.where, scope.each[0]).group_by(day, hour)
    found = {(int(d), int(h)): count for d, h, count in session.execute(query)}
    return [[found.get((d, h), 0) for h in range(24)] for d in range(1, 8)]


def _course(session: Session, scope: Scope) -> list[tuple[date, Number]]:
    start = func.date_trunc(scope.period.unit, clock.local(Case.opened_at))
    query = select(start, func.count()).where(*scope.where, scope.each[0]).group_by(start)
    found = {at.date(): count for at, count in session.execute(query)}
    return [(max(day, scope.period.first), found.get(day, 0)) for day in _starts(scope.period)]


def _starts(asked: Period) -> Iterator[date]:
    """The first day of each bar; of the first one it may lie before the period."""
    back = {"day": 0, "week": asked.first.weekday(), "month": asked.first.day - 1}[asked.unit]
    start = asked.first - timedelta(days=back)
    while start <= asked.last:
        yield start
        start = (start.replace(day=1) + timedelta(days=32)).replace(day=1) if asked.unit == "month" else start + _STEPS[asked.unit]
