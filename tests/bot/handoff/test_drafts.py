"""Drafts: kept per member of staff and case, encrypted, gone when sent; what was sent never comes back."""

import pytest
from sqlalchemy import func, select

from bot.db import Database
from bot.errors import Conflict, NotFound
from bot.handoff import cases, drafts, thread
from bot.tables import Draft, Staff, Team
from bot.texts import Texts
from tests.story import AtOnce, Somebody, hire, result, until, waiting_for_a_lock


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


@pytest.fixture
def number(db: Database, worker: Staff, texts: Texts) -> int:
    """A case that the caseworker took."""
    somebody = Somebody(db)
    somebody.write()
    case_id = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, case_id, texts)
    return case_id


def keep(db: Database, worker: Staff, number: int, text: str, after: int = 0) -> None:
    with db.begin() as session:
        drafts.keep(session, worker, number, (text, after))


def kept(db: Database, worker: Staff, number: int) -> str:
    with db.begin() as session:
        return drafts.of(session, worker, cases.get(session, number))


def test_the_newest_text_is_kept_as_it_was_typed(db: Database, worker: Staff, number: int) -> None:
    assert kept(db, worker, number) == ""
    for text in ("Bonj", "Bonjour \n"):
        keep(db, worker, number, text)
    assert kept(db, worker, number) == "Bonjour \n"


def test_it_is_encrypted(db: Database, worker: Staff, number: int) -> None:
    keep(db, worker, number, "Bonjour")
    with db.begin() as session:
        assert b"Bonjour" not in session.scalars(select(Draft.body_sealed)).one()


def test_each_has_their_own(db: Database, worker: Staff, number: int) -> None:
    other = hire(db, "Yassine")
    keep(db, worker, number, "a")
    keep(db, other, number, "b")
    assert (kept(db, worker, number), kept(db, other, number)) == ("a", "b")


def test_an_empty_text_leaves_no_draft(db: Database, worker: Staff, number: int) -> None:
    keep(db, worker, number, "a")
    keep(db, worker, number, "  ")
    with db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0


def test_what_was_sent_does_not_come_back(db: Database, worker: Staff, number: int) -> None:
    """The last save comes late, after the answer itself."""
    keep(db, worker, number, "Bonjour")
    _send(db, worker, number, "Bonjour")
    with pytest.raises(Conflict, match=r"draft\.sent"):
        keep(db, worker, number, "Bonjour")
    assert kept(db, worker, number) == ""


def test_after_an_answer_the_next_one_is_kept(db: Database, worker: Staff, number: int) -> None:
    _send(db, worker, number, "Bonjour")
    with db.begin() as session:
        after = thread.last_said(session, worker, cases.get(session, number))
    keep(db, worker, number, "Et aussi", after)
    assert kept(db, worker, number) == "Et aussi"


def _send(db: Database, worker: Staff, number: int, text: str) -> None:
    with db.begin() as session:
        cases.reply(session, worker, number, text)
        drafts.drop(session, worker, number)


def test_a_save_waits_for_the_answer_that_is_being_sent(db: Database, worker: Staff, number: int) -> None:
    keep(db, worker, number, "Bonj")
    with AtOnce() as both:
        with db.begin() as session:
            cases.reply(session, worker, number, "Bonjour")
            drafts.drop(session, worker, number)
            session.flush()
            late = both.start(keep, db, worker, number, "Bonjour")
            until(lambda: waiting_for_a_lock(db) == 1)
        with pytest.raises(Conflict):
            result(late)
    assert kept(db, worker, number) == ""


def test_saves_at_the_same_time_leave_one_draft(db: Database, worker: Staff, number: int) -> None:
    with AtOnce() as many:
        saves = [many.start(keep, db, worker, number, f"text {n}") for n in range(8)]
    for save in saves:
        result(save)
    assert kept(db, worker, number).startswith("text ")


def test_who_may_not_see_the_case_keeps_nothing(db: Database, number: int) -> None:
    stranger = hire(db, "Omar")
    with db.begin() as session:
        team = Team(name="elsewhere")
        session.add(team)
        session.flush()
        session.get_one(Staff, stranger.id).team_id = stranger.team_id = team.id
    with pytest.raises(NotFound):
        keep(db, stranger, number, "a")


def test_a_draft_goes_with_the_case(db: Database, worker: Staff, number: int) -> None:
    keep(db, worker, number, "a")
    with db.begin() as session:
        session.delete(cases.get(session, number))
    with db.begin() as session:
        assert session.scalars(select(Draft)).all() == []
