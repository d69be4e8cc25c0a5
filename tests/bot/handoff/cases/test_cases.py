"""Cases: one open case per conversation, taken by one caseworker; who speaks follows the case."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import cases
from bot.messaging import inbox, turns
from bot.privacy.vault import vault
from bot.tables import Case, Conversation, InboundRow, OutboundRow, Staff
from bot.texts import Texts
from tests.story import AtOnce, Somebody, bot, hire, listening, result, until, waiting_for_a_lock

# --- Opened


def test_who_asks_for_a_person_waits(somebody: Somebody) -> None:
    somebody.asks_for_a_person()
    assert (somebody.conversation().owner, somebody.conversation().epoch) == ("waiting", 1)


def test_who_asks_twice_has_one_case(somebody: Somebody) -> None:
    assert somebody.asks_for_a_person() == somebody.asks_for_a_person()


def test_asking_twice_leaves_the_epoch_alone(somebody: Somebody) -> None:
    somebody.asks_for_a_person()
    somebody.asks_for_a_person()
    assert somebody.conversation().epoch == 1


def test_two_requests_at_the_same_moment_open_one_case(db: Database, somebody: Somebody) -> None:
    """A turn has the conversation to itself; should that ever fail, the table refuses the second case."""
    somebody.queue()

    def ask_too() -> None:
        with db.begin() as session:
            cases.open_case(session, somebody.row(session), "asked")

    with AtOnce() as both, db.begin() as first:
        cases.open_case(first, somebody.row(first), "asked")
        second = both.start(ask_too)
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        assert isinstance(second.exception(), IntegrityError)


def test_an_apology_and_a_turn_at_the_same_moment_open_one_case(db: Database, somebody: Somebody, texts: Texts) -> None:
    somebody.write()
    work = somebody.load()
    with db.begin() as session:
        session.execute(update(InboundRow).values(attempts=len(inbox.WAITS)))  # the next failure is the last

    def give_up() -> None:
        with db.begin() as session:
            turns.give_up(session, work, "NotReady", texts)

    with AtOnce() as both, db.begin() as first:
        mine = first.scalars(select(Conversation).with_for_update()).one()
        apology = both.start(give_up)
        until(lambda: waiting_for_a_lock(db) == 1)
        cases.open_case(first, mine, "asked")
        first.commit()
        result(apology)
    case = somebody.case()
    assert case is not None and case.reason == "asked"


def test_the_case_keeps_the_form_of_the_conversation(somebody: Somebody) -> None:
    somebody.queue()
    somebody.change(form="ary-Latn")
    somebody.asks_for_a_person()
    case = somebody.case()
    assert case is not None and case.form == "ary-Latn"


def test_danger_opens_an_urgent_case(somebody: Somebody) -> None:
    somebody.asks_for_a_person("violence")
    case = somebody.case()
    assert case is not None and case.urgency == "violence" and case.urgent_at is not None


def test_danger_raises_the_case_that_is_open(somebody: Somebody) -> None:
    number = somebody.asks_for_a_person()
    somebody.asks_for_a_person("suicide")
    case = somebody.case()
    assert case is not None and (case.id, case.urgency, case.reason) == (number, "suicide", "asked")


def test_an_urgent_case_stays_urgent(somebody: Somebody) -> None:
    somebody.asks_for_a_person("violence")
    somebody.asks_for_a_person()
    case = somebody.case()
    assert case is not None and case.urgency == "violence"


def test_the_time_of_the_first_danger_is_kept(somebody: Somebody) -> None:
    somebody.asks_for_a_person("violence")
    before = somebody.case()
    somebody.asks_for_a_person("medical")
    after = somebody.case()
    assert before is not None and after is not None and before.urgent_at == after.urgent_at


def test_danger_while_a_person_speaks_leaves_the_conversation_to_that_person(
    somebody: Somebody, worker: Staff, take: Callable[[Staff, int], Case]
) -> None:
    take(worker, somebody.asks_for_a_person())
    somebody.asks_for_a_person("medical")
    case = somebody.case()
    assert case is not None and (case.state, case.urgency, somebody.conversation().owner) == ("taken", "medical", "person")


def test_the_console_hears_of_a_new_case(db: Database, somebody: Somebody) -> None:
    with listening(db, "console") as heard:
        somebody.asks_for_a_person()
        assert "queue" in heard()


def test_an_unknown_case_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        cases.get(session, 404)


# --- Taken


def test_who_takes_a_case_speaks(somebody: Somebody, worker: Staff, take: Callable[[Staff, int], Case]) -> None:
    case = take(worker, somebody.asks_for_a_person())
    assert (case.state, case.assignee_id, somebody.conversation().owner, somebody.conversation().epoch) == ("taken", worker.id, "person", 2)


def test_the_person_is_told_who_answers(somebody: Somebody, worker: Staff, take: Callable[[Staff, int], Case], texts: Texts) -> None:
    take(worker, somebody.asks_for_a_person())
    assert somebody.heard() == [texts.say("person_joined", "fr", name="Salma")]


def test_in_arabic_the_name_is_isolated(somebody: Somebody, worker: Staff, take: Callable[[Staff, int], Case], texts: Texts) -> None:
    somebody.queue()
    somebody.change(form="ar")
    take(worker, somebody.asks_for_a_person())
    assert somebody.heard() == [texts.say("person_joined", "ar", name="Salma")] and "\u2066Salma\u2069" in somebody.heard()[0]


def test_a_case_that_is_taken_is_refused_to_the_next(somebody: Somebody, db: Database, take: Callable[[Staff, int], Case]) -> None:
    number = take(hire(db), somebody.asks_for_a_person()).id
    with pytest.raises(Conflict):
        take(hire(db), number)


def test_of_two_who_take_a_case_at_the_same_time_one_gets_it(somebody: Somebody, db: Database, take: Callable[[Staff, int], Case]) -> None:
    number = somebody.asks_for_a_person()
    with AtOnce() as both:
        tries = [both.start(take, hire(db, f"Salma {n}"), number) for n in range(4)]
    refused = [t.exception() for t in tries]
    assert sum(error is None for error in refused) == 1 and sum(isinstance(error, Conflict) for error in refused) == 3
    assert len(somebody.heard()) == 1


def test_a_case_that_never_was_cannot_be_taken(worker: Staff, take: Callable[[Staff, int], Case]) -> None:
    with pytest.raises(NotFound):
        take(worker, 404)


def test_a_case_of_a_person_who_went_back_to_the_bot_cannot_be_taken(
    db: Database, somebody: Somebody, worker: Staff, take: Callable[[Staff, int], Case]
) -> None:
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.leave_queue(session, somebody.row(session))
    with pytest.raises(Conflict):
        take(worker, number)


# --- What the caseworker says


def test_a_reply_is_a_word_of_a_person(session: Session, worker: Staff, taken: int) -> None:
    row = cases.reply(session, worker, taken, " Bonjour. ")
    assert (row.actor, row.staff_id, row.epoch) == ("person", worker.id, 2)
    assert vault(session).unseal(row.body_sealed)["text"] == "Bonjour."


def test_only_who_took_the_case_may_speak(session: Session, db: Database, taken: int) -> None:
    with pytest.raises(Conflict):
        cases.reply(session, hire(db), taken, "Bonjour.")


def test_nobody_speaks_before_the_case_is_taken(session: Session, somebody: Somebody, worker: Staff) -> None:
    with pytest.raises(Conflict):
        cases.reply(session, worker, somebody.asks_for_a_person(), "Bonjour.")


@pytest.mark.parametrize("words", ["", "   ", "\n\t"])
def test_nothing_is_not_said(session: Session, worker: Staff, taken: int, words: str) -> None:
    with pytest.raises(Refused):
        cases.reply(session, worker, taken, words)


def test_a_very_long_reply_is_cut(session: Session, worker: Staff, taken: int) -> None:
    row = cases.reply(session, worker, taken, "x" * 5000)
    assert len(vault(session).unseal(row.body_sealed)["text"]) == 4000


def test_a_case_that_never_was_cannot_be_answered(session: Session, worker: Staff) -> None:
    with pytest.raises(NotFound):
        cases.reply(session, worker, 404, "Bonjour.")


def test_a_case_that_is_forgotten_at_this_moment_cannot_be_answered(db: Database, worker: Staff, taken: int) -> None:
    def reply() -> None:
        with db.begin() as session:
            cases.reply(session, worker, taken, "Bonjour.")

    with AtOnce() as both, db.begin() as forgetting:
        forgetting.execute(select(Conversation).with_for_update())
        forgetting.execute(delete(Case))
        words = both.start(reply)
        until(lambda: waiting_for_a_lock(db) == 1)
        forgetting.commit()
        assert isinstance(words.exception(), NotFound)


# --- What the bot said before does not come after


def test_what_the_bot_still_wanted_to_say_is_from_before(db: Database, somebody: Somebody, worker: Staff, texts: Texts) -> None:
    somebody.queue(*bot("a late word"))
    with db.begin() as session:
        cases.take(session, worker, somebody.asks_for_a_person(), texts)
        late = session.scalars(select(OutboundRow).filter_by(actor="bot")).one()
        mine = session.scalars(select(Conversation)).one()
        assert late.epoch < mine.epoch
