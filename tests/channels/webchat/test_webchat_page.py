"""The page of the web chat, what every answer carries, and whether the process is well."""

import json

import pytest
from fastapi.testclient import TestClient

from bot.language.forms import FORMS, direction
from bot.texts import Texts
from tests.channels.webchat.chat_page import PATH, post
from web.app import MAX_BODY, POLICY

# --- The page and what every answer carries


@pytest.mark.parametrize("path", ["/", "/static/chat.css", "/static/chat.js", f"{PATH}/unknown/history", "/nothing", "/health/live"])
def test_every_answer_carries_the_headers_that_protect_the_page(http: TestClient, path: str) -> None:
    headers = http.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_a_refusal_carries_them_too(http: TestClient, token: str) -> None:
    assert post(http, token, text="x" * MAX_BODY).headers["content-security-policy"] == POLICY


def test_the_policy_allows_no_script_and_no_frame_from_elsewhere() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == "'self'" and rules["frame-ancestors"] == "'none'" and "unsafe" not in POLICY
    assert "script-src" not in rules


@pytest.mark.parametrize("form", FORMS)
def test_the_page_is_in_the_form_asked_for(http: TestClient, texts: Texts, form: str) -> None:
    page = http.get("/", params={"form": form}).text
    assert f'<html lang="{form}" dir="{direction(form)}">' in page
    assert f'placeholder="{texts.get("chat_placeholder", form)}"'.replace("'", "&#39;") in page


@pytest.mark.parametrize(
    ("header", "lang", "direction"),
    [
        ("fr-FR,fr;q=0.9", "fr", "ltr"),
        ("ar-MA,ar;q=0.9,fr;q=0.5", "ar", "rtl"),
        ("en", "en", "ltr"),
        ("wo,bm;q=0.8", "fr", "ltr"),
        ("de-DE,de;q=0.9,en;q=0.5", "en", "ltr"),
        ("", "fr", "ltr"),
        (";;,,*;q=x", "fr", "ltr"),
    ],
)
def test_the_page_is_in_the_language_of_the_browser(http: TestClient, header: str, lang: str, direction: str) -> None:
    assert f'<html lang="{lang}" dir="{direction}">' in http.get("/", headers={"Accept-Language": header}).text


def test_a_form_that_we_do_not_have_is_taken_as_french(http: TestClient) -> None:
    page = http.get("/", params={"form": '"><script>alert(1)</script>'}).text
    assert '<html lang="fr" dir="ltr">' in page and "alert(1)" not in page


def test_the_page_has_no_script_of_its_own_to_allow(http: TestClient) -> None:
    """The policy forbids scripts in the page: only the file and the JSON of the texts."""
    page = http.get("/").text
    assert page.count("<script") == 2 and '<script src="/static/chat.js" defer>' in page
    assert "<style" not in page and " style=" not in page and " onclick=" not in page


def test_nothing_is_loaded_from_elsewhere(http: TestClient) -> None:
    page, style, script = (http.get(path).text for path in ("/", "/static/chat.css", "/static/chat.js"))
    assert "http://" not in page + style + script and "https://" not in page + style + script


def test_the_texts_for_the_script_are_json(http: TestClient, texts: Texts) -> None:
    page = http.get("/", params={"form": "ar"}).text
    shown = json.loads(page.split('id="texts">')[1].split("</script>")[0])
    assert shown["chat_offline"] == texts.get("chat_offline", "ar")


# --- Health


def test_the_process_is_alive(http: TestClient) -> None:
    assert http.get("/health/live").json() == {"status": "ok"}


def test_the_process_is_ready_when_the_database_answers(http: TestClient) -> None:
    assert http.get("/health/ready").status_code == 200
