"""For every address of the console: who may use it, what a form needs, whose rows it touches."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import update

from bot.db import Database
from bot.settings import Settings
from bot.staff import sessions
from bot.staff.rights import ROLES
from bot.tables import Staff, StaffSession
from console.door import EVERY_STEP
from tests.console.security.every_route import GUARDED, NAMES, NUMBERS, OPEN, POSTS, ROUTES, app_of, ask, gates, name_of, nobody, plausible
from tests.console.world import PASSWORD, World, poison

TEAM_IDS = re.compile(rf"{{({'|'.join(NUMBERS)}|token_hash)}}")


# --- Who may


@pytest.mark.parametrize("route", GUARDED, ids=name_of)
def test_a_route_says_who_may_use_it(route: APIRoute) -> None:
    found = list(gates(route.dependant))
    assert found and len(route.methods) == 1
    assert all(gate.changes is ("POST" in route.methods) for gate in found), "a form changes something, a page does not"
    assert all(gate.finishing <= EVERY_STEP for gate in found)


def test_what_is_open_is_what_is_listed() -> None:
    assert {(method, route.path) for route in ROUTES for method in route.methods if not list(gates(route.dependant))} == OPEN
    assert len(NAMES) == len(set(NAMES)), "two routes under one address: only the first one is ever used"


def led_to(answer: Any, path: str) -> bool:
    """Where the next step of the sign-in is done; the script, and whoever typed something, is told with a 401 instead."""
    return answer.status_code == 401 or (answer.status_code == 303 and answer.headers["location"].split("?")[0] == f"/console{path}")


def finishes(route: APIRoute, step: str) -> bool:
    return all(step in g.finishing for g in gates(route.dependant))


def test_each_role_gets_in_where_its_rights_say_so_and_nobody_else(gate: FastAPI, staff: World) -> None:
    visitors, wrong = {role: staff.visitor(gate, role) for role in ROLES}, []
    for route in GUARDED:
        rights = [g.right for g in gates(route.dependant) if g.right]
        for role, visitor in visitors.items():
            status = ask(visitor, route, staff).status_code
            wrong += [(name_of(route), role, status)] if status != (204 if ROLES[role].issuperset(rights) else 403) else []
        wrong += [] if led_to(ask(nobody(gate), route, staff), "/sign-in") else [(name_of(route), "nobody", 0)]
    assert not wrong


@pytest.mark.parametrize(
    ("step", "path", "person", "opened"),
    [
        ("code", "/sign-in/code", {}, {"verified": False}),
        ("code", "/sign-in/code", {"must_change": True}, {"verified": False}),
        ("password", "/account/password", {"must_change": True}, {}),
    ],
)
def test_half_a_sign_in_opens_only_what_finishes_it(
    db: Database, gate: FastAPI, staff: World, step: str, path: str, person: dict[str, Any], opened: dict[str, Any]
) -> None:
    visitor, wrong = staff.visitor(gate, "administrator", **opened), []
    with db.begin() as session:
        session.execute(update(Staff).values(**person)) if person else None
    for route in GUARDED:
        answer = ask(visitor, route, staff)
        right = answer.status_code == 204 if finishes(route, step) else led_to(answer, path)
        wrong += [] if right else [(name_of(route), answer.status_code)]
        if "GET" in route.methods and not finishes(route, step):
            assert visitor.get(staff.fill(route.path), headers={"X-Console": "1"}).status_code == 401
    assert not wrong


def test_where_a_second_factor_is_required_nothing_else_opens_without(db: Database, settings: Settings, staff: World) -> None:
    strict = app_of(db, settings.model_copy(update={"require_second_factor": True}))
    visitor = staff.visitor(strict, "administrator")
    shut = [route for route in GUARDED if not finishes(route, "second_factor")]
    assert [name_of(route) for route in shut if not led_to(ask(visitor, route, staff), "/account/second-factor")] == []
    assert len(shut) == len(GUARDED) - 3


def test_who_left_or_was_away_too_long_is_nobody(db: Database, gate: FastAPI, staff: World) -> None:
    late, left = staff.visitor(gate, "administrator"), staff.visitor(gate, "supervisor")
    with db.begin() as session:
        session.execute(update(StaffSession).values(used_at=StaffSession.used_at - sessions.IDLE))
    assert [name_of(route) for route in GUARDED if not led_to(ask(late, route, staff), "/sign-in")] == []
    with db.begin() as session:
        session.execute(update(StaffSession).values(used_at=StaffSession.created_at))
        session.execute(update(Staff).values(active=False))
    assert [name_of(route) for route in GUARDED if not led_to(ask(left, route, staff), "/sign-in")] == []


# --- Forms


def test_a_form_without_the_token_of_this_sign_in_is_refused(gate: FastAPI, staff: World) -> None:
    boss, others = staff.visitor(gate, "administrator"), [staff.visitor(gate, name).csrf for name in ("administrator", "supervisor")]
    taken = []
    for route in (route for route in POSTS if route in GUARDED):
        answers = [ask(boss, route, staff, csrf=token) for token in ("", "x", *others, boss.csrf[:-1], boss.csrf + "x", "é")]
        for address in (staff.fill(route.path), f"{staff.fill(route.path)}?csrf={boss.csrf}"):
            answers.append(boss.client.post(address, data=plausible(route), follow_redirects=False))
        taken += [name_of(route)] if {answer.status_code for answer in answers} != {403} else []
    assert not taken


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/invitation/x"])
def test_forms_of_strangers_are_taken_from_our_own_pages_only(app: FastAPI, world: World, path: str) -> None:
    data = {"email": world.people["caseworker"].email, "password": PASSWORD}
    for site in ("cross-site", "same-site"):
        answer = TestClient(app).post(path, data=data, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403 and "set-cookie" not in answer.headers


# --- Other teams


NOWHERE = World(None, ids={**dict.fromkeys(NUMBERS, "2147483647"), "token_hash": "x", "service_id": "service"})  # type: ignore[arg-type]
OF_A_TEAM = [
    r for r in GUARDED if TEAM_IDS.search(r.path) and all(g.right is None or g.right in ROLES["supervisor"] for g in gates(r.dependant))
]


def test_what_is_of_another_team_does_not_exist_and_stays_as_it_is(app: FastAPI, world: World) -> None:
    """Nobody can tell it from an id that was never given."""
    strangers = {role: world.visitor(app, name) for name, role in (("far", "caseworker"), ("far_lead", "supervisor"))}
    before, seen = world.state(), []
    for route in OF_A_TEAM:
        rights = [g.right for g in gates(route.dependant) if g.right]
        for role, visitor in strangers.items():
            answer, nowhere = ask(visitor, route, world), ask(visitor, route, NOWHERE)
            wanted = nowhere.status_code if ROLES[role].issuperset(rights) else 403
            seen += [(name_of(route), role, answer.status_code)] if answer.status_code != wanted or wanted < 400 else []
    assert not seen
    assert world.state() == before


def test_what_is_of_the_own_team_is_there(app: FastAPI, world: World) -> None:
    """With the very same requests: else the test before would find nothing."""
    missing = []
    for route in OF_A_TEAM:
        own = world.visitor(app, "caseworker" if "session_id" in route.path else "supervisor")
        missing += [name_of(route)] if ask(own, route, world).status_code == 404 else []
    assert not missing


def test_ids_in_fields_reach_no_other_team_either(app: FastAPI, world: World) -> None:
    far = world.visitor(app, "far_lead")
    before, case = world.state(), world.ids["case_id"]
    assert far.get(f"/console/events?case={case}").status_code == 404
    held = str(world.people["caseworker"].id)
    for action, data in (("again", {"row": world.ids["row_id of undelivered"]}), ("transfer", {"held_by": held, "to": "2", "reason": "x"})):
        assert far.post(f"/console/cases/{case}/{action}", data).status_code == 404
    assert poison("message") not in far.get("/console/?q=1").text
    assert world.state() == before
