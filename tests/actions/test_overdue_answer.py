"""The way of an answer that nobody looks at: said with a flag, then a person is offered instead, then it is back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import faq, person
from actions.base import DalilAction
from bot.db import Database
from bot.faq import days, presentation, reviews
from bot.faq.rules import book
from bot.language.forms import FORMS, Form
from bot.texts import Texts
from bot.understanding import danger
from bot.understanding.corpus import seed_entries
from channels.reviews import reviewing
from tests.content import publish
from tests.story import DATA, hire

ENTRY = next(entry for entry in seed_entries(DATA) if entry["id"] == "school_enrol")
DAY = date.fromisoformat(str(ENTRY["check_again_on"]))
Live = Callable[[date], None]


@pytest.fixture
def on(db: Database, monkeypatch: pytest.MonkeyPatch) -> Live:
    """It is this day, and the sender did its jobs. The entry is live since today."""
    monkeypatch.setattr(faq, "database", lambda: db)
    monkeypatch.setattr(person, "database", lambda: db)
    with db.begin() as session:
        publish(session, "school_enrol", {**ENTRY, "read_on": str(ENTRY["read_on"]), "check_again_on": str(DAY), "related": []})

    def becomes(today: date) -> None:
        monkeypatch.setattr(presentation, "today", lambda: today)
        reviewing(db, lambda: today)()

    return becomes


def asks(action: DalilAction | None = None, form: str = "fr", **metadata: Any) -> dict[str, Any]:
    seen = metadata or {"understanding": {"route": "faq", "id": "school_enrol", "candidates": [["school_enrol", 0.9]]}}
    message = {"intent": {"name": "faq"}, "metadata": {"form": form, **seen}}
    dispatcher = CollectingDispatcher()
    events = (action or faq.Faq()).run(dispatcher, Tracker("x", {"welcomed": True}, message, [], False, None, {}, "action_listen"), {})
    return {**dispatcher.messages[0]["custom"], "slots": {event["name"]: event["value"] for event in events}}


def test_an_overdue_answer_is_flagged_then_withdrawn_then_back(db: Database, on: Live, texts: Texts) -> None:
    flag = texts.say("check_overdue", "fr", date=texts.day("fr", DAY))
    on(DAY)
    assert flag not in asks()["replies"][0]["text"]
    on(DAY + timedelta(days=30))
    assert asks()["replies"][0]["text"].endswith(flag)
    on(DAY + timedelta(days=31))
    said = asks()
    assert said["replies"][0]["text"] == texts.say("being_checked", "fr")
    assert [b["intent"] for b in said["replies"][0]["buttons"]] == ["person_answer"] * 2
    assert (said["slots"]["entry"], said["slots"]["pending"]) == ("school_enrol", "person")
    later = DAY + timedelta(days=40)
    with db.begin() as session:
        zineb = hire(db, "Zineb", "editor")
        assert reviews.still_true(session, zineb, ("school_enrol", 1), (later, later + reviews.AGAIN), book(DATA))
    on(later)
    text = asks()["replies"][0]["text"]
    assert ENTRY["answers"]["fr"].split("\n")[0] in text.translate(dict.fromkeys([0x2066, 0x2069])) and flag not in text
    assert texts.get("checked", "fr", name="Zineb", date=texts.day("fr", later)) in text


@pytest.mark.parametrize("form", FORMS)
def test_a_withdrawn_answer_is_not_said_in_any_form(on: Live, texts: Texts, form: Form) -> None:
    on(DAY + timedelta(days=31))
    (reply,) = asks(form=form)["replies"]
    assert reply["text"] == texts.say("being_checked", form)


def test_a_withdrawn_answer_can_be_chosen_but_is_not_recommended(on: Live) -> None:
    on(DAY + timedelta(days=31))
    assert next(b["data"] for b in asks(faq.Clarify())["replies"][0]["buttons"]) == {"id": "school_enrol"}
    assert asks(faq.Topic(), data={"topics": [ENTRY["topic"]]})["replies"][0]["buttons"] == ()


def test_in_danger_nobody_is_asked_first(db: Database, on: Live, texts: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(danger.ENTRY, "violence", "school_enrol")
    on(DAY + timedelta(days=31))
    said = asks(person.Urgent(), understanding={"route": "urgent", "id": "violence", "candidates": []})
    assert texts.say("being_checked", "fr") not in [reply["text"] for reply in said["replies"]]
    assert [effect["kind"] for effect in said["effects"]] == ["open_case"]


def test_the_starting_content_is_not_due_for_weeks(db: Database) -> None:
    assert all(not days.is_due(entry["check_again_on"], date(2026, 12, 22)) for entry in seed_entries(DATA))
