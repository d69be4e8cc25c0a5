"""Opening hours, in Morocco's time; what is not known is None."""

from datetime import datetime, timezone

import pytest

from bot.clock import TIME_ZONE
from bot.directory.hours import is_open
from bot.directory.hours_text import typed
from bot.errors import Refused

MONDAY_TEN = datetime(2026, 11, 23, 10, tzinfo=TIME_ZONE)
SUNDAY_NIGHT = datetime(2026, 11, 22, 3, tzinfo=TIME_ZONE)


def test_open_and_closed() -> None:
    assert is_open("Mo-Fr 09:00-15:00", MONDAY_TEN) is True
    assert is_open("Mo-Fr 09:00-15:00", SUNDAY_NIGHT) is False


def test_always() -> None:
    assert is_open("24/7", SUNDAY_NIGHT) is True


def test_closes_at_the_minute() -> None:
    assert is_open("Mo-Fr 09:00-15:00", MONDAY_TEN.replace(hour=14, minute=59)) is True
    assert is_open("Mo-Fr 09:00-15:00", MONDAY_TEN.replace(hour=15)) is False


def test_past_midnight() -> None:
    assert is_open("Fr 20:00-02:00", datetime(2026, 11, 28, 1, tzinfo=TIME_ZONE)) is True


@pytest.mark.parametrize(
    ("hours", "at_night"),
    [
        ("Fr 22:00-06:00; Sa 10:00-12:00", True),
        ("Mo-Fr 20:00-08:00; Sa off", True),
        ("Th-Sa,Mo 20:00-08:00; Su closed; PH off", True),
        ("Mo-Su 20:00-08:00; Fr 09:00-12:00", False),  # of two rules for one day the later one counts
        ("Fr 22:00-06:00; Aug Sa off; Sa 10:00-12:00", False),  # more than weekdays: as the library reads it
    ],
)
def test_the_hours_of_the_next_day_do_not_end_a_night(hours: str, at_night: bool) -> None:
    assert is_open(hours, datetime(2026, 11, 28, 2, tzinfo=TIME_ZONE)) is at_night
    assert is_open(hours, datetime(2026, 11, 28, 9, tzinfo=TIME_ZONE)) is False


def test_two_periods_of_a_day() -> None:
    hours = "Mo-Fr 09:00-20:00; Sa-Su 09:00-13:00, 14:00-18:00"
    assert is_open(hours, datetime(2026, 11, 28, 13, 30, tzinfo=TIME_ZONE)) is False
    assert is_open(hours, datetime(2026, 11, 28, 14, 30, tzinfo=TIME_ZONE)) is True


def test_public_holiday_of_morocco() -> None:
    assert is_open("Mo-Fr 09:00-15:00; PH off", datetime(2026, 11, 18, 10, tzinfo=TIME_ZONE)) is False


@pytest.mark.parametrize("hours", ["", "8h", "ask at the door", "Mo-Sa", "unknown", "Mo-Fr 25:99"])
def test_unknown_or_unreadable(hours: str) -> None:
    assert is_open(hours, MONDAY_TEN) is None


@pytest.mark.parametrize("hours", ["Mo, Tu 09:00-12:00", "Mo , Tu, We-Fr 09:00-12:00", "PH, Mo 09:00-12:00"])
def test_days_with_a_comma_and_a_space_are_one_list(hours: str) -> None:
    """To the library the first of them would be open day and night."""
    assert is_open(hours, MONDAY_TEN) is True
    assert is_open(hours, MONDAY_TEN.replace(hour=22)) is False


@pytest.mark.parametrize("hours", ["Mo-Fr; Sa 09:00-12:00", "Sa 09:00-12:00, Mo", "Mo-Fr 09:00-12:00; Sa", "Mo; 24/7"])
def test_days_without_times_beside_others_are_not_open_day_and_night(hours: str) -> None:
    assert is_open(hours, MONDAY_TEN) is None


@pytest.mark.parametrize("rest", ["; PH off", "; Sa,Su closed", "; Dec 25 off", ' || "on call"', "; Sa sunrise-12:00", ", Sa 10:00-11:00"])
def test_what_says_more_than_times_is_still_read(rest: str) -> None:
    assert is_open(f"Mo-Fr 09:00-15:00{rest}", MONDAY_TEN) is True


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("mar 9h-12h", "Tu 09:00-12:00"),
        ("Mar 09:00-12:00", "Tu 09:00-12:00"),
        ("mar 9h-12h; jeu 14h-16h", "Tu 09:00-12:00; Th 14:00-16:00"),
        ("lun, mar, mer 9h-12h", "Mo,Tu,We 09:00-12:00"),
        ("Mo, Tu 09:00-12:00", "Mo,Tu 09:00-12:00"),
        ("الاثنين، الثلاثاء 9:00-15:00", "Mo,Tu 09:00-15:00"),
        ("Mar Mo-Fr 09:00-12:00", "Mar Mo-Fr 09:00-12:00"),
        ("Nov-Mar 09:00-12:00", "Nov-Mar 09:00-12:00"),
        ("Mar 1-15 09:00-12:00", "Mar 1-15 09:00-12:00"),
        ("Lu; Ma 9h-12h", None),
    ],
)
def test_days_as_people_write_them(said: str, stored: str | None) -> None:
    """`mar` is Tuesday, as March it is beside other months or days of its own."""
    if stored is None:
        with pytest.raises(Refused):
            typed(said)
    else:
        assert typed(said) == stored


def test_another_zone_is_converted() -> None:
    """Morocco was one hour ahead of UTC until September 2026, and is on UTC since."""
    assert is_open("Mo-Fr 09:00-15:00", datetime(2026, 7, 6, 8, 30, tzinfo=timezone.utc)) is True
    assert is_open("Mo-Fr 09:00-15:00", datetime(2026, 11, 23, 8, 30, tzinfo=timezone.utc)) is False


def test_a_time_without_zone_is_moroccos() -> None:
    assert is_open("Mo-Fr 09:00-15:00", datetime(2026, 11, 23, 9, 1)) is True
