"""What an editor types: numbers that can be called, positions in Morocco, hours as people write them."""

from typing import Any

import pytest

from bot.directory import typed
from bot.directory.hours_text import in_words, to_type
from bot.directory.hours_text import typed as read_hours
from bot.errors import Refused
from bot.faq.phones import is_number
from bot.language.forms import Form
from bot.settings import ROOT
from bot.tables import Service
from bot.texts import Texts
from tests.bot.directory.saved import EMPTY

AGADIR = (30.4278, -9.5981)


def faults(before: Service | None = None, **filled: Any) -> list[tuple[str, str]]:
    whole = {**EMPTY, "categories": ["shelter"], "town": "agadir", **filled}
    return [(str(fault), fault.at) for fault in typed.faults(whole, before)]


def phone(number: str) -> dict[str, str]:
    return {"number": number, "kind": "voice", "note": ""}


SHORT = ("19", "177", "150", "141", "15", "2511", "8350", "30000")
LONG = ("05 28 33 11 22", "+212 6 12 34 56 78", "+212 (0)5.28.33-11-22", "00212528331122", "212528331122", "٠٥٢٨٣٣١١٢٢", "080 200 4747")
ABROAD = ("+33 1 23 45 67 89", "0034 911 23 45 67")


@pytest.mark.parametrize("number", [*SHORT, *LONG, *ABROAD])
def test_a_number_that_can_be_called(number: str) -> None:
    assert is_number(number)


@pytest.mark.parametrize("number", ["05 28 ABC 12", "0528", "☎️", "", "05 28 33 11", "05 28 33 11 22 33", "+1", "123456", "ask at 177", "1"])
def test_what_nobody_can_call(number: str) -> None:
    assert not is_number(number)


def test_a_number_that_stood_there_before_stays() -> None:
    before = Service(phones=[phone("0528 / 22")], latitude=None, longitude=None)
    assert faults(before, phones=[phone("0528 / 22")]) == []
    assert faults(before, phones=[phone("0528 / 22"), phone("0528")]) == [("directory.bad_phone", "phone_number_1")]


@pytest.mark.parametrize(
    ("point", "key"),
    [
        (AGADIR, ""),
        ((20.8, -17.0), ""),
        ((35.9, -5.3), ""),
        (AGADIR[::-1], "swapped_point"),
        ((48.85, 2.35), "outside"),
        ((0.0, 0.0), "outside"),
    ],
)
def test_a_position_is_in_morocco(point: tuple[float, float], key: str) -> None:
    found = faults(latitude=point[0], longitude=point[1])
    assert found == ([(f"directory.{key}", "point")] if key else [])
    assert faults(Service(phones=[], latitude=point[0], longitude=point[1]), latitude=point[0], longitude=point[1]) == []


def test_a_new_one_says_what_it_is_and_where() -> None:
    assert faults(categories=[], town="") == [("directory.no_kind", "categories"), ("directory.no_town", "town")]
    assert faults(town="", covers=["all"]) == [] and faults(town="", town_name="Aourir") == []
    assert faults(Service(phones=[]), categories=[], town="") == []


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Lu-Ve 9h-15h", "Mo-Fr 09:00-15:00"),
        ("lundi au vendredi de 9h à 12h30, samedi 9h-12h", "Mo-Fr 09:00-12:30; Sa 09:00-12:00"),
        ("Monday - Friday 9:00-15:00", "Mo-Fr 09:00-15:00"),
        ("من الاثنين إلى الجمعة 9:00-15:00، السبت 9:00-12:00", "Mo-Fr 09:00-15:00; Sa 09:00-12:00"),
        ("22h-6h", "22:00-06:00"),
        ("Mo-Fr 08:00-24:00", "Mo-Fr 08:00-24:00"),
        ("24/7", "24/7"),
        ("Mar 10-Mar 12 09:00-12:00", "Mar 10-Mar 12 09:00-12:00"),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, stored: str) -> None:
    assert read_hours(text) == stored


@pytest.mark.parametrize(
    ("text", "key"), [("9:00-25:00", "no_time"), ("9:00-12:75", "no_time"), ("12:00-09:00", "order"), ("le matin", "unreadable")]
)
def test_hours_that_cannot_be_are_named(text: str, key: str) -> None:
    with pytest.raises(Refused, match=f"hours.{key}"):
        read_hours(text)


@pytest.mark.parametrize(
    "hours", ["Mo-Fr 09:00-15:00", "Mo-Th 09:00-15:00; Fr 09:00-12:00", "Fr 20:00-02:00", "09:00-12:00", "24/7", "Mo[1] 09:00-12:00"]
)
def test_hours_are_shown_so_that_they_are_read_again(hours: str) -> None:
    texts = Texts.load(ROOT / "data")
    assert {read_hours(to_type(hours, form, texts)) for form in ("fr", "en", "ar")} == {hours}
    assert to_type("Mo-Fr 09:00-15:00", "ar", texts) == "الاثنين - الجمعة 09:00-15:00"


@pytest.mark.parametrize(
    ("hours", "form", "said"),
    [
        ("We[1,3] 09:00-12:00", "fr", "1er et 3e mercredi du mois 09:00-12:00"),
        ("We[1,3] 09:00-12:00; PH off", "en", "1st and 3rd Wednesday of the month 09:00-12:00"),
        ("Mo[-1] 09:00-12:00,14:00-16:00", "ar", "يوم الاثنين الأخير من كل شهر 09:00-12:00,14:00-16:00"),
        ("Mo[2] 09:00-12:00; Fr[4] 14:00-16:00", "ary-Latn", "nhar tnin tani f chher 09:00-12:00, nhar jjem3a rabe3 f chher 14:00-16:00"),
        ("We[1] 09:00-12:00", "ary-Arab", "نهار لاربع اللول فالشهر 09:00-12:00"),
        *(
            (hours, "fr", hours)
            for hours in ("Mo-Fr 09:00-15:00; Fr[1] off", "We[1] 09:00-12:00; We[1] 14:00-16:00", "We[1-3] 09:00-12:00")
        ),
    ],
)
def test_days_of_the_month_are_said_in_words(hours: str, form: Form, said: str) -> None:
    assert in_words(hours, form, Texts.load(ROOT / "data")) == said


@pytest.mark.parametrize(
    ("typed_in", "address"),
    [
        ("amal.ma", "https://amal.ma"),
        ("www.amal.ma/aide?x=1", "https://www.amal.ma/aide?x=1"),
        *((same, same) for same in ("http://amal.ma", "javascript:alert(1)", "le directeur", "")),
    ],
)
def test_a_web_address_needs_no_https(typed_in: str, address: str) -> None:
    assert typed.with_scheme(typed_in) == address
