"""The one NLU component of the Rasa pipeline. Thin: it calls `bot.understanding.understand`."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.settings import settings
from bot.understanding.corpus import seed_entries
from bot.understanding.holder import HOLDER
from bot.understanding.index import PROGRESS, index_for
from bot.understanding.understand import WARMING, History, Understanding, understand

INTENT_OF_ROUTE = {"faq": "faq", "service": "find_service", "urgent": "urgent", "oos": "out_of_scope", "clarify": "unclear"}


def intent_of(understanding: Understanding) -> str:
    """The Rasa intent: the dialog intent itself, or the one of the route."""
    if understanding.form == "other" and understanding.route != "urgent":
        return "other_language"
    return INTENT_OF_ROUTE.get(understanding.route) or str(understanding.id)


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class UnderstandingComponent(GraphComponent):
    """Trains on `data/nlu` and `data/faq`; at run time it reads with the index that the process holds at that moment."""

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> UnderstandingComponent:
        cls.resource = resource
        return cls()

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> UnderstandingComponent:
        HOLDER.put(index_for(seed_entries(settings().data_dir), settings()))
        understand(WARMING, History(), HOLDER.index)
        return cls()

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str | None:
        """Rasa does not see that we also learn from `data/faq`: the files take part in the fingerprint."""
        return str(sorted((f.name, f.stat().st_mtime_ns) for f in (settings().data_dir / "faq").glob("*.yml")))

    def train(self, training_data: TrainingData) -> Resource:
        index_for(seed_entries(settings().data_dir), settings(), lambda line: print(PROGRESS + line, flush=True))
        return self.resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._read(message)
        return messages

    @staticmethod
    def _read(message: Message) -> None:
        metadata = message.get("metadata") or {}
        found = understand(message.get("text") or "", History(**metadata.get("history", {})), HOLDER.index)
        message.set("intent", {"name": intent_of(found), "confidence": found.probability}, add_to_output=True)
        message.set("understanding", found.as_json(), add_to_output=True)
