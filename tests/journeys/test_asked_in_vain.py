"""What the running bot did not understand, or what did not help, reaches the editors without what says who asked."""

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.messaging import conversations
from bot.privacy.vault import vault
from bot.tables import Unanswered
from bot.texts import Texts
from cli.client import Chat
from tests.journeys import said

pytestmark = pytest.mark.journey


def noted(live: Database, chat: Chat) -> list[tuple[str, str]]:
    """Why, and the words."""
    with live.begin() as session:
        mine = conversations.by_address(session, "webchat", chat.token)
        assert mine is not None
        rows = session.scalars(select(Unanswered).filter_by(conversation_id=mine.id).order_by(Unanswered.id))
        return [(row.why, vault(session).unseal(row.text_sealed)) for row in rows]


def test_an_answer_that_did_not_help_is_noted_with_the_question(chat: Chat, live: Database, texts: Texts) -> None:
    question, _ = said.ANSWERED["fr"]
    chat.say(f"{question} Mon numéro : 0612345678")
    assert noted(live, chat) == []
    chat.press(texts.get("no", "fr"))
    ((why, text),) = noted(live, chat)
    assert why == "no_help" and text.startswith(question[:40]) and text.endswith("[…]")


def test_an_unclear_question_is_noted_until_its_answer_helped(chat: Chat, live: Database, texts: Texts) -> None:
    chat.say(said.VAGUE["fr"])
    assert noted(live, chat) == [("unsure", said.VAGUE["fr"])]
    chat.press(chat.buttons()[0]["title"])
    chat.press(texts.get("yes", "fr"))
    assert noted(live, chat) == []


def test_who_is_handed_over_after_failures_is_noted_so(chat: Chat, live: Database, texts: Texts) -> None:
    chat.say(said.VAGUE["en"])
    chat.press(texts.get("none_of_these", "en"))
    chat.press(texts.get("yes", "en"))
    assert chat.owner == "waiting" and noted(live, chat) == [("handed_over", said.VAGUE["en"])]
