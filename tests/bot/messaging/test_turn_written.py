"""One turn: read in one transaction, written whole in another, or not at all."""

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.db import Database
from bot.handoff import cases
from bot.language.forms import FORMS
from bot.messages import Effect
from bot.privacy.vault import vault
from bot.tables import Base, Conversation, OutboundRow
from bot.texts import Texts
from tests.story import AtOnce, Somebody, bot, held, hire, result, seen, system, until, waiting_for_a_lock


def remembered(somebody: Somebody) -> dict[str, Any]:
    sealed = somebody.conversation().tracker_sealed
    assert sealed is not None
    with somebody.db.begin() as session:
        found = vault(session).unseal(sealed)
    assert isinstance(found, dict)
    return found


def test_reading_changes_nothing(somebody: Somebody) -> None:
    somebody.write()
    before = dump(somebody.db)
    somebody.load()
    assert dump(somebody.db) == before


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
