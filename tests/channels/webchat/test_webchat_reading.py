"""Reading in the web chat: replies once they are sent, the history, waiting for what comes; nobody reads what was said to another."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from bot.db import Database
from bot.handoff import cases
from bot.language.forms import FORMS
from bot.messages import Effect, Reply
from bot.privacy import forget
from bot.settings import Settings
from bot.texts import Texts
from tests.channels.webchat.chat_page import PATH, history, post, read
from tests.story import AtOnce, Somebody, bot, hire, result, until
from web.app import build_app

# --- Reading


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


# --- What is erased


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
