"""Usual hours in one line: read into the table, never over what somebody filled in there, and never over a colleague."""

import html
import re

import pytest

from bot.db import Database
from tests.console.conftest import Browser
from tests.console.directory.directory_pages import add, problems, row, save, seen

NEW = "/directory/organizations/org/services/new"
TABLE = {f"opens_{n}_0": "09:00" for n in range(5)} | {f"closes_{n}_0": "15:00" for n in range(5)}
TABLE |= {"closed_5": "1", "closed_6": "1"}
WEEK = "Mo-Fr 09:00-15:00"


def value(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]* name="{name}"[^>]*>', page)
    assert found, name
    said = re.search(r' value="([^"]*)"', found.group())
    return html.unescape(said.group(1)) if said else ""


def test_hours_in_one_line_are_saved_and_stand_in_the_table(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, hours_text="Du lundi au vendredi : 9h-12h et 14h-18h, dimanche fermé")
    assert row(db, key).hours == "Mo-Fr 09:00-12:00,14:00-18:00"
    page = editor.get(f"/directory/services/{key}").text
    assert (value(page, "closes_4_1"), value(page, "hours_text"), value(page, "hours_before")) == ("18:00", "", row(db, key).hours)


def test_the_line_counts_when_nobody_touched_the_table(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, **TABLE)
    assert save(editor, key, **TABLE, hours_before=WEEK, hours_text="lun-ven 8h-12h").history[0].status_code == 303
    assert row(db, key).hours == "Mo-Fr 08:00-12:00"


def test_a_line_and_a_table_that_say_the_same_are_saved(editor: Browser, db: Database, organization: str) -> None:
    assert row(db, add(editor, **TABLE, hours_text="lundi - vendredi 9h-15h")).hours == WEEK


def test_the_line_counts_when_the_times_of_the_table_were_emptied(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, **TABLE)
    ticks = {"closed_5": "1", "closed_6": "1"}
    assert save(editor, key, **ticks, hours_before=WEEK, hours_text="tous les jours 8h-12h").status_code == 422
    assert save(editor, key, **ticks, hours_before=WEEK, hours_text="lun-ven 8h-12h").history[0].status_code == 303
    assert row(db, key).hours == "Mo-Fr 08:00-12:00"
    assert save(editor, key, hours_before=row(db, key).hours, hours_text="Me[1] 8h-12h").history[0].status_code == 303
    assert row(db, key).hours == "We[1] 08:00-12:00"


def test_a_line_and_a_table_that_differ_are_asked_about_and_both_stay(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, **TABLE)
    other = {**TABLE, "closes_4_0": "12:00"}
    answer = save(editor, key, **other, hours_before=WEEK, hours_text="lundi - vendredi 8h-12h")
    assert answer.status_code == 422 and row(db, key).hours == WEEK
    assert [at for at, _ in problems(answer.text)] == ["f-hours_text"] and "Videz la ligne" in answer.text
    assert (value(answer.text, "hours_text"), value(answer.text, "closes_4_0")) == ("lundi - vendredi 8h-12h", "12:00")
    assert "lundi - vendredi 08:00-12:00" in answer.text and 'id="hours-understood"' in answer.text


@pytest.mark.parametrize("text", ["le matin", "un mercredi sur deux 9h-12h", "9-5"])
def test_a_line_that_is_not_understood_is_named_with_an_example(editor: Browser, organization: str, text: str) -> None:
    answer = editor.post(NEW, names_fr="Permanence", hours_text=text, status="active", verified="partly")
    assert answer.status_code == 422 and "f-hours_text" in [at for at, _ in problems(answer.text)]
    assert value(answer.text, "hours_text") == text
    found = re.search(r'id="wrong-hours_text"[^>]*>([^<]*)', answer.text)
    assert found and re.search(r"9h-12h|17h", found.group(1))


def test_what_was_in_the_line_stands_in_the_table_when_something_else_is_wrong(editor: Browser, db: Database, organization: str) -> None:
    answer = editor.post(NEW, names_fr="Permanence", hours_text="lun-ven 9h-15h", point="ici", status="active", verified="partly")
    assert answer.status_code == 422 and (value(answer.text, "opens_0_0"), value(answer.text, "hours_text")) == ("09:00", "")


@pytest.mark.parametrize(
    ("text", "ticked", "stored"),
    [
        ("We[1,3] 09:00-12:00", False, "We[1,3] 09:00-12:00"),
        ("Me[1,3] 9h-12h", True, "We[1,3] 09:00-12:00; PH off"),
        ("24h/24 7j/7", False, "24/7"),
        ("lun-ven 9h-15h", True, "Mo-Fr 09:00-15:00; PH off"),
        ("lun-ven 9h-15h, fermé les jours fériés", False, "Mo-Fr 09:00-15:00; PH off"),
    ],
)
def test_hours_beyond_the_table_and_public_holidays(
    editor: Browser, db: Database, organization: str, text: str, ticked: bool, stored: str
) -> None:
    assert row(db, add(editor, hours_text=text, **({"holidays": "1"} if ticked else {}))).hours == stored


@pytest.mark.parametrize(
    ("hours", "at", "said"),
    [
        ("We[1,3] 09:00-12:00", "hours-understood", "1er et 3e mercredi du mois 09:00-12:00"),
        ("week 1-53/2 We 09:00-12:00", "hours-as-written", "À savoir avant d’y aller"),
    ],
)
def test_how_people_read_hours_beyond_the_table_is_said(
    editor: Browser, db: Database, organization: str, hours: str, at: str, said: str
) -> None:
    page = editor.get(f"/directory/services/{add(editor, hours_text=hours)}").text
    found = re.search(rf'id="{at}"[^>]*>([^<]*)', page)
    assert found and said in html.unescape(found.group(1)) and value(page, "hours") == hours


def test_a_line_does_not_overwrite_a_colleague(editor: Browser, db: Database, organization: str) -> None:
    key = add(editor, **TABLE)
    old = seen(editor, f"/directory/services/{key}")
    assert save(editor, key, **{**TABLE, "closes_4_0": "12:00"}, hours_before=WEEK).history[0].status_code == 303
    answer = save(editor, key, old, **TABLE, hours_before=WEEK, hours_text="lundi - vendredi 8h-16h")
    assert answer.status_code == 409 and row(db, key).hours == "Mo-Th 09:00-15:00; Fr 09:00-12:00"
    assert 'id="clash-day_4"' in answer.text and 'id="clash-day_0"' not in answer.text
    assert (value(answer.text, "opens_0_0"), value(answer.text, "closes_4_0")) == ("08:00", "16:00")
