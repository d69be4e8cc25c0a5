"""The tracker store: hands Rasa what the gateway read, and keeps what Rasa wants written until the gateway writes it."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

TURNS_KEPT = 3


@dataclass
class Held:
    """The tracker of the turn that runs in this task, as JSON."""

    stored: dict[str, Any] | None
    saved: DialogueStateTracker | None = None


CURRENT: ContextVar[Held] = ContextVar("tracker of this turn")


class TurnTrackerStore(TrackerStore):
    """Nothing is kept here between turns: no commit of its own, no clear text, no growth."""

    def __init__(self, domain: Domain | None, event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        super().__init__(domain, event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        held = CURRENT.get(None)
        if held is not None:
            held.saved = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        held = CURRENT.get(None)
        if held is None or not held.stored:
            return None
        before = [SlotSet(name, value) for name, value in held.stored["before"].items()]
        events = [Event.from_parameters(raw) for raw in held.stored["events"]]
        return DialogueStateTracker.from_events(sender_id, [*before, ActionExecuted("action_listen"), *events], self.domain.slots)

    async def keys(self) -> Iterable[str]:
        return []


def to_json(tracker: DialogueStateTracker) -> dict[str, Any]:
    """Slots and the last three turns; what lies before is dropped, so the cost of a turn does not grow."""
    events = list(tracker.events)
    turns = [n for n, event in enumerate(events) if isinstance(event, UserUttered)]
    start = turns[-TURNS_KEPT] if len(turns) >= TURNS_KEPT else (turns[0] if turns else len(events))
    before = {e.key: e.value for e in events[:start] if isinstance(e, SlotSet) and e.key != "session_started_metadata"}
    slots = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
    return {"before": before, "slots": slots, "events": [e.as_dict() for e in events[start:]]}
