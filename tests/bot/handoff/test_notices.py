"""What staff are told outside of the console: who, when, once, and never what it is about."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.db import Database
from bot.handoff import assignment, cases, mentions, notes, notice_queue, notices, practice
from bot.handoff.assignment import Move
from bot.handoff.notice_queue import Letter
from bot.handoff.notices import KINDS
from bot.staff import teams
from bot.tables import AuditRow, Case, Mention, Notice, OnCall, Staff, Team, TeamDay
from bot.texts import Texts
from bot.understanding.danger import KINDS as DANGERS
from tests.bot.handoff import noticed
from tests.bot.handoff.noticed import WORDING, change_team, due_at_once, letters, rows, told
from tests.story import DATA, Hire, Somebody

SOON = timedelta(minutes=1)


@pytest.fixture
def hire(db: Database) -> Hire:
    return partial(noticed.hire, db)


def on_call(db: Database, person: Staff) -> None:
    now = datetime.now(timezone.utc)
    with db.begin() as session:
        session.add(OnCall(team_id=1, staff_id=person.id, starts_at=now - SOON, ends_at=now + SOON))


def closed(db: Database) -> datetime:
    """The team does not work today or tomorrow; it opens the day after, at nine. When that is."""
    today = datetime.now(TIME_ZONE).date()
    with db.begin() as session:
        session.execute(update(Team).values(hours="Mo-Su,PH 09:00-17:00"))
        session.add(TeamDay(team_id=1, first=today, last=today + timedelta(days=1), hours=""))
    return datetime.combine(today + timedelta(days=2), datetime.min.time(), TIME_ZONE) + timedelta(hours=9)


# --- Who is told of danger


def test_danger_is_told_to_who_is_on_call_who_is_there_and_to_the_team(db: Database, somebody: Somebody, hire: Hire) -> None:
    change_team(db, email="team@example.org", telegram_group="-100123")
    hire("There", there=True)
    hire("Gone", seen_at=datetime.now(timezone.utc) - timedelta(hours=1))
    hire("Away", there=True, away=True)
    on_call(db, hire("Called"))
    somebody.asks_for_a_person("violence")
    assert told(db, "urgent_case") == ["-100123", "called@example.org", "team@example.org", "there@example.org"]
    assert told(db) == told(db, "urgent_case")


def test_when_nobody_is_there_or_on_call_the_whole_team_is_told(db: Database, somebody: Somebody, hire: Hire) -> None:
    for name in ("Amina", "Brahim"):
        hire(name)
    hire("Zineb", role="editor")
    hire("Left", active=False)
    somebody.asks_for_a_person("medical")
    assert told(db, "urgent_case") == ["amina@example.org", "brahim@example.org"]


def test_who_is_on_call_and_there_is_told_once(db: Database, somebody: Somebody, hire: Hire) -> None:
    on_call(db, hire("Amina", there=True))
    change_team(db, email="amina@example.org")
    somebody.asks_for_a_person("violence")
    assert told(db) == ["amina@example.org"]


def test_other_teams_are_not_told(db: Database, somebody: Somebody, hire: Hire) -> None:
    with db.begin() as session:
        session.add(Team(name="Lawyers", email="lawyers@example.org"))
        session.flush()
    hire("Amina", there=True)
    hire("Lawyer", there=True, team_id=2)
    somebody.asks_for_a_person("violence")
    assert told(db) == ["amina@example.org"]


def test_who_wants_no_e_mails_is_told_of_danger_all_the_same(db: Database, somebody: Somebody, hire: Hire) -> None:
    hire("Amina", mail_new=False)
    somebody.asks_for_a_person("violence")
    assert [letter.target for letter in letters(db)] == ["amina@example.org"]


# --- Who is told of a request


def test_a_request_is_told_to_those_who_do_not_see_it(db: Database, somebody: Somebody, hire: Hire) -> None:
    change_team(db, email="team@example.org")
    hire("There", there=True)
    hire("Away", away=True)
    hire("Quiet", mail_new=False)
    hire("Amina")
    somebody.asks_for_a_person()
    assert told(db, "new_case") == ["amina@example.org", "team@example.org"] == told(db)


def test_a_case_that_is_raised_is_told_again_as_urgent(db: Database, somebody: Somebody, hire: Hire) -> None:
    hire("Amina")
    for urgency in ("", "", "violence", "violence", "medical"):
        somebody.asks_for_a_person(urgency)
    assert Counter(row.kind for row in rows(db)) == {"new_case": 1, "urgent_case": 1}


def test_a_case_that_comes_back_to_the_queue_is_told_again(db: Database, somebody: Somebody, hire: Hire, texts: Texts) -> None:
    amina, number = hire("Amina"), somebody.asks_for_a_person("violence")
    with db.begin() as session:
        cases.take(session, amina, number, texts)
        assignment.release(session, amina, number)
    assert [row.kind for row in rows(db)] == ["urgent_case", "urgent_case"] and len(list(letters(db))) == 2


def test_a_case_that_somebody_has_is_not_told(db: Database, somebody: Somebody, hire: Hire, texts: Texts) -> None:
    amina, number = hire("Amina"), somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, amina, number, texts)
    somebody.asks_for_a_person("violence")
    assert told(db, "urgent_case") == []


def test_another_team_that_gets_a_case_is_told(db: Database, somebody: Somebody, hire: Hire, texts: Texts) -> None:
    with db.begin() as session:
        session.add(Team(name="Lawyers", email="lawyers@example.org"))
    boss, number = hire("Boss", role="administrator", there=True), somebody.asks_for_a_person()
    with db.begin() as session:
        assignment.transfer(session, boss, Move(number, None, team=2, reason="a lawyer is needed"), texts)
    assert told(db) == ["lawyers@example.org"]


# --- Practice


@pytest.mark.parametrize("scenario", [s.id for s in practice.scenarios(DATA)])
def test_practice_alerts_nobody(db: Database, hire: Hire, scenario: str) -> None:
    change_team(db, email="team@example.org", telegram_group="-100123")
    amina = hire("Amina")
    hire("Brahim")
    with db.begin() as session:
        case = practice.start(session, amina, scenario, DATA)
        case.urgency, case.urgent_at = "violence", datetime.now(timezone.utc)
        notices.waits(session, case)
        notices.escalated(session, case, 1)
        notices.mentioned(session, case, 1, [amina])
        case.assignee_id = amina.id
        notices.assigned(session, case, hire("Boss"))
    assert rows(db) == []


# --- Colleagues


def test_who_is_named_in_a_note_is_told(db: Database, somebody: Somebody, hire: Hire) -> None:
    amina, number = hire("Amina"), somebody.asks_for_a_person()
    hire("Brahim", there=True)
    with db.begin() as session:
        notes.add(session, amina, cases.get(session, number), "@Brahim peux-tu appeler ?")
    assert told(db, "mention") == ["brahim@example.org"]


def test_a_note_that_was_read_meanwhile_is_not_told(db: Database, somebody: Somebody, hire: Hire) -> None:
    amina, brahim, number = hire("Amina", there=True), hire("Brahim", there=True), somebody.asks_for_a_person()
    with db.begin() as session:
        case = cases.get(session, number)
        notes.add(session, amina, case, "@Brahim ?")
        mentions.seen(session, brahim, case)
    assert list(letters(db)) == [] and told(db, "mention", "dropped") == ["brahim@example.org"]


@pytest.fixture
def given_to(db: Database, texts: Texts) -> Callable[[Staff, Staff, int], None]:
    def give(lead: Staff, to: Staff, number: int) -> None:
        with db.begin() as session:
            assignment.assign(session, lead, Move(number, cases.get(session, number).assignee_id, to.id), texts)

    return give


def test_who_is_given_a_case_is_told(db: Database, somebody: Somebody, hire: Hire, given_to: Callable[[Staff, Staff, int], None]) -> None:
    lead, amina, brahim = hire("Lead", role="supervisor", there=True), hire("Amina", there=True), hire("Brahim", there=True)
    number = somebody.asks_for_a_person()
    for person in (amina, brahim, amina):
        given_to(lead, person, number)
    assert Counter(told(db, "assigned")) == {"amina@example.org": 2, "brahim@example.org": 1}
    assert {letter.target for letter in letters(db)} == {"amina@example.org"}


def test_who_gives_a_case_to_themselves_is_not_told(
    db: Database, somebody: Somebody, hire: Hire, given_to: Callable[[Staff, Staff, int], None]
) -> None:
    lead, number = hire("Lead", role="supervisor", there=True), somebody.asks_for_a_person()
    given_to(lead, lead, number)
    assert told(db, "assigned") == []


@pytest.mark.parametrize(("urgency", "arrives"), [("", []), ("violence", ["amina@example.org"])])
def test_who_wants_no_e_mails_is_told_only_of_an_urgent_case(
    db: Database,
    somebody: Somebody,
    hire: Hire,
    given_to: Callable[[Staff, Staff, int], None],
    urgency: str,
    arrives: list[str],
) -> None:
    lead, amina = hire("Lead", role="supervisor", there=True), hire("Amina", there=True, mail_new=False)
    given_to(lead, amina, somebody.asks_for_a_person(urgency))
    assert [letter.target for letter in letters(db)] == arrives


def test_a_page_finds_what_its_reader_was_told_lately(
    db: Database, somebody: Somebody, hire: Hire, given_to: Callable[[Staff, Staff, int], None]
) -> None:
    lead, amina = hire("Lead", role="supervisor"), hire("Amina", mail_new=False)
    given_to(lead, amina, somebody.asks_for_a_person("violence"))
    with db.begin() as session:
        assert [row.kind for row in notices.fresh(session, amina)] == ["assigned"] and notices.fresh(session, lead) == []
        session.execute(update(Notice).values(created_at=func.clock_timestamp() - notices.FRESH))
        assert notices.fresh(session, amina) == []


def test_the_choice_of_e_mails_is_kept_and_recorded(db: Database, hire: Hire) -> None:
    amina = hire("Amina")
    with db.begin() as session:
        notices.set_mail(session, amina, False)
    with db.begin() as session:
        assert session.get_one(Staff, amina.id).mail_new is False
        row = session.scalars(select(AuditRow).filter_by(action="staff.notices_chosen")).one()
        assert (row.actor, row.subject, row.data) == (str(amina.id), f"staff:{amina.id}", {"mail_new": False})


# --- Quiet hours


def test_what_is_not_urgent_waits_until_the_team_opens(
    db: Database, somebody: Somebody, hire: Hire, given_to: Callable[[Staff, Staff, int], None]
) -> None:
    opens, lead, amina = closed(db), hire("Lead", role="supervisor"), hire("Amina")
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        notes.add(session, lead, cases.get(session, number), "@Amina ?")
    given_to(lead, amina, number)
    assert {(row.kind, row.next_at) for row in rows(db)} == {(kind, opens) for kind in ("new_case", "mention", "assigned")}
    assert list(letters(db)) == []


def test_danger_waits_for_nothing(db: Database, somebody: Somebody, hire: Hire, given_to: Callable[[Staff, Staff, int], None]) -> None:
    closed(db)
    lead, amina = hire("Lead", role="supervisor", there=True), hire("Amina")
    number = somebody.asks_for_a_person("violence")
    assert [letter.target for letter in letters(db)] == ["lead@example.org"]
    given_to(lead, amina, number)
    assert [letter.target for letter in letters(db)] == ["amina@example.org"]


@pytest.mark.parametrize("hours", ["", "24/7", "when we can"])
def test_nothing_waits_where_the_team_is_open_or_its_hours_are_not_known(db: Database, somebody: Somebody, hire: Hire, hours: str) -> None:
    change_team(db, hours=hours)
    hire("Amina")
    somebody.asks_for_a_person()
    assert len(list(letters(db))) == 1


def test_a_team_that_never_opens_is_told_at_once(db: Database, somebody: Somebody, hire: Hire) -> None:
    today = datetime.now(TIME_ZONE).date()
    with db.begin() as session:
        session.add(TeamDay(team_id=1, first=today, last=today + timedelta(days=800), hours=""))
    hire("Amina")
    somebody.asks_for_a_person()
    assert len(list(letters(db))) == 1


def test_what_was_taken_in_the_night_is_not_told_in_the_morning(db: Database, somebody: Somebody, hire: Hire, texts: Texts) -> None:
    closed(db)
    amina, number = hire("Amina"), somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, amina, number, texts)
    due_at_once(db)
    assert list(letters(db)) == [] and told(db, state="dropped") == ["amina@example.org"]


# --- What is told says nothing

NAMES = st.text(st.characters(categories=["L"]), min_size=3, max_size=12)


@given(
    kind=st.sampled_from([kind for kind in KINDS if kind not in ("review_asked", "comment_named")]),
    language=st.sampled_from(["fr", "ar", "en"]),
    columns=st.fixed_dictionaries({"urgency": st.sampled_from(DANGERS), "topic": NAMES, "place": NAMES, "reason": NAMES, "form": NAMES}),
    name=NAMES,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_notice_is_made_of_a_number_a_time_and_a_link_only(
    session: Session, kind: str, language: str, columns: dict[str, str], name: str
) -> None:
    """Two cases that differ in everything but these are told in the same words."""
    at, number = datetime(2026, 11, 21, 22, 40, tzinfo=timezone.utc), 100012
    bland = letter(session, kind, language, Case(id=number, opened_at=at, reason="asked", urgent_at=at))
    full = Case(id=number, opened_at=at, urgent_at=at, escalated_at=at, facts_sealed=name.encode(), outcome=name, **columns)
    assert letter(session, kind, language, full) == bland
    said = f"{bland.subject}\n{bland.text}"
    assert said.count("100012") == 3 and said.endswith("https://dalil.example/console/cases/100012")
    assert not any(word in said.lower() for word in (*DANGERS, "violence", "danger", "viol", "خطر", "عنف"))


def letter(session: Session, kind: str, language: str, case: Case) -> Letter:
    notice = Notice(id=7, kind=kind, language=language, target="amina@example.org", created_at=case.opened_at)
    return notice_queue._letter(notice, case, WORDING)


def test_the_time_is_that_of_the_clock_on_the_wall(session: Session) -> None:
    at = datetime(2026, 7, 1, 22, 40, tzinfo=timezone.utc)
    said = letter(session, "new_case", "en", Case(id=12, opened_at=at))
    assert said.text == "Request no. 12 has been waiting since 23:40 (01/07).\n\nhttps://dalil.example/console/cases/12"
    assert said.subject == "Dalil: request no. 12"


def test_danger_waits_since_it_was_known(session: Session) -> None:
    opened, urgent = (datetime(2026, 7, 1, hour, tzinfo=timezone.utc) for hour in (8, 9))
    said = letter(session, "urgent_case", "en", Case(id=12, opened_at=opened, urgent_at=urgent))
    assert "since 10:00 (01/07)" in said.text


def test_each_is_told_in_their_language(db: Database, somebody: Somebody, hire: Hire) -> None:
    for code in ("fr", "ar", "en"):
        hire(code.title(), language=code)
    change_team(db, email="team@example.org")
    somebody.asks_for_a_person()
    said = {found.target: found.subject for found in letters(db)}
    assert said["en@example.org"].startswith("Dalil: request") and said["ar@example.org"].startswith("دليل: طلب")
    assert said["fr@example.org"] == said["team@example.org"] and said["fr@example.org"].startswith("Dalil : demande")


def test_whose_language_has_no_texts_is_told_in_french(db: Database, somebody: Somebody, hire: Hire) -> None:
    hire("Amina", language="ary-Arab")
    somebody.asks_for_a_person()
    assert [found.subject[:15] for found in letters(db)] == ["Dalil : demande"]


def test_nothing_of_the_person_is_in_the_rows(db: Database, somebody: Somebody, hire: Hire) -> None:
    hire("Amina")
    somebody.write("mon mari Karim me frappe")
    somebody.asks_for_a_person("violence")
    stored = " ".join(str(vars(row)) for row in rows(db))
    assert "violence" not in stored and "Karim" not in stored and somebody.address not in stored


def test_a_mention_of_a_note_that_is_gone_is_pointless(db: Database, somebody: Somebody, hire: Hire) -> None:
    amina, number = hire("Amina", there=True), somebody.asks_for_a_person()
    hire("Brahim", there=True)
    with db.begin() as session:
        notes.add(session, amina, cases.get(session, number), "@Brahim ?")
        session.execute(Mention.__table__.delete())
    assert list(letters(db)) == []


def test_teams_without_an_address_are_not_told(db: Database, somebody: Somebody) -> None:
    somebody.asks_for_a_person("violence")
    with db.begin() as session:
        assert rows(db) == [] and teams.first(session).email == ""
