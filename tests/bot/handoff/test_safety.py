"""While somebody says that it is not safe to write, nothing goes out by itself about their request."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.errors import Conflict, Refused
from bot.handoff import assignment, cases, safety, undelivered, urgency
from bot.handoff.assignment import Move
from bot.handoff.cases import Ending
from bot.messages import Effect
from bot.messaging import outbox, turns
from bot.tables import AuditRow, OutboundRow, Staff
from bot.texts import Texts
from tests.story import Somebody, hire, system


@pytest.fixture
def number(somebody: Somebody) -> int:
    """Somebody in danger, who said no to the question."""
    number = somebody.asks_for_a_person("violence")
    somebody.write("non")
    somebody.turn(effects=[Effect("safe", {"yes": False})])
    return number


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


def take(db: Database, worker: Staff, number: int, texts: Texts) -> None:
    with db.begin() as session:
        cases.take(session, worker, number, texts)


def actions(db: Database) -> list[str]:
    with db.begin() as session:
        return list(session.scalars(select(AuditRow.action).where(AuditRow.action.startswith("case.")).order_by(AuditRow.id)))


def test_the_whole_way_of_a_request_says_nothing_by_itself(
    db: Database, somebody: Somebody, worker: Staff, number: int, texts: Texts
) -> None:
    lead, other = hire(db, "Samira", "supervisor"), hire(db, "Omar")
    take(db, worker, number, texts)
    with db.begin() as session:
        assignment.take_over(session, lead, Move(number, worker.id), texts)
        assignment.assign(session, lead, Move(number, lead.id, other.id), texts)
        assignment.transfer(session, other, Move(number, other.id, worker.id, reason="…"), texts)
        cases.close(session, worker, number, Ending(texts, "answered"))
        assignment.reopen_and_take(session, worker, number, texts)
        cases.hand_back(session, worker, number, texts)
    assert somebody.heard() == []


def test_where_it_is_safe_they_are_told(db: Database, somebody: Somebody, worker: Staff, number: int, texts: Texts) -> None:
    somebody.change(safe=True)
    take(db, worker, number, texts)
    assert len(somebody.heard()) == 1


def test_nobody_is_told_that_an_answer_waits(db: Database, somebody: Somebody, number: int) -> None:
    with db.begin() as session:
        assert outbox.nudge(session, somebody.row(session)) is False
    assert somebody.heard() == []


def test_what_was_given_up_is_not_sent_again(db: Database, somebody: Somebody, worker: Staff, number: int, texts: Texts) -> None:
    somebody.queue(system("…"))
    with db.begin() as session:
        session.execute(update(OutboundRow).values(state="dead"))
    with pytest.raises(Conflict, match="not_safe_yet"), db.begin() as session:
        undelivered.send_again(session, worker, somebody.outbound()[0].id)


def test_a_message_that_breaks_is_given_up_in_silence(db: Database, somebody: Somebody, number: int, texts: Texts) -> None:
    somebody.write("…")
    work = somebody.load()
    with db.begin() as session:
        for _ in range(5):
            turns.give_up(session, work, "broken", texts)
    assert somebody.inbound()[-1].state == "dead" and somebody.heard() == []


def test_an_answer_needs_a_word_more_and_it_is_noted(db: Database, worker: Staff, number: int, texts: Texts) -> None:
    take(db, worker, number, texts)
    with pytest.raises(Refused, match="not_safe"), db.begin() as session:
        safety.confirmed(session, worker, cases.mine(session, worker, number), False)
    with db.begin() as session:
        safety.confirmed(session, worker, cases.mine(session, worker, number), True)
    assert actions(db)[-1] == "case.written_anyway"


def test_where_it_is_safe_an_answer_needs_no_more(db: Database, somebody: Somebody, worker: Staff, number: int, texts: Texts) -> None:
    somebody.change(safe=None)
    take(db, worker, number, texts)
    with db.begin() as session:
        safety.confirmed(session, worker, cases.mine(session, worker, number), False)
    assert actions(db)[-1] == "case.taken"


def test_who_answers_notes_that_it_is_safe_again_and_why(
    db: Database, somebody: Somebody, worker: Staff, number: int, texts: Texts
) -> None:
    with pytest.raises(Conflict, match="not_yours"), db.begin() as session:
        safety.again(session, worker, number, "Elle a appelé.")
    take(db, worker, number, texts)
    with pytest.raises(Refused, match="why_safe"), db.begin() as session:
        safety.again(session, worker, number, " ")
    with db.begin() as session:
        safety.again(session, worker, number, "Elle a appelé.")
    assert somebody.conversation().safe is True and actions(db)[-2:] == ["case.noted", "case.marked_safe"]
    with pytest.raises(Conflict, match="is_safe"), db.begin() as session:
        safety.again(session, worker, number, "Elle a appelé.")


def test_the_person_says_it_by_the_question(db: Database, somebody: Somebody, number: int) -> None:
    somebody.write("oui")
    somebody.turn(effects=[Effect("safe", {"yes": True})])
    assert somebody.conversation().safe is True and actions(db)[-2:] == ["case.said_unsafe", "case.said_safe"]


def test_the_question_comes_again_only_after_a_while(db: Database, somebody: Somebody, number: int, texts: Texts) -> None:
    somebody.write("je suis seule")
    assert somebody.load().ask_safe
    somebody.turn(urgency.safe_question(texts, "fr"))
    somebody.write("merci")
    assert not somebody.load().ask_safe
    with db.begin() as session:
        earlier = datetime.now(timezone.utc) - safety.PAUSE - timedelta(minutes=1)
        session.execute(update(OutboundRow).values(created_at=earlier))
    assert somebody.load().ask_safe
