"""The cookie of a sign-in opens the console for this sign-in only; guessing tells nothing."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from bot.db import Database
from bot.settings import Settings
from bot.tables import Staff
from tests.console.security.every_route import app_of, cookie_of
from tests.console.world import PASSWORD, World

# --- The cookie


@pytest.mark.parametrize("secure", [False, True])
def test_the_cookie_is_for_this_server_and_no_script(db: Database, settings: Settings, world: World, secure: bool) -> None:
    client = TestClient(app_of(db, settings.model_copy(update={"secure_cookies": secure})))
    answers = [
        client.post("/console/sign-in", data={"email": "caseworker@example.org", "password": PASSWORD}, follow_redirects=False),
        client.post(f"/console/invitation/{world.ids['token']}", data={"password": "cinq autres mots bien longs"}, follow_redirects=False),
        client.get("/console/language/ar", follow_redirects=False),
    ]
    set_cookies = [value for answer in answers for key, value in answer.headers.multi_items() if key == "set-cookie"]
    assert len(set_cookies) == 3
    for cookie in set_cookies:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/console"} <= parts and ("secure" in parts) is secure


def test_a_cookie_that_somebody_planted_is_not_made_good_by_signing_in(app: FastAPI, world: World) -> None:
    planted, client = world.visitor(app, "far"), TestClient(app)
    for value in ("chosen", planted.client.cookies["dalil_console"]):
        client.cookies.set("dalil_console", value)
        answer = client.post("/console/sign-in", data={"email": "caseworker@example.org", "password": PASSWORD}, follow_redirects=False)
        assert cookie_of(answer) and f"dalil_console={value}" not in cookie_of(answer)
        thief = TestClient(app, cookies={"dalil_console": value})
        assert thief.get("/console/account", follow_redirects=False).status_code == 303
        client.cookies.clear()


def test_after_signing_out_the_cookie_opens_nothing(app: FastAPI, world: World) -> None:
    worker = world.visitor(app, "caseworker")
    token = worker.client.cookies["dalil_console"]
    answer = worker.post("/console/sign-out")
    assert 'dalil_console="";' in cookie_of(answer) and "Max-Age=0" in cookie_of(answer)
    assert TestClient(app, cookies={"dalil_console": token}).get("/console/account", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "é", "a" * 5000, "' OR 1=1 --", "null"])
def test_a_cookie_that_is_none_is_nobody(app: FastAPI, world: World, cookie: str) -> None:
    answer = TestClient(app).get("/console/account", headers={"Cookie": f"dalil_console={cookie}".encode()}, follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/console/sign-in")


# --- Guessing


def test_a_stranger_learns_nothing_about_who_works_here(app: FastAPI, world: World, db: Database) -> None:
    """Unknown, gone, locked and wrong read the same."""
    with db.begin() as session:
        session.execute(update(Staff).where(Staff.email == "editor@example.org").values(active=False))
    emails = ("caseworker@example.org", "nobody@example.org", "editor@example.org")
    texts = {
        re.sub(r'value="[^"]*"', "", TestClient(app).post("/console/sign-in", data={"email": email, "password": "wrong"}).text)
        for email in emails
    }
    assert len(texts) == 1
