"""The web chat as an HTTP API: who holds the token holds the conversation; nothing that is sent in does harm."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.handoff import cases
from bot.language.forms import FORMS, direction
from bot.messages import Button, Effect, Reply
from bot.privacy import forget
from bot.settings import Settings
from bot.tables import Conversation, InboundRow
from bot.texts import Texts
from tests.story import AtOnce, Somebody, bot, hire, result, seen, until
from web.app import MAX_BODY, POLICY, build_app

PATH = "/api/chat/conversations"


@pytest.fixture
def http(db: Database, config: Settings) -> TestClient:
    return TestClient(build_app(db, config))


@pytest.fixture
def token(http: TestClient) -> str:
    return str(http.post(PATH).json()["token"])


@pytest.fixture
def somebody(db: Database, token: str) -> Somebody:
    """The core's side of the conversation."""
    return Somebody(db, "webchat", token)


def post(http: TestClient, token: str, key: str = "message-1", **content: Any) -> Any:
    return http.post(f"{PATH}/{token}/messages", json={"id": key, **content})


def read(http: TestClient, token: str, **query: Any) -> dict[str, Any]:
    answer = http.get(f"{PATH}/{token}/messages", params=query)
    assert answer.status_code == 200
    found = answer.json()
    assert isinstance(found, dict)
    return found


def history(http: TestClient, token: str) -> list[tuple[str, str]]:
    """Who said what."""
    return [(m["from"], m["text"]) for m in http.get(f"{PATH}/{token}/history").json()["messages"]]


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


# --- Reading


@pytest.fixture
def answered(http: TestClient, token: str, somebody: Somebody) -> Somebody:
    post(http, token, text="bonjour")
    somebody.turn(Reply("Réponse", "fr", (Button("Oui", "affirm"),), ask_location=True), understanding=seen("faq", form="fr"))
    return somebody


def test_a_reply_is_read_once_the_sender_has_sent_it(http: TestClient, token: str, answered: Somebody) -> None:
    before = read(http, token)["messages"]
    answered.mark_sent()
    assert (before, [m["text"] for m in read(http, token)["messages"]]) == ([], ["Réponse"])


def test_a_reply_has_all_that_a_page_needs(http: TestClient, token: str, answered: Somebody) -> None:
    answered.mark_sent()
    (message,) = read(http, token)["messages"]
    assert {k: message[k] for k in ("from", "name", "text", "form", "dir", "ask_location")} == {
        "from": "bot",
        "name": "",
        "text": "Réponse",
        "form": "fr",
        "dir": "ltr",
        "ask_location": True,
    }
    assert [b["title"] for b in message["buttons"]] == ["Oui"]


@pytest.mark.parametrize("form", FORMS)
def test_each_bubble_has_the_direction_of_its_form(http: TestClient, token: str, somebody: Somebody, form: str) -> None:
    somebody.queue(Reply("…", form))
    somebody.mark_sent()
    assert read(http, token)["messages"][0]["dir"] == ("rtl" if form in ("ar", "ary-Arab") else "ltr")


def test_what_was_read_is_not_read_again(http: TestClient, token: str, answered: Somebody) -> None:
    answered.mark_sent()
    after = read(http, token)["after"]
    again = read(http, token, after=after)
    assert (again["messages"], again["after"]) == ([], after)


def test_a_page_knows_whether_more_is_coming(http: TestClient, token: str, somebody: Somebody) -> None:
    story = [read(http, token)["busy"]]
    post(http, token, text="bonjour")
    story.append(read(http, token)["busy"])
    somebody.turn(*bot("a"))
    story.append(read(http, token)["busy"])
    somebody.mark_sent()
    story.append(read(http, token)["busy"])
    assert story == [False, True, True, False]


def test_a_page_knows_who_speaks(http: TestClient, token: str, somebody: Somebody, texts: Texts) -> None:
    worker, story = hire(somebody.db), [read(http, token)["owner"]]
    number = somebody.asks_for_a_person()
    story.append(read(http, token)["owner"])
    with somebody.db.begin() as session:
        cases.take(session, worker, number, texts)
    story.append(read(http, token)["owner"])
    assert story == ["bot", "waiting", "person"]


def test_the_words_of_a_caseworker_carry_the_name(http: TestClient, token: str, somebody: Somebody, texts: Texts) -> None:
    worker, number = hire(somebody.db), somebody.asks_for_a_person()
    with somebody.db.begin() as session:
        cases.take(session, worker, number, texts)
        cases.reply(session, worker, number, "Bonjour.")
    somebody.mark_sent()
    assert [(m["from"], m["name"]) for m in read(http, token)["messages"]] == [("system", ""), ("person", "Salma")]


def test_nobody_reads_what_was_said_to_another(http: TestClient, token: str, answered: Somebody) -> None:
    answered.mark_sent()
    other = http.post(PATH).json()["token"]
    assert read(http, other)["messages"] == [] == history(http, other)


@pytest.mark.parametrize("query", [{"after": -1}, {"wait": -1}, {"wait": 31}, {"wait": "nan"}, {"after": "x"}, {"after": 10**12}])
def test_an_impossible_question_is_refused(http: TestClient, token: str, query: dict[str, Any]) -> None:
    assert http.get(f"{PATH}/{token}/messages", params=query).status_code == 422


