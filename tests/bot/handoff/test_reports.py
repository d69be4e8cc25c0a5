"""Figures against cases made by hand: times, groups, the period before; practice and other teams left out; small groups not told."""

import random
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.errors import NotFound, Refused
from bot.handoff import cases, clocks, reports
from bot.handoff.figures import Hidden, Late, Line, Pair, Period, Spell
from bot.handoff.small_numbers import guard
from bot.messaging import conversations
from bot.tables import Case, EntryRow, Referral, Staff, Team

FEW, OTHER = Hidden.FEW, Hidden.OTHER
MARCH = Period(date(2026, 3, 1), date(2026, 3, 10))
NOON = datetime(2026, 3, 4, 12, 30, tzinfo=TIME_ZONE)  # a Wednesday in Ramadan: Morocco is on UTC
Make = Callable[..., Case]


def somebody(session: Session, role: str, team_id: int = 1) -> Staff:
    person = Staff(email=f"{uuid.uuid4()}@example.org", name="Salma", role=role, password_hash="", team_id=team_id)
    session.add(person)
    session.flush()
    return person


@pytest.fixture
def boss(session: Session) -> Staff:
    return somebody(session, "administrator")


@pytest.fixture
def make(session: Session) -> Make:
    """A case opened at noon; `taken`, `answered`, `due`: minutes later."""

    def case(at: datetime = NOON, channel: str = "webchat", **values: object) -> Case:
        for name, column in (("taken", "taken_at"), ("answered", "answered_at"), ("due", "first_due_at")):
            if name in values:
                values[column] = at + timedelta(minutes=float(str(values.pop(name))))
        talk = conversations.find_or_create(session, channel, str(uuid.uuid4()))
        made = Case(conversation_id=talk, **{"reason": "asked", "state": "closed", "opened_at": at, **values})
        session.add(made)
        session.flush()
        return made

    return case


def many(make: Make, count: int, **values: object) -> None:
    for _ in range(count):
        make(**values)


# --- The period


def test_the_last_days_end_today() -> None:
    assert reports.period("", "", 7, date(2026, 3, 10)) == Period(date(2026, 3, 4), date(2026, 3, 10))


def test_two_dates_are_a_period_of_whole_days_in_morocco() -> None:
    found = reports.period("2026-03-01", "2026-03-10", 7, date(2026, 3, 10))
    assert found == MARCH and found.days == 10
    assert found.before == Period(date(2026, 2, 19), date(2026, 2, 28))
    july = Period(date(2026, 7, 1), date(2026, 7, 1))
    assert july.start == datetime(2026, 6, 30, 23, tzinfo=timezone.utc) and july.end - july.start == timedelta(days=1)


@pytest.mark.parametrize(
    "first, last", [("2026-03-10", "2026-03-01"), ("2020-01-01", "2026-03-01"), ("2026-03-01", "2027-01-01"), ("1 mars", ""), ("", "x")]
)
def test_what_is_no_period_is_refused(first: str, last: str) -> None:
    with pytest.raises(Refused):
        reports.period(first, last, 7, date(2026, 3, 10))


def test_only_cases_opened_in_the_period_count_and_those_before_beside_them(session: Session, boss: Staff, make: Make) -> None:
    for day in (date(2026, 2, 18), date(2026, 2, 19), date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 10), date(2026, 3, 11)):
        make(datetime(day.year, day.month, day.day, 0, 0, tzinfo=TIME_ZONE))
    assert reports.read(session, boss, MARCH).opened == Pair(2, 2)


# --- Whose figures


def test_a_supervisor_reads_the_own_team_and_a_manager_all(session: Session, boss: Staff, make: Make) -> None:
    other = Team(name="Tiznit")
    session.add(other)
    session.flush()
    many(make, 5, team_id=other.id), many(make, 6)
    chief, manager = somebody(session, "supervisor", other.id), somebody(session, "manager")
    assert [reports.read(session, who, MARCH).opened.now for who in (chief, manager, boss)] == [5, 11, 11]
    assert reports.read(session, manager, MARCH, other.id).opened.now == 5
    assert [team.name for team in reports.read(session, chief, MARCH).teams] == ["Tiznit"]
    with pytest.raises(NotFound):
        reports.read(session, chief, MARCH, 1)


def test_practice_counts_nowhere(session: Session, boss: Staff, make: Make) -> None:
    make(practice_of=boss.id, taken=1, answered=1, due=0, form="fr", assignee_id=boss.id)
    found = reports.read(session, boss, MARCH)
    assert found.opened == Pair(0, 0) and all(lines == [] for lines in found.tables.values())
    assert sum(sum(day) for day in found.week) + sum(n for _, n in found.course) == 0
    assert found.late[0] == Late(0, 0) and found.spells["taken"][0] == Spell(0, None, None)


