"""The page of holidays: those with a fixed date are shown, what cannot be is refused, a line can be changed, removing asks first."""

import html
import re
from datetime import date

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.tables import AuditRow, Holiday
from tests.console.conftest import Browser

YEAR = date.today().year
EID = {"kind": "holiday", "first": f"{YEAR + 1}-03-10", "last": f"{YEAR + 1}-03-11", "names_fr": "Aïd"}


def rows(db: Database) -> list[tuple[str, date, date, str]]:
    with db.begin() as session:
        return [(row.kind, row.first, row.last, row.names.get("fr", "")) for row in session.scalars(select(Holiday))]


def shown(page: str) -> str:
    return re.findall(r'name="seen" value="([^"]*)"', page)[0]


def seen(editor: Browser, key: str) -> str:
    return html.unescape(shown(editor.get(f"/directory/holidays?change={key}").text))


def test_the_ten_fixed_days_are_shown(editor: Browser) -> None:
    fixed = editor.get("/directory/holidays").text.split('id="fixed"')[1].split("</section>")[0]
    assert fixed.count("<li>") == 10 and "Marche Verte" in fixed and f"6 nov. {YEAR}" in fixed


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"names_fr": ""}, "nom"),
        ({"first": f"{YEAR + 1}-03-11", "last": ""}, "déjà"),
        ({"first": f"{YEAR + 1}-11-06", "last": ""}, "déjà"),
        ({"first": f"{YEAR + 1}-08-20", "last": f"{YEAR + 1}-08-21"}, "déjà"),
        ({"first": f"{YEAR - 2}-03-10", "last": ""}, "année"),
        ({"first": f"{YEAR + 6}-03-10", "last": ""}, "année"),
    ],
)
def test_what_cannot_be_a_holiday_is_refused(editor: Browser, db: Database, wrong: dict[str, str], says: str) -> None:
    editor.post("/directory/holidays", **EID)
    answer = editor.post("/directory/holidays", **{**EID, "first": f"{YEAR + 1}-05-10", "last": f"{YEAR + 1}-05-10", **wrong})
    problem = re.search(r'id="problem"[^>]*>([^<]*)', answer.text)
    assert answer.status_code == 422 and problem and says in problem[1] and len(rows(db)) == 1


def test_a_feast_may_reach_beyond_a_fixed_day(editor: Browser, db: Database) -> None:
    editor.post("/directory/holidays", **{**EID, "first": f"{YEAR + 1}-08-14", "last": f"{YEAR + 1}-08-15"})
    assert rows(db) == [("holiday", date(YEAR + 1, 8, 14), date(YEAR + 1, 8, 15), "Aïd")]


def test_nobody_overwrites_a_line_that_they_have_not_seen(editor: Browser, db: Database) -> None:
    editor.post("/directory/holidays", **EID)
    [key] = re.findall(r'id="change-(\d+)"', editor.get("/directory/holidays").text)
    mine = seen(editor, key)
    editor.post(f"/directory/holidays/{key}", **{**EID, "last": f"{YEAR + 1}-03-12", "seen": mine})
    answer = editor.post(f"/directory/holidays/{key}", **{**EID, "names_fr": "Fête", "seen": mine})
    assert answer.status_code == 409 and "entre-temps" in answer.text and 'value="Fête"' in answer.text
    assert rows(db)[0][2:] == (date(YEAR + 1, 3, 12), "Aïd")
    again = editor.post(f"/directory/holidays/{key}", **{**EID, "names_fr": "", "seen": mine}).text
    assert html.unescape(re.findall(r'name="seen" value="([^"]*)"', again)[0]) == mine  # what is wrong besides changes nothing about that
    editor.post(f"/directory/holidays/{key}", **{**EID, "names_fr": "Fête", "seen": html.unescape(shown(answer.text))})
    assert rows(db)[0][2:] == (date(YEAR + 1, 3, 11), "Fête")


def test_what_is_typed_for_one_line_waits_for_that_one(editor: Browser) -> None:
    for first in ("03-10", "04-10"):
        editor.post("/directory/holidays", **{**EID, "first": f"{YEAR + 1}-{first}", "last": ""})
    keys = re.findall(r'id="change-(\d+)"', editor.get("/directory/holidays").text)
    pages = [editor.get(f"/directory/holidays{query}").text for query in ("", *(f"?change={key}" for key in keys))]
    assert len({re.findall(r'data-key="([^"]+)"', page)[0] for page in pages}) == 3
    saved = editor.get(f"/directory/holidays?saved=1&of={keys[0]}").text
    assert re.findall(r'data-also="([^"]+)"', saved) == re.findall(r'data-key="([^"]+)"', pages[1])


def test_ramadan_may_lie_on_a_holiday(editor: Browser, db: Database) -> None:
    editor.post("/directory/holidays", **EID)
    editor.post("/directory/holidays", kind="ramadan", first=f"{YEAR + 1}-03-01", last=f"{YEAR + 1}-03-29", names_fr="Ramadan")
    assert len(rows(db)) == 2


def test_a_line_is_changed_and_removing_asks_first(editor: Browser, db: Database) -> None:
    editor.post("/directory/holidays", **EID)
    page = editor.get("/directory/holidays").text
    key = re.findall(r'id="change-(\d+)"', page)[0]
    assert f'<summary id="open-remove-{key}"' in page
    form = editor.get(f"/directory/holidays?change={key}").text
    assert f'action="/console/directory/holidays/{key}"' in form and 'value="Aïd"' in form and f'value="{YEAR + 1}-03-11"' in form
    editor.post(f"/directory/holidays/{key}", **{**EID, "last": f"{YEAR + 1}-03-12", "names_fr": "Aïd Al-Fitr", "seen": seen(editor, key)})
    assert rows(db) == [("holiday", date(YEAR + 1, 3, 10), date(YEAR + 1, 3, 12), "Aïd Al-Fitr")]
    assert editor.post(f"/directory/holidays/{key}", **{**EID, "names_fr": ""}).status_code == 422
    assert editor.post("/directory/holidays/999999", **{**EID, "first": f"{YEAR}-03-10"}).status_code == 404
    with db.begin() as session:
        assert "holiday.changed" in [row.action for row in session.scalars(select(AuditRow))]
