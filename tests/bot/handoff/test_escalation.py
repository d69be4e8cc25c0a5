"""An urgent case that nobody takes is told to others: late enough, again, and not for ever."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.handoff import assignment, cases, escalation, practice
from bot.tables import AuditRow, Case, Notice, OnCall, Staff, Team
from bot.texts import Texts
from tests.story import DATA, Somebody, held, hire, listening, new_team

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def staff(db: Database) -> dict[str, Staff]:
    """Two teams and the roles in them; Amina has a page open."""
    roles = {"Amina": "caseworker", "Lead": "supervisor", "Boss": "administrator", "Editor": "editor", "Other": "supervisor"}
    more = {"Other": {"team_id": new_team(db)}, "Amina": {"seen_at": datetime.now(timezone.utc)}}
    return {name: hire(db, name, role, email=f"{name.lower()}@example.org", **more.get(name, {})) for name, role in roles.items()}


def pass_by(db: Database, minutes: float) -> None:
    """What is noted of cases happened so many minutes earlier."""
    ago = {column: getattr(Case, column) - minutes * MINUTE for column in ("opened_at", "urgent_at", "taken_at", "escalated_at")}
    with db.begin() as session:
        session.execute(update(Case).values(**ago))


def escalate(db: Database) -> int:
    with db.begin() as session:
        return escalation.escalate(session)


def told(db: Database) -> list[str]:
    with db.begin() as session:
        return sorted(session.scalars(select(Notice.target).filter_by(kind="escalated")))


def trail(db: Database) -> list[AuditRow]:
    with db.begin() as session:
        return list(session.scalars(select(AuditRow).filter_by(action="case.escalated").order_by(AuditRow.id)))


LEADS = ["boss@example.org", "lead@example.org"]


def test_whoever_leads_is_told_when_nobody_took_it_in_time(db: Database, somebody: Somebody) -> None:
    number = somebody.asks_for_a_person("violence")
    pass_by(db, 5)
    with listening(db, "console") as heard:
        assert escalate(db) == 1 and "queue" in heard()
    assert told(db) == LEADS
    (row,) = trail(db)
    assert (row.actor, row.subject) == ("system", f"case:{number}")
    case = somebody.case()
    assert case is not None and case.escalated_at is not None


def test_who_is_on_call_is_told_again(db: Database, somebody: Somebody, staff: dict[str, Staff]) -> None:
    now = datetime.now(timezone.utc)
    with db.begin() as session:
        session.add(OnCall(team_id=1, staff_id=staff["Amina"].id, starts_at=now - MINUTE, ends_at=now + MINUTE))
    somebody.asks_for_a_person("violence")
    pass_by(db, 5)
    escalate(db)
    assert told(db) == ["amina@example.org", *LEADS]


def test_before_its_time_nobody_is_told(db: Database, somebody: Somebody) -> None:
    somebody.asks_for_a_person("violence")
    pass_by(db, 4.9)
    assert escalate(db) == 0 and told(db) == []


def test_each_team_has_its_own_time(db: Database, somebody: Somebody) -> None:
    with db.begin() as session:
        session.execute(update(Team).values(urgent_minutes=30))
    somebody.asks_for_a_person("violence")
    pass_by(db, 29.9)
    assert escalate(db) == 0
    pass_by(db, 0.2)
    assert escalate(db) == 1


def test_the_time_counts_from_when_the_danger_was_known(db: Database, somebody: Somebody) -> None:
    somebody.asks_for_a_person()
    pass_by(db, 60)
    assert escalate(db) == 0
    somebody.asks_for_a_person("medical")
    assert escalate(db) == 0
    pass_by(db, 5)
    assert escalate(db) == 1


def test_it_is_repeated_with_pauses_three_times_at_most(db: Database, somebody: Somebody) -> None:
    somebody.asks_for_a_person("violence")
    done = []
    for _ in range(12):
        pass_by(db, 2.5)
        done.append(escalate(db))
    assert done == [0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]
    assert told(db) == sorted(LEADS * 3) and [row.data["time"] for row in trail(db)] == [1, 2, 3]


def test_two_that_escalate_at_once_tell_once(db: Database, somebody: Somebody) -> None:
    somebody.asks_for_a_person("violence")
    pass_by(db, 5)
    with db.begin() as first, db.begin() as second:
        assert (escalation.escalate(first), escalation.escalate(second)) == (1, 0)
    assert escalate(db) == 0 and told(db) == LEADS


def test_a_case_that_is_being_changed_is_left_for_the_next_time(db: Database, somebody: Somebody) -> None:
    somebody.asks_for_a_person("violence")
    pass_by(db, 5)
    with held(db, 'SELECT 1 FROM "case" FOR UPDATE'):
        assert escalate(db) == 0
    assert escalate(db) == 1


def test_a_case_that_somebody_has_is_not_told(db: Database, somebody: Somebody, staff: dict[str, Staff], texts: Texts) -> None:
    number = somebody.asks_for_a_person("violence")
    with db.begin() as session:
        cases.take(session, staff["Amina"], number, texts)
    pass_by(db, 60)
    assert escalate(db) == 0


def test_a_case_that_comes_back_is_told_anew(db: Database, somebody: Somebody, staff: dict[str, Staff], texts: Texts) -> None:
    number = somebody.asks_for_a_person("violence")
    for _ in range(4):
        pass_by(db, 5)
        escalate(db)
    with db.begin() as session:
        cases.take(session, staff["Amina"], number, texts)
        assignment.release(session, staff["Amina"], number)
    pass_by(db, 5)
    assert escalate(db) == 1 and len(trail(db)) == 4


@pytest.mark.parametrize("change", [{"state": "closed"}, {"urgency": ""}])
def test_what_is_over_or_not_urgent_is_not_told(db: Database, somebody: Somebody, change: dict[str, Any]) -> None:
    somebody.asks_for_a_person("violence")
    pass_by(db, 60)
    with db.begin() as session:
        session.execute(update(Case).values(**change))
    assert escalate(db) == 0


def test_practice_is_not_told(db: Database, staff: dict[str, Staff]) -> None:
    with db.begin() as session:
        case = practice.start(session, staff["Amina"], practice.scenarios(DATA)[0].id, DATA)
        case.urgency, case.urgent_at = "violence", datetime.now(timezone.utc)
    pass_by(db, 60)
    assert escalate(db) == 0 and trail(db) == []


def test_many_cases_are_told_each_by_itself(db: Database) -> None:
    numbers = [Somebody(db).asks_for_a_person("violence") for _ in range(3)]
    pass_by(db, 5)
    assert escalate(db) == 3 and [row.subject for row in trail(db)] == [f"case:{number}" for number in numbers]


def test_nobody_who_left_is_told(db: Database, somebody: Somebody, staff: dict[str, Staff]) -> None:
    with db.begin() as session:
        session.execute(update(Staff).where(Staff.id == staff["Lead"].id).values(active=False))
    somebody.asks_for_a_person("violence")
    pass_by(db, 5)
    escalate(db)
    assert told(db) == ["boss@example.org"]
