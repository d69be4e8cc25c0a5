"""What is said about a message itself."""

from dataclasses import replace
from typing import Any

import pytest

from bot.db import Database
from bot.language.normalize import MAX_LENGTH
from bot.messaging import notes
from bot.messaging.turns import Work
from bot.texts import Texts
from tests.story import Somebody, seen

MOST = 30


def work(somebody: Somebody, text: str = "bonjour", kind: str = "text", **more: Any) -> Work:
    somebody.write(text, kind, **more)
    return somebody.load()


def said(found: Work, texts: Texts) -> list[str]:
    return [reply.text for reply in notes.before(found, None, texts)]


def test_most_messages_need_no_word(somebody: Somebody, texts: Texts) -> None:
    found = work(somebody)
    assert said(found, texts) == [] and notes.instead(found, None, texts, MOST) is None


@pytest.mark.parametrize(
    ("key", "text", "kind", "more"),
    [
        ("edited_note", "bonjour", "text", {"edited": True}),
        ("too_long", "a " * MAX_LENGTH, "text", {}),
        ("media_picture", "c'est quoi ce papier ?", "media", {"media": "picture"}),
    ],
)
def test_a_word_stands_before_the_answer(somebody: Somebody, texts: Texts, key: str, text: str, kind: str, more: dict[str, Any]) -> None:
    assert said(work(somebody, text, kind, **more), texts) == [texts.say(key, "fr")]


def test_an_old_button_is_explained(somebody: Somebody, texts: Texts) -> None:
    somebody.press("nobody-sent-this")
    assert said(somebody.load(), texts) == [texts.say("old_button", "fr")]


def test_danger_is_answered_without_a_word_before_it(somebody: Somebody, texts: Texts) -> None:
    found = work(somebody, "il me frappe", edited=True)
    assert notes.before(found, seen("urgent", "violence"), texts) == []


@pytest.mark.parametrize(("recent", "answers"), [(MOST - 1, None), (MOST, 1), (MOST + 1, 0), (500, 0)])
def test_one_of_too_many_is_told_so_once(somebody: Somebody, texts: Texts, recent: int, answers: int | None) -> None:
    outcome = notes.instead(replace(work(somebody), recent=recent), None, texts, MOST)
    assert (outcome and len(outcome.replies)) == answers


def test_danger_is_never_one_of_too_many(somebody: Somebody, texts: Texts) -> None:
    found = replace(work(somebody, "il me frappe"), recent=500)
    assert notes.instead(found, seen("urgent", "violence"), texts, MOST) is None


def test_messages_of_the_last_minute_are_counted(somebody: Somebody) -> None:
    for _ in range(3):
        somebody.write()
    first = somebody.load()
    somebody.turn()
    assert (first.recent, somebody.load().recent) == (0, 1)


@pytest.mark.parametrize(("channel", "explained"), [("whatsapp", True), ("webchat", False), ("telegram", False)])
def test_stop_is_explained_where_it_blocks_us(db: Database, texts: Texts, channel: str, explained: bool) -> None:
    found = work(Somebody(db, channel), "STOP")
    assert (notes.instead(found, None, texts, MOST) is not None) is explained
