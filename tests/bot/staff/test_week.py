"""The weekly form and the string that is stored."""

from datetime import datetime
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opening_hours import OpeningHours

from bot.clock import TIME_ZONE
from bot.directory.hours import is_open
from bot.errors import Refused
from bot.staff import week
from bot.staff.week import Times, Week, WrongDay

OFFICE = (("09:00", "12:30"), ("14:00", "18:00"))
MORNING = (("09:00", "13:00"),)


def clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


@st.composite
def days(draw: st.DrawFn) -> tuple[Times, ...]:
    """None, one or two times of a day; they may go to midnight and may not touch."""
    found = sorted(draw(st.lists(st.integers(0, 24 * 60), max_size=4, unique=True)))
    return tuple((clock(begins), clock(ends)) for begins, ends in zip(found[::2], found[1::2]))


@given(st.lists(days(), min_size=7, max_size=7), st.booleans())
def test_what_is_stored_is_shown_again(filled: list[tuple[Times, ...]], holidays: bool) -> None:
    wanted = Week(tuple(filled), holidays and any(filled))
    assert week.shown(week.stored(wanted)) == wanted


@st.composite
def nights(draw: st.DrawFn) -> tuple[Times, ...]:
    """Perhaps some hours by day, perhaps a night that ends before those of the next day."""
    by_day = draw(st.sampled_from([(), (("09:00", "12:30"),), (("08:00", "18:00"),)]))
    return (*by_day, *draw(st.sampled_from([(), (("20:00", "08:00"),), (("22:30", "06:00"),), (("19:00", "00:00"),)])))


def is_within(filled: list[tuple[Times, ...]], day: int, at: str) -> bool:
    today = any(opens <= at and (at < closes or closes <= opens) for opens, closes in filled[day])
    return today or any(closes <= opens and at < closes for opens, closes in filled[day - 1])


@given(st.lists(nights(), min_size=7, max_size=7))
@example([()] * 4 + [(("22:30", "06:00"),), (("09:00", "12:30"),), ()])
@example([(("20:00", "08:00"),)] + [()] * 5 + [(("20:00", "08:00"),)])
def test_a_night_goes_on_whatever_the_next_day_is_like(filled: list[tuple[Times, ...]]) -> None:
    found = week.stored(Week(tuple(filled)))
    assert week.shown(found) == Week(tuple(filled))
    for day, hour in product(range(7), range(24)):
        said = is_open(found, datetime(2026, 11, 23 + day, hour, tzinfo=TIME_ZONE))
        assert bool(said) == is_within(filled, day, f"{hour:02}:00"), (found, day, hour)


@given(st.lists(days(), min_size=7, max_size=7))
def test_what_is_stored_is_read_by_the_library_without_a_warning(filled: list[tuple[Times, ...]]) -> None:
    found = week.stored(Week(tuple(filled), True))
    assert not found or OpeningHours(found, country="MA").warnings == []


@pytest.mark.parametrize(
    ("filled", "stored"),
    [
        (Week((OFFICE,) * 5 + (MORNING, ()), True), "Mo-Fr 09:00-12:30,14:00-18:00; Sa 09:00-13:00; PH off"),
        (Week(((), MORNING, (), MORNING, (), (), ())), "Tu 09:00-13:00; Th 09:00-13:00"),
        (Week(((("00:00", "00:00"),),) * 7), "Mo-Su 00:00-24:00"),
        (Week(((),) * 7, True), ""),
    ],
)
def test_how_hours_are_stored(filled: Week, stored: str) -> None:
    assert week.stored(filled) == stored


@pytest.mark.parametrize(
    "hours",
    [
        "Fr 20:00-02:00 unknown",
        "Mo-Fr 09:00-18:00; Aug off",
        'Mo-Fr 09:00-18:00 "on appointment"',
        "Mo 09:00-10:00,11:00-12:00,13:00-14:00",
        "PH off; Mo-Fr 09:00-18:00",
        "Mo-Fr 09:00-18:00; Sa unknown",
        "Mo-Sa",
        "ask",
    ],
)
def test_what_the_form_cannot_show_is_not_shown_wrong(hours: str) -> None:
    assert week.shown(hours) is None


