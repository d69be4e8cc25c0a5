"""When an answer is due."""

from datetime import datetime, timedelta, timezone

from sqlalchemy import update

from bot.clock import TIME_ZONE
from bot.db import Database
from bot.handoff import cases, clocks
from bot.messages import Effect
from bot.staff import teams
from bot.tables import Case, Team
from bot.texts import Texts
from tests.story import Somebody, hire

SOON = timedelta(seconds=30)  # longer than a test takes
ALWAYS = "24/7"


def of_team(db: Database, **values: object) -> None:
    with db.begin() as session:
        session.execute(update(Team).values(**values))


def closed_for_days() -> str:
    """Hours of a team that opens in three days."""
    day = (datetime.now(TIME_ZONE) + timedelta(days=3)).strftime("%a")[:2]
    return f"{day} 09:00-18:00"


def left(somebody: Somebody) -> timedelta:
    case = somebody.case()
    assert case and case.due_at
    return case.due_at - datetime.now(timezone.utc)


def near(found: timedelta, expected: timedelta) -> bool:
    return expected - SOON < found <= expected


def test_the_first_answer_is_due_after_the_minutes_of_the_team(db: Database, somebody: Somebody) -> None:
    of_team(db, hours=ALWAYS, first_answer_minutes=45)
    somebody.asks_for_a_person()
    assert near(left(somebody), timedelta(minutes=45))


def test_where_hours_are_not_known_the_clock_runs(db: Database, somebody: Somebody) -> None:
    of_team(db, hours="", first_answer_minutes=45)
    somebody.asks_for_a_person()
    assert near(left(somebody), timedelta(minutes=45))


def test_nothing_is_due_while_the_team_is_closed(db: Database, somebody: Somebody) -> None:
    of_team(db, hours=closed_for_days(), first_answer_minutes=30)
    somebody.asks_for_a_person()
    case = somebody.case()
    assert case and case.due_at
    assert case.due_at.astimezone(TIME_ZONE).strftime("%H:%M") == "09:30" and left(somebody) > timedelta(days=2)


def test_an_earlier_question_that_is_open_counts(db: Database, somebody: Somebody) -> None:
    of_team(db, hours=ALWAYS)
    somebody.asks_for_a_person()
    before = left(somebody)
    somebody.write("vous êtes là ?")
    somebody.turn()
    assert left(somebody) <= before


def test_an_answer_stops_the_clock_and_the_next_question_starts_it_again(db: Database, somebody: Somebody, texts: Texts) -> None:
    of_team(db, hours=ALWAYS, next_answer_minutes=20)
    number, worker = somebody.asks_for_a_person(), hire(db)
    with db.begin() as session:
        cases.take(session, worker, number, texts)
        cases.reply(session, worker, number, "Bonjour.")
    answered = somebody.case()
    assert answered and answered.due_at is None and answered.answered_at
    somebody.write("merci, et pour demain ?")
    somebody.turn()
    assert near(left(somebody), timedelta(minutes=20))


def test_in_danger_the_night_counts_too(db: Database, somebody: Somebody) -> None:
    of_team(db, hours=closed_for_days(), urgent_minutes=7)
    somebody.asks_for_a_person("violence")
    assert near(left(somebody), timedelta(minutes=7))


def test_in_danger_what_is_due_earlier_stays(db: Database, somebody: Somebody) -> None:
    of_team(db, hours=ALWAYS, first_answer_minutes=2, urgent_minutes=7)
    somebody.asks_for_a_person("violence")
    assert near(left(somebody), timedelta(minutes=2))


def test_danger_while_waiting_brings_the_time_forward(db: Database, somebody: Somebody) -> None:
    of_team(db, hours=closed_for_days(), urgent_minutes=7)
    somebody.asks_for_a_person()
    somebody.write("il me frappe")
    somebody.turn(effects=[Effect("open_case", {"reason": "urgent", "urgency": "violence"})])
    assert near(left(somebody), timedelta(minutes=7))


def test_the_next_question_of_an_urgent_case_is_urgent(db: Database, somebody: Somebody, texts: Texts) -> None:
    of_team(db, hours=closed_for_days(), urgent_minutes=7)
    number, worker = somebody.asks_for_a_person("violence"), hire(db)
    with db.begin() as session:
        cases.take(session, worker, number, texts)
        cases.reply(session, worker, number, "Bonjour.")
    somebody.write("il revient")
    somebody.turn()
    assert near(left(somebody), timedelta(minutes=7))


def test_overdue_is_what_is_due_and_past() -> None:
    now = datetime.now(timezone.utc)
    late, early, none = Case(due_at=now - timedelta(seconds=1)), Case(due_at=now + timedelta(seconds=1)), Case()
    assert [clocks.is_overdue(case, now) for case in (late, early, none)] == [True, False, False]


def test_the_minutes_are_those_of_the_team_that_has_the_case(db: Database, somebody: Somebody) -> None:
    with db.begin() as session:
        first = teams.first(session)
        session.add(Team(name="Other", hours=ALWAYS, first_answer_minutes=5))
        first.hours, first.first_answer_minutes = ALWAYS, 50
    somebody.asks_for_a_person()
    assert near(left(somebody), timedelta(minutes=50))