def test_only_who_leads_sees_how_many_each_caseworker_has(session: Session, boss: Staff, make: Make) -> None:
    worker = somebody(session, "caseworker")
    many(make, 2, assignee_id=worker.id), make()
    assert reports.read(session, boss, MARCH).tables["caseworker"] == [Line("Salma", 2, 0), Line("", 1, 0)]
    assert "caseworker" in reports.read(session, somebody(session, "supervisor"), MARCH).tables
    assert "caseworker" not in reports.read(session, somebody(session, "manager"), MARCH).tables


# --- Times


def test_waiting_times_are_the_median_and_what_nine_of_ten_do_not_exceed(session: Session, boss: Staff, make: Make) -> None:
    for minutes in range(1, 12):
        make(taken=minutes, answered=10 * minutes)
    make()
    make(NOON - timedelta(days=10), taken=7)
    found = reports.read(session, boss, MARCH).spells
    assert found["taken"] == (Spell(11, 360, 600), Spell(1, 420, 420))
    assert found["answered"] == (Spell(11, 3600, 6000), Spell(0, None, None))


def test_times_are_those_that_a_plain_count_finds(session: Session, boss: Staff, make: Make) -> None:
    chance = random.Random(5)
    minutes = sorted(chance.uniform(0, 3000) for _ in range(41))
    for each in chance.sample(minutes, 41):
        make(taken=each)
    found = reports.read(session, boss, MARCH).spells["taken"][0]
    assert found.median == pytest.approx(60 * minutes[20]) and found.p90 == pytest.approx(60 * minutes[36])


def test_late_is_what_was_answered_too_late_or_not_at_all(session: Session, boss: Staff, make: Make) -> None:
    make(due=60, answered=59), make(due=60, answered=61), make(due=60, state="waiting"), make(answered=500)
    make(due=60, closed_at=NOON + timedelta(minutes=30)), make(due=60, closed_at=NOON + timedelta(minutes=90))
    make(NOON - timedelta(days=10), due=60, answered=70)
    assert reports.read(session, boss, MARCH).late == (Late(5, 3), Late(1, 1))


def test_when_the_first_answer_was_due_is_kept(session: Session, make: Make) -> None:
    """Also when the case was raised, and when later questions have times of their own."""
    case = make(datetime.now(timezone.utc), state="waiting")
    clocks.asked(session, case)
    first = case.first_due_at
    assert first and first == case.due_at
    cases.open_case(session, conversations.get(session, case.conversation_id), "urgent", "medical")
    assert case.first_due_at == case.due_at and case.due_at < first
    due = case.first_due_at
    clocks.answered(case)
    clocks.asked(session, case)
    assert case.first_due_at == due and case.due_at != due


# --- Groups


def test_cases_are_counted_by_what_stands_in_them(session: Session, boss: Staff, make: Make) -> None:
    many(make, 2, form="ary-Latn", outcome="answered", urgency="violence", place="inezgane", satisfaction=3, channel="whatsapp")
    make(form="fr", outcome="no_reply", satisfaction=1)
    make(NOON - timedelta(days=10), form="ar")
    found = reports.read(session, boss, MARCH).tables
    assert found["form"] == [Line("ary-Latn", 2, 0), Line("fr", 1, 0), Line("ar", 0, 1)]
    assert found["outcome"] == [Line("answered", 2, 0), Line("no_reply", 1, 0), Line("", 0, 1)]
    assert found["urgency"] == [Line("violence", 2, 0), Line("", 1, 1)] and found["place"] == [Line("inezgane", 2, 0), Line("", 1, 1)]
    assert found["satisfaction"] == [Line("3", 2, 0), Line("1", 1, 0), Line("", 0, 1)]
    assert found["channel"] == [Line("whatsapp", 2, 0), Line("webchat", 1, 1)]


def test_topics_are_those_chosen_at_the_end_else_of_the_answer_read_last(session: Session, boss: Staff, make: Make) -> None:
    session.add(EntryRow(id="work_unpaid_wages", topic="work", body={}, seed_hash=""))
    make(topics=["work", "housing"]), make(topic="work_unpaid_wages"), make(topic="an entry that is gone"), make()
    make(topics=["health"], topic="work_unpaid_wages")
    found = reports.read(session, boss, MARCH).tables["topic"]
    assert sorted(found) == [Line("", 2, 0), Line("health", 1, 0), Line("housing", 1, 0), Line("work", 2, 0)]


