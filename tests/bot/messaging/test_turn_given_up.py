"""A turn that fails again and again is given up: the bot apologises once, and a person is asked to look."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update

from bot.db import Database
from bot.messaging import turns
from bot.messaging.turns import Work
from bot.tables import Case, InboundRow
from bot.texts import Texts
from tests.story import DATA, Somebody, bot


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