def test_a_cursor_from_the_far_future_reads_nothing(http: TestClient, token: str, answered: Somebody) -> None:
    answered.mark_sent()
    assert read(http, token, after=2**31 - 1)["messages"] == []


# --- History


def test_the_history_is_what_both_sides_said_in_order(http: TestClient, token: str, answered: Somebody) -> None:
    answered.mark_sent()
    post(http, token, "message-2", text="merci")
    assert history(http, token) == [("you", "bonjour"), ("bot", "Réponse"), ("you", "merci")]


def test_in_the_history_a_pressed_button_is_its_title(http: TestClient, token: str, answered: Somebody) -> None:
    answered.mark_sent()
    post(http, token, "message-2", button=read(http, token)["messages"][0]["buttons"][0]["token"])
    assert history(http, token)[-1] == ("you", "Oui")


def test_what_was_dropped_is_not_in_the_history(http: TestClient, token: str, answered: Somebody) -> None:
    with answered.db.begin() as session:
        session.get_one(type(answered.outbound()[0]), answered.outbound()[0].id).state = "dropped"
    assert history(http, token) == [("you", "bonjour")]


def test_the_history_of_a_new_conversation_is_empty(http: TestClient, token: str) -> None:
    assert http.get(f"{PATH}/{token}/history").json() == {"messages": [], "after": 0, "owner": "bot", "busy": False, "erased": False}


def test_reading_goes_on_where_the_history_ends(http: TestClient, token: str, answered: Somebody) -> None:
    answered.mark_sent()
    after = http.get(f"{PATH}/{token}/history").json()["after"]
    assert read(http, token, after=after)["messages"] == []


MARKUP = '<script>alert(1)</script><img src=x onerror="alert(1)">&amp;'


def test_markup_stays_text(http: TestClient, token: str) -> None:
    post(http, token, text=MARKUP)
    answer = http.get(f"{PATH}/{token}/history")
    assert answer.json()["messages"][0]["text"] == MARKUP and answer.headers["content-type"] == "application/json"


# --- Waiting for a reply


class Watched(Database):
    """Counts how often somebody has looked into the database."""

    def __init__(self, db: Database) -> None:
        self.__dict__.update(db.__dict__)
        self.looks = itertools.count(1)
        self.looked = 0

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with super().begin() as session:
            yield session
        self.looked = next(self.looks)


def test_who_waits_gets_the_reply_when_it_is_sent(db: Database, config: Settings, somebody: Somebody) -> None:
    """Half a minute would be the end of the waiting: the reply comes before."""
    watched = Watched(db)
    somebody.queue(*bot("Réponse"))
    with TestClient(build_app(watched, config)) as http, AtOnce() as other:
        reader = other.start(read, http, somebody.address, wait=30)
        until(lambda: watched.looked >= 1)
        somebody.mark_sent()
        assert [m["text"] for m in reader.result(20)["messages"]] == ["Réponse"]


def test_who_waits_for_nothing_is_answered_at_the_end_of_the_time(http: TestClient, token: str) -> None:
    assert read(http, token, wait=0.05)["messages"] == []


def test_many_can_wait_at_the_same_time(db: Database, config: Settings) -> None:
    """A request that waits holds neither a thread nor a connection."""
    watched, people = Watched(db), [Somebody(db) for _ in range(50)]
    for somebody in people:
        somebody.queue(*bot("Réponse"))
    with TestClient(build_app(watched, config)) as http, AtOnce(50) as others:
        readers = [others.start(read, http, somebody.address, wait=30) for somebody in people]
        until(lambda: watched.looked >= 50)
        for somebody in people:
            somebody.mark_sent()
        assert [result(reader)["messages"][0]["text"] for reader in readers] == ["Réponse"] * 50


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


def test_what_is_erased_must_not_stay_on_a_screen(http: TestClient, token: str, answered: Somebody, db: Database) -> None:
    answered.mark_sent()
    before = read(http, token)
    assert not before["erased"]
    answered.write("efface tout")
    answered.turn(Reply("Tout est effacé.", "fr", actor="system"), effects=[Effect("forget")])
    answered.mark_sent()
    said = read(http, token, after=before["after"])
    assert said["erased"] and [m["text"] for m in said["messages"]] == ["Tout est effacé."], "at once, before it is done"
    with db.begin() as session:
        forget.forget_requested(session)
    assert read(http, token, after=before["after"])["erased"], "a page that was offline meanwhile"
    assert not read(http, token, after=said["after"])["erased"]


def test_whoever_begins_anew_is_marked_in_the_request_that_is_open(http: TestClient, token: str, somebody: Somebody) -> None:
    assert http.post(f"{PATH}/{token}/left").status_code == 204
    somebody.asks_for_a_person()
    assert http.post(f"{PATH}/{token}/left").status_code == 204 == http.post(f"{PATH}/{token}/left").status_code
    case = somebody.case()
    assert case is not None and case.left_at is not None and case.state == "waiting"
    assert http.post(f"{PATH}/{'x' * 32}/left").status_code == 404
