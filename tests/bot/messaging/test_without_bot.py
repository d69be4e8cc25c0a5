"""While a person is waited for or speaks: no bot, but danger is seen, deletion works, and the person is told where the message went."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from bot.db import Database
from bot.handoff import cases, urgency
from bot.messages import Effect, Reply
from bot.messaging.turns import Outcome, Work
from bot.messaging.without_bot import answer
from bot.texts import Texts
from bot.understanding import danger
from bot.understanding.understand import History, Understanding
from tests.story import DATA, Somebody, hire, seen

BOTH = pytest.mark.parametrize("owner", ["waiting", "person"])


def work(owner: str, intent: str = "", data: dict[str, Any] | None = None, form: str = "fr") -> Work:
    return Work(1, UUID(int=0), 0, owner, 1, form, {"kind": "text", "text": "…"}, History(), None, intent, data or {})


def said(texts: Texts, owner: str, found: Understanding | None = None, **more: Any) -> Outcome:
    return answer(work(owner, **more), found, texts, DATA)


def test_a_message_to_those_who_wait_is_acknowledged(texts: Texts) -> None:
    assert said(texts, "waiting", seen("faq", "health")).replies == [Reply(texts.say("waiting_added", "fr"), "fr", actor="system")]


def test_a_message_to_a_caseworker_is_left_to_the_caseworker(texts: Texts) -> None:
    outcome = said(texts, "person", seen("faq", "health"))
    assert (outcome.replies, outcome.effects) == ([], [])


def test_a_message_without_words_is_acknowledged_too(texts: Texts) -> None:
    assert len(said(texts, "waiting", None, intent="share_location").replies) == 1


def test_the_acknowledgement_comes_in_the_form_of_the_conversation(texts: Texts) -> None:
    assert said(texts, "waiting", seen("oos"), form="ary-Latn").replies[0].text == texts.say("waiting_added", "ary-Latn")


@BOTH
@pytest.mark.parametrize("kind", danger.KINDS)
def test_danger_brings_the_numbers_and_raises_the_case(texts: Texts, owner: str, kind: str) -> None:
    outcome = said(texts, owner, seen("urgent", kind))
    assert outcome.replies == urgency.replies(texts, DATA, kind, "fr")
    assert outcome.effects == [Effect("open_case", {"reason": "urgent", "urgency": kind})]


def test_the_numbers_come_in_the_form_of_the_call_for_help(texts: Texts) -> None:
    outcome = said(texts, "person", seen("urgent", "violence", "ary-Latn"), form="fr")
    assert outcome.replies == urgency.replies(texts, DATA, "violence", "ary-Latn")


@BOTH
@pytest.mark.parametrize(("yes", "key"), [(True, "safe_yes"), (False, "safe_no")])
def test_whether_it_is_safe_can_be_answered(texts: Texts, owner: str, yes: bool, key: str) -> None:
    outcome = said(texts, owner, intent="safe_answer", data={"yes": yes})
    assert [r.text for r in outcome.replies] == [texts.say(key, "fr")] and outcome.effects == [Effect("safe", {"yes": yes})]


@BOTH
def test_deletion_is_asked_back_once(texts: Texts, owner: str) -> None:
    outcome = said(texts, owner, seen("dialog", "delete_my_data"))
    assert [r.text for r in outcome.replies] == [texts.say("ask_delete", "fr")] and outcome.effects == []
    assert [b.data for b in outcome.replies[0].buttons] == [{"yes": True}, {"yes": False}]


@BOTH
def test_after_a_yes_everything_is_deleted(texts: Texts, owner: str) -> None:
    outcome = said(texts, owner, intent="delete_answer", data={"yes": True})
    assert [r.text for r in outcome.replies] == [texts.say("deleted", "fr")] and outcome.effects == [Effect("forget")]


@BOTH
def test_after_a_no_nothing_is_deleted(texts: Texts, owner: str) -> None:
    outcome = said(texts, owner, intent="delete_answer", data={"yes": False})
    assert [r.text for r in outcome.replies] == [texts.say("delete_cancelled", "fr")] and outcome.effects == []


@BOTH
@pytest.mark.parametrize("yes", [True, False])
def test_the_answer_to_a_referral_is_an_effect_that_brings_its_words(texts: Texts, owner: str, yes: bool) -> None:
    outcome = said(texts, owner, intent="referral_answer", data={"id": 7, "yes": yes}, form="ary-Latn")
    (effect,) = outcome.effects
    assert (outcome.replies, effect.kind, effect.data["id"], effect.data["yes"]) == ([], "referral_answer", 7, yes)
    words = {end: Reply.from_json(raw) for end, raw in effect.data["said"].items()}
    assert {end: reply.text for end, reply in words.items()} == {
        end: texts.say(f"referral_{end}", "ary-Latn") for end in ("agreed", "refused", "gone", "over")
    }
    assert {(reply.actor, reply.form, reply.buttons) for reply in words.values()} == {("system", "ary-Latn", ())}


@BOTH
def test_whether_the_last_case_helped_can_be_answered_late(texts: Texts, owner: str) -> None:
    outcome = said(texts, owner, intent="satisfaction_answer", data={"case": 3, "value": 1})
    assert [r.text for r in outcome.replies] == [texts.say("thanks_feedback", "fr")]
    assert outcome.effects == [Effect("satisfaction_answer", {"case": 3, "value": 1})]


@BOTH
def test_all_that_is_said_here_is_said_by_the_system(texts: Texts, owner: str) -> None:
    """The epoch is not the bot's: a word of the bot would be dropped."""
    outcomes = [
        said(texts, owner, seen("urgent", "violence")),
        said(texts, owner, seen("dialog", "delete_my_data")),
        said(texts, owner, intent="delete_answer", data={"yes": True}),
        said(texts, owner, intent="safe_answer", data={"yes": True}),
        said(texts, owner, intent="satisfaction_answer", data={"case": 3, "value": 3}),
    ]
    assert {reply.actor for outcome in outcomes for reply in outcome.replies} == {"system"}


def test_danger_while_a_person_speaks_goes_to_the_top_of_that_persons_case(db: Database, texts: Texts) -> None:
    """From the message to the raised case, with the rows in the database."""
    somebody, worker = Somebody(db), hire(db)
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, number, texts)
    somebody.write("il a un couteau")
    task, found = somebody.load(), seen("urgent", "violence")
    outcome = answer(task, found, texts, DATA)
    somebody.finish(task, *outcome.replies, effects=outcome.effects, understanding=found)
    case = somebody.case()
    assert case is not None and (case.id, case.urgency, case.assignee_id) == (number, "violence", worker.id)
    assert somebody.heard()[1:] == [r.text for r in outcome.replies] and somebody.conversation().owner == "person"


@BOTH
@pytest.mark.parametrize("kind", ["text", "media"])
def test_where_somebody_may_read_along_only_the_question_is_said(texts: Texts, owner: str, kind: str) -> None:
    unsafe = replace(work(owner), body={"kind": kind, "text": "…", "media": "voice"}, safe=False)
    assert answer(unsafe, seen("oos"), texts, DATA).replies == []
    assert answer(replace(unsafe, ask_safe=True), seen("oos"), texts, DATA).replies == [urgency.safe_question(texts, "fr")]


@BOTH
def test_danger_brings_the_numbers_also_there(texts: Texts, owner: str) -> None:
    assert answer(replace(work(owner), safe=False), seen("urgent", "violence"), texts, DATA).replies == urgency.replies(
        texts, DATA, "violence", "fr"
    )
