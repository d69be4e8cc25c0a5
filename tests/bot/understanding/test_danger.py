"""Danger, on messages written for this test: recall first, and no alarm on what only sounds like danger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.understanding.corpus import load_yaml
from bot.understanding.danger import ENTRY
from bot.understanding.index import Index
from bot.understanding.understand import History, understand

pytestmark = pytest.mark.model
GOLDEN = load_yaml(Path(__file__).parent / "golden.yml")


def in_danger() -> Iterator[str]:
    for forms in GOLDEN["urgent"].values():
        for texts in forms.values():
            yield from texts


def test_at_least_95_of_100_messages_in_danger_ring(index: Index) -> None:
    texts = list(in_danger())
    missed = [text for text in texts if understand(text, History(), index).route != "urgent"]
    assert len(texts) >= 240 and len(missed) <= 0.05 * len(texts), missed


def test_at_most_one_harmless_message_in_fifty_rings(index: Index) -> None:
    texts = [text for found in GOLDEN["harmless"].values() for text in found]
    rang = [text for text in texts if understand(text, History(), index).route == "urgent"]
    assert len(texts) >= 50 and len(rang) <= 1, rang


def test_the_entry_that_belongs_to_the_danger_comes_first(index: Index) -> None:
    seen = understand("help, my husband is beating me right now with a knife", History(), index)
    assert seen.route == "urgent" and seen.candidates[0][0] == ENTRY[str(seen.id)]


def test_a_bare_town_answers_the_question_for_a_place(index: Index) -> None:
    seen = understand("Inezgane", History(category="hospital", pending="place"), index)
    assert (seen.route, seen.id, seen.place) == ("service", "hospital", "inezgane")
