"""Answers stay true: which are due, "still true", who is reminded, what is withdrawn and stays known."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from bot.db import Database
from bot.errors import Conflict, Faulty, Refused
from bot.faq import content_settings, entries, listing, reviews, rules, workflow
from bot.faq.rules import book
from bot.faq.workflow import Change
from bot.handoff import notice_queue
from bot.language.forms import FORMS
from bot.tables import AuditRow, EntryRow, Notice, Staff
from bot.understanding.corpus import seed_entries
from channels.reviews import reviewing
from tests.bot.handoff.noticed import WORDING, change_team
from tests.content import publish
from tests.story import DATA, AtOnce, hire, result, until, waiting_for_a_lock

BODY = json.loads(json.dumps(next(entry for entry in seed_entries(DATA) if entry["id"] == "school_enrol"), default=str))
TODAY = date(2028, 3, 15)  # a Wednesday
Live = Callable[..., None]


@pytest.fixture
def live(db: Database) -> Live:
    """An entry that is due so many days from today."""

    def put(entry_id: str, days: int, responsible: Staff | None = None, **more: Any) -> None:
        with db.begin() as session:
            day = (TODAY + timedelta(days=days)).isoformat()
            publish(session, entry_id, {**BODY, "id": entry_id, "related": [], "check_again_on": day, **more})
            session.flush()
            session.get_one(EntryRow, entry_id).responsible_id = responsible.id if responsible else None

    return put


@pytest.fixture
def nadia(db: Database) -> Staff:
    return hire(db, "Nadia", "editor", email="nadia@example.org")


@pytest.fixture
def mounir(db: Database) -> Staff:
    return hire(db, "Mounir", "manager", email="mounir@example.org")


def row(db: Database, entry_id: str) -> EntryRow:
    with db.begin() as session:
        return session.get_one(EntryRow, entry_id)


def still(db: Database, person: Staff, entry_id: str = "a", seen: int = 1, again: date = TODAY + timedelta(days=90)) -> bool:
    with db.begin() as session:
        return reviews.still_true(session, person, (entry_id, seen), (TODAY, again), book(DATA))


def told(db: Database, today: date) -> list[str]:
    with db.begin() as session:
        return [person.name for person in reviews.remind(session, today)]


def withdrawn(db: Database, today: date) -> list[str]:
    with db.begin() as session:
        return reviews.withdraw(session, today)


# --- The calendar


def test_what_is_overdue_comes_first_then_week_by_week_then_months(db: Database, live: Live, nadia: Staff) -> None:
    for entry_id, days in {"late": -1, "later": -40, "today": 0, "sunday": 4, "monday": 5, "last": 30, "after": 31}.items():
        live(entry_id, days)
    with db.begin() as session:
        found = reviews.calendar(session, TODAY)
    assert [r.id for r in found.overdue] == ["later", "late"]
    weeks = {monday: [r.id for r in rows] for monday, rows in found.soon.items()}
    assert weeks == {date(2028, 3, 13): ["today", "sunday"], date(2028, 3, 20): ["monday"], date(2028, 4, 10): ["last"]}
    assert found.later == {"2028-04": 1}


def test_what_is_archived_at_this_moment_does_not_come_back(db: Database, live: Live, nadia: Staff, mounir: Staff) -> None:
    live("a", -5)
    with AtOnce(1) as at_once, db.begin() as session:
        workflow.archive(session, mounir, "a", 1)
        session.flush()
        pressed = at_once.start(still, db, nadia)
        until(lambda: waiting_for_a_lock(db) == 1)
    with pytest.raises(Refused, match=r"review\.draft_waits"):
        result(pressed)
    assert row(db, "a").state == "archived"


def test_an_archived_entry_or_one_never_live_is_nobodys_duty(db: Database, live: Live, nadia: Staff) -> None:
    live("a", -5)
    with db.begin() as session:
        workflow.archive(session, nadia, "a", 1)
        workflow.create(session, nadia, {**BODY, "id": "b", "check_again_on": "2020-01-01"})
        assert reviews.calendar(session, TODAY).overdue == []


def test_mine_is_what_is_entrusted_to_me_and_for_managers_what_nobody_keeps(db: Database, live: Live, nadia: Staff, mounir: Staff) -> None:
    gone = hire(db, "Gone", "editor", email="gone@example.org")
    live("hers", -1, nadia)
    live("nobodys", -1)
    live("gone", -1, gone)
    with db.begin() as session:
        session.get_one(Staff, gone.id).active = False
    with db.begin() as session:
        assert [[r.id for r in reviews.calendar(session, TODAY, who).overdue] for who in (nadia, mounir)] == [["hers"], ["gone", "nobodys"]]
        assert [reviews.count_overdue(session, who, TODAY) for who in (nadia, mounir)] == [1, 2]


def test_the_list_the_calendar_and_the_command_line_agree(db: Database, live: Live, nadia: Staff) -> None:
    """Also while a draft with another day waits, and after the entry was withdrawn."""
    for entry_id, days in {"a": -1, "b": 0, "c": -400, "d": 9}.items():
        live(entry_id, days)
    with db.begin() as session:
        workflow.save(session, nadia, "a", Change({**BODY, "check_again_on": "2031-01-01"}, "minor", 1))
        workflow.save(session, nadia, "d", Change({**BODY, "check_again_on": "2020-01-01"}, "minor", 1))
        reviews.withdraw(session, TODAY)
    with db.begin() as session:
        listed = [line.id for line in listing.Shelf().lines(session) if "due" in line.views(TODAY)]
        checked = sorted(entry["id"] for entry in rules.due(entries.all_known(session), TODAY))
        assert sorted(r.id for r in reviews.calendar(session, TODAY).overdue) == listed == checked == ["a", "c"]


# --- Still true


def test_still_true_changes_the_days_and_nothing_else_and_is_live_at_once(db: Database, live: Live, nadia: Staff) -> None:
    live("a", -1, to_check=["ar"])
    before = row(db, "a")
    assert still(db, nadia)
    after = row(db, "a")
    changed = {key: after.body[key] for key in after.body if after.body[key] != before.body.get(key)}
    days = {"read_on": "2028-03-15", "checked_on": "2028-03-15", "check_again_on": "2028-06-13"}
    assert changed == {**days, "checked_by": "Nadia"} and after.body["to_check"] == ["ar"]
    assert (after.head, after.live, after.state, after.stage) == (2, 2, "published", "published")
    with db.begin() as session:
        assert (workflow.head(session, "a").kind, workflow.head(session, "a").by) == ("minor", nadia.id)
        assert reviews.calendar(session, TODAY).overdue == []


def test_with_four_eyes_it_waits_for_a_colleague(db: Database, live: Live, nadia: Staff, mounir: Staff) -> None:
    live("a", -1)
    with db.begin() as session:
        content_settings.put(session, mounir, "four_eyes", True)
    assert not still(db, nadia)
    found = row(db, "a")
    assert (found.head, found.live, found.stage) == (2, 1, "review") and found.check_again_on == "2028-03-14"
    with db.begin() as session:
        workflow.publish(session, mounir, "a", 2, book(DATA))
    assert row(db, "a").check_again_on == "2028-06-13"


def test_a_draft_that_waits_is_neither_published_nor_touched(db: Database, live: Live, nadia: Staff, mounir: Staff) -> None:
    live("a", -1)
    with db.begin() as session:
        workflow.save(session, mounir, "a", Change({**BODY, "titles": dict.fromkeys(FORMS, "Neuf")}, "meaning", 1))
    for seen in (1, 2):
        with pytest.raises(Refused, match=r"review\.draft_waits"):
            still(db, nadia, seen=seen)
    found = row(db, "a")
    assert (found.head, found.live, found.body["titles"]) == (2, 1, BODY["titles"])


def test_two_who_press_at_once_are_one_revision_and_one_is_told(db: Database, live: Live, nadia: Staff, mounir: Staff) -> None:
    live("a", -1)
    assert still(db, nadia)
    with pytest.raises(Conflict, match=r"entry\.changed"):
        still(db, mounir, seen=1)
    assert row(db, "a").head == 2


@pytest.mark.parametrize("days", [0, -1, 3 * 365 + 1])
def test_the_next_look_is_a_day_to_come_and_not_too_far(db: Database, live: Live, nadia: Staff, days: int) -> None:
    live("a", -1)
    with pytest.raises(Refused, match=r"review\.day"):
        still(db, nadia, again=TODAY + timedelta(days=days))


def test_what_breaks_a_rule_is_not_published_by_it(db: Database, live: Live, nadia: Staff) -> None:
    live("a", -1, facts=["no_such_fact"])
    with pytest.raises(Faulty):
        still(db, nadia)
    assert row(db, "a").head == 1


# --- Withdrawn


def test_after_the_days_of_grace_it_answers_no_more_but_is_known(db: Database, live: Live) -> None:
    live("a", -30)
    live("b", -31)
    with db.begin() as session:
        version = entries.version(session)
    assert withdrawn(db, TODAY) == ["b"] and withdrawn(db, TODAY) == []
    with db.begin() as session:
        assert entries.version(session) == version + 1
        assert entries.published(session, "b") is None and entries.is_withdrawn(session, "b")
        assert ([e["id"] for e in entries.all_published(session)], [e["id"] for e in entries.all_known(session)]) == (["a"], ["a", "b"])
        found = session.scalars(select(AuditRow).filter_by(action="entry.withdrawn")).one()
        assert (found.actor, found.subject) == ("system", "entry:b")
    assert not row(db, "b").edited or row(db, "b").stage == "published"


def test_the_grace_is_what_the_manager_decided(db: Database, live: Live, mounir: Staff) -> None:
    live("a", -1)
    with db.begin() as session:
        content_settings.put(session, mounir, "grace_days", 0)
    assert withdrawn(db, TODAY - timedelta(days=1)) == [] and withdrawn(db, TODAY) == ["a"]


def test_what_was_put_live_when_it_was_due_already_has_its_days_too(db: Database, live: Live) -> None:
    """An import of old content, or an older answer that somebody went back to: nothing disappears at once."""
    live("a", 0)
    with db.begin() as session:
        session.execute(text("UPDATE entry SET updated_at = :at"), {"at": TODAY + timedelta(days=100)})
    late = TODAY + timedelta(days=100)
    assert withdrawn(db, late + timedelta(days=29)) == [] and withdrawn(db, late + timedelta(days=32)) == ["a"]


def test_what_has_no_day_is_due_and_not_withdrawn(db: Database, live: Live) -> None:
    live("a", 0)
    with db.begin() as session:
        publish(session, "a", {**BODY, "id": "a", "check_again_on": None})
    assert withdrawn(db, TODAY) == []
    with db.begin() as session:
        (found,) = reviews.calendar(session, TODAY).overdue
        assert found.day is None


def test_still_true_or_publishing_brings_it_back(db: Database, live: Live, nadia: Staff) -> None:
    live("a", -60)
    assert withdrawn(db, TODAY) == ["a"]
    assert still(db, nadia) and row(db, "a").state == "published" and withdrawn(db, TODAY) == []


# --- Reminded


def test_who_keeps_it_is_told_once_a_week(db: Database, live: Live, nadia: Staff, mounir: Staff) -> None:
    live("a", -1, nadia)
    live("b", 2, nadia)
    assert told(db, TODAY) == ["Nadia"] and row(db, "a").reminded_on == TODAY
    assert [told(db, TODAY + timedelta(days=n)) for n in range(7)] == [[]] * 7, "b is due since; it comes with the next"
    assert told(db, TODAY + timedelta(days=7)) == ["Nadia"]
    with db.begin() as session:
        assert session.scalar(select(func.count(Notice.id))) == 2


def test_what_nobody_keeps_is_told_to_managers(db: Database, live: Live, nadia: Staff, mounir: Staff) -> None:
    live("a", -1)
    assert told(db, TODAY) == ["Mounir"]


def test_nothing_due_nobody_told(db: Database, live: Live, nadia: Staff) -> None:
    live("a", 0, nadia)
    assert told(db, TODAY) == []


def test_who_wants_no_mail_gets_none(db: Database, live: Live, nadia: Staff) -> None:
    live("a", -1, nadia)
    with db.begin() as session:
        session.get_one(Staff, nadia.id).mail_new = False
    told(db, TODAY)
    with db.begin() as session:
        assert session.scalar(select(func.count(Notice.id))) == 0


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_the_letter_names_a_number_and_the_page(
    db: Database, live: Live, nadia: Staff, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(notice_queue, "today", lambda: TODAY)
    live("a", -1, nadia)
    live("b", -9, nadia)
    with db.begin() as session:
        session.get_one(Staff, nadia.id).language = language
    reviewing(db, lambda: TODAY)()
    with db.begin() as session:
        letter = notice_queue.take(session, "email", WORDING)
    assert letter and letter.target == "nadia@example.org" and letter.text.endswith("\n\nhttps://dalil.example/console/reviews")
    assert "2" in letter.subject and BODY["titles"]["fr"] not in letter.text


def test_a_letter_is_dropped_when_all_was_looked_at_meanwhile(
    db: Database, live: Live, nadia: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_queue, "today", lambda: TODAY)
    live("a", -1, nadia)
    assert told(db, TODAY) == ["Nadia"]
    still(db, nadia)
    with db.begin() as session:
        assert notice_queue.take(session, "email", WORDING) is None
        assert session.scalars(select(Notice.state)).one() == "dropped"


def test_by_night_it_waits_until_the_team_works(db: Database, live: Live, nadia: Staff) -> None:
    change_team(db, hours="Mo 09:00-09:01")
    live("a", -1, nadia)
    told(db, TODAY)
    with db.begin() as session:
        notice = session.scalars(select(Notice)).one()
        assert notice.next_at > notice.created_at or notice.created_at.weekday() == 0


def test_one_that_was_given_up_is_shown_to_who_leads_and_sent_again(
    db: Database, live: Live, nadia: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_queue, "today", lambda: TODAY)
    boss, lead = hire(db, "Boss", "administrator", email="b@example.org"), hire(db, "Lead", "supervisor", email="l@example.org")
    live("a", -1, nadia)
    told(db, TODAY)
    with db.begin() as session:
        notice = session.scalars(select(Notice).filter_by(staff_id=nadia.id)).one()
        notice.state = "dead"
        session.get_one(Staff, nadia.id).email = "new@example.org"
    with db.begin() as session:
        assert (notice_queue.count_dead(session, boss), notice_queue.count_dead(session, lead)) == (1, 0)
        notice_queue.send_again(session, boss, notice.id)
        assert session.get_one(Notice, notice.id).target == "new@example.org"
