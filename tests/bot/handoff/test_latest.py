"""What the person said last: whatever a program wrote into the web chat, lists and threads can still be read."""

import pytest

from bot.db import Database
from bot.handoff import cases, latest, thread
from bot.messaging import inbox
from tests.story import Somebody


@pytest.mark.parametrize("token", ["\x00", "unknown", ""])
def test_a_button_that_is_none_of_ours_has_no_words_and_closes_no_page(db: Database, token: str) -> None:
    somebody = Somebody(db)
    somebody.press(token)
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        assert latest.of(session, [number])[number].text == ""
        assert [bubble.text for bubble in thread.read(session, cases.get(session, number))] == [""]
        assert [words for _, words in inbox.words(session, somebody.conversation().id)] == [""]
