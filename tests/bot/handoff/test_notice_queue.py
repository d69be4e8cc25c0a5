"""Notices on their way: each is sent once, tried again after a pause, and in the end given up and shown."""

from datetime import datetime, timezone
from functools import partial

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.errors import Conflict, Rejected, TryAgain
from bot.handoff import notice_queue
from bot.handoff.notice_queue import WAITS
from bot.tables import AuditRow, Case, Notice, Staff, Team
from tests.bot.handoff import noticed
from tests.bot.handoff.noticed import change_team, done, due_at_once, letters, rows, take_letter, told
from tests.story import AtOnce, Hire, Somebody, result


@pytest.fixture
def hire(db: Database) -> Hire:
    return partial(noticed.hire, db)


# --- On the way


@pytest.fixture
def waiting(db: Database, somebody: Somebody, hire: Hire) -> int:
    """A request of which Amina is told; its number."""
    hire("Amina")
    return somebody.asks_for_a_person()


def test_danger_overtakes_what_is_not_urgent(db: Database, waiting: int) -> None:
    urgent = Somebody(db).asks_for_a_person("violence")
    assert [letter.text.endswith(f"/console/cases/{number}") for letter, number in zip(letters(db), (urgent, waiting))] == [True, True]


def test_what_is_taken_to_be_sent_is_not_taken_twice(db: Database, waiting: int) -> None:
    with AtOnce() as both:
        found = [result(each) for each in [both.start(take_letter, db) for _ in range(4)]]
    assert sum(letter is not None for letter in found) == 1 and rows(db)[0].attempts == 1


def test_what_a_sender_left_that_died_is_sent_by_the_next(db: Database, waiting: int) -> None:
    first = take_letter(db)
    with db.begin() as session:
        session.execute(update(Notice).values(next_at=Notice.next_at - notice_queue.LEASE))
    assert first == take_letter(db)


def test_what_was_sent_is_sent_once(db: Database, waiting: int) -> None:
    letter = take_letter(db)
    assert letter is not None
    done(db, letter)
    due_at_once(db)
    (row,) = rows(db)
    assert take_letter(db) is None and (row.state, row.error) == ("sent", "") and row.sent_at is not None


def test_a_try_that_fails_is_made_again_after_a_longer_pause_each_time(db: Database, waiting: int) -> None:
    pauses = []
    while letter := take_letter(db):
        before = datetime.now(timezone.utc)
        done(db, letter, TryAgain("no answer"))
        pauses.append(round((rows(db)[0].next_at - before).total_seconds()))
        due_at_once(db)
    assert pauses[:-1] == list(WAITS) and (rows(db)[0].state, rows(db)[0].error) == ("dead", "no answer")


def test_a_provider_that_asks_us_to_wait_is_waited_for(db: Database, waiting: int) -> None:
    letter = take_letter(db)
    assert letter is not None
    before = datetime.now(timezone.utc)
    done(db, letter, TryAgain("too many", 77))
    assert round((rows(db)[0].next_at - before).total_seconds()) == 77


def test_what_no_try_can_help_is_given_up_at_once(db: Database, waiting: int) -> None:
    letter = take_letter(db)
    assert letter is not None
    done(db, letter, Rejected("no such person"))
    assert (rows(db)[0].state, rows(db)[0].error) == ("dead", "no such person")


def test_a_case_that_is_erased_takes_its_notices_with_it(db: Database, waiting: int) -> None:
    letter = take_letter(db)
    assert letter is not None
    with db.begin() as session:
        session.delete(session.get_one(Case, waiting))
    done(db, letter, TryAgain("no answer"))
    assert rows(db) == []


def test_who_does_not_work_here_any_more_is_not_told(db: Database, waiting: int) -> None:
    with db.begin() as session:
        session.execute(update(Staff).values(active=False))
    assert take_letter(db) is None and told(db, state="dropped") == ["amina@example.org"]


def test_nothing_waits_for_a_way_that_is_not_set_up(db: Database, waiting: int) -> None:
    with db.begin() as session:
        notice_queue.drop_all(session, "telegram")
    assert len(told(db)) == 1
    with db.begin() as session:
        notice_queue.drop_all(session, "email")
    assert told(db) == [] and rows(db)[0].error == "not set up"


# --- Given up


@pytest.fixture
def dead(db: Database, waiting: int) -> int:
    """The id of a notice that was given up."""
    letter = take_letter(db)
    assert letter is not None
    done(db, letter, Rejected("no such person"))
    return letter.notice_id


def test_what_was_given_up_is_shown_and_tried_again_on_demand(db: Database, dead: int, waiting: int, hire: Hire) -> None:
    lead = hire("Lead", role="supervisor")
    with db.begin() as session:
        assert [(notice.id, case.id) for notice, case in notice_queue.dead(session, lead)] == [(dead, waiting)]
        notice_queue.send_again(session, lead, dead)
        assert notice_queue.count_dead(session, lead) == 0
        row = session.scalars(select(AuditRow).filter_by(action="notice.resent")).one()
        assert (row.actor, row.subject, row.data) == (str(lead.id), f"notice:{dead}", {"case": waiting})
    assert len(list(letters(db))) == 1


def test_another_try_goes_to_the_address_that_was_corrected(db: Database, hire: Hire) -> None:
    change_team(db, email="old@example.org", telegram_group="-1001")
    lead = hire("Lead", role="supervisor", there=True)
    Somebody(db).asks_for_a_person("violence")
    with db.begin() as session:
        session.execute(update(Notice).values(state="dead"))
        session.execute(update(Staff).values(email="new@example.org"))
        session.execute(update(Team).values(email="", telegram_group="-1002"))
    with db.begin() as session:
        for notice, _ in notice_queue.dead(session, lead):
            notice_queue.send_again(session, lead, notice.id)
    assert told(db) == ["-1002", "new@example.org", "old@example.org"]


def test_what_other_teams_were_not_told_is_not_shown(db: Database, dead: int, hire: Hire) -> None:
    with db.begin() as session:
        session.add(Team(name="Lawyers"))
    stranger = hire("Stranger", role="supervisor", team_id=2)
    with db.begin() as session:
        assert notice_queue.dead(session, stranger) == [] and notice_queue.count_dead(session, stranger) == 0
        with pytest.raises(Conflict):
            notice_queue.send_again(session, stranger, dead)
        session.rollback()


@pytest.mark.parametrize("state", ["queued", "sent", "dropped"])
def test_only_what_was_given_up_is_tried_again(db: Database, dead: int, hire: Hire, state: str) -> None:
    lead = hire("Lead", role="supervisor")
    with db.begin() as session:
        session.execute(update(Notice).values(state=state))
        for notice_id in (dead, 404):
            with pytest.raises(Conflict):
                notice_queue.send_again(session, lead, notice_id)


def test_those_who_watch_see_what_waits_and_what_failed(db: Database, dead: int) -> None:
    Somebody(db).asks_for_a_person()
    with db.begin() as session:
        found = notice_queue.health(session)
    assert set(found) == {"notices_email"}
    mail = found["notices_email"]
    assert (mail["queued"], mail["dead"], mail["error"]) == (1, 1, "no such person") and mail["error_at"] is not None
