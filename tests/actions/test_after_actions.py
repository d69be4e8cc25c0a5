"""Questions of a caseworker that are answered when the bot speaks again: what Rasa's actions make of the buttons."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.after import ReferralAnswer, SatisfactionAnswer
from actions.base import DalilAction
from bot.texts import Texts


def run(action: DalilAction, form: str = "fr", **data: Any) -> dict[str, Any]:
    """As the gateway starts it; what comes back."""
    message = {"intent": {"name": "x"}, "metadata": {"data": data, "form": form}}
    tracker = Tracker("somebody", {}, message, [], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    action.run(dispatcher, tracker, {})
    (said,) = dispatcher.messages
    found: dict[str, Any] = said["custom"]
    return found


@pytest.mark.parametrize("yes", [True, False])
def test_the_answer_to_a_referral_is_only_an_effect(texts: Texts, yes: bool) -> None:
    found = run(ReferralAnswer(), "ar", id=5, yes=yes)
    (effect,) = found["effects"]
    assert found["replies"] == [] and found["end"] == "action_referral_answer"
    assert (effect["kind"], effect["data"]["id"], effect["data"]["yes"]) == ("referral_answer", 5, yes)
    over = effect["data"]["said"]["over"]
    assert over["text"] == texts.say("referral_over", "ar") and [b["intent"] for b in over["buttons"]] == ["ask_human"]


@pytest.mark.parametrize(("value", "key"), [(3, "thanks_feedback"), (2, "thanks_feedback"), (1, "sorry_feedback")])
def test_whether_it_helped_is_thanked_for_without_a_greeting(texts: Texts, value: int, key: str) -> None:
    found = run(SatisfactionAnswer(), case=4, value=value)
    assert [r["text"] for r in found["replies"]] == [texts.say(key, "fr")]
    assert found["effects"] == [{"kind": "satisfaction_answer", "data": {"case": 4, "value": value}}]
    assert [b["intent"] for b in found["replies"][0]["buttons"]] == (["ask_human"] if value < 3 else [])
