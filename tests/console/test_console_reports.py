"""The pages of reports: who reads whose figures, small groups, other languages, and what a spreadsheet gets."""

import csv
import io
import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from bot.db import Database
from bot.messaging import conversations
from bot.tables import Case, Staff, Team
from console.report_tables import NAMES
from tests.console.conftest import Browser, Enter

NAME = "=SUM(A1)"
MARKS = re.compile("[\u2066-\u2069]")


@pytest.fixture
def worked(db: Database) -> int:
    """Six cases in French and two in Arabic in the first team, three in English in another one; its number."""
    with db.begin() as session:
        other = Team(name="Tiznit")
        session.add(other)
        session.flush()
        for form, team_id in (("fr", 1),) * 6 + (("ar", 1),) * 2 + (("en", other.id),) * 3:
            talk = conversations.find_or_create(session, "webchat", str(uuid.uuid4()))
            opened = datetime.now(timezone.utc) - timedelta(days=3)
            times = {
                "opened_at": opened,
                "taken_at": opened + timedelta(minutes=12),
                "answered_at": opened + timedelta(hours=3, minutes=12),
            }
            session.add(Case(conversation_id=talk, team_id=team_id, reason="asked", state="closed", form=form, **times))
        return other.id


def plain(page: str) -> str:
    return MARKS.sub("", page)


def forms(page: str) -> list[tuple[str, str]]:
    """Label and number of each row of the table of forms."""
    table = plain(page).split('id="table-form"')[1].split("</section>")[0]
    return re.findall(r"<bdi>(.*?)</bdi>.*?<td>(.*?)</td>", table, re.DOTALL)


def sheet(browser: Browser, name: str, query: str = "") -> list[list[str]]:
    answer = browser.get(f"/reports/{name}.csv{query}")
    assert answer.status_code == 200 and answer.content.startswith(b"\xef\xbb\xbf"), name
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def test_a_supervisor_reads_the_own_team(enter: Enter, worked: int) -> None:
    chief = enter(NAME, "supervisor", email="nadia@example.org")
    assert forms(chief.get("/reports").text) == [("Français", "6"), ("Arabe", "2")]
    assert chief.get(f"/reports?team={worked}").status_code == 404 == chief.get(f"/reports/form.csv?team={worked}").status_code
    assert 'id="team"' not in chief.get("/reports").text


def test_a_manager_reads_all_teams_but_no_small_group(enter: Enter, worked: int) -> None:
    manager = enter(NAME, "manager", email="nadia@example.org")
    page = manager.get("/reports").text
    assert forms(page) == [("Français", "6"), ("Anglais", "moins de 5"), ("Arabe", "moins de 5")]
    assert forms(manager.get(f"/reports?team={worked}").text) == [("Anglais", "moins de 5")]
    assert "table-caseworker" not in page and manager.get("/reports/caseworker.csv").status_code == 404
    assert sheet(manager, "form")[2][1] == "moins de 5"


def test_times_are_read_as_minutes_and_hours(enter: Enter, worked: int) -> None:
    page = plain(enter(NAME, "supervisor", email="nadia@example.org").get("/reports").text).replace("\xa0", " ").replace("\u202f", " ")
    assert "12 min" in page and "3,2 h" in page


@pytest.mark.parametrize("code, words", [("fr", "Demandes ouvertes"), ("ar", "الطلبات المفتوحة"), ("en", "Requests opened")])
def test_the_page_is_there_in_every_language(enter: Enter, worked: int, code: str, words: str) -> None:
    browser = enter(NAME, "supervisor", email="nadia@example.org")
    browser.get(f"/language/{code}")
    page = browser.get("/reports").text
    assert words in page and not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=|https?://", page)
    assert not re.search(r">(none|table|sheet|number|spell|topic)\.\w+<", page)


def test_a_period_is_chosen_by_two_dates_or_by_days(enter: Enter, worked: int) -> None:
    chief, last = enter(NAME, "supervisor", email="nadia@example.org"), datetime.now(timezone.utc).date()
    day = last - timedelta(days=10)
    assert forms(chief.get(f"/reports?first={day}&last={day}").text) == []
    assert forms(chief.get(f"/reports?first={day}&last={last}").text)[0][1] == "6"
    assert forms(chief.get("/reports?days=2").text)[0][1] == "0", "the period before is compared with, so it has a row"


@pytest.mark.parametrize(
    "query", ["first=2026-01-02&last=2026-01-01", "first=x&last=y", "first=&last=2026-01-01", "first=1900-01-01&last=2026-01-01"]
)
def test_a_period_that_is_none_is_said(enter: Enter, query: str) -> None:
    answer = enter(NAME, "supervisor", email="nadia@example.org").get(f"/reports?{query}")
    assert answer.status_code == 422 and 'role="alert"' in answer.text


def test_every_table_is_a_spreadsheet_too(enter: Enter, worked: int) -> None:
    chief = enter(NAME, "supervisor", email="nadia@example.org")
    found = {name: sheet(chief, name, "?days=7") for name in NAMES}
    assert found["form"] == [["Par forme écrite", "Période", "Avant"], ["Français", "6", "0"], ["Arabe", "2", "0"]]
    assert found["times"][1] == ["Attente avant la prise en charge", "8", "12", "12", "0", "", ""]
    assert len(found["week"]) == 25 and len(found["course"]) == 8 and sum(int(n) for _, n in found["course"][1:]) == 8
    assert chief.get("/reports/nothing.csv").status_code == 404


def test_a_name_that_looks_like_a_formula_stays_a_text(enter: Enter, worked: int, db: Database) -> None:
    chief = enter(NAME, "supervisor", email="nadia@example.org")
    with db.begin() as session:
        named = session.query(Staff).filter_by(name=NAME).one()
        session.query(Case).filter_by(form="ar").update({"assignee_id": named.id})
    assert ["'=SUM(A1)", "2", "0"] in sheet(chief, "caseworker")


def test_only_who_may_read_figures_finds_them(amina: Browser, editor: Browser) -> None:
    for browser in (amina, editor):
        assert browser.get("/reports").status_code == 403 == browser.get("/reports/form.csv").status_code
        assert "/console/reports" not in browser.get("/account").text


def test_an_empty_database_has_a_report(enter: Enter) -> None:
    page = enter(NAME, "supervisor", email="nadia@example.org").get("/reports").text
    assert "Rien dans ces deux périodes." in page
