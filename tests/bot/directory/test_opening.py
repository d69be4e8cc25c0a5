"""Open, closed, by appointment or unknown, in Morocco in 2027. Every date is written down here; only the clock is tzdata's."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.clock import TIME_ZONE
from bot.directory.opening import Days, Opening, Timetable, opening, shown_today
from bot.tables import Holiday, Service

OFFICE = "Mo-Fr 08:30-16:30; PH off"
RAMADAN = Holiday(kind="ramadan", first=date(2027, 2, 8), last=date(2027, 3, 9), names={})  # as somebody may enter it
EID = Holiday(kind="holiday", first=date(2027, 3, 10), last=date(2027, 3, 11), names={"fr": "Aïd al-Fitr"})
NEW = Holiday(kind="holiday", first=date(2027, 11, 1), last=date(2027, 11, 1), names={})
KNOWN, NOTHING = Days.of([RAMADAN, EID, NEW]), Days()


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=TIME_ZONE)


def state(usual: str, moment: datetime, days: Days = KNOWN, **more: Any) -> str:
    return opening(Timetable(usual, **more), moment, days).state


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=timezone.utc)


# --- The clock: UTC all year, since 20 September 2026


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (utc(2, 5, 8, 29), "closed"),
        (utc(2, 5, 8, 30), "open"),
        (utc(2, 5, 16, 29), "open"),
        (utc(2, 5, 16, 30), "closed"),
        (utc(3, 15, 8, 30), "open"),  # the Monday on which the clocks went forward until 2026
        (utc(3, 15, 16, 30), "closed"),
        (utc(7, 1, 8, 29), "closed"),
        (utc(7, 1, 8, 30), "open"),  # no summer time
    ],
)
def test_all_year_the_clock_is_that_of_utc(moment: datetime, expected: str) -> None:
    assert state(OFFICE, moment) == expected


def test_the_clocks_themselves() -> None:
    """If Morocco decides otherwise, tzdata changes and this says so. Before: an hour ahead, but for Ramadan."""
    before = [datetime(2026, *day, 12, tzinfo=TIME_ZONE).utcoffset() for day in ((2, 14), (2, 15), (3, 21), (3, 22), (9, 19), (9, 20))]
    assert before == [timedelta(hours=n) for n in (1, 0, 0, 1, 1, 0)]
    assert {datetime(2027, 1, 1, tzinfo=TIME_ZONE) + timedelta(days=n) for n in range(365)} == {
        utc(1, 1, 0) + timedelta(days=n) for n in range(365)
    }


@pytest.mark.parametrize(
    ("moment", "expected"), [(utc(2, 9, 8, 59), "closed"), (utc(2, 9, 9), "open"), (utc(2, 9, 14, 59), "open"), (utc(2, 9, 15), "closed")]
)
def test_hours_of_ramadan_are_read_on_the_same_clock(moment: datetime, expected: str) -> None:
    """Tuesday 9 February."""
    assert state(OFFICE, moment, ramadan="Mo-Fr 09:00-15:00") == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-09-20T00:30", "open"),  # 01:30, half an hour before the clock goes back
        ("2026-09-20T01:30", "open"),  # 01:30 once more
        ("2026-09-20T06:59", "open"),
        ("2026-09-20T07:00", "closed"),
    ],
)
def test_the_night_in_which_the_clock_went_back_for_good(moment: str, expected: str) -> None:
    assert state("Su 00:00-07:00", datetime.fromisoformat(f"{moment}+00:00")) == expected


# --- Ramadan


def test_in_ramadan_usual_hours_alone_say_nothing() -> None:
    assert opening(Timetable(OFFICE), at(2, 9, 10), KNOWN) == Opening("unknown", "ramadan")
    assert state(OFFICE, at(2, 8, 10)) == state(OFFICE, at(3, 9, 10)) == "unknown"


def test_before_and_after_ramadan_they_do() -> None:
    assert state(OFFICE, at(2, 5, 10)) == "open" and state(OFFICE, at(3, 12, 10)) == "open"


def test_day_and_night_is_day_and_night_in_ramadan_too() -> None:
    assert state("24/7", at(2, 9, 3)) == "open"


def test_closed_for_all_of_ramadan() -> None:
    assert opening(Timetable(OFFICE, ramadan=""), at(2, 9, 10), KNOWN) == Opening("closed", "ramadan")


def test_while_nobody_entered_ramadan_the_days_that_it_may_have_are_unknown() -> None:
    """8 February to 8 March by the calendar, two days more at both ends; also hours written for Ramadan are not used."""
    for month, day, expected in ((2, 5, "open"), (2, 8, "unknown"), (3, 8, "unknown"), (3, 10, "unknown"), (3, 11, "open")):
        assert state(OFFICE, at(month, day, 10), NOTHING) == expected, (month, day)
    assert state(OFFICE, at(2, 9, 10), NOTHING, ramadan="Mo-Fr 09:00-15:00") == "unknown"


def test_ramadan_of_another_year_does_not_help() -> None:
    other = Days.of([Holiday(kind="ramadan", first=date(2026, 2, 19), last=date(2026, 3, 19), names={})])
    assert state(OFFICE, at(2, 9, 10), other) == "unknown"


# --- Holidays


@pytest.mark.parametrize(
    "day", [(1, 1), (1, 11), (1, 14), (5, 1), (7, 30), (8, 14), (8, 20), (8, 21), (11, 6), (11, 18)], ids=lambda d: f"{d[1]:02}-{d[0]:02}"
)
def test_the_ten_days_with_a_fixed_date_need_not_be_entered(day: tuple[int, int]) -> None:
    assert state("Mo-Su 08:00-18:00; PH off", at(*day, 10), NOTHING) == "closed"


def test_days_that_people_entered_count_as_holidays() -> None:
    """Eid on Wednesday 10 and Thursday 11 March."""
    assert state(OFFICE, at(3, 10, 10)) == state(OFFICE, at(3, 11, 10)) == "closed"
    assert state(OFFICE, at(3, 12, 10)) == "open"


@pytest.mark.parametrize("day", [(3, 10), (11, 18)])
def test_the_hours_of_a_holiday_are_those_of_this_day(day: tuple[int, int]) -> None:
    assert opening(Timetable("Mo-Su 00:00-24:00; PH off"), at(*day, 10), KNOWN) == Opening("closed", "holiday")
    assert opening(Timetable("Mo-Fr 08:00-12:00; PH 10:00-11:00,14:00-16:00"), at(*day, 10), KNOWN) == Opening(
        "open", "holiday", "10:00-11:00,14:00-16:00"
    )
    assert opening(Timetable(OFFICE, by_appointment=True), at(*day, 10), KNOWN) == Opening("appointment", "holiday")
    assert opening(Timetable("Mo-Fr 08:00-12:00"), at(*day, 10), KNOWN) == Opening("open", "usual", "Mo-Fr 08:00-12:00")


def test_what_nobody_entered_is_an_ordinary_day() -> None:
    after = Days.of([RAMADAN])
    assert state(OFFICE, at(3, 10, 10), after) == "open"


def test_hours_of_holidays() -> None:
    both = "Mo-Fr 08:30-16:30; PH 10:00-12:00"
    assert [state(both, at(3, 10, hour)) for hour in (9, 11, 13)] == ["closed", "open", "closed"]
    assert [state(both, at(1, 11, hour)) for hour in (9, 11, 13)] == ["closed", "open", "closed"]


def test_a_service_that_does_not_mention_holidays_works_on_them() -> None:
    assert state("Mo-Fr 08:30-16:30", at(3, 10, 10)) == "open"


@pytest.mark.parametrize(
    "hours", ["20:00-06:00; PH off", "Mo-Su 08:00-12:00; PH 20:00-02:00", "PH 10:00-12:00", "Mo-Fr 08:30-16:30; PH,Su off"]
)
def test_days_that_people_entered_are_as_those_of_the_library(hours: str) -> None:
    """Monday 1 November is entered, Thursday 18 November is known; hour by hour for two days, the nights too."""
    ours, theirs = (at(11, 1, 0) + timedelta(hours=n) for n in range(48)), (at(11, 18, 0) + timedelta(hours=n) for n in range(48))
    assert [state(hours, moment) for moment in ours] == [state(hours, moment) for moment in theirs]


# --- Hours of some days


def special(*rows: tuple[str, str, str]) -> Timetable:
    found = [{"first": first, "last": last, "hours": hours, "name": ""} for first, last, hours in rows]
    return Timetable.of(Service(hours=OFFICE, special_hours=found, status="active"))


def test_special_hours_win_over_usual_ones_over_ramadan_and_over_holidays() -> None:
    times = special(
        ("2027-02-09", "2027-02-09", "10:00-11:00"), ("2027-03-10", "2027-03-10", "10:00-11:00"), ("2027-05-03", "2027-05-04", "")
    )
    assert opening(times, at(2, 9, 10, 30), KNOWN) == Opening("open", "special", "10:00-11:00")
    assert opening(times, at(2, 9, 12), KNOWN).state == "closed"
    assert opening(times, at(3, 10, 10, 30), KNOWN).state == "open"
    assert opening(times, at(5, 4, 10), KNOWN) == Opening("closed", "special")
    assert opening(times, at(5, 5, 10), KNOWN).state == "open"


@pytest.mark.parametrize(
    ("usual", "other", "moment", "expected"),
    [
        ("Mo-Su 20:00-02:00", "", at(6, 10, 1), "open"),  # the night of the 9th
        ("Mo-Su 20:00-02:00", "", at(6, 10, 21), "closed"),
        ("Mo-Su 20:00-02:00", "", at(6, 11, 1), "closed"),
        ("Mo-Su 20:00-02:00", "", at(6, 11, 21), "open"),
        ("Mo-Su 20:00-26:00", "", at(6, 11, 1), "closed"),
        ("Mo-Su 08:00-12:00", "20:00-02:00", at(6, 10, 1), "closed"),
        ("Mo-Su 08:00-12:00", "20:00-02:00", at(6, 11, 1), "open"),
        ("Mo-Su 08:00-12:00", "20:00-02:00", at(6, 11, 3), "closed"),
        ("Mo-Su 00:00-24:00", "", at(6, 11, 1), "open"),
        ("24/7", "", at(6, 11, 1), "open"),
        ("Mo-Th 20:00-02:00; Fr 00:00-24:00", "", at(6, 11, 1), "open"),  # Friday 11 June begins at midnight
    ],
)
def test_what_runs_past_midnight_belongs_to_the_day_before(usual: str, other: str, moment: datetime, expected: str) -> None:
    assert state(usual, moment, special=((date(2027, 6, 10), date(2027, 6, 10), other),)) == expected


@pytest.mark.parametrize(
    ("usual", "moment", "expected"),
    [
        ("Mo-Su 20:00-08:00", at(6, 10, 2), "closed"),  # it opens in the evening for the first time
        ("Mo-Su 20:00-08:00", at(6, 10, 21), "open"),
        ("Mo-Su 20:00-08:00", at(6, 11, 2), "open"),
        ("24/7", at(6, 10, 2), "open"),
        ("Mo-Su 00:00-24:00", at(6, 10, 2), "open"),
    ],
)
def test_no_night_reaches_into_the_day_on_which_a_service_begins(usual: str, moment: datetime, expected: str) -> None:
    service = Service(id="s", hours=usual, special_hours=[], starts_on=date(2027, 6, 10), status="active")
    assert opening(Timetable.of(service), moment, KNOWN).state == expected


def test_of_two_the_narrower_wins_then_the_later() -> None:
    wide, narrow, later = (
        ("2027-06-01", "2027-06-30", "08:00-12:00"),
        ("2027-06-10", "2027-06-10", ""),
        ("2027-06-10", "2027-06-10", "20:00-22:00"),
    )
    assert opening(special(narrow, wide), at(6, 10, 10), KNOWN).state == "closed"
    assert opening(special(narrow, later, wide), at(6, 10, 21), KNOWN).state == "open"


def test_hours_for_every_ramadan_have_no_dates() -> None:
    times = special(("", "", "Mo-Fr 09:00-15:00"))
    assert opening(times, at(2, 9, 10), KNOWN) == Opening("open", "ramadan", "Mo-Fr 09:00-15:00")
    assert opening(times, at(4, 5, 16), KNOWN) == Opening("open", "usual", OFFICE)


# --- Neither open nor closed


def test_by_appointment_is_never_closed() -> None:
    for moment in (at(4, 5, 10), at(4, 5, 23), at(4, 4, 10), at(2, 9, 10)):
        assert state(OFFICE, moment, by_appointment=True) == "appointment"
    assert state("", at(4, 5, 10), by_appointment=True) == "appointment"
    assert opening(Timetable(OFFICE, by_appointment=True), at(4, 5, 10), KNOWN).open_now is None


@pytest.mark.parametrize("hours", ["", "Mo-Sa", "ask at the door", "Mo-Fr 25:99", "unknown"])
def test_what_cannot_be_read_is_unknown(hours: str) -> None:
    assert state(hours, at(4, 5, 10)) == "unknown" and opening(Timetable(hours), at(4, 5, 10), KNOWN).open_now is None


def test_paused_is_closed_whatever_the_hours_say() -> None:
    assert opening(Timetable("24/7", paused=True), at(4, 5, 10), KNOWN) == Opening("closed", "paused")


def test_a_time_without_zone_is_moroccos() -> None:
    assert state(OFFICE, datetime(2027, 4, 5, 8, 30)) == "open" and state(OFFICE, datetime(2027, 4, 5, 8, 29)) == "closed"


def test_what_is_said_of_a_day() -> None:
    times = special(("2027-05-03", "2027-05-03", ""))
    assert shown_today(times, date(2027, 5, 3), KNOWN) == Opening("closed", "special")
    assert shown_today(times, date(2027, 2, 9), KNOWN) == Opening("unknown", "ramadan")
    assert shown_today(times, date(2027, 4, 5), KNOWN) == Opening("open", "usual", OFFICE)
