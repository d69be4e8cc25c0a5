"""One turn: read in one transaction, written whole in another, or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.db import Database
from bot.handoff import cases
from bot.language.forms import FORMS
from bot.messages import Button, Effect, Reply
from bot.messaging import turns
from bot.messaging.turns import Work
from bot.privacy.vault import vault
from bot.tables import Base, Case, Conversation, InboundRow, OutboundRow
from bot.texts import Texts
from tests.story import DATA, AtOnce, Somebody, bot, held, hire, result, seen, system, until, waiting_for_a_lock

MENU = Reply("menu", "fr", (Button("Santé", "show_entry", {"entry": "health"}), Button("École", "show_entry", {"entry": "school"})))


@pytest.fixture
def offered(somebody: Somebody) -> Somebody:
    """Somebody to whom a menu was sent."""
    somebody.write()
    somebody.turn(MENU)
    return somebody


def remembered(somebody: Somebody) -> dict[str, Any]:
    sealed = somebody.conversation().tracker_sealed
    assert sealed is not None
    with somebody.db.begin() as session:
        found = vault(session).unseal(sealed)
    assert isinstance(found, dict)
    return found


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


def test_reading_changes_nothing(somebody: Somebody) -> None:
    somebody.write()
    before = dump(somebody.db)
    somebody.load()
    assert dump(somebody.db) == before


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


# --- Writing


def test_a_turn_writes_replies_tracker_and_done(somebody: Somebody) -> None:
    somebody.write()
    assert somebody.turn(*bot("a", "b"), tracker={"slots": {}}) is True
    assert [row.state for row in somebody.inbound()] == ["done"] and somebody.heard() == ["a", "b"]
    assert remembered(somebody)["rasa"] == {"slots": {}}


def test_replies_are_numbered_within_their_message(somebody: Somebody) -> None:
    inbound_id = somebody.write()
    somebody.turn(*bot("a", "b"))
    assert [(row.inbound_id, row.n) for row in somebody.outbound()] == [(inbound_id, 0), (inbound_id, 1)]


def test_a_turn_that_is_finished_twice_is_written_once(somebody: Somebody) -> None:
    somebody.write()
    work = somebody.load()
    first = somebody.finish(work, *bot("a"), effects=[Effect("agree", {"yes": True})])
    second = somebody.finish(work, *bot("b"), effects=[Effect("agree", {"yes": False})])
    assert (first, second) == (True, False)
    assert somebody.heard() == ["a"] and somebody.conversation().agreed is True


def test_two_workers_that_finish_the_same_turn_at_once_write_it_once(somebody: Somebody) -> None:
    somebody.write()
    work = somebody.load()
    with AtOnce() as both:
        done = [both.start(somebody.finish, work, *bot("a")) for _ in range(8)]
    assert [result(d) for d in done].count(True) == 1 and somebody.heard() == ["a"]


def test_a_turn_that_fails_while_it_writes_leaves_nothing(somebody: Somebody) -> None:
    somebody.write()
    before = dump(somebody.db)
    with pytest.raises(KeyError):
        somebody.turn(*bot("a"), effects=[Effect("open_case", {"reason": "asked"}), Effect("agree", {})])
    assert dump(somebody.db) == before


def test_a_worker_that_is_killed_while_it_writes_leaves_nothing(db: Database, somebody: Somebody) -> None:
    """Its connection is cut while it waits for a table, after it marked the message as done and opened the case."""
    somebody.write()
    before = dump(db)
    effects = [Effect("open_case", {"reason": "asked"}), Effect("feedback", {"entry": "e", "yes": True})]
    with AtOnce() as both:
        with held(db, "LOCK TABLE feedback"):
            turn = both.start(somebody.turn, *bot("a"), effects=effects)
            until(lambda: waiting_for_a_lock(db) == 1)
            kill_those_who_wait(db)
        assert isinstance(turn.exception(), OperationalError)
    assert dump(db) == before


def test_a_killed_turn_is_run_again(db: Database, somebody: Somebody) -> None:
    inbound_id = somebody.write()
    work = somebody.load()
    with AtOnce() as both:
        with held(db, "LOCK TABLE conversation IN EXCLUSIVE MODE"):
            turn = both.start(somebody.finish, work, *bot("a"))
            until(lambda: waiting_for_a_lock(db) == 1)
            kill_those_who_wait(db)
        turn.exception()
    assert somebody.load().inbound_id == inbound_id and somebody.turn(*bot("b")) and somebody.heard() == ["b"]


def kill_those_who_wait(db: Database) -> None:
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with db.engine.connect() as connection:
        connection.execute(text(query))


def dump(db: Database) -> list[tuple[str, list[str]]]:
    """All rows of all tables."""
    with db.begin() as session:
        return [(t.name, sorted(map(str, session.execute(select(t))))) for t in Base.metadata.sorted_tables]


# --- The owner changed meanwhile


def test_when_a_person_took_over_meanwhile_the_bot_is_silent_and_the_system_is_not(db: Database, somebody: Somebody, texts: Texts) -> None:
    somebody.write()
    work = somebody.load()
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, hire(db), number, texts)
    somebody.finish(work, *bot("too late"), system("call 15"))
    assert somebody.heard()[1:] == ["call 15"] and somebody.inbound()[0].state == "done"


def test_what_stays_of_such_a_turn_carries_the_present_epoch(somebody: Somebody) -> None:
    somebody.write()
    work = somebody.load()
    somebody.asks_for_a_person()
    somebody.finish(work, *bot("too late"), system("call 15"))
    assert [(row.actor, row.epoch, row.n) for row in somebody.outbound()] == [("system", 1, 0)]


def test_danger_found_by_such_a_turn_still_raises_the_case(somebody: Somebody) -> None:
    somebody.write()
    work = somebody.load()
    somebody.asks_for_a_person()
    somebody.finish(work, effects=[Effect("open_case", {"reason": "urgent", "urgency": "violence"})])
    case = somebody.case()
    assert case is not None and case.urgency == "violence"


def test_the_replies_of_the_turn_that_hands_over_carry_the_new_epoch(somebody: Somebody) -> None:
    somebody.write()
    somebody.turn(*bot("the answer"), system("somebody will come"), effects=[Effect("open_case", {"reason": "asked"})])
    assert [row.epoch for row in somebody.outbound()] == [1, 1] and somebody.conversation().owner == "waiting"


# --- What is remembered


@pytest.mark.parametrize("form", FORMS)
def test_people_are_answered_in_the_form_they_write_in(somebody: Somebody, form: str) -> None:
    somebody.write()
    somebody.turn(understanding=seen("faq", form=form))
    assert (somebody.conversation().form, somebody.inbound()[0].form) == (form, form)


def test_a_clear_change_of_form_is_followed(somebody: Somebody) -> None:
    for form in ("fr", "ary-Latn"):
        somebody.write()
        somebody.turn(understanding=seen("faq", form=form))
    assert somebody.conversation().form == "ary-Latn"


def test_a_word_that_could_be_any_form_changes_nothing(somebody: Somebody) -> None:
    somebody.write()
    somebody.turn(understanding=seen("faq", form="fr"))
    somebody.write("ok")
    somebody.turn(understanding=seen("faq", form="en", sure=0.4))
    assert somebody.conversation().form == "fr"


def test_a_text_outside_the_five_forms_changes_nothing(somebody: Somebody) -> None:
    somebody.write()
    somebody.turn(understanding=seen("faq", form="fr"))
    before = remembered(somebody)["history"]
    somebody.write("habari")
    somebody.turn(understanding=seen("oos", form="other"))
    assert (somebody.conversation().form, remembered(somebody)["history"]) == ("fr", before)


def test_what_rasa_remembers_stays_when_rasa_was_not_asked(somebody: Somebody) -> None:
    somebody.write()
    somebody.turn(tracker={"slots": {"entry": "health"}})
    somebody.write()
    somebody.turn()
    assert remembered(somebody)["rasa"] == {"slots": {"entry": "health"}}


def test_earlier_forms_count_less_with_each_message(somebody: Somebody) -> None:
    for form in ("fr", "ar", "ar"):
        somebody.write()
        somebody.turn(understanding=seen("faq", form=form, sure=1.0))
    assert remembered(somebody)["history"]["forms"]["fr"] == pytest.approx(0.36)


# --- Giving up


def fail(somebody: Somebody, texts: Texts) -> None:
    """One failed try; the next one is due at once."""
    with somebody.db.begin() as session:
        session.execute(update(InboundRow).where(InboundRow.state == "new").values(next_at=func.clock_timestamp()))
    work = somebody.load()
    with somebody.db.begin() as session:
        turns.give_up(session, work, "NotReady", texts)


@pytest.fixture
def failed(somebody: Somebody, texts: Texts) -> Callable[[int], Somebody]:
    def after(tries: int) -> Somebody:
        somebody.write()
        for _ in range(tries):
            fail(somebody, texts)
        return somebody

    return after


def test_after_four_failures_nothing_was_said_and_the_message_waits(failed: Callable[[int], Somebody]) -> None:
    somebody = failed(4)
    assert somebody.heard() == [] and somebody.case() is None
    assert [(row.state, row.attempts) for row in somebody.inbound()] == [("new", 4)]


def test_after_five_failures_a_person_is_asked_to_look(failed: Callable[[int], Somebody]) -> None:
    somebody = failed(5)
    case = somebody.case()
    assert case is not None and case.reason == "error" and somebody.conversation().owner == "waiting"


def test_after_five_failures_the_bot_apologises_once(failed: Callable[[int], Somebody], texts: Texts) -> None:
    somebody = failed(5)
    assert somebody.heard() == [texts.say("apology", "fr")] and [row.actor for row in somebody.outbound()] == ["system"]


def test_the_apology_comes_in_the_form_of_the_conversation(somebody: Somebody, failed: Callable[[int], Somebody], texts: Texts) -> None:
    somebody.queue()
    somebody.change(form="ary-Arab")
    assert failed(5).heard() == [texts.say("apology", "ary-Arab")]


def test_a_message_that_was_given_up_is_not_run_again(db: Database, failed: Callable[[int], Somebody]) -> None:
    somebody = failed(5)
    with db.begin() as session:
        assert turns.load(session, somebody.row(session).id, DATA) is None


def test_the_next_message_after_one_that_was_given_up_is_worked_on(failed: Callable[[int], Somebody]) -> None:
    somebody = failed(5)
    inbound_id = somebody.write()
    assert somebody.load().inbound_id == inbound_id


def test_a_failure_that_comes_after_another_worker_was_done_is_ignored(somebody: Somebody, texts: Texts) -> None:
    somebody.write()
    work = somebody.load()
    somebody.finish(work, *bot("a"))
    give_up_often(somebody, work, texts)
    assert somebody.heard() == ["a"] and somebody.case() is None


def give_up_often(somebody: Somebody, work: Work, texts: Texts) -> None:
    for _ in range(6):
        with somebody.db.begin() as session:
            turns.give_up(session, work, "NotReady", texts)


def test_a_waiting_case_is_not_opened_again_by_an_apology(somebody: Somebody, texts: Texts) -> None:
    number = somebody.asks_for_a_person()
    somebody.write()
    for _ in range(5):
        fail(somebody, texts)
    assert cases_of(somebody) == [(number, "asked")] and somebody.heard() == [texts.say("apology", "fr")]


def cases_of(somebody: Somebody) -> list[tuple[int, str]]:
    with somebody.db.begin() as session:
        return [(case.id, case.reason) for case in session.scalars(select(Case))]


# --- Who is forgotten


def test_a_turn_of_a_conversation_that_was_deleted_meanwhile_writes_nothing(db: Database, somebody: Somebody) -> None:
    somebody.write()
    work = somebody.load()
    with db.begin() as session:
        session.delete(somebody.row(session))
    assert somebody.finish(work, *bot("a")) is False and rows(db, OutboundRow) == 0 == rows(db, Conversation)


def rows(db: Database, table: type[OutboundRow] | type[Conversation]) -> int:
    def count(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(table)) or 0

    with db.begin() as session:
        return count(session)
