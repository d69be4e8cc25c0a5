"""What fits a message is kept with it for the caseworker: only likely entries, and only where somebody is waited for or speaks."""

import pytest

from bot.db import Database
from bot.messages import Effect
from bot.messaging.without_bot import answer
from bot.texts import Texts
from bot.understanding.understand import Ranked, Route
from tests.story import DATA, Somebody, bot, listening, seen

LIKELY: Ranked = [("school_enrol", 0.6), ("school_documents", 0.2), ("residence_renewal", 0.04)]


@pytest.fixture
def waiting(somebody: Somebody) -> Somebody:
    somebody.asks_for_a_person()
    return somebody


def guesses(somebody: Somebody) -> list[str]:
    return somebody.inbound()[-1].guesses


@pytest.mark.parametrize(
    ("route", "candidates", "second", "kept"),
    [
        ("faq", LIKELY, None, ["school_enrol", "school_documents"]),
        ("clarify", LIKELY, None, ["school_enrol", "school_documents"]),
        ("faq", LIKELY, "faq:health_cost", ["school_enrol", "health_cost", "school_documents"]),
        ("faq", LIKELY, "faq:school_documents", ["school_enrol", "school_documents"]),
        ("faq", [(f"entry{n}", 0.24) for n in range(3)], "faq:other", ["entry0", "other", "entry1"]),
        ("urgent", [("violence_women", 0.9)], None, ["violence_women"]),
        ("faq", LIKELY, "service:hospital", ["school_enrol", "school_documents"]),
        ("service", [("hospital", 0.9)], None, []),
        ("service", [("hospital", 0.9)], "faq:health_cost", ["health_cost"]),
        ("dialog", LIKELY, None, []),
        ("oos", LIKELY, None, []),
    ],
)
def test_the_likely_entries_are_kept(waiting: Somebody, route: Route, candidates: Ranked, second: str | None, kept: list[str]) -> None:
    waiting.write("…")
    waiting.turn(understanding=seen(route, "x", candidates=candidates, second=second))
    assert guesses(waiting) == kept


def test_they_are_kept_while_a_person_speaks(waiting: Somebody, texts: Texts) -> None:
    waiting.change(owner="person")
    waiting.write("…")
    work = waiting.load()
    done = answer(work, seen("faq", "school_enrol", candidates=LIKELY), texts, DATA)
    waiting.finish(work, *done.replies, effects=done.effects, understanding=done.understanding)
    assert guesses(waiting) == ["school_enrol", "school_documents"]


def test_nothing_is_kept_while_the_bot_speaks(somebody: Somebody) -> None:
    """Nobody is offered it, and what a person asks about is not stored unsealed without need."""
    somebody.write("…")
    somebody.turn(*bot("a"), understanding=seen("faq", "school_enrol", candidates=LIKELY))
    assert guesses(somebody) == []


def test_the_message_that_opens_a_case_is_kept_with_what_fits_it(somebody: Somebody) -> None:
    somebody.write("…")
    opening = Effect("open_case", {"reason": "urgent", "urgency": "violence"})
    somebody.turn(effects=[opening], understanding=seen("urgent", "violence", candidates=[("violence_women", 0.9)]))
    assert guesses(somebody) == ["violence_women"]


def test_a_button_or_a_picture_fits_nothing(waiting: Somebody) -> None:
    waiting.write("", "location", latitude=30.4, longitude=-9.6)
    waiting.turn()
    assert guesses(waiting) == []


def test_a_turn_that_was_done_before_changes_nothing(waiting: Somebody) -> None:
    waiting.write("…")
    work = waiting.load()
    assert waiting.finish(work, understanding=seen("faq", "a", candidates=[("a", 0.9)]))
    assert not waiting.finish(work, understanding=seen("faq", "b", candidates=[("b", 0.9)]))
    assert guesses(waiting) == ["a"]


def test_the_page_of_the_case_hears_of_it(waiting: Somebody, db: Database) -> None:
    waiting.write("…")
    work = waiting.load()
    with listening(db, "console") as heard:
        heard()
        waiting.finish(work, understanding=seen("faq", "a", candidates=[("a", 0.9)]))
        assert str(work.conversation_id) in heard()
