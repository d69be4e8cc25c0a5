"""Greeting, menu, and short answers to what people say besides a question."""

from actions.base import DalilAction, Turn
from bot.messages import Button

TOPICS = {
    "menu_papers": "residence_permit asylum documents_daily_life",
    "menu_health": "health",
    "menu_school": "schooling birth_civil_status",
    "menu_work": "work training",
    "menu_protection": "protection justice housing",
}
TEXT_OF_INTENT = {
    "goodbye": "goodbye",
    "thank": "thank_reply",
    "privacy": "privacy_reply",
    "bot_challenge": "bot_reply",
    "insult": "insult_reply",
    "media": "media_other",
}
OFFERS_PERSON = frozenset({"bot_challenge", "insult", "media"})


def menu_buttons(turn: Turn) -> tuple[Button, ...]:
    topics = (turn.button(key, "choose_topic", topics=topics.split()) for key, topics in TOPICS.items())
    return (
        *topics,
        turn.button("menu_place", "find_service"),
        turn.button("menu_person", "ask_human"),
        turn.button("menu_language", "change_language"),
    )


class Greet(DalilAction):
    def name(self) -> str:
        return "action_greet"

    def act(self, turn: Turn) -> None:
        if not turn.replies:
            turn.say(turn.text("hello_again"))
        turn.say(turn.text("menu"), menu_buttons(turn))


class Menu(DalilAction):
    def name(self) -> str:
        return "action_menu"

    def act(self, turn: Turn) -> None:
        turn.set(category=None, place=None, point=None, page=0, entry=None)
        turn.say(turn.text("menu"), menu_buttons(turn))


class Say(DalilAction):
    """One text that belongs to the intent."""

    def name(self) -> str:
        return "action_say"

    def act(self, turn: Turn) -> None:
        buttons = (turn.button("person_button", "ask_human"),) if turn.intent in OFFERS_PERSON else ()
        turn.say(turn.text(turn.data.get("kind") or TEXT_OF_INTENT[turn.intent]), buttons)


class Cancel(DalilAction):
    def name(self) -> str:
        return "action_cancel"

    def act(self, turn: Turn) -> None:
        turn.set(category=None, place=None, point=None, page=0)
        turn.say(turn.text("cancelled"), menu_buttons(turn))


class NothingPending(DalilAction):
    """A yes or no that answers nothing."""

    def name(self) -> str:
        return "action_nothing_pending"

    def act(self, turn: Turn) -> None:
        turn.say(turn.text("nothing_pending"))
        turn.say(turn.text("menu"), menu_buttons(turn))
