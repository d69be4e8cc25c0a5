"""Deleting: on request, a day after a refusal, after long silence; never what is still needed to help."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select

from bot.db import Database
from bot.handoff import cases
from bot.handoff.cases import Ending
from bot.messages import Button, Effect, Reply
from bot.privacy import forget
from bot.tables import AuditRow, Base, Case, Conversation, Feedback, InboundRow, Option, OutboundRow
from bot.texts import Texts
from tests.story import AtOnce, Somebody, bot, hire, result, system

DELETED = system("all is erased")


@pytest.fixture
def somebody(db: Database) -> Somebody:
    """Somebody who asked a question, got a menu, and asked for everything to be erased."""
    somebody = Somebody(db)
    somebody.write("je m'appelle Awa")
    somebody.turn(Reply("menu", "fr", (Button("Santé", "show_entry"),)), tracker={"slots": {"entry": "health"}})
    somebody.write("oui")
    somebody.turn(DELETED, effects=[Effect("agree", {"yes": True}), Effect("set_form", {"form": "ary-Latn"}), Effect("forget")])
    return somebody


def run(db: Database) -> int:
    with db.begin() as session:
        return forget.forget_requested(session)


def expire(db: Database) -> int:
    with db.begin() as session:
        return forget.expire(session)


def count(db: Database, table: type[Base]) -> int:
    with db.begin() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def ago(**time: float) -> datetime:
    return datetime.now(timezone.utc) - timedelta(**time)


# --- On request


def test_nothing_is_erased_before_the_confirmation_was_sent(db: Database, somebody: Somebody) -> None:
    assert run(db) == 0 and count(db, InboundRow) == 2


def test_all_that_was_said_is_erased_but_the_confirmation(db: Database, somebody: Somebody) -> None:
    somebody.mark_sent()
    assert run(db) == 1
    assert (count(db, InboundRow), count(db, Option), somebody.heard()) == (0, 0, ["all is erased"])


def test_what_the_bot_remembered_is_erased(db: Database, somebody: Somebody) -> None:
    somebody.mark_sent()
    run(db)
    mine = somebody.conversation()
    assert (mine.tracker_sealed, mine.form, mine.chosen_form, mine.safe, mine.forget_requested) == (None, "", "", None, False)


def test_it_is_erased_once(db: Database, somebody: Somebody) -> None:
    somebody.mark_sent()
    assert [run(db), run(db)] == [1, 0]


def test_two_senders_erase_it_once(db: Database, somebody: Somebody) -> None:
    somebody.mark_sent()
    with AtOnce() as both:
        done = [both.start(run, db) for _ in range(4)]
    assert sum(result(d) for d in done) == 1


def test_a_message_that_was_given_up_is_erased_too(db: Database) -> None:
    somebody = Somebody(db)
    somebody.write("je m'appelle Awa")
    with db.begin() as session:
        session.execute(select(InboundRow)).scalar_one().state = "dead"
    somebody.queue(DELETED)
    somebody.change(forget_requested=True)
    somebody.mark_sent()
    run(db)
    assert count(db, InboundRow) == 0


def test_a_message_that_came_after_the_request_is_still_answered(db: Database, somebody: Somebody) -> None:
    later = somebody.write("une autre question")
    somebody.mark_sent()
    run(db)
    assert somebody.load().inbound_id == later


def test_the_case_is_erased_and_the_bot_speaks(db: Database, somebody: Somebody) -> None:
    somebody.asks_for_a_person()
    somebody.mark_sent()
    run(db)
    assert count(db, Case) == 0 and (somebody.conversation().owner, somebody.conversation().epoch) == ("bot", 2)


def test_a_late_word_of_the_bot_about_what_was_erased_is_stale(db: Database, somebody: Somebody) -> None:
    before = somebody.conversation().epoch
    somebody.mark_sent()
    run(db)
    assert somebody.conversation().epoch > before


def test_others_keep_what_they_said(db: Database, somebody: Somebody) -> None:
    other = Somebody(db)
    other.write("bonjour")
    other.turn(*bot("bonjour"))
    somebody.mark_sent()
    run(db)
    assert len(other.inbound()) == 1 and other.heard() == ["bonjour"]


def test_the_confirmation_stays_readable_for_some_minutes(db: Database, somebody: Somebody) -> None:
    somebody.mark_sent()
    run(db)
    assert expire(db) == 0 and somebody.heard() == ["all is erased"]


def test_then_the_conversation_itself_is_gone(db: Database, somebody: Somebody) -> None:
    somebody.mark_sent()
    run(db)
    somebody.change(last_inbound_at=somebody.conversation().last_inbound_at - forget.GRACE)
    assert expire(db) == 1
    assert (count(db, Conversation), count(db, OutboundRow), count(db, InboundRow)) == (0, 0, 0)


def test_who_writes_again_in_these_minutes_is_not_cut_off(db: Database, somebody: Somebody) -> None:
    somebody.mark_sent()
    run(db)
    somebody.write("encore une question")
    somebody.change(last_inbound_at=somebody.conversation().last_inbound_at - forget.GRACE)
    assert expire(db) == 0


def test_counts_and_the_audit_trail_stay_and_name_nobody(db: Database, texts: Texts, somebody: Somebody) -> None:
    worker, number = hire(db), somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, number, texts)
    somebody.write("merci")
    somebody.turn(effects=[Effect("feedback", {"entry": "health", "yes": True})])
    somebody.mark_sent()
    run(db)
    with db.begin() as session:
        rows = " ".join(f"{row.subject} {row.data}" for row in session.scalars(select(AuditRow)))
        feedback = session.scalars(select(Feedback)).one()
    assert feedback.helped == 1 and f"case:{number} " in rows
    assert str(somebody.conversation().id) not in rows and somebody.address not in rows


# --- By time


@pytest.mark.parametrize(
    ("agreed", "hours", "gone"),
    [(False, 23.9, False), (False, 24.1, True), (True, 24.1, False), (None, 24.1, False)],
)
def test_after_a_no_nothing_is_kept_beyond_a_day(db: Database, agreed: bool | None, hours: float, gone: bool) -> None:
    somebody = Somebody(db)
    somebody.write()
    somebody.change(agreed=agreed, last_inbound_at=ago(hours=hours))
    assert expire(db) == int(gone) and count(db, InboundRow) == int(not gone)


@pytest.mark.parametrize(("days", "gone"), [(179.9, False), (180.1, True)])
@pytest.mark.parametrize("agreed", [True, None])
def test_after_half_a_year_of_silence_nothing_is_kept(db: Database, agreed: bool | None, days: float, gone: bool) -> None:
    somebody = Somebody(db)
    somebody.write()
    somebody.change(agreed=agreed, last_inbound_at=ago(days=days))
    assert expire(db) == int(gone) and count(db, Conversation) == int(not gone)


def test_an_open_case_is_never_deleted(db: Database) -> None:
    somebody = Somebody(db)
    somebody.asks_for_a_person()
    somebody.change(agreed=False, last_inbound_at=ago(days=365))
    assert expire(db) == 0 and count(db, Case) == 1


def test_a_closed_case_goes_with_its_conversation(db: Database, texts: Texts) -> None:
    somebody, worker = Somebody(db), hire(db)
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, number, texts)
        cases.close(session, worker, number, Ending(texts, "no_reply"))
    somebody.change(agreed=False, last_inbound_at=ago(days=2))
    assert expire(db) == 1 and count(db, Case) == 0
