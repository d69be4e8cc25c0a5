"""What all actions share: read the turn, collect replies and effects, close with the end marker the gateway waits for."""

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.db import Database
from bot.language.forms import Form, known
from bot.messages import Actor, Button, Effect, Reply
from bot.settings import Settings, settings
from bot.texts import Texts


@lru_cache(maxsize=1)
def database() -> Database:
    return Database.of(settings())


class Turn:
    """One run of an action. `data` is what a button carried, `seen` what understanding found (empty for a button), `written` the words.
    `unsafe`: the person said that somebody else may read this."""

    def __init__(self, tracker: Tracker) -> None:
        message = tracker.latest_message or {}
        metadata = message.get("metadata") or {}
        self.slots: dict[str, Any] = dict(tracker.slots)
        self.written: str = message.get("text") or ""
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.data: dict[str, Any] = metadata.get("data") or {}
        self.seen: dict[str, Any] = metadata.get("understanding") or {}
        self.unsafe: bool = metadata.get("unsafe") is True
        self.form: Form = known(metadata.get("form") or "fr")
        self.settings: Settings = settings()
        self.texts = Texts.load(self.settings.data_dir)
        self.replies: list[Reply] = []
        self.effects: list[Effect] = []
        self.changed: dict[str, Any] = {}

    def text(self, key: str, **values: Any) -> str:
        return self.texts.say(key, self.form, **values)

    def button(self, key: str, intent: str, **data: Any) -> Button:
        return Button(self.texts.get(key, self.form), intent, data)

    def yes_no(self, intent: str, **data: Any) -> tuple[Button, Button]:
        return self.button("yes", intent, yes=True, **data), self.button("no", intent, yes=False, **data)

    def say(self, text: str, buttons: tuple[Button, ...] = (), actor: Actor = "bot", ask_location: bool = False) -> None:
        self.replies.append(Reply(text, self.form, buttons, ask_location, actor))

    def effect(self, kind: str, **data: Any) -> None:
        self.effects.append(Effect(kind, data))

    def set(self, **slots: Any) -> None:
        self.slots.update(slots)
        self.changed.update(slots)

    @property
    def yes(self) -> bool:
        """The answer to a yes-or-no question, by button or by word."""
        return bool(self.data["yes"]) if "yes" in self.data else self.intent in ("affirm", "feedback_positive")


class DalilAction(Action, ABC):
    """An action that fails returns no end marker; the gateway then throws the turn away and tries again."""

    keeps_pending = False
    keeps_failures = False
    welcomes = True

    @abstractmethod
    def act(self, turn: Turn) -> None:
        """Collect replies, effects and slots in `turn`. Reads only."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker)
        if not self.keeps_pending:
            turn.set(pending=None)
        if not self.keeps_failures:
            turn.set(failures=0)
        self._welcome(turn)
        self.act(turn)
        said = {"replies": [r.as_json() for r in turn.replies], "effects": [e.as_json() for e in turn.effects], "end": self.name()}
        dispatcher.utter_message(json_message=said)
        return [SlotSet(name, value) for name, value in turn.changed.items()]

    def _welcome(self, turn: Turn) -> None:
        """The first message is answered at once; who we are and two lines on privacy stand in front."""
        if self.welcomes and not turn.slots.get("welcomed"):
            turn.say(turn.text("welcome"))
            turn.set(welcomed=True)
