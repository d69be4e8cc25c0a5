"""Links that are good once: who may make them, what they open, and when they are worth nothing."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import NotFound, Refused
from bot.privacy.vault import vault
from bot.staff import accounts, invitations, people, sessions
from bot.staff.invitations import Wanted
from bot.tables import AuditRow, Invitation, Staff
from tests.story import PASSWORD, AtOnce, hire, result

NEW = "cinq autres mots bien longs"
OMAR = Wanted(" Omar@Example.org ", " Omar ", "caseworker", 1)


@pytest.fixture
def boss(db: Database) -> Staff:
    return hire(db, "Boss", "administrator", email="boss@example.org")


def invite(db: Database, by: Staff, wanted: Wanted = OMAR) -> str:
    with db.begin() as session:
        return invitations.invite(session, by, wanted)


def accept(db: Database, token: str, password: str = NEW) -> tuple[str, Staff]:
    with db.begin() as session:
        return invitations.accept(session, token, password)


def goes_in(db: Database, token: str) -> bool:
    with db.begin() as session:
        try:
            return bool(accounts.by_cookie(session, token))
        except Refused:
            return False


def let_pass(db: Database, time: timedelta) -> None:
    with db.begin() as session:
        session.execute(update(Invitation).values(expires_at=Invitation.expires_at - time))


# --- A new account


def test_who_is_invited_chooses_a_password_and_is_in(db: Database, boss: Staff, other_team: int) -> None:
    cookie, omar = accept(db, invite(db, boss, Wanted(" Omar@Example.org ", " Omar ", "supervisor", other_team)))
    assert (omar.email, omar.name, omar.role, omar.team_id, omar.must_change) == (
        "omar@example.org",
        "Omar",
        "supervisor",
        other_team,
        False,
    )
    assert goes_in(db, cookie)
    with db.begin() as session:
        assert accounts.sign_in(session, "omar@example.org", NEW)


def test_a_link_is_good_once(db: Database, boss: Staff) -> None:
    token = invite(db, boss)
    accept(db, token)
    with pytest.raises(Refused, match=r"invitation\.gone"):
        accept(db, token)
    with db.begin() as session, pytest.raises(Refused, match=r"invitation\.gone"):
        invitations.find(session, token)


def test_a_link_is_good_for_three_days(db: Database, boss: Staff) -> None:
    token = invite(db, boss)
    let_pass(db, timedelta(days=3) - timedelta(minutes=1))
    with db.begin() as session:
        assert invitations.find(session, token).name == "Omar"
    let_pass(db, timedelta(minutes=1))
    with pytest.raises(Refused, match=r"invitation\.gone"):
        accept(db, token)


def test_a_weak_password_does_not_use_the_link_up(db: Database, boss: Staff) -> None:
    token = invite(db, boss)
    for weak in ("short", "aaaaaaaaaaaaaaaa", "je suis Omar ici", "omar@example.org"):
        with pytest.raises(Refused, match="password"):
            accept(db, token, weak)
    assert accept(db, token)


def test_a_new_link_replaces_the_earlier_one(db: Database, boss: Staff) -> None:
    first, second = invite(db, boss), invite(db, boss)
    with pytest.raises(Refused, match=r"invitation\.gone"):
        accept(db, first)
    assert accept(db, second)


def test_of_two_who_follow_a_link_at_once_one_gets_the_account(db: Database, boss: Staff) -> None:
    token = invite(db, boss)

    def follow() -> str:
        try:
            return accept(db, token)[1].name
        except Refused as error:
            return str(error)

    with AtOnce() as both:
        assert sorted(result(each) for each in [both.start(follow) for _ in range(2)]) == ["Omar", "invitation.gone"]


def test_two_links_to_the_same_address_make_one_account(db: Database, boss: Staff) -> None:
    """Two administrators who invite at the same moment leave two links."""
    tokens = [invite(db, boss), invite(db, boss, Wanted("other@example.org", "Other", "caseworker", 1))]
    with db.begin() as session:
        session.execute(update(Invitation).values(email="omar@example.org"))

    def follow(token: str) -> bool:
        try:
            return bool(accept(db, token))
        except Refused:
            return False

    with AtOnce() as both:
        assert sorted(result(each) for each in [both.start(follow, token) for token in tokens]) == [False, True]


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        (Wanted("omar", "Omar", "caseworker", 1), "staff.bad_email"),
        (Wanted("omar@example.org\nBcc: x@y", "Omar", "caseworker", 1), "staff.bad_email"),
        (Wanted("o" * 300 + "@example.org", "Omar", "caseworker", 1), "staff.bad_email"),
        (Wanted("omar@example.org", "  ", "caseworker", 1), "staff.bad_name"),
        (Wanted("omar@example.org", "O" * 101, "caseworker", 1), "staff.bad_name"),
        (Wanted("omar@example.org", "Omar", "king", 1), "staff.no_such_role"),
        (Wanted("BOSS@example.org", "Omar", "caseworker", 1), "staff.known"),
    ],
)
def test_an_invitation_is_checked_when_it_is_made(db: Database, boss: Staff, wanted: Wanted, key: str) -> None:
    with pytest.raises(Refused, match=key):
        invite(db, boss, wanted)


def test_nobody_is_invited_into_a_team_that_is_not_there(db: Database, boss: Staff) -> None:
    with pytest.raises(NotFound):
        invite(db, boss, Wanted("omar@example.org", "Omar", "caseworker", 99))


# --- Who may


def test_a_supervisor_invites_caseworkers_of_the_own_team_only(db: Database, other_team: int) -> None:
    lead = hire(db, "Lead", "supervisor")
    for role, team in (("supervisor", 1), ("administrator", 1), ("editor", 1), ("caseworker", other_team)):
        with pytest.raises(Refused, match=r"role\.not_allowed"):
            invite(db, lead, Wanted("omar@example.org", "Omar", role, team))
    assert accept(db, invite(db, lead))[1].role == "caseworker"


@pytest.mark.parametrize("role", ["caseworker", "editor", "manager"])
def test_others_invite_nobody(db: Database, role: str) -> None:
    with pytest.raises(Refused, match=r"role\.not_allowed"):
        invite(db, hire(db, "By", role))


def test_a_supervisor_sees_and_withdraws_invitations_of_the_own_team(db: Database, boss: Staff, other_team: int) -> None:
    lead = hire(db, "Lead", "supervisor")
    mine, other = invite(db, boss), invite(db, boss, Wanted("far@example.org", "Far", "caseworker", other_team))
    with db.begin() as session:
        assert [row.name for row in invitations.waiting(session, lead)] == ["Omar"]
        assert [row.name for row in invitations.waiting(session, boss)] == ["Far", "Omar"]
    with db.begin() as session, pytest.raises(NotFound):
        invitations.withdraw(session, lead, sessions.digest(other))
    with db.begin() as session:
        invitations.withdraw(session, lead, sessions.digest(mine))
    with pytest.raises(Refused, match=r"invitation\.gone"):
        accept(db, mine)
    assert accept(db, other)


@pytest.mark.parametrize("how", ["deactivated", "another role"])
def test_who_loses_rights_leaves_no_open_door_behind(db: Database, boss: Staff, how: str) -> None:
    other = hire(db, "Other", "administrator")
    token = invite(db, other, Wanted("back@example.org", "Back", "administrator", 1))
    with db.begin() as session:
        if how == "deactivated":
            people.set_active(session, boss, other.id, False)
        else:
            people.assign(session, boss, other.id, ("caseworker", 1))
    with pytest.raises(Refused, match=r"invitation\.gone"):
        accept(db, token)


# --- A new password


def new_password(db: Database, by: Staff, person: Staff) -> str:
    with db.begin() as session:
        return invitations.new_password(session, by, person.id)


def test_a_link_for_a_new_password_ends_all_sign_ins_and_unlocks(db: Database, boss: Staff) -> None:
    salma = hire(db)
    with db.begin() as session:
        before = accounts.sign_in(session, salma.email, PASSWORD)[0]
        session.execute(update(Staff).values(locked_until=datetime.now(timezone.utc) + timedelta(hours=1), failed=3))
    token = new_password(db, boss, salma)
    assert goes_in(db, before)
    cookie, person = accept(db, token)
    assert person.id == salma.id and goes_in(db, cookie) and not goes_in(db, before)
    with db.begin() as session:
        assert accounts.sign_in(session, salma.email, NEW)
        with pytest.raises(Refused):
            accounts.sign_in(session, salma.email, PASSWORD)


def test_the_second_factor_stays_and_is_asked_for(db: Database, boss: Staff) -> None:
    salma = hire(db)
    with db.begin() as session:
        session.execute(update(Staff).where(Staff.id == salma.id).values(totp_sealed=vault(session).seal("SECRET")))
    cookie, _ = accept(db, new_password(db, boss, salma))
    with db.begin() as session, pytest.raises(Refused, match=r"sign_in\.code"):
        accounts.by_cookie(session, cookie)


@pytest.mark.parametrize("role", ["editor", "supervisor", "manager", "administrator"])
def test_who_leads_makes_no_link_for_who_is_not_led(db: Database, role: str) -> None:
    other = hire(db, "Other", role)
    with pytest.raises(Refused, match=r"role\.not_allowed"):
        new_password(db, hire(db, "Lead", "supervisor"), other)


def test_a_link_does_not_let_anybody_back_who_left_meanwhile(db: Database, boss: Staff) -> None:
    salma = hire(db)
    token = new_password(db, boss, salma)
    with db.begin() as session:
        people.set_active(session, boss, salma.id, False)
    with pytest.raises(Refused, match=r"invitation\.gone"):
        accept(db, token)
    with pytest.raises(Refused, match=r"role\.not_allowed"):
        new_password(db, boss, salma)


def test_the_trail_tells_the_story_without_addresses(db: Database, boss: Staff) -> None:
    accept(db, invite(db, boss))
    with db.begin() as session:
        rows = list(session.scalars(select(AuditRow).order_by(AuditRow.id)))
    assert [row.action for row in rows][1:] == ["staff.invited", "staff.created", "staff.invitation_accepted", "staff.signed_in"]
    assert rows[1].subject == rows[3].subject and not any("omar" in f"{row.subject} {row.data}".lower() for row in rows)


def test_the_token_is_not_kept(session: Session, db: Database, boss: Staff) -> None:
    token = invite(db, boss)
    (row,) = session.scalars(select(Invitation))
    assert token not in row.token_hash and len(token) >= 43
