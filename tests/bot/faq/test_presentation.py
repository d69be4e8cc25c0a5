"""An entry as it is said: the answer whole, its sources with their year, and whether somebody checked it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.faq import presentation
from bot.faq.entries import Entry
from bot.faq.facts import facts
from bot.faq.presentation import answer_text
from bot.language.forms import FORMS, RTL, Form
from bot.texts import Texts
from bot.understanding.corpus import seed_entries
from tests.story import DATA

EACH_FORM = pytest.mark.parametrize("form", FORMS)
SEEDS = {entry["id"]: entry for entry in seed_entries(DATA)}
_MARKS = dict.fromkeys([0x2066, 0x2069, 0x200F])
FACT = """
- id: {id}
  fact_en: A fact.
  source_title: "{title}"
  source_url: https://example.org
  source_date: "{date}"
  confidence: high
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    rows = [
        ("unhcr", "UNHCR - Rights", "2025-03-01"),
        ("again", "UNHCR - Health", "2025"),
        ("old", "OIM", "undated"),
        ("third", "CNDH", "2019"),
    ]
    (tmp_path / "facts").mkdir()
    text = "".join(FACT.format(id=i, title=title, date=date) for i, title, date in rows)
    (tmp_path / "facts" / "rights.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def entry(*used: str, **more: Any) -> Entry:
    return {"answers": {form: f"Answer in {form}.\n" for form in FORMS}, "facts": list(used), **more}


def lines(data_dir: Path, texts: Texts, shown: Entry, form: Form = "en") -> list[str]:
    return answer_text(shown, form, texts, data_dir).splitlines()


def test_the_answer_stands_first_then_its_sources_then_who_checked_it(data_dir: Path, texts: Texts) -> None:
    said = lines(data_dir, texts, entry("unhcr"))
    assert said == ["Answer in en.", "", "Source: UNHCR, 2025.", "Not yet confirmed by the city."]


def test_a_draft_without_a_source_names_none(data_dir: Path, texts: Texts) -> None:
    assert lines(data_dir, texts, entry()) == ["Answer in en.", "", "Not yet confirmed by the city."]


def test_a_source_without_a_date_says_so(data_dir: Path, texts: Texts) -> None:
    assert lines(data_dir, texts, entry("old"))[2] == "Source: OIM, no date."


def test_two_sources_are_named(data_dir: Path, texts: Texts) -> None:
    assert lines(data_dir, texts, entry("old", "unhcr"))[2] == "Source: OIM, no date; UNHCR, 2025."


def test_of_three_sources_the_first_two_are_named(data_dir: Path, texts: Texts) -> None:
    assert lines(data_dir, texts, entry("third", "old", "unhcr"))[2] == "Source: CNDH, 2019; OIM, no date."


def test_the_same_publisher_and_year_are_named_once(data_dir: Path, texts: Texts) -> None:
    assert lines(data_dir, texts, entry("unhcr", "again", "third"))[2] == "Source: UNHCR, 2025; CNDH, 2019."


def test_who_checked_it_and_when_is_said_once_somebody_did(data_dir: Path, texts: Texts) -> None:
    said = lines(data_dir, texts, entry("unhcr", checked_by="Amina Alami", checked_on="2026-10-05"))
    assert said[-1] == "Checked by Amina Alami, 5 October 2026."


@pytest.mark.parametrize("checked_on", ["", None])
def test_a_name_without_a_date_is_no_check(data_dir: Path, texts: Texts, checked_on: str | None) -> None:
    said = lines(data_dir, texts, entry("unhcr", checked_by="Amina Alami", checked_on=checked_on))
    assert said[-1] == "Not yet confirmed by the city."


@EACH_FORM
def test_past_its_day_that_is_said_in_one_line(data_dir: Path, texts: Texts, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, day = entry("unhcr", check_again_on="2027-02-21"), date(2027, 2, 21)
    said = {}
    for now in (day, day + timedelta(days=1)):
        monkeypatch.setattr(presentation, "today", lambda now=now: now)
        said[now] = answer_text(shown, form, texts, data_dir).translate(_MARKS).splitlines()
    flag = texts.get("check_overdue", form, date=texts.day(form, day))
    assert said[day + timedelta(days=1)] == [*said[day], flag] and flag not in said[day]


@EACH_FORM
def test_an_answer_is_said_in_the_form_of_the_person(data_dir: Path, texts: Texts, form: Form) -> None:
    said = answer_text(entry("unhcr"), form, texts, data_dir).translate(_MARKS)
    assert f"Answer in {form}." in said and texts.get("not_checked", form) in said


@EACH_FORM
def test_who_reads_a_text_that_was_not_corrected_is_told(data_dir: Path, texts: Texts, form: Form) -> None:
    checked = {"checked_on": "2026-11-01", "checked_by": "Nadia"}
    said = answer_text(entry("unhcr", to_check=[form], **checked), form, texts, data_dir).translate(_MARKS)
    assert texts.get("meaning_changed", form) in said and "Nadia" not in said


@pytest.mark.parametrize("form", sorted(RTL))
def test_in_arabic_script_source_and_year_stand_isolated(data_dir: Path, texts: Texts, form: Form) -> None:
    said = answer_text(entry("unhcr"), form, texts, data_dir)
    assert "\u2066UNHCR\u2069" in said and "\u20662025\u2069" in said


@pytest.mark.parametrize("form", ["fr", "en", "ary-Latn"])
def test_in_latin_script_nothing_is_added(data_dir: Path, texts: Texts, form: Form) -> None:
    said = answer_text(entry("unhcr"), form, texts, data_dir)
    assert said == said.translate(_MARKS)


@EACH_FORM
@pytest.mark.parametrize("key", SEEDS)
def test_each_entry_is_said_whole_with_a_source(texts: Texts, key: str, form: Form) -> None:
    said = answer_text(SEEDS[key], form, texts, DATA).translate(_MARKS)
    before, after = texts.get("source", form, sources="|").split("|")
    assert said.startswith(SEEDS[key]["answers"][form].strip().translate(_MARKS))
    assert any(line.startswith(before) and line.endswith(after) and len(line) > len(before + after) for line in said.splitlines())


@pytest.mark.parametrize("key", SEEDS)
def test_no_entry_rests_on_a_fact_of_low_confidence(key: str) -> None:
    known = facts(DATA)
    assert [i for i in SEEDS[key]["facts"] if known[i].confidence == "low"] == []
