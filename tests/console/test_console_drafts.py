"""Words that were typed and not sent: drafts, and what is shown when a form is refused before it reaches the case."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from bot.db import Database
from bot.handoff import cases, drafts
from bot.staff import accounts
from bot.tables import Draft, Staff, StaffSession
from tests.console.case_pages import actions, typed
from tests.console.conftest import PASSWORD, Browser

SCRIPT = {"X-Console": "1"}


# --- Drafts


def save(browser: Browser, number: int, text: str, after: int = 0) -> int:
    data = {"csrf": browser.csrf, "text": text, "after": str(after)}
    return int(browser.client.post(f"/console/cases/{number}/draft", data=data, headers=SCRIPT).status_code)


def after(page: str) -> int:
    found = re.search(r'data-after="(\d+)"', page)
    assert found
    return int(found.group(1))


def test_a_draft_is_there_on_the_next_device_and_only_for_who_wrote_it(app, amina, brahim, taken):
    assert save(amina, taken, "Je cherche <b>") == 204
    other = Browser(TestClient(app))
    other.sign_in("amina@example.org")
    assert typed(other.get(f"/cases/{taken}").text) == "Je cherche &lt;b&gt;"
    assert typed(brahim.get(f"/cases/{taken}").text) == ""


def test_a_draft_is_gone_when_it_was_sent_and_does_not_come_back(amina, taken, db: Database):
    save(amina, taken, "Bonjour")
    amina.post(f"/cases/{taken}/reply", text="Bonjour", after="0")
    assert save(amina, taken, "Bonjour") == 202
    page = amina.get(f"/cases/{taken}").text
    assert typed(page) == "" and save(amina, taken, "Et aussi", after(page)) == 204
    with db.begin() as session:
        assert len(session.scalars(select(Draft)).all()) == 1


def test_a_refusal_shows_what_was_typed_and_the_draft_stays(amina, brahim, taken):
    save(brahim, taken, "ancien")
    answer = brahim.post(f"/cases/{taken}/reply", text="nouveau")
    assert answer.status_code == 409 and typed(answer.text) == "nouveau"
    assert typed(brahim.get(f"/cases/{taken}").text) == "ancien"


def test_drafts_need_the_token_the_right_and_the_case(amina, visitor, editor, taken):
    assert save(Browser(amina.client, "x"), taken, "a") == 403
    assert save(visitor, taken, "a") == 401
    assert save(editor, taken, "a") == 403
    assert save(amina, 999, "a") == 404


def test_a_draft_is_not_in_the_audit_trail(amina, taken, db: Database):
    before = actions(db, taken)
    save(amina, taken, "a")
    assert actions(db, taken) == before


def test_the_draft_of_who_signs_in_with_the_same_browser_is_their_own(amina, taken, db: Database):
    save(amina, taken, "d’Amina")
    amina.sign_in("brahim@example.org", PASSWORD)
    assert typed(amina.get(f"/cases/{taken}").text) == ""
    with db.begin() as session:
        me = session.scalars(select(Staff).filter_by(name="Amina")).one()
        assert drafts.of(session, me, cases.get(session, taken)) == "d’Amina"


# --- Words are not lost when a form is refused before it reaches the case


def lost(page: str) -> str:
    found = re.search(r'<textarea id="lost"[^>]*readonly[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return found.group(1) if found else ""


def test_who_was_signed_out_sees_the_words_and_the_way_back(amina, taken, db: Database):
    with db.begin() as session:
        session.execute(delete(StaffSession))
    came_from = {"Referer": f"http://testserver/console/cases/{taken}"}
    data = {"csrf": amina.csrf, "text": "mes mots <b>"}
    answer = amina.client.post(f"/console/cases/{taken}/reply", data=data, headers=came_from)
    assert answer.status_code == 401 and lost(answer.text) == "mes mots &lt;b&gt;"
    assert f'href="/console/sign-in?back=/console/cases/{taken}" target="_blank"' in answer.text


def test_the_way_back_leads_to_no_other_site(amina, taken, db: Database):
    with db.begin() as session:
        session.execute(delete(StaffSession))
    answer = amina.client.post(f"/console/cases/{taken}/reply", data={"text": "a"}, headers={"Referer": "https://evil.example//console/x"})
    assert 'href="/console/sign-in?back=/console/"' in answer.text


def test_a_page_that_is_too_old_shows_the_words(amina, taken):
    answer = amina.post(f"/cases/{taken}/note", csrf="old", text="ma note")
    assert answer.status_code == 403 and lost(answer.text) == "ma note"


def test_without_words_the_sign_in_comes_at_once(amina, taken, db: Database):
    with db.begin() as session:
        session.execute(delete(StaffSession))
    assert 'id="password"' in amina.post(f"/cases/{taken}/take").text


def test_the_script_is_only_told_the_status(amina, taken, db: Database):
    with db.begin() as session:
        session.execute(delete(StaffSession))
    answer = amina.client.post(f"/console/cases/{taken}/reply", data={"csrf": "x", "text": "mes mots"}, headers=SCRIPT)
    assert (answer.status_code, answer.text) == (401, "")


def test_when_the_database_does_not_answer_the_words_are_shown(amina, taken, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(accounts, "by_cookie", broken)
    answer = amina.post(f"/cases/{taken}/reply", text="mes mots")
    assert answer.status_code == 503 and lost(answer.text) == "mes mots" and "La base de données ne répond pas" in answer.text
