"""Writing in the web chat: who holds the token holds the conversation; nothing that is sent in does harm."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from bot.db import Database
from bot.messages import Button, Reply
from bot.tables import Conversation, InboundRow
from tests.channels.webchat.chat_page import PATH, post, read
from tests.story import Somebody
from web.app import MAX_BODY


def count(db: Database, table: type[Conversation] | type[InboundRow]) -> int:
    with db.begin() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# --- A conversation


def test_a_conversation_is_started_with_a_token_that_cannot_be_guessed(http: TestClient) -> None:
    answer = http.post(PATH)
    assert answer.status_code == 201 and len(answer.json()["token"]) >= 32


def test_each_start_is_a_conversation_of_its_own(http: TestClient, db: Database) -> None:
    tokens = {http.post(PATH).json()["token"] for _ in range(3)}
    assert len(tokens) == 3 == count(db, Conversation)


@pytest.mark.parametrize("path", ["messages", "history"])
def test_an_unknown_token_reads_nothing(http: TestClient, path: str) -> None:
    assert http.get(f"{PATH}/unknown/{path}").status_code == 404


def test_an_unknown_token_cannot_write(http: TestClient, db: Database) -> None:
    assert post(http, "unknown", text="bonjour").status_code == 404
    assert count(db, Conversation) == 0


@pytest.mark.parametrize("token", ["%00", "%F0%9F%99%82", "..%2f..%2fconsole", "a" * 3000])
def test_an_odd_token_is_an_unknown_token(http: TestClient, token: str) -> None:
    assert http.get(f"{PATH}/{token}/history").status_code == 404


def test_the_token_of_another_channel_is_an_unknown_token(http: TestClient, db: Database) -> None:
    Somebody(db, "telegram", "12345").write()
    assert http.get(f"{PATH}/12345/history").status_code == 404


# --- Writing


def test_a_message_is_accepted_and_waits_for_its_turn(http: TestClient, token: str, somebody: Somebody) -> None:
    answer = post(http, token, text="bonjour")
    assert (answer.status_code, answer.json()) == (202, {"duplicate": False})
    assert somebody.load().text == "bonjour"


def test_the_same_id_twice_is_one_message(http: TestClient, token: str, somebody: Somebody) -> None:
    post(http, token, text="bonjour")
    again = post(http, token, text="bonjour")
    assert (again.status_code, again.json()) == (202, {"duplicate": True}) and len(somebody.inbound()) == 1


def test_two_conversations_may_use_the_same_id(http: TestClient, db: Database) -> None:
    for _ in range(2):
        post(http, http.post(PATH).json()["token"], text="bonjour")
    assert count(db, InboundRow) == 2


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": "bonjour", "button": "token"},
        {"text": "bonjour", "location": {"latitude": 30, "longitude": -9}},
        {"button": "token", "location": {"latitude": 30, "longitude": -9}},
        {"text": None, "button": None},
        {"text": ["bonjour"]},
        {"text": {"$ne": 1}},
        {"text": "x" * 20_001},
        {"button": "x" * 65},
        {"location": {"latitude": 91, "longitude": 0}},
        {"location": {"latitude": 0, "longitude": -181}},
        {"location": {"latitude": 0}},
        {"text": "bonjour", "owner": "person"},
        {"text": "bonjour", "id": "short"},
        {"text": "bonjour", "id": "x" * 65},
        {"text": "bonjour", "form": "x" * 11},
    ],
    ids=lambda content: json.dumps(content)[:40],
)
def test_what_is_not_exactly_one_message_is_refused(http: TestClient, token: str, somebody: Somebody, content: dict[str, Any]) -> None:
    answer = http.post(f"{PATH}/{token}/messages", json={"id": "message-1", **content})
    assert answer.status_code == 422 and somebody.inbound() == []


def test_a_refusal_does_not_repeat_what_was_said(http: TestClient, token: str) -> None:
    """It may be written to a log on the way."""
    answer = post(http, token, text="je m'appelle Awa", button="token")
    assert answer.status_code == 422 and "Awa" not in answer.text and "exactly one" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'"text"',
        b'{"id": "message-1", "text": "\\ud800"}',
        b'{"id": "message-1", "location": {"latitude": NaN, "longitude": 0}}',
        b'{"id": "message-1", "location": {"latitude": 1e999, "longitude": 0}}',
    ],
)
def test_what_is_no_json_of_ours_is_refused(http: TestClient, token: str, somebody: Somebody, body: bytes) -> None:
    answer = http.post(f"{PATH}/{token}/messages", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422) and somebody.inbound() == []


def test_a_body_that_is_too_large_is_refused(http: TestClient, token: str, somebody: Somebody) -> None:
    answer = post(http, token, text="x" * MAX_BODY)
    assert answer.status_code == 413 and somebody.inbound() == []


def test_a_large_body_in_pieces_without_a_length_is_refused(http: TestClient, token: str, somebody: Somebody) -> None:
    pieces = (b"x" * 1024 for _ in range(MAX_BODY // 1024 + 1))
    answer = http.post(f"{PATH}/{token}/messages", content=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code in (411, 413) and somebody.inbound() == []


@pytest.mark.parametrize("words", ["a\x00b", "\u202eolleh", "🙏", "፩", "x" * 20_000])
def test_odd_characters_are_accepted(http: TestClient, token: str, somebody: Somebody, words: str) -> None:
    assert post(http, token, text=words).status_code == 202
    assert len(somebody.load().text) <= 2000


@pytest.mark.parametrize("key", ["message\x00one", "message 🙏 one", "' OR 1=1 --"])
def test_an_odd_id_is_an_id(http: TestClient, token: str, key: str) -> None:
    assert [post(http, token, key, text="bonjour").json()["duplicate"] for _ in range(2)] == [False, True]


def test_the_language_of_the_page_is_the_first_guess(http: TestClient, token: str, somebody: Somebody) -> None:
    post(http, token, text="?", form="ary-Arab")
    assert somebody.conversation().form == "ary-Arab"


def test_the_language_of_the_page_does_not_change_a_known_form(http: TestClient, token: str, somebody: Somebody) -> None:
    somebody.change(form="ary-Latn")
    post(http, token, text="?", form="fr")
    assert somebody.conversation().form == "ary-Latn"


def test_a_language_that_we_do_not_have_is_taken_as_french(http: TestClient, token: str, somebody: Somebody) -> None:
    post(http, token, text="?", form="xx")
    assert somebody.conversation().form == "fr"


def test_a_pressed_button_is_what_it_means(http: TestClient, token: str, somebody: Somebody) -> None:
    post(http, token, text="bonjour")
    somebody.turn(Reply("menu", "fr", (Button("Santé", "show_entry", {"entry": "health"}),)))
    somebody.mark_sent()
    post(http, token, "message-2", button=read(http, token)["messages"][0]["buttons"][0]["token"])
    work = somebody.load()
    assert (work.intent, work.data) == ("show_entry", {"entry": "health"})


def test_a_button_with_characters_that_no_token_has_stops_no_worker(http: TestClient, token: str, somebody: Somebody) -> None:
    post(http, token, button="a\x00b")
    assert somebody.load().intent == "menu"


def test_a_shared_place_arrives(http: TestClient, token: str, somebody: Somebody) -> None:
    post(http, token, location={"latitude": 30.42, "longitude": -9.6})
    work = somebody.load()
    assert (work.intent, work.data) == ("share_location", {"latitude": 30.42, "longitude": -9.6})


# --- Beginning anew


def test_whoever_begins_anew_is_marked_in_the_request_that_is_open(http: TestClient, token: str, somebody: Somebody) -> None:
    assert http.post(f"{PATH}/{token}/left").status_code == 204
    somebody.asks_for_a_person()
    assert http.post(f"{PATH}/{token}/left").status_code == 204 == http.post(f"{PATH}/{token}/left").status_code
    case = somebody.case()
    assert case is not None and case.left_at is not None and case.state == "waiting"
    assert http.post(f"{PATH}/{'x' * 32}/left").status_code == 404
