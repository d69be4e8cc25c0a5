"""The pages of practice: chosen, played, hinted at, and hidden from everybody else."""

import pytest

from bot.db import Database
from bot.settings import ROOT, Settings
from channels.practice import Practice
from channels.sender import send_one
from tests.console.conftest import Browser

NOBODY = "personne n’écrit vraiment ici"


@pytest.fixture
def settings() -> Settings:
    return Settings(data_dir=ROOT / "data")


def start(browser: Browser, name: str) -> int:
    answer = browser.post(f"/practice/{name}")
    assert answer.status_code == 200
    return int(str(answer.url).rsplit("/", 1)[1])


def test_a_scenario_is_chosen_and_its_person_waits(amina: Browser) -> None:
    page = amina.get("/practice").text
    assert page.count('class="card scenario"') == 5 and NOBODY in page and "Dites d’abord qui vous êtes" in page
    number = start(amina, "wages")
    shown = amina.get(f"/cases/{number}").text
    assert "salam, bghit nhder" in shown and NOBODY in shown and 'id="do-take"' in shown
    assert f"/console/cases/{number}" in amina.get("/practice").text


def test_the_hints_stand_beside_the_conversation_in_the_language_of_the_page(amina: Browser) -> None:
    number = start(amina, "violence")
    assert "Demandez si elle peut écrire sans danger" in amina.get(f"/cases/{number}").text
    amina.get("/language/ar")
    assert "اسأل هل تستطيع الكتابة بدون خطر" in amina.get(f"/cases/{number}").text


def test_a_message_is_answered_with_the_next_line(amina: Browser, db: Database, settings: Settings) -> None:
    number = start(amina, "school")
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/reply", text="Bonjour, je vous lis.")
    while send_one(db, {"practice": Practice(db, settings.data_dir)}):
        pass
    page = amina.get(f"/cases/{number}").text
    assert page.index("Bonjour, je vous lis.") < page.index('class="delivery sent"') < page.index("عندي بنتين")


def test_nobody_else_finds_it(amina: Browser, brahim: Browser) -> None:
    number = start(amina, "rent")
    assert brahim.get(f"/cases/{number}").status_code == 404 == brahim.post(f"/cases/{number}/take").status_code
    assert f"/cases/{number}" not in brahim.get("/").text + brahim.get("/practice").text


def test_a_real_case_carries_no_hints(amina: Browser, ask) -> None:
    page = amina.get(f"/cases/{ask()}").text
    assert NOBODY not in page and 'id="beside-practice"' not in page


def test_practice_is_in_no_list_of_real_requests(amina: Browser) -> None:
    number = start(amina, "violence")
    page = amina.get("/").text
    assert f"/cases/{number}" not in page and "(1!)" not in page and 'data-alarm=""' in amina.get(f"/cases/{number}").text


def test_an_unknown_scenario_is_not_there(amina: Browser) -> None:
    assert amina.post("/practice/nothing").status_code == 404


def test_starting_needs_the_token_of_the_page(amina: Browser) -> None:
    assert amina.post("/practice/wages", csrf="x").status_code == 403


def test_who_does_not_work_on_cases_does_not_practise(editor: Browser) -> None:
    assert editor.get("/practice").status_code == 403
    assert "/console/practice" not in editor.get("/").text