def test_other_ways_of_writing_the_same_hours_are_shown() -> None:
    assert week.shown("Mo,Tu 09:00-13:00; We-Fr 09:00-13:00") == Week((MORNING,) * 5 + ((), ()))
    assert week.shown("24/7") == Week(((("00:00", "00:00"),),) * 7)


@pytest.mark.parametrize(
    ("filled", "key"),
    [
        ([("09:00", "")], "hours.half"),
        ([("", "12:00")], "hours.half"),
        ([("9:5", "12:00")], "hours.no_time"),
        ([("25:00", "26:00")], "hours.no_time"),
        ([("09:60", "12:00")], "hours.no_time"),
        ([("24:30", "12:00")], "hours.no_time"),
        ([("nine", "ten")], "hours.no_time"),
        ([("12:00", "09:00")], "hours.order"),
        ([("09:00", "09:00")], "hours.order"),
        ([("09:00", "12:00"), ("11:00", "18:00")], "hours.overlap"),
        ([("14:00", "18:00"), ("09:00", "12:00")], "hours.overlap"),
        ([("20:00", "00:00"), ("01:00", "02:00")], "hours.overlap"),
    ],
)
def test_nonsense_is_refused_and_the_day_is_named(filled: list[Times], key: str) -> None:
    with pytest.raises(WrongDay, match=key) as refused:
        week.checked_week([[], [], filled, [], [], [], []], set())
    assert refused.value.day == 2


@pytest.mark.parametrize("written", ["9:30", "09:30", "9.30", "9h30", " 09H30 ", "9 h 30", "930", "0930", "٠٩:٣٠"])
def test_a_time_may_be_written_in_many_ways(written: str) -> None:
    assert week.checked([(written, "24:00")]) == (("09:30", "00:00"),)


@pytest.mark.parametrize("written", ["9", "9h", "9 h", "9H", "09"])
def test_a_whole_hour_needs_no_minutes(written: str) -> None:
    assert week.checked([(written, "18")]) == (("09:00", "18:00"),)


NIGHT = ((("22:00", "06:00"),),) * 7


@pytest.mark.parametrize(
    ("days", "stored"),
    [
        (NIGHT, "Mo-Su 22:00-06:00"),
        (((),) * 4 + ((("20:00", "02:00"),), (), ()), "Fr 20:00-02:00"),
        (((),) * 6 + ((("09:00", "12:00"), ("20:00", "02:00")),), "Su 09:00-12:00,20:00-02:00"),
    ],
)
def test_hours_over_midnight_belong_to_the_evening(days: tuple[tuple[Times, ...], ...], stored: str) -> None:
    assert tuple(week.checked_week([list(day) for day in days], set())) == days
    assert week.stored(Week(days)) == stored and week.shown(stored) == Week(days)


def test_the_night_may_not_run_into_the_morning_of_the_next_day() -> None:
    with pytest.raises(WrongDay, match=r"hours\.overlap") as refused:
        week.checked_week([[("22:00", "06:00")], [("05:00", "12:00")], [], [], [], [], []], set())
    assert refused.value.day == 1


def test_all_days_that_are_wrong_are_named() -> None:
    with pytest.raises(WrongDay) as refused:
        week.checked_week([[("9", "")], [], [("25", "26")], [], [], [], []], set())
    assert [(str(day), day.day) for day in (refused.value, *refused.value.others)] == [("hours.half", 0), ("hours.no_time", 2)]


def test_a_day_marked_as_closed_has_no_times() -> None:
    assert week.checked_week([list(MORNING)] * 7, {5, 6}) == [MORNING] * 5 + [(), ()]


def test_a_week_in_which_every_day_is_closed_is_refused() -> None:
    with pytest.raises(Refused, match=r"hours\.never"):
        week.checked_week([list(MORNING)] * 7, set(range(7)))


def test_nothing_filled_in_means_not_known() -> None:
    assert week.checked_week([[("", ""), ("", "")]] * 7, set()) == [()] * 7
