"""What a worker reads of the message that waits, and which option the person chose with it."""

from typing import Any

import pytest

from bot.db import Database
from bot.messages import Button, Effect, Reply
from bot.messaging import turns
from tests.story import DATA, Somebody, bot, system

MENU = Reply("menu", "fr", (Button("Santé", "show_entry", {"entry": "health"}), Button("École", "show_entry", {"entry": "school"})))


@pytest.fixture
def offered(somebody: Somebody) -> Somebody:
    """Somebody to whom a menu was sent."""
    somebody.write()
    somebody.turn(MENU)
    return somebody


# --- What a worker reads


def test_a_worker_reads_the_message_and_who_speaks(somebody: Somebody) -> None:
    inbound_id = somebody.write("  je suis malade ")
    work = somebody.load()
    assert (work.inbound_id, work.conversation_id) == (inbound_id, somebody.conversation().id)
    assert (work.text, work.owner, work.epoch, work.attempts, work.intent) == ("je suis malade", "bot", 0, 0, "")


def test_there_is_nothing_to_do_when_all_is_done(db: Database, somebody: Somebody) -> None:
    somebody.write()
    somebody.turn()
    with db.begin() as session:
        assert turns.load(session, somebody.row(session).id, DATA) is None


def test_a_worker_reads_what_was_remembered(somebody: Somebody) -> None:
    somebody.write()
    somebody.turn(tracker={"slots": {"entry": "health", "pending": "place"}})
    somebody.write()
    work = somebody.load()
    assert (work.tracker, work.history.entry, work.history.pending) == (
        {"slots": {"entry": "health", "pending": "place"}},
        "health",
        "place",
    )


def test_a_worker_reads_which_language_was_chosen(somebody: Somebody) -> None:
    somebody.write()
    somebody.turn(effects=[Effect("set_form", {"form": "ary-Latn"})])
    somebody.write()
    work = somebody.load()
    assert (work.form, work.history.chosen) == ("ary-Latn", "ary-Latn")


@pytest.mark.parametrize(
    ("kind", "more", "intent", "data"),
    [
        ("location", {"latitude": 30.42, "longitude": -9.6}, "share_location", {"latitude": 30.42, "longitude": -9.6}),
        ("media", {"media": "voice"}, "media", {"kind": "media_voice"}),
        ("contact", {}, "media", {"kind": "someone_elses_contact"}),
        ("start", {}, "greet", {}),
    ],
)
def test_a_message_that_is_no_text_has_its_intent(
    somebody: Somebody, kind: str, more: dict[str, Any], intent: str, data: dict[str, Any]
) -> None:
    somebody.write("", kind, **more)
    work = somebody.load()
    assert (work.intent, work.data, work.text) == (intent, data, "")


@pytest.mark.parametrize("words", ["/restart", " /restart", "/greet", '/inform{"entry": "x"}', "{{slot}}"])
def test_a_text_is_never_a_command(somebody: Somebody, words: str) -> None:
    somebody.write(words)
    work = somebody.load()
    assert (work.intent, work.text) == ("", words.strip())


@pytest.mark.parametrize("words", ["\u202e\u2066bonjour\u2069", "bon\x00jour", "١٢٣", "x" * 9000, "፩", "᧚", "²", "\ufeff"])
def test_odd_characters_stop_no_worker(offered: Somebody, words: str) -> None:
    offered.write(words)
    assert len(offered.load().text) <= 2000


# --- Choosing


def test_a_pressed_button_is_what_it_means(offered: Somebody) -> None:
    offered.press(offered.options()[1].token)
    work = offered.load()
    assert (work.intent, work.data) == ("show_entry", {"entry": "school"})


def test_a_button_of_another_conversation_is_not_accepted(db: Database, offered: Somebody) -> None:
    stranger = Somebody(db)
    stranger.press(offered.options()[0].token)
    work = stranger.load()
    assert (work.intent, work.data) == ("menu", {"expired": True})


@pytest.mark.parametrize("token", ["", "nonsense", "a\x00b"])
def test_a_token_that_was_never_sent_shows_the_menu(offered: Somebody, token: str) -> None:
    offered.press(token)
    assert offered.load().intent == "menu"


@pytest.mark.parametrize("words", ["2", "٢", "deux", "جوج", "jouj", "école"])
def test_number_word_or_title_choose_from_the_last_menu(offered: Somebody, words: str) -> None:
    offered.write(words)
    work = offered.load()
    assert (work.intent, work.data) == ("show_entry", {"entry": "school"})


def test_a_sentence_that_only_begins_with_a_number_is_a_text(offered: Somebody) -> None:
    offered.write("2 enfants malades")
    assert offered.load().intent == ""


def test_a_number_that_the_menu_does_not_have_is_a_text(offered: Somebody) -> None:
    offered.write("7")
    assert offered.load().intent == ""


@pytest.mark.parametrize("words", ["menu", "Menu", " MENU ! ", "0", "٠", "القائمة", "لقائمة", "منيو", "lmenu", "zéro", "صفر", "zero", "0️⃣"])
@pytest.mark.parametrize("owner", ["bot", "waiting"])
def test_menu_or_zero_bring_the_bot_back(somebody: Somebody, words: str, owner: str) -> None:
    somebody.queue()
    somebody.change(owner=owner)
    somebody.write(words)
    work = somebody.load()
    assert work.wants_bot and work.intent == "menu"


@pytest.mark.parametrize("words", ["bonjour", "le menu de ce midi", "00", "10"])
def test_other_words_do_not_bring_the_bot_back(somebody: Somebody, words: str) -> None:
    somebody.write(words)
    assert not somebody.load().wants_bot


def test_going_back_to_the_bot_closes_the_case_and_the_reply_is_the_bots(somebody: Somebody) -> None:
    somebody.write("menu")
    somebody.asks_for_a_person()
    work = somebody.load()
    somebody.finish(work, system("back"), *bot("menu"), effects=[Effect("back_to_bot")])
    assert somebody.case() is None and [(row.actor, row.epoch) for row in somebody.outbound()] == [("system", 2), ("bot", 2)]
