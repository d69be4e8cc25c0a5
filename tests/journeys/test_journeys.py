"""What people come for, in each of the five forms, from POST to the reply that can be read."""

from pathlib import Path

import pytest

from bot.db import Database
from bot.handoff import cases, urgency
from bot.language.forms import FORMS
from bot.messaging import conversations
from bot.tables import Case, Staff
from bot.texts import Texts
from bot.understanding.corpus import seed_entries
from cli.client import Chat, Message
from tests.journeys import said

pytestmark = pytest.mark.journey
EACH_FORM = pytest.mark.parametrize("form", FORMS)
AGADIR = (30.4202, -9.5982)
_MARKS = dict.fromkeys([0x2066, 0x2069, 0x200F])


def plain(text: str) -> str:
    """Without the isolates that make numbers readable."""
    return text.translate(_MARKS)


def all_text(replies: list[Message]) -> str:
    return plain("\n".join(r["text"] for r in replies))


def titles(replies: list[Message]) -> list[str]:
    return [b["title"] for r in replies for b in r["buttons"]]


def open_case(live: Database, chat: Chat) -> Case | None:
    with live.begin() as session:
        conversation = conversations.by_address(session, "webchat", chat.token)
        return cases.current(session, conversation.id) if conversation else None


@EACH_FORM
def test_a_question_is_answered_at_once_with_its_source(chat: Chat, texts: Texts, data_dir: Path, form: str) -> None:
    question, entry_id = said.ANSWERED[form]
    entry = next(e for e in seed_entries(data_dir) if e["id"] == entry_id)
    replies = chat.say(question)
    assert replies[0]["text"] == texts.say("welcome", form)
    assert plain(replies[1]["text"]).startswith(entry["answers"][form].strip().split("\n")[0])
    assert plain(texts.get("not_checked", form)) in plain(replies[1]["text"])
    assert {r["form"] for r in replies} == {form}
    assert titles(replies)[:2] == [texts.get("yes", form), texts.get("no", form)]
    assert texts.say("thanks_feedback", form) in [r["text"] for r in chat.say(said.YES[form])]


@EACH_FORM
def test_an_unclear_question_gets_likely_entries_and_then_a_person(chat: Chat, texts: Texts, live: Database, form: str) -> None:
    first = chat.say(said.VAGUE[form])
    assert texts.say("clarify", form) in [r["text"] for r in first]
    assert 2 <= len(titles(first)) <= 4
    second = chat.press(texts.get("none_of_these", form))
    assert texts.say("offer_person", form) in [r["text"] for r in second]
    assert open_case(live, chat) is None
    chat.say("1")
    opened = open_case(live, chat)
    assert opened is not None and opened.reason == "failures"


@EACH_FORM
def test_a_place_is_found_with_what_was_missing_asked_for(chat: Chat, texts: Texts, form: str) -> None:
    assert texts.say("ask_place", form) in [r["text"] for r in chat.say(said.HOSPITAL[form])]
    found = chat.say(said.TOWN[form])
    assert "1. " in all_text(found)
    details = chat.press(f"{texts.get('details', form)} 1")
    assert texts.get("service_address", form, value="").split(":")[0] in all_text(details)


@EACH_FORM
def test_the_nearest_place_to_a_shared_location(chat: Chat, texts: Texts, form: str) -> None:
    asked = chat.say(said.HOSPITAL[form])
    assert asked[-1]["ask_location"]
    found = all_text(chat.share(*AGADIR))
    distances = [
        float(w) for line in found.split("\n") for w in line.replace("(", " ").split() if w.replace(".", "").isdigit() and "." in w[1:-1]
    ]
    assert distances and distances == sorted(distances) and distances[0] < 10


@EACH_FORM
def test_danger_gets_numbers_first_and_opens_an_urgent_case(chat: Chat, texts: Texts, live: Database, data_dir: Path, form: str) -> None:
    replies = chat.say(said.URGENT[form])
    assert plain(urgency.number_lines(data_dir, "violence", form)) in plain(replies[0]["text"])
    assert replies[0]["from"] == "system" and chat.owner == "waiting"
    assert texts.say("ask_safe", form) in [r["text"] for r in replies]
    opened = open_case(live, chat)
    assert opened is not None and opened.urgency == "violence"
    assert texts.say("safe_no", form) in [r["text"] for r in chat.press(texts.get("no", form))]


@EACH_FORM
def test_a_person_is_asked_for_takes_over_answers_and_hands_back(
    chat: Chat, texts: Texts, live: Database, worker: Staff, form: str
) -> None:
    assert texts.say("ask_person", form) in [r["text"] for r in chat.say(said.PERSON[form])]
    chat.say(said.YES[form])
    assert chat.owner == "waiting"
    opened = open_case(live, chat)
    assert opened is not None
    with live.begin() as session:
        cases.take(session, worker, opened.id, texts)
        cases.reply(session, worker, opened.id, "Salma <b>ici</b>")
    heard = chat.settle()
    assert [(r["from"], r["name"]) for r in heard] == [("system", ""), ("person", "Salma")] and heard[1]["text"] == "Salma <b>ici</b>"
    assert chat.say(said.SECRET[form]) == []
    with live.begin() as session:
        cases.hand_back(session, worker, opened.id, texts)
    assert texts.say("person_left", form) in [r["text"] for r in chat.settle()]
    assert chat.owner == "bot" and chat.say(said.ANSWERED[form][0])[-1]["from"] == "bot"


@EACH_FORM
def test_the_form_changes_in_the_middle(chat: Chat, texts: Texts, form: str) -> None:
    chat.say(said.ANSWERED[form][0])
    request, wanted = said.SWITCH[form]
    assert texts.say("language_changed", wanted) in [r["text"] for r in chat.say(request)]
    assert {r["form"] for r in chat.say("menu")} == {wanted}
    assert {r["form"] for r in chat.say(said.ANSWERED[form][0])} == {form}


@EACH_FORM
def test_all_data_is_deleted_after_one_question(chat: Chat, texts: Texts, live: Database, form: str) -> None:
    chat.say(said.SECRET[form])
    assert texts.say("ask_delete", form) in [r["text"] for r in chat.say(said.DELETE[form])]
    assert texts.say("deleted", form) in [r["text"] for r in chat.say(said.YES[form])]
    left = chat.history()
    assert said.SECRET[form] not in [m["text"] for m in left] and len(left) <= 1
    with live.begin() as session:
        conversation = conversations.by_address(session, "webchat", chat.token)
    assert conversation is None or conversation.tracker_sealed is None
