"""What administrators do with accounts: who sees whom, what a change of role or team means, and that an administrator is always left."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.errors import NotFound, Refused
from bot.handoff import assignment, cases
from bot.handoff.assignment import Move
from bot.staff import accounts, invitations, people
from bot.staff.rights import Right, may
from bot.tables import AuditRow, Staff
from bot.texts import Texts
from tests.story import PASSWORD, AtOnce, Somebody, hire, result, until, waiting_for_a_lock


@pytest.fixture
def boss(db: Database) -> Staff:
    return hire(db, "Boss", "administrator")


@pytest.fixture
def salma(db: Database) -> Staff:
    return hire(db)


@pytest.fixture
def taken(db: Database, salma: Staff, texts: Texts) -> int:
    """A case that Salma answers."""
    return take(db, salma, Somebody(db).asks_for_a_person(), texts)


def take(db: Database, person: Staff, number: int, texts: Texts) -> int:
    with db.begin() as session:
        return cases.take(session, person, number, texts).id


def do(db: Database, change: Callable[..., None], *args: object) -> str:
    with db.begin() as session:
        try:
            change(session, *args)
        except Refused as error:
            return str(error)
    return ""


def state(db: Database, number: int) -> tuple[str, object]:
    with db.begin() as session:
        case = cases.get(session, number)
        return case.state, case.assignee_id


def person(db: Database, who: Staff) -> Staff:
    with db.begin() as session:
        return session.get_one(Staff, who.id)


def test_an_administrator_sees_everybody_and_a_supervisor_the_own_team(db: Database, boss: Staff, salma: Staff, other_team: int) -> None:
    far, lead = hire(db, "Far", team_id=other_team), hire(db, "Lead", "supervisor")
    with db.begin() as session:
        session.execute(update(Staff).where(Staff.id == salma.id).values(active=False))
        assert [p.name for p in people.listed(session, boss)] == ["Boss", "Far", "Lead", "Salma"]
        assert [p.name for p in people.listed(session, lead)] == ["Boss", "Lead", "Salma"]
        assert people.get(session, boss, far.id).name == "Far"
        with pytest.raises(NotFound):
            people.get(session, lead, far.id)


def test_who_ends_work_is_out_and_their_cases_wait_again(db: Database, boss: Staff, salma: Staff, taken: int) -> None:
    with db.begin() as session:
        token = accounts.sign_in(session, salma.email, PASSWORD)[0]
    assert do(db, people.set_active, boss, salma.id, False) == ""
    assert state(db, taken) == ("waiting", None)
    with db.begin() as session, pytest.raises(Refused, match=r"sign_in\.needed"):
        accounts.by_cookie(session, token)
    assert do(db, accounts.sign_in, salma.email, PASSWORD) == "sign_in.refused"
    assert do(db, people.set_active, boss, salma.id, True) == "" and do(db, accounts.sign_in, salma.email, PASSWORD) == ""


def test_who_takes_a_case_while_their_work_ends_does_not_get_it(db: Database, boss: Staff, salma: Staff, texts: Texts) -> None:
    number = Somebody(db).asks_for_a_person()
    with AtOnce() as both, db.begin() as first:
        people.set_active(first, boss, salma.id, False)
        late = both.start(take, db, salma, number, texts)
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        assert isinstance(late.exception(), Refused)
    assert state(db, number) == ("waiting", None)


@pytest.mark.parametrize("given", ["taken", "assigned"])
def test_a_case_that_somebody_gets_while_their_work_ends_waits_again(
    db: Database, boss: Staff, salma: Staff, texts: Texts, given: str
) -> None:
    number = Somebody(db).asks_for_a_person()
    with AtOnce() as both, db.begin() as first:
        if given == "taken":
            cases.take(first, salma, number, texts)
        else:
            assignment.assign(first, boss, Move(number, None, salma.id), texts)
        end = both.start(do, db, people.set_active, boss, salma.id, False)
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        assert result(end) == ""
    assert state(db, number) == ("waiting", None)


def test_what_was_given_back_is_noted_under_the_name_of_the_administrator(db: Database, boss: Staff, salma: Staff, taken: int) -> None:
    do(db, people.set_active, boss, salma.id, False)
    with db.begin() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(2)).all()
    assert [(row.actor, row.action) for row in rows] == [(str(boss.id), "staff.deactivated"), (str(boss.id), "case.released")]
    assert rows[1].data == {"from": str(salma.id)}


@pytest.mark.parametrize(("role", "moved", "kept"), [("editor", False, False), ("caseworker", True, False), ("supervisor", False, True)])
def test_cases_that_go_out_of_sight_wait_again(
    db: Database, boss: Staff, salma: Staff, taken: int, other_team: int, role: str, moved: bool, kept: bool
) -> None:
    assert do(db, people.assign, boss, salma.id, (role, other_team if moved else 1)) == ""
    assert state(db, taken) == (("taken", salma.id) if kept else ("waiting", None))


def test_rights_change_at_once_for_who_is_signed_in(db: Database, boss: Staff, salma: Staff) -> None:
    with db.begin() as session:
        token = accounts.sign_in(session, salma.email, PASSWORD)[0]
    do(db, people.assign, boss, salma.id, ("editor", 1))
    with db.begin() as session:
        now = accounts.by_cookie(session, token)[0]
    assert may(now, Right.CONTENT) and not may(now, Right.CASES)


@pytest.mark.parametrize(
    ("change", "args", "key"),
    [
        (people.assign, (("supervisor", 1),), "people.own_role"),
        (people.set_active, (False,), "people.own_account"),
        (people.take_away_second_factor, (), "people.own_account"),
        (people.assign, (("king", 1),), "staff.no_such_role"),
    ],
)
def test_what_nobody_does_to_the_own_account(
    db: Database, boss: Staff, change: Callable[..., None], args: tuple[object, ...], key: str
) -> None:
    hire(db, "Other", "administrator")
    assert do(db, change, boss, boss.id, *args) == key
    assert person(db, boss).role == "administrator" and person(db, boss).active


def test_an_administrator_may_change_the_own_team(db: Database, boss: Staff, other_team: int) -> None:
    assert do(db, people.assign, boss, boss.id, ("administrator", other_team)) == "" and person(db, boss).team_id == other_team


@pytest.mark.parametrize(
    "how", [lambda s, by, other: people.set_active(s, by, other, False), lambda s, by, other: people.assign(s, by, other, ("editor", 1))]
)
def test_two_administrators_who_end_each_other_leave_one(db: Database, boss: Staff, how: Callable[..., None]) -> None:
    other = hire(db, "Other", "administrator")
    with AtOnce() as both:
        answers = [result(each) for each in [both.start(do, db, how, boss, other.id), both.start(do, db, how, other, boss.id)]]
    assert sorted(answers) == ["", "role.not_allowed"]
    with db.begin() as session:
        assert len(session.scalars(select(Staff).filter_by(role="administrator", active=True)).all()) == 1


def test_who_leads_a_team_helps_its_caseworkers_and_nobody_above_or_elsewhere(db: Database, salma: Staff, other_team: int) -> None:
    lead = hire(db, "Lead", "supervisor")
    far = hire(db, "Far", team_id=other_team)
    above = [hire(db, role, role) for role in ("supervisor", "editor", "manager", "administrator")]
    for change, args in ((invitations.new_password, ()), (people.unlock, ()), (people.set_active, (False,))):
        assert do(db, change, lead, salma.id, *args) == ""
        assert {do(db, change, lead, other.id, *args) for other in (far, lead, *above)} == {"role.not_allowed"}
    assert not person(db, salma).active and person(db, far).active and all(person(db, other).active for other in above)
    for change, args in ((people.set_active, (True,)), (people.assign, (("supervisor", 1),)), (people.take_away_second_factor, ())):
        assert do(db, change, lead, salma.id, *args) == "role.not_allowed"


@pytest.mark.parametrize("role", ["caseworker", "editor", "manager"])
def test_only_administrators_change_accounts(db: Database, salma: Staff, role: str) -> None:
    by = hire(db, "By", role)
    for change, args in (
        (people.assign, (("administrator", 1),)),
        (people.set_active, (False,)),
        (people.unlock, ()),
        (people.take_away_second_factor, ()),
    ):
        assert do(db, change, by, salma.id, *args) == "role.not_allowed"
    assert person(db, salma).role == "caseworker"


def test_a_locked_account_is_opened(db: Database, boss: Staff, salma: Staff) -> None:
    with db.begin() as session:
        session.execute(update(Staff).where(Staff.id == salma.id).values(locked_until=datetime.now(timezone.utc) + timedelta(minutes=9)))
    assert do(db, accounts.sign_in, salma.email, PASSWORD) == "sign_in.refused"
    do(db, people.unlock, boss, salma.id)
    assert do(db, accounts.sign_in, salma.email, PASSWORD) == ""
