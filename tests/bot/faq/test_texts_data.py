"""All other texts people read are there in the five forms, and the emergency numbers are those of the facts."""

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest

from bot.faq.facts import facts
from bot.faq.forbidden import forbidden
from bot.faq.phones import phones
from bot.language.forms import FORMS, RTL
from bot.language.normalize import arabic_share, clean
from bot.settings import ROOT
from bot.understanding import danger
from bot.understanding.corpus import load_yaml, seed_entries

DATA = ROOT / "data"
OWN_NAMES = {f"form_{form}" for form in FORMS}  # a language is named in its own script, whatever the form
EMERGENCY: list[dict[str, Any]] = load_yaml(DATA / "emergency.yml")


def texts() -> Iterator[tuple[str, dict[str, str]]]:
    """Every text in forms of these files, with its place."""
    yield from ((f"bot.yml {key}", forms) for key, forms in load_yaml(DATA / "texts" / "bot.yml").items())
    yield from ((f"categories.yml {key}", row["names"]) for key, row in load_yaml(DATA / "categories.yml").items())
    yield from ((f"places.yml {key}", row["names"]) for key, row in load_yaml(DATA / "places.yml").items())
    yield from ((f"emergency.yml {row['id']}", row["names"]) for row in EMERGENCY)


TEXTS = dict(texts())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def form_faults(forms: dict[str, str]) -> list[str]:
    """Missing or empty forms, unknown ones, and placeholders that not every form has."""
    missing = [f"no {form}" for form in FORMS if not str(forms.get(form) or "").strip()]
    unknown = [f"unknown {form}" for form in forms if form not in FORMS]
    uneven = [f"placeholders {form}" for form, text in forms.items() if placeholders(text) != placeholders(next(iter(forms.values())))]
    return missing + unknown + uneven


def script_faults(forms: dict[str, str]) -> list[str]:
    """Forms that are written in the other script. A text of numbers and names alone may be in any."""
    shares = {form: arabic_share(re.sub(r"{\w+}|«[^»]*»|“[^”]*”", "", text)) for form, text in forms.items()}
    return [form for form, share in shares.items() if (share < 0.5 if form in RTL else share > 0.5)]


@pytest.mark.parametrize("place", TEXTS)
def test_a_text_is_in_all_five_forms_with_the_same_placeholders(place: str) -> None:
    assert form_faults(TEXTS[place]) == []


@pytest.mark.parametrize("place", [p for p in TEXTS if p.split()[1] not in OWN_NAMES])
def test_a_text_is_in_the_script_of_its_form(place: str) -> None:
    assert script_faults(TEXTS[place]) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"ar": ""}, "no ar"),
        ({"es": "{n} lugares"}, "unknown es"),
        ({"en": "places"}, "placeholders en"),
        ({"en": "{m} places"}, "placeholders en"),
    ],
)
def test_a_planted_bad_text_is_found(changed: dict[str, str], fault: str) -> None:
    assert fault in form_faults({form: "{n}" for form in FORMS} | changed)


def test_a_planted_text_in_the_wrong_script_is_found() -> None:
    assert script_faults({"fr": "مدرسة", "en": "school", "ar": "school", "ary-Arab": "مدرسة", "ary-Latn": "mdrasa"}) == ["fr", "ar"]


@pytest.mark.parametrize("place", [p for p in TEXTS if not p.startswith("emergency")])
def test_no_text_states_what_is_forbidden(place: str) -> None:
    assert [found for form, text in TEXTS[place].items() for found in forbidden(DATA).said(text, form)] == []


def test_no_text_but_the_vetted_ones_carries_a_telephone_number() -> None:
    assert {place for place, forms in TEXTS.items() for text in forms.values() if phones(text)} == set()


def test_the_words_of_the_kinds_of_places_are_in_all_forms() -> None:
    rows = load_yaml(DATA / "categories.yml")
    assert {key: set(row["words"]) for key, row in rows.items() if set(row["words"]) != set(FORMS) or not all(row["words"].values())} == {}


def test_the_kinds_of_places_are_those_of_the_facts() -> None:
    assert set(load_yaml(DATA / "categories.yml")) == {row["id"] for row in load_yaml(DATA / "facts" / "service-categories.yaml")}


# Emergency numbers


def standing_in(number: str, text: str) -> bool:
    return re.search(rf"(?<!\d){number}(?!\d)", clean(text)) is not None


@pytest.mark.parametrize("row", EMERGENCY, ids=lambda r: str(r["id"]))
def test_an_emergency_number_stands_in_its_fact(row: dict[str, Any]) -> None:
    assert standing_in(row["number"], facts(DATA)[row["fact"]].text)


@pytest.mark.parametrize("row", EMERGENCY, ids=lambda r: str(r["id"]))
def test_the_fact_of_an_emergency_number_is_not_doubtful(row: dict[str, Any]) -> None:
    assert facts(DATA)[row["fact"]].confidence == "high"


@pytest.mark.parametrize("row", EMERGENCY, ids=lambda r: str(r["id"]))
def test_an_emergency_number_is_looked_at_again_after_it_was_read(row: dict[str, Any]) -> None:
    assert row["check_again_on"] > row["read_on"]


@pytest.mark.parametrize("row", EMERGENCY, ids=lambda r: str(r["id"]))
def test_no_emergency_number_is_forbidden(row: dict[str, Any]) -> None:
    assert forbidden(DATA).said(f"- {row['number']} : {row['names']['fr']}", "fr") == []


def test_every_danger_but_an_arrest_has_a_number() -> None:
    """A person who is held needs a lawyer, not a police line."""
    assert {kind for row in EMERGENCY for kind in row["kinds"]} == set(danger.KINDS) - {"arrest"}


def test_every_danger_leads_to_an_answer() -> None:
    assert set(danger.ENTRY) == set(danger.KINDS)
    assert set(danger.ENTRY.values()) <= {entry["id"] for entry in seed_entries(DATA)}


def test_emergency_numbers_stand_once() -> None:
    assert len({row["number"] for row in EMERGENCY}) == len({row["id"] for row in EMERGENCY}) == len(EMERGENCY)


@pytest.mark.parametrize("form", FORMS)
def test_the_answer_on_emergency_numbers_names_the_numbers_of_the_list(form: str) -> None:
    entry = next(entry for entry in seed_entries(DATA) if entry["id"] == "emergency_numbers")
    assert [row["number"] for row in EMERGENCY if not standing_in(row["number"], entry["answers"][form])] == []


def test_the_planted_number_of_no_fact_is_found() -> None:
    assert not standing_in("150", facts(DATA)["emergency_numbers.3"].text)
    assert not standing_in("19", "call 190 or 119")
