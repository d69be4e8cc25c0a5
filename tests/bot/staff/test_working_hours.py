"""The calendar of a team: what is open, when it opens next, and the clock that runs only in working hours.

The quick answers are compared with a reference that looks at every single minute.
"""

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.staff import hours, teams
from bot.staff.hours import Calendar
from bot.tables import TeamDay

MINUTE, LOOKED_AT = timedelta(minutes=1), 4 * 24 * 60
OFFICE = "Mo-Fr 09:00-12:30,14:00-18:00; Sa 09:00-13:00"
BACK, FORTH = date(2026, 2, 15), date(2026, 3, 22)  # Morocco's clocks before and after Ramadan


def at(text: str) -> datetime:
    """Morocco's time."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=TIME_ZONE).astimezone(timezone.utc)


def shown(moment: datetime | None) -> str:
    return moment.astimezone(TIME_ZONE).strftime("%Y-%m-%d %H:%M") if moment else ""


# --- Against the slow reference

unhurried = settings(deadline=None)
library = lru_cache(lambda said: OpeningHours(_BESIDE.sub(", ", said), country="MA"))
_BESIDE = re.compile("; (?!PH)")  # one day after the other: to the library its hours would end the night before it


def open_then(calendar: Calendar, moment: datetime) -> bool:
    """What a person with a clock and the lists on the wall would say."""
    wall = moment.astimezone(TIME_ZONE)
    covering = [e for e in calendar.exceptions if e[0] <= wall.date() <= e[1]]
    if not covering:
        return bool(library(calendar.usual).is_open(wall.replace(tzinfo=None)))
    said = covering[0][2]
    return bool(said and library(said).is_open(wall.replace(tzinfo=None)))


def slowly(calendar: Calendar, start: datetime, minutes: int) -> datetime | None:
    """None: not within the days that are looked at."""
    moment, end = start, start + LOOKED_AT * MINUTE
    while minutes and moment < end:
        minutes -= open_then(calendar, moment)
        moment += MINUTE
    return None if minutes else moment


def changes(calendar: Calendar, start: datetime, wanted: bool) -> datetime | None:
    minutes = (start + n * MINUTE for n in range(LOOKED_AT))
    return next((moment for moment in minutes if open_then(calendar, moment) is wanted), None)


@st.composite
def times(draw: st.DrawFn) -> str:
    """One or two times of a day, or one that goes past midnight."""
    minutes = sorted(draw(st.lists(st.integers(0, 96), min_size=2, max_size=4, unique=True)))
    pairs = list(zip(minutes[::2], minutes[1::2]))
    clock = [f"{a // 4:02}:{a % 4 * 15:02}-{b // 4:02}:{b % 4 * 15:02}" for a, b in pairs]
    return draw(st.sampled_from([",".join(clock), "20:00-02:30", "00:00-24:00"]))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    days = draw(st.lists(st.sampled_from(["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]), min_size=1, max_size=7, unique=True))
    usual = "; ".join(f"{day} {draw(times())}" for day in days) + draw(st.sampled_from(["", "; PH off"]))
    rows = draw(st.lists(st.tuples(st.integers(-3, 4), st.integers(0, 5), st.one_of(st.just(""), times())), max_size=3))
    middle = draw(st.sampled_from([BACK, FORTH, date(2026, 11, 18)]))
    return Calendar(usual, tuple((middle + timedelta(first), middle + timedelta(first + length), said) for first, length, said in rows))


MOMENTS = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + minutes * MINUTE,
    st.sampled_from([BACK - timedelta(1), FORTH - timedelta(1), date(2026, 11, 17)]),
    st.integers(0, 2 * 24 * 60),
)


@unhurried
@given(calendars(), MOMENTS)
def test_open_is_what_the_clock_on_the_wall_says(calendar: Calendar, moment: datetime) -> None:
    every_hour = [moment + n * 37 * MINUTE for n in range(100)]
    assert [calendar.is_open(m) for m in every_hour] == [open_then(calendar, m) for m in every_hour]


@unhurried
@given(calendars(), MOMENTS, st.integers(1, 700))
@example(Calendar("Mo-Su 02:00-03:00"), at("2026-02-15 00:00"), 90)  # this hour comes twice
@example(Calendar("Mo-Su 01:30-04:00"), at("2026-03-22 00:00"), 60)  # this one not at all
def test_working_minutes_are_those_that_a_slow_count_finds(calendar: Calendar, moment: datetime, minutes: int) -> None:
    found, expected = calendar.after_working(moment, minutes), slowly(calendar, moment, minutes)
    assert found == expected if expected else found >= moment + LOOKED_AT * MINUTE


@unhurried
@given(calendars(), MOMENTS)
def test_the_next_opening_and_the_next_closing_are_the_first_ones(calendar: Calendar, moment: datetime) -> None:
    end = moment + LOOKED_AT * MINUTE
    for found, expected in (
        (calendar.next_opening(moment), changes(calendar, moment, wanted=True)),
        (calendar.next_closing(moment), changes(calendar, moment, wanted=False)),
    ):
        assert found == expected if expected else found is None or found >= end


# --- By example


@pytest.mark.parametrize(
    ("moment", "minutes", "due"),
    [
        ("2026-11-23 09:00", 60, "2026-11-23 10:00"),
        ("2026-11-23 12:00", 60, "2026-11-23 14:30"),  # lunch does not count
        ("2026-11-23 17:30", 60, "2026-11-24 09:30"),
        ("2026-11-23 17:00", 60, "2026-11-23 18:00"),  # the last minute of the day still counts
        ("2026-11-28 15:00", 30, "2026-11-30 09:30"),  # Saturday afternoon
    ],
)
def test_the_clock_stands_still_while_the_team_is_closed(moment: str, minutes: int, due: str) -> None:
    assert shown(Calendar(OFFICE).after_working(at(moment), minutes)) == due


def test_where_hours_are_not_known_the_clock_simply_runs() -> None:
    assert shown(Calendar("").after_working(at("2026-11-28 15:00"), 90)) == "2026-11-28 16:30"


def test_a_team_that_never_opens_has_no_clock() -> None:
    assert shown(Calendar("2020 Mo-Fr 09:00-18:00").after_working(at("2026-11-28 15:00"), 90)) == "2026-11-28 16:30"


@pytest.mark.parametrize("said", ["", "call first", "Mo-Sa", "Mo-Fr 09:00-18:00 unknown"])
def test_hours_that_say_nothing_are_not_known(said: str) -> None:
    monday = at("2026-11-23 10:00")
    calendar = Calendar(said)
    assert (calendar.is_open(monday), calendar.next_opening(monday), calendar.next_closing(monday)) == (None, None, None)


def test_a_day_with_hours_of_its_own_is_known_also_where_the_others_are_not() -> None:
    calendar = Calendar("", ((date(2026, 11, 23), date(2026, 11, 23), "10:00-14:00"),))
    noon = at("2026-11-23 12:00")
    assert calendar.is_open(noon) is True and shown(calendar.next_closing(noon)) == "2026-11-23 14:00"
    assert calendar.is_open(at("2026-11-24 12:00")) is None


def test_a_team_that_never_closes_is_open_without_end() -> None:
    calendar = Calendar("24/7")
    assert calendar.is_open(at("2026-11-23 03:00")) is True and calendar.next_closing(at("2026-11-23 03:00")) is None


def test_public_holidays_are_closed_where_the_hours_say_so() -> None:
    assert Calendar(f"{OFFICE}; PH off").is_open(at("2026-11-18 10:00")) is False


# --- Stored


@pytest.fixture
def ramadan(session: Session) -> Session:
    """A team with usual hours, shorter ones in Ramadan, and a holiday in the middle of it that was noted before."""
    team = teams.first(session)
    team.hours = OFFICE
    session.add(TeamDay(team_id=team.id, first=date(2026, 3, 2), last=date(2026, 3, 2)))
    session.flush()
    session.add(TeamDay(team_id=team.id, first=date(2026, 2, 18), last=date(2026, 3, 19), hours="Mo-Fr 09:00-15:00"))
    session.flush()
    return session


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-02-17 17:00", True, "2026-02-17 17:00"),  # the day before
        ("2026-02-18 16:00", False, "2026-02-19 09:00"),
        ("2026-02-18 13:00", True, "2026-02-18 13:00"),  # usually lunch
        ("2026-03-02 10:00", False, "2026-03-03 09:00"),  # the holiday is narrower
        ("2026-03-19 15:00", False, "2026-03-20 09:00"),
        ("2026-03-20 17:00", True, "2026-03-20 17:00"),
    ],
)
def test_other_hours_on_some_days(ramadan: Session, moment: str, is_open: bool, opens: str) -> None:
    team = teams.first(ramadan)
    assert hours.is_open(ramadan, team, at(moment)) is is_open
    assert shown(hours.next_opening(ramadan, team, at(moment))) == opens


def test_of_two_exceptions_as_narrow_the_one_made_last_wins(ramadan: Session) -> None:
    team = teams.first(ramadan)
    ramadan.add(TeamDay(team_id=team.id, first=date(2026, 3, 2), last=date(2026, 3, 2), hours="10:00-11:00"))
    ramadan.flush()
    assert hours.is_open(ramadan, team, at("2026-03-02 10:30")) is True


def test_the_clock_of_a_question_in_ramadan(ramadan: Session) -> None:
    assert shown(hours.after_working(ramadan, teams.first(ramadan), at("2026-02-27 14:30"), 60)) == "2026-03-03 09:30"


def test_morocco_puts_its_clocks_back_for_ramadan(ramadan: Session) -> None:
    """Nine in the morning is an hour later in UTC then."""
    team = teams.first(ramadan)
    before, during = (hours.next_opening(ramadan, team, at(f"2026-02-{day} 00:00")) for day in (13, 16))
    assert before and during
    assert (before.hour, during.hour) == (8, 9)


def test_exceptions_of_another_team_do_not_count(ramadan: Session) -> None:
    other = teams.Team(name="Other", hours=OFFICE)
    ramadan.add(other)
    ramadan.flush()
    assert hours.is_open(ramadan, other, at("2026-03-02 10:00")) is True


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [("2026-11-23 10:00", True, "2026-11-23 12:30"), ("2026-11-23 13:00", False, "2026-11-23 14:00")],
)
def test_what_is_so_now_and_until_when(ramadan: Session, moment: str, is_open: bool, until: str) -> None:
    found = hours.now(ramadan, teams.first(ramadan), at(moment))
    assert (found.open, shown(found.until)) == (is_open, until)
