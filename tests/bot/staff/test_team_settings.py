"""What who leads a team may set: nothing unseen, no nonsense, all of it audited."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, DalilError, NotFound, Refused
from bot.faq.days import today
from bot.staff import team_days, team_settings, teams
from bot.staff.team_days import Days
from bot.staff.team_settings import Change, Minutes, Places
from bot.tables import AuditRow, EntryRow, Staff, Team, TeamDay
from tests.story import AtOnce, held, until, waiting_for_a_lock

BOSS = Staff(id=uuid.uuid4(), role="administrator", team_id=99)  # not stored
OFFICE = "Mo-Fr 09:00-18:00"
Act = Callable[[Session, Staff, int], None]


@pytest.fixture
def team(session: Session) -> Team:
    return teams.first(session)


def lead(team: Team) -> Staff:
    return Staff(id=uuid.uuid4(), role="supervisor", team_id=team.id)


def audited(session: Session) -> list[tuple[str, dict[str, object]]]:
    rows = session.execute(select(AuditRow.action, AuditRow.data).where(AuditRow.action.like("team.%")).order_by(AuditRow.id))
    return [(action, data) for action, data in rows]


def later(days: int) -> Days:
    return Days(today() + timedelta(days), today() + timedelta(days))


CHANGES: list[Act] = [
    lambda session, who, team_id: team_settings.set_hours(session, who, team_id, Change("", OFFICE)),
    lambda session, who, team_id: team_settings.set_minutes(session, who, team_id, Change(Minutes(60, 60, 5), Minutes(30, 20, 2))),
    lambda session, who, team_id: team_settings.set_places(session, who, team_id, Change(Places("", ""), Places("a@b.ma", "-100200300"))),
    lambda session, who, team_id: team_settings.rename(session, who, team_id, Change("Dalil", "Accueil")),
    lambda session, who, team_id: team_settings.set_topics(session, who, team_id, Change([], [])),
    lambda session, who, team_id: team_days.add(session, who, team_id, later(1)),
    lambda session, who, team_id: team_days.remove(session, who, team_id, 1),
]


@pytest.mark.parametrize("act", CHANGES)
def test_who_leads_another_team_or_none_does_not_find_this_one(session: Session, team: Team, act: Act) -> None:
    other = Team(name="Other")
    session.add(other)
    session.flush()
    for who in (lead(other), Staff(role="caseworker", team_id=team.id), Staff(role="manager", team_id=team.id)):
        with pytest.raises(NotFound):
            act(session, who, team.id)


@pytest.mark.parametrize("act", CHANGES)
def test_who_leads_this_team_or_all_may(session: Session, team: Team, act: Act) -> None:
    act(session, BOSS if act in CHANGES[3:5] else lead(team), team.id)


@pytest.mark.parametrize("act", CHANGES[:4])
def test_what_a_colleague_changed_meanwhile_is_not_overwritten(session: Session, team: Team, act: Act) -> None:
    team.hours, team.urgent_minutes, team.email, team.name = "24/7", 9, "x@example.org", "Autre"
    session.flush()
    with pytest.raises(Conflict, match=r"team\.changed"):
        act(session, BOSS, team.id)
    assert (team.hours, team.urgent_minutes, team.email, team.name) == ("24/7", 9, "x@example.org", "Autre") and audited(session) == []


def test_of_two_changes_at_the_same_moment_one_is_refused(db: Database) -> None:
    with db.begin() as session:
        number = teams.first(session).id

    def change(hours: str) -> None:
        with db.begin() as session:
            team_settings.set_hours(session, BOSS, number, Change("", hours))

    with AtOnce() as both, held(db, "SELECT id FROM team FOR UPDATE"):
        tries = [both.start(change, hours) for hours in (OFFICE, "24/7")]
        until(lambda: waiting_for_a_lock(db) == 2)
    assert sorted(type(t.exception()).__name__ for t in tries) == ["Conflict", "NoneType"]


def test_hours_are_audited_with_what_was_there(session: Session, team: Team) -> None:
    for _ in range(2):  # the second time nothing changes
        team_settings.set_hours(session, BOSS, team.id, Change(team.hours, OFFICE))
    assert audited(session) == [("team.changed", {"hours": {"from": "", "to": OFFICE}})]


def test_where_the_team_is_told_is_audited_without_the_address(session: Session, team: Team) -> None:
    team_settings.set_places(session, BOSS, team.id, Change(Places("", ""), Places(" team@example.org ", "-100200300")))
    assert audited(session) == [("team.places", {})] and team_settings.places(team) == Places("team@example.org", "-100200300")


@pytest.mark.parametrize(
    ("act", "key"),
    [
        (lambda s, t: team_settings.set_hours(s, BOSS, t, Change("", "when we are there")), "hours.unreadable"),
        (lambda s, t: team_settings.set_hours(s, BOSS, t, Change("", "; ".join([OFFICE] * 40))), "hours.unreadable"),
        (lambda s, t: team_settings.set_minutes(s, BOSS, t, Change(Minutes(60, 60, 5), Minutes(0, 60, 5))), "team.minutes"),
        (lambda s, t: team_settings.set_minutes(s, BOSS, t, Change(Minutes(60, 60, 5), Minutes(60, 60, 99999))), "team.minutes"),
        (lambda s, t: team_settings.set_places(s, BOSS, t, Change(Places("", ""), Places("nobody", ""))), "team.bad_email"),
        (lambda s, t: team_settings.set_places(s, BOSS, t, Change(Places("", ""), Places("", "12"))), "team.bad_group"),
        (lambda s, t: team_settings.rename(s, BOSS, t, Change("Dalil", "  ")), "team.bad_name"),
        (lambda s, t: team_settings.rename(s, BOSS, t, Change("Dalil", "x" * 61)), "team.bad_name"),
        (lambda s, t: team_settings.rename(s, BOSS, t, Change("Dalil", "Other")), "team.name_taken"),
        (lambda s, t: team_settings.create(s, BOSS, "Other"), "team.name_taken"),
        (lambda s, t: team_settings.set_topics(s, BOSS, t, Change([], ["weather"])), "team.no_such_topic"),
        (lambda s, t: team_settings.set_topics(s, BOSS, t, Change([], ["health"])), "team.topic_taken"),
        (lambda s, t: team_days.add(s, BOSS, t, Days(today() + timedelta(2), today() + timedelta(1))), "days.order"),
        (lambda s, t: team_days.add(s, BOSS, t, later(-1)), "days.over"),
        (lambda s, t: team_days.add(s, BOSS, t, later(1001)), "days.far"),
        (lambda s, t: team_days.add(s, BOSS, t, Days(today(), today() + timedelta(400))), "days.long"),
        (lambda s, t: team_days.add(s, BOSS, t, Days(today(), today(), "later")), "hours.unreadable"),
        (lambda s, t: team_days.add(s, BOSS, t, Days(today(), today(), "", "x" * 61)), "days.long_name"),
    ],
)
def test_nonsense_is_refused(session: Session, team: Team, act: Callable[[Session, int], None], key: str) -> None:
    session.add(Team(name="Other", topics=["health"]))
    session.add(EntryRow(id="health_cost", topic="health", body={}, seed_hash=""))
    session.flush()
    with pytest.raises(Refused, match=key):
        act(session, team.id)
    assert audited(session) == []


def test_a_refused_name_leaves_the_rest_of_the_transaction_alone(session: Session, team: Team) -> None:
    team_settings.create(session, BOSS, "  Other   team ")
    with pytest.raises(DalilError):
        team_settings.create(session, BOSS, "Other team")
    assert [t.name for t in teams.all_teams(session)] == ["Dalil", "Other team"]


def test_requests_on_its_topics_go_to_a_team(session: Session, team: Team) -> None:
    session.add(EntryRow(id="health_cost", topic="health", body={}, seed_hash=""))
    other = team_settings.create(session, BOSS, "Health")
    team_settings.set_topics(session, BOSS, other.id, Change([], ["health"]))
    session.flush()
    assert (teams.of_request(session, "health_cost").id, teams.of_request(session, "").id) == (other.id, team.id)


def test_the_same_days_twice_are_one(session: Session, team: Team) -> None:
    for _ in range(2):
        team_days.add(session, BOSS, team.id, later(1))
        session.flush()
    assert len(session.scalars(select(TeamDay)).all()) == 1 and len(audited(session)) == 1


def test_days_are_taken_out_once_and_only_by_their_own_team(session: Session, team: Team) -> None:
    team_days.add(session, BOSS, team.id, Days(today(), today(), "10:00-12:00", "Fête"))
    other = team_settings.create(session, BOSS, "Other")
    row = session.scalars(select(TeamDay)).one()
    team_days.remove(session, BOSS, other.id, row.id)
    for _ in range(2):
        team_days.remove(session, BOSS, team.id, row.id)
        session.flush()
    said = {"first": today().isoformat(), "last": today().isoformat(), "hours": "10:00-12:00"}
    assert audited(session) == [("team.days_added", said), ("team.created", {}), ("team.days_removed", said)]
