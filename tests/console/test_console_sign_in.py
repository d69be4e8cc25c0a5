"""Signing in: who may, who may not, and for how long."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.errors import Refused
from bot.staff import accounts
from bot.tables import Staff, StaffSession
from tests.story import PASSWORD

REFUSED = "incorrect"


def test_every_page_asks_to_sign_in(visitor, ask):
    number = ask()
    for path in ("/", "/queue", f"/cases/{number}", f"/cases/{number}/thread", "/events"):
        answer = visitor.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/console/sign-in")
    assert visitor.get("/queue", headers={"X-Console": "1"}).status_code == 401


def test_a_right_password_leads_to_the_queue(visitor):
    answer = visitor.sign_in(" Amina@Example.org ")
    assert answer.status_code == 200 and answer.url.path == "/console/" and "Amina" in answer.text


def test_the_cookie_is_for_the_server_only_and_its_hash_alone_is_kept(visitor, db: Database):
    answer = visitor.client.post("/console/sign-in", data={"email": "amina@example.org", "password": PASSWORD}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/console" in cookie and "Secure" not in cookie
    with db.begin() as session:
        kept = session.scalars(select(StaffSession)).one()
        assert kept.token_hash not in cookie and visitor.client.cookies["dalil_console"] not in kept.token_hash


@pytest.mark.parametrize("email", ["amina@example.org", "nobody@example.org"])
def test_wrong_password_and_unknown_address_read_the_same(visitor, email):
    answer = visitor.sign_in(email, "wrong")
    assert answer.status_code == 403 and REFUSED in answer.text and "dalil_console" not in visitor.client.cookies


def test_five_failures_lock_for_fifteen_minutes(visitor, db: Database):
    for _ in range(5):
        visitor.sign_in("amina@example.org", "wrong")
    assert visitor.sign_in("amina@example.org").status_code == 403
    _let_pass(db, timedelta(minutes=16))
    assert visitor.sign_in("amina@example.org").status_code == 200


def test_a_success_forgets_earlier_failures(visitor):
    for _ in range(2):
        for _ in range(4):
            visitor.sign_in("amina@example.org", "wrong")
        assert visitor.sign_in("amina@example.org").status_code == 200


def test_signing_out_ends_the_session_on_the_server(amina):
    token = amina.client.cookies["dalil_console"]
    amina.post("/sign-out")
    amina.client.cookies.set("dalil_console", token, path="/console")
    assert amina.get("/", follow_redirects=False).status_code == 303


def test_a_session_ends_after_twelve_hours(amina, db: Database):
    with db.begin() as session:
        left = session.scalars(select(StaffSession.expires_at)).one() - datetime.now(timezone.utc)
        session.execute(update(StaffSession).values(expires_at=datetime.now(timezone.utc)))
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)
    assert amina.get("/", follow_redirects=False).status_code == 303


def test_another_site_cannot_sign_people_in(visitor):
    answer = visitor.client.post(
        "/console/sign-in", data={"email": "amina@example.org", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403 and "dalil_console" not in visitor.client.cookies


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/console//evil.example", "/console/\\evil", "/other"])
def test_going_back_never_leaves_the_console(visitor, back):
    answer = visitor.client.post(
        "/console/sign-in", data={"email": "amina@example.org", "password": PASSWORD, "back": back}, follow_redirects=False
    )
    assert answer.headers["location"] == "/console/"


def test_the_first_administrator_is_made_once(db: Database):
    with db.begin() as session:
        password = accounts.first_staff(session, "admin@dalil.local")
        assert password and accounts.first_staff(session, "other@dalil.local") is None
        person = session.scalars(select(Staff)).one()
        assert (person.role, person.must_change, password in person.password_hash) == ("administrator", True, False)
        assert accounts.sign_in(session, "admin@dalil.local", password)[1].id == person.id


def test_a_member_of_staff_needs_a_known_role_a_new_address_and_a_long_password(db: Database):
    with db.begin() as session:
        accounts.create(session, "a@example.org", "A", "editor", PASSWORD)
        for email, role, password in (
            ("b@example.org", "king", PASSWORD),
            ("A@example.org", "editor", PASSWORD),
            ("c@example.org", "editor", "short"),
        ):
            with pytest.raises(Refused):
                accounts.create(session, email, "B", role, password)


def _let_pass(db: Database, time: timedelta) -> None:
    with db.begin() as session:
        session.execute(update(Staff).where(Staff.locked_until.is_not(None)).values(locked_until=Staff.locked_until - time))
