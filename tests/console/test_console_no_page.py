"""Addresses below /console that there are not, and ways of asking that an address does not know: a page, never JSON."""

import pytest
from fastapi.testclient import TestClient

from bot.db import Database
from bot.settings import Settings
from tests.console.conftest import Browser
from tests.site import site

WRONG = ("/directoryy", "/content/entry/a/b/c/d", "/static/a/b", "/cases/", "/%00", "/%2e%2e/x")


@pytest.mark.parametrize("path", WRONG)
def test_a_mistyped_address_is_the_consoles_own_page(amina: Browser, path):
    answer = amina.get(path)
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
    assert "Cette page n’existe pas" in answer.text and 'id="to-start"' in answer.text and 'class="menu"' in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"


def test_it_is_in_the_language_of_who_reads_it_and_leads_editors_to_their_first_page(amina: Browser, editor: Browser):
    amina.get("/language/ar")
    assert '<html lang="ar" dir="rtl">' in amina.get("/nothing").text
    page = editor.get("/directory/nothing/at/all").text
    assert 'id="to-directory"' in page and 'id="to-start"' in editor.get("/nothing").text


def test_a_wrong_method_too_and_what_was_typed_is_not_lost(amina: Browser):
    answer = amina.get("/sign-out")
    assert answer.status_code == 405 and answer.headers["allow"] == "POST" and "Cette page n’existe pas" in answer.text
    answer = amina.post("/mentions/nothing", text="Une longue phrase <b>")
    assert answer.status_code == 404 and "Une longue phrase &lt;b&gt;" in answer.text
    assert amina.client.put("/console/").status_code == 405 and amina.client.delete("/console/nothing").status_code == 404


def test_a_form_that_nobody_can_read_is_told_on_a_page(amina: Browser):
    broken = {"content": b"no parts at all", "headers": {"content-type": "multipart/form-data; boundary=x"}}
    for path, status in (("/nothing", 404), ("/account/password", 400)):
        answer = amina.client.post(f"/console{path}", **broken)  # type: ignore[arg-type]
        assert answer.status_code == status and answer.headers["content-type"].startswith("text/html"), path


def test_signed_out_it_is_the_sign_in_as_for_every_page(visitor: Browser):
    """Nobody from outside learns which addresses there are."""
    answer = visitor.get("/nothing", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/console/sign-in?back=/console/nothing"
    assert visitor.client.get("/console/nothing", headers={"x-console": "1"}).status_code == 401


@pytest.mark.parametrize("path", ["/nothing", "/hsds/nothing", "/consolee", "/static/nothing.css", "/chat/v1/nothing"])
def test_what_programs_ask_stays_as_it_was(db: Database, path):
    answer = TestClient(site(db, Settings())).get(path)
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/json"


def test_a_wrong_method_of_the_chat_stays_json(db: Database):
    assert TestClient(site(db, Settings())).delete("/health/live").json() == {"detail": "Method Not Allowed"}
