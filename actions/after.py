"""Answers to questions of a caseworker, pressed when the bot speaks again."""

from actions.base import DalilAction, Turn
from bot.handoff import after, referrals


class ReferralAnswer(DalilAction):
    """A yes comes too late; a no still counts."""

    welcomes = False

    def name(self) -> str:
        return "action_referral_answer"

    def act(self, turn: Turn) -> None:
        turn.effects.append(referrals.answered(turn.data, turn.texts, turn.form, (turn.button("person_button", "ask_human"),)))


class SatisfactionAnswer(DalilAction):
    """Whether the caseworker helped."""

    welcomes = False

    def name(self) -> str:
        return "action_satisfaction_answer"

    def act(self, turn: Turn) -> None:
        turn.effect("satisfaction_answer", **turn.data)
        if turn.data["value"] == after.VALUES["no"]:
            turn.say(turn.text("sorry_feedback"), (turn.button("person_button", "ask_human"),))
        else:
            partly = turn.data["value"] == after.VALUES["partly"]  # something is left to ask
            turn.say(turn.text("thanks_feedback"), (turn.button("person_button", "ask_human"),) if partly else ())