def test_referrals_are_counted_by_their_state(session: Session, boss: Staff, make: Make) -> None:
    for state in ("agreed", "agreed", "done"):
        session.add(Referral(case_id=make().id, staff_id=boss.id, state=state, shared_sealed=b""))
    assert reports.read(session, boss, MARCH).tables["referral"] == [Line("agreed", 2, 0), Line("done", 1, 0)]


def test_the_load_is_by_the_clock_in_morocco(session: Session, boss: Staff, make: Make) -> None:
    make(), make(datetime(2026, 3, 8, 23, 59, tzinfo=timezone.utc)), make(NOON - timedelta(days=10))
    week = reports.read(session, boss, MARCH).week
    assert week[2][12] == 1 and week[6][23] == 1 and sum(map(sum, week)) == 2
    july = Period(date(2026, 7, 6), date(2026, 7, 6))  # summer time: an hour ahead of UTC
    make(datetime(2026, 7, 5, 23, 30, tzinfo=timezone.utc))
    assert reports.read(session, boss, july).week[0][0] == 1


@pytest.mark.parametrize(
    "days, first, count", [(10, date(2026, 3, 1), 10), (60, date(2026, 1, 10), 10), (365, date(2025, 3, 11), 13), (1, date(2026, 3, 10), 1)]
)
def test_the_course_has_no_gaps(session: Session, boss: Staff, make: Make, days: int, first: date, count: int) -> None:
    """10 days, 60 days (weeks), a year (months): every case once."""
    chance, last = random.Random(days), date(2026, 3, 10)
    asked = Period(last - timedelta(days=days - 1), last)
    for _ in range(20):
        make(asked.start + chance.random() * (asked.end - asked.start))
    course = reports.read(session, boss, asked).course
    assert [day for day, _ in course] == sorted({day for day, _ in course}) and course[0][0] == first
    assert len(course) == count and sum(n for _, n in course) == 20


# --- Small groups


@pytest.mark.parametrize(
    "counts, told",
    [
        ([9, 7, 0], [9, 7, 0]),
        ([40, 9, 7, 2], [40, 9, OTHER, FEW]),
        ([40, 3, 2], [40, FEW, FEW]),
        ([40, 9, 1, 1], [40, OTHER, FEW, FEW]),
        ([40, 4], [OTHER, FEW]),
        ([3], [FEW]),
        ([], []),
    ],
)
def test_a_small_group_is_not_told_nor_follows_from_the_others(counts: list[int], told: list[object]) -> None:
    assert guard(counts) == told


def test_whatever_the_counts_no_small_one_can_be_worked_out() -> None:
    """Whoever knows the total knows what the hidden ones add up to: it is shared by several, and is not small itself."""
    chance = random.Random(1)
    for _ in range(2000):
        counts = [chance.choice((0, 1, 2, 3, 4, 5, 8, 30)) for _ in range(chance.randint(1, 7))]
        told = guard(counts)
        hidden = [count for count, n in zip(counts, told) if isinstance(n, Hidden)]
        assert not [n for n in told if isinstance(n, int) and 0 < n < 5]
        assert not hidden or sum(map(bool, counts)) == len(hidden) or (len(hidden) > 1 and sum(hidden) >= 5)


def test_a_manager_is_not_told_small_groups_and_a_caseworkers_chief_is(session: Session, boss: Staff, make: Make) -> None:
    many(make, 8, form="fr", taken=5, answered=6, due=10), many(make, 6, form="ar"), many(make, 2, form="en", urgency="medical", due=-1)
    manager = reports.read(session, somebody(session, "manager"), MARCH)
    assert manager.tables["form"] == [Line("fr", 8, 0), Line("ar", OTHER, 0), Line("en", FEW, 0)]
    assert manager.tables["urgency"] == [Line("", OTHER, 0), Line("medical", FEW, 0)]
    assert (manager.opened, manager.late[0]) == (Pair(16, 0), Late(OTHER, OTHER))
    assert manager.spells["taken"][0] == Spell(8, 300, 300)
    assert reports.read(session, boss, MARCH).tables["form"] == [Line("fr", 8, 0), Line("ar", 6, 0), Line("en", 2, 0)]


def test_of_a_few_cases_a_manager_is_told_nothing(session: Session, make: Make) -> None:
    many(make, 3, form="fr", taken=5, due=10)
    found = reports.read(session, somebody(session, "manager"), MARCH)
    assert found.opened == Pair(FEW, 0) and found.spells["taken"][0] == Spell(FEW, None, None)
    assert found.week[2][12] is FEW and [n for _, n in found.course if n] == [FEW] and found.late[0] == Late(OTHER, OTHER)
