"""What people are told of how long it takes: never more than is true."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.handoff import expectation
from bot.language.bidi import LRI, PDI
from bot.language.forms import FORMS, RTL
from bot.staff import accounts, teams
from bot.tables import EntryRow, Staff, Team, TeamDay
from bot.texts import Texts
from tests.story import DATA

MONDAY = datetime(2026, 11, 23, 10, tzinfo=TIME_ZONE).astimezone(timezone.utc)
OFFICE = "Mo-Fr 09:00-12:30,14:00-18:00"


@pytest.fixture
def team(session: Session) -> Team:
    """Works in the week; one caseworker has the console open."""
    found = teams.first(session)
    found.hours = OFFICE
    accounts.create(session, "salma@example.org", "Salma", "caseworker", "a long password for tests")
    session.execute(update(Staff).values(seen_at=datetime.now(timezone.utc)))
    return found


def said(session: Session, at: datetime, form: str = "en", entry: str = "") -> str:
    return expectation.sentence(session, entry, at, Texts.load(DATA), form)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (5, "They try to answer within 15 minutes."),
        (15, "They try to answer within 15 minutes."),
        (16, "They try to answer within half an hour."),
        (60, "They try to answer within an hour."),
        (61, "They try to answer within two hours."),
        (150, "They try to answer today."),
    ],
)
def test_open_and_somebody_there(session: Session, team: Team, minutes: int, words: str) -> None:
    team.first_answer_minutes = minutes
    assert said(session, MONDAY) == words


@pytest.mark.parametrize("untrue", ["UPDATE staff SET away = true", "UPDATE staff SET seen_at = now() - interval '3 minutes'"])
def test_open_and_nobody_there(session: Session, team: Team, untrue: str) -> None:
    session.execute(text(untrue))
    assert said(session, MONDAY) == "I do not know how long it will take."


def test_nothing_is_promised_that_goes_beyond_closing_time(session: Session, team: Team) -> None:
    team.first_answer_minutes = 60
    shortly_before_lunch = MONDAY + timedelta(hours=1, minutes=31)
    assert said(session, shortly_before_lunch) == "I do not know how long it will take."
    assert said(session, shortly_before_lunch - timedelta(minutes=1)) == "They try to answer within an hour."


def test_a_team_without_hours_promises_nothing(session: Session, team: Team) -> None:
    team.hours = ""
    assert said(session, MONDAY) == "I do not know how long it will take."


def test_a_team_that_never_closes_does_not_promise_the_next_day(session: Session, team: Team) -> None:
    team.hours, team.first_answer_minutes = "24/7", 240
    assert said(session, MONDAY + timedelta(hours=11)) == "I do not know how long it will take."
    assert said(session, MONDAY) == "They try to answer today."


def test_at_lunch_they_come_back_today(session: Session, team: Team) -> None:
    assert said(session, MONDAY + timedelta(hours=3)) == "They are closed now. They read your message from today, 14:00."


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("fr", "C'est fermé maintenant. Ils liront votre message dès lundi 23 novembre, 9:00."),
        ("en", "They are closed now. They read your message from Monday 23 November, 9:00."),
        ("ar", "المكتب مغلق الآن. سيقرؤون رسالتك ابتداءً من يوم الاثنين 23 نونبر، الساعة 9:00."),
        ("ary-Arab", "دابا مسدودين. غادي يقراو الميساج ديالك من نهار لتنين 23 نونبر مع 9:00."),
        ("ary-Latn", "Daba mesdoudin. Ghadi y9raw lmessaj dyalek men nhar tnin 23 nouwanbir m3a 9:00."),
    ],
)
def test_closed_over_the_weekend(session: Session, team: Team, form: str, words: str) -> None:
    assert said(session, MONDAY - timedelta(days=1), form) == words


def test_the_holiday_of_a_team_counts(session: Session, team: Team) -> None:
    session.add(TeamDay(team_id=team.id, first=MONDAY.date(), last=MONDAY.date()))
    assert said(session, MONDAY) == "They are closed now. They read your message from Tuesday 24 November, 9:00."


def test_it_is_the_team_that_the_request_goes_to(session: Session, team: Team) -> None:
    session.add(EntryRow(id="health_cost", topic="health", body={}, seed_hash=""))
    session.add(Team(name="Health", topics=["health"], hours="Sa 10:00-12:00"))
    session.flush()
    assert said(session, MONDAY, entry="health_cost") == "They are closed now. They read your message from Saturday 28 November, 10:00."


def test_a_team_that_does_not_open_for_a_year_promises_nothing(session: Session, team: Team) -> None:
    team.hours = "2020 Mo-Fr 09:00-18:00"
    assert said(session, MONDAY) == "I do not know how long it will take."


@pytest.mark.parametrize("form", FORMS)
def test_in_arabic_the_time_is_isolated_in_the_whole_message(session: Session, team: Team, texts: Texts, form: str) -> None:
    whole = texts.say("case_opened", form, hours=said(session, MONDAY - timedelta(days=1), form))
    assert (f"{LRI}9:00{PDI}" in whole) == (form in RTL) and "9:00" in whole
