"""What must hold for every address of the console, read from the router: who may use it, what a form needs, whose rows it touches.

A new route is tested without being named here; one without `Allowed` fails.
"""

import re
import uuid
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import update

from bot.db import Database
from bot.settings import Settings
from bot.staff import sessions
from bot.staff.rights import ROLES
from bot.tables import Staff, StaffSession
from console import trials
from console.app import router
from console.door import EVERY_STEP, Allowed
from tests.console.world import PASSWORD, Reader, Visitor, World, build, people, poison

OPEN = {  # for people who are not signed in
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("GET", "/console/language/{lang}"),
    ("GET", "/console/invitation/{token}"),
    ("POST", "/console/invitation/{token}"),
    ("GET", "/console/static/{name}"),
}
STREAM = "/console/events"  # never ends for those who may listen
NUMBERS = ("case_id", "media_id", "referral_id", "row_id", "team_id", "notice_id", "session_id")
TEAM_IDS = re.compile(rf"{{({'|'.join(NUMBERS)}|token_hash)}}")
LONG = "é" * 60_000
TRICKS = (
    "\0",
    "a\0b",
    LONG,
    poison("typed"),
    "-1",
    "9" * 30,
    "١٢٣",
    "' OR 1=1 --",
    "{{7*7}}",
    "%s%n",
    "a\r\nSet-Cookie: x=y",
    "\u202e\ufeff",
)
EVIL = ("https://evil.example/", "//evil.example", "/\\evil.example", "/console//evil.example", "/console/\\evil.example", "javascript:pwn")


class NoDatabase:
    """Enough to list the routes before there is a database."""

    url = ""


def all_routes(db: Any, settings: Settings) -> list[APIRoute]:
    return [route for route in router(db, settings).routes if isinstance(route, APIRoute)]


ROUTES = all_routes(NoDatabase(), Settings())
NAMES = [f"{method} {route.path}" for route in ROUTES for method in route.methods]
POSTS = [route for route in ROUTES if "POST" in route.methods]
GETS = [route for route in ROUTES if "GET" in route.methods]


def name_of(route: APIRoute) -> str:
    return f"{'/'.join(sorted(route.methods))} {route.path}"


def gates(dependant: Dependant) -> Iterator[Allowed]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Allowed):
            yield inner.call
        yield from gates(inner)


def fields(dependant: Dependant, kind: str) -> Iterator[tuple[str, Any]]:
    """Names and types of `body_params` or `query_params`, those inside of models too."""
    for found in getattr(dependant, kind):
        annotation = found.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from ((name, inner.annotation) for name, inner in annotation.model_fields.items())
        else:
            yield found.alias, annotation
    for inner in dependant.dependencies:
        yield from fields(inner, kind)


def plausible(route: APIRoute) -> dict[str, Any]:
    """Something of the right type in each field, so that a request is not refused before it is looked at."""
    values = {"int": "1", "bool": "true", "UUID": str(uuid.UUID(int=1)), "list": ["x"], "str": "x"}
    found = {
        name: next((v for kind, v in values.items() if kind in str(type_)), "x") for name, type_ in fields(route.dependant, "body_params")
    }
    return {name: value for name, value in found.items() if name != "csrf"}


@pytest.fixture(scope="module")
def settings() -> Settings:
    """With the real content."""
    return Settings()


@pytest.fixture(autouse=True)
def _no_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever somebody sends: a trial reads with the whole index, and has tests of its own."""
    monkeypatch.setattr(trials.Trials, "_run", lambda self, job: job.ended.set())


def app_of(db: Database, settings: Settings) -> FastAPI:
    app = FastAPI()
    app.include_router(router(db, settings))
    return app


@pytest.fixture(scope="module")
def app(_database: Database, settings: Settings) -> FastAPI:
    """Once: its routes and templates take longer than most tests. What a test has stored is gone after it, see `world` and `staff`."""
    return app_of(_database, settings)


@pytest.fixture(scope="module")
def gate(_database: Database, settings: Settings) -> FastAPI:
    """The console with nothing behind its doors: 204 says that somebody was let in."""

    def inside(**_: Any) -> Response:
        return Response(status_code=204)

    async def inside_too(**_: Any) -> Response:
        return Response(status_code=204)

    routes = router(_database, settings)
    for route in routes.routes:
        assert isinstance(route, APIRoute)
        route.dependant.call = inside_too if route.path == STREAM else inside
    app = FastAPI()
    app.router.routes.extend(routes.routes)  # as they are: including the router would bring the endpoints back
    return app


@pytest.fixture
def staff(db: Database) -> World:
    world = people(db)
    world.ids = dict.fromkeys(NUMBERS, "1")
    world.ids |= {
        "token_hash": "x",
        "service_id": "x",
        "organization_id": "x",
        "name": "x",
        "entry_id": "x",
        "revision": "1",
        "comment_id": "1",
        "staff_id": str(uuid.UUID(int=1)),
    }
    return world


@pytest.fixture
def world(db: Database) -> World:
    return build(db)


def ask(visitor: Visitor, route: APIRoute, world: World, **form: Any) -> Any:
    address = world.fill(route.path)
    return visitor.post(address, {**plausible(route), **form}) if "POST" in route.methods else visitor.get(address)


def nobody(app: FastAPI) -> Visitor:
    return Visitor(TestClient(app))


GUARDED = [route for route in ROUTES if not {(method, route.path) for method in route.methods} & OPEN]


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


# --- What people write


def pages(world: World) -> Iterator[str]:
    """The address of every page, plain and with something bad in each part of its query."""
    for route in GETS:
        if route.path not in (STREAM, "/console/static/{name}"):
            yield world.fill(route.path)
            for name, _ in fields(route.dependant, "query_params"):
                yield f"{world.fill(route.path)}?{name}={poison('query').replace('<', '%3C').replace('>', '%3E').replace('/', '%2F')}"


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_nothing_that_anybody_wrote_becomes_part_of_a_page(app: FastAPI, world: World, lang: str) -> None:
    readers: list[Reader] = []
    for name in ("administrator", "supervisor", "caseworker"):
        visitor = world.visitor(app, name)
        visitor.client.cookies.set("dalil_console_language", lang)
        for address in pages(world):
            answer = visitor.get(address)
            assert answer.status_code < 500, address
            if "text/html" in answer.headers.get("content-type", "") and "sandbox" not in answer.headers["content-security-policy"]:
                readers.append(Reader(answer.text))
                assert not readers[-1].faults, (name, address, readers[-1].faults)
    hidden = [where for where in SHOWN if not any(reader.shows(where) for reader in readers)]
    assert not hidden, "these words were on no page, so nothing was tested with them"


SHOWN = (
    "message",
    "caption",
    "bot",
    "reply",
    "button",
    "dead",
    "note",
    "canned",
    "team",
    "namecaseworker",
    "invited",
)
SHOWN += (
    "service",
    "sharedname",
    "names",
    "title",
    "place",
    "day",
    "target",
    "noticeerror",
    "action",
    "actor",
    "value",
    "key",
    "draft",
    "query",
    "answer",
    "why",
    "comment",
    "nameeditor",
)


def test_the_search_for_planted_markup_finds_it() -> None:
    plain = f'<p class="{poison("x")}">{poison("y")}</p><a href="javascript:pwn" onclick="x" style="y">'
    faults = Reader(plain).faults
    assert {"<pwn>", "<a href=javascript:pwn>", "<a onclick>", "<a style>"} <= set(faults)
    assert Reader("<textarea>\"'></textarea><pwn></textarea>").faults == ["<pwn>"]
    assert not Reader("<p>&lt;pwn&gt;</p>").faults


def test_files_of_people_run_nothing(app: FastAPI, world: World) -> None:
    answer = world.visitor(app, "caseworker").get(f"/console/media/{world.ids['media_id']}")
    assert answer.status_code == 200 and answer.content == b"<script>pwn</script>"
    assert "sandbox" in answer.headers["content-security-policy"] and answer.headers["content-disposition"] == "attachment"


# --- Whatever somebody sends


FORMS: dict[str, set[str]] = {}  # read once: names of fields by route


def forms_on_pages(app: FastAPI, world: World) -> dict[str, set[str]]:
    """Fields of the forms as the pages show them: some are read by hand, and are not in the router."""
    visitor = world.visitor(app, "administrator")
    for route in GETS if not FORMS else []:
        if route.path not in (STREAM, "/console/static/{name}"):
            for action, names in Reader(visitor.get(world.fill(route.path)).text).forms:
                for posted in (other for other in POSTS if other.path_regex.match(action.split("?")[0])):
                    FORMS.setdefault(name_of(posted), set()).update(names)
    return FORMS


@lru_cache(maxsize=256)
def faults(page: str) -> list[str]:
    """Many answers are the very same page."""
    return Reader(page).faults


@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_a_form_with_anything_in_it_is_answered(route: APIRoute, app: FastAPI, world: World) -> None:
    """Nothing fails inside, nothing that was typed becomes markup, nothing is written into a header."""
    address, boss = world.fill(route.path), world.visitor(app, "administrator")
    names = {name for name, _ in fields(route.dependant, "body_params")} | forms_on_pages(app, world).get(name_of(route), set())
    for name in sorted(names - {"csrf"}) or ["unknown"]:
        for trick in TRICKS:
            answer = boss.post(address, {**plausible(route), name: trick})
            assert answer.status_code < 500, (name, trick[:20])
            assert "x=y" not in str(answer.headers.get("set-cookie"))
            if "text/html" in answer.headers.get("content-type", ""):
                assert not faults(answer.text), (name, trick[:20])
            if cookie_of(answer):
                boss = world.visitor(app, "administrator")
    assert world.is_open(boss), "the sign-in ended, and what was sent after that was not looked at"


@pytest.mark.parametrize("route", [r for r in GETS if r.path != STREAM], ids=name_of)
def test_an_address_with_anything_in_it_is_answered(route: APIRoute, app: FastAPI, world: World) -> None:
    boss = world.visitor(app, "administrator")
    for trick in ("%00", "a%00b", "%FF%FE", "x" * 4000, "-1", "9" * 30, "%D9%A1", "%2e%2e%2f", "..%5c", "%0d%0aSet-Cookie:x=y", "'"):
        for name in re.findall(r"{(\w+)}", route.path):
            assert boss.get(re.sub(rf"{{{name}}}", trick, route.path).replace("{", "").replace("}", "")).status_code < 500, (name, trick)
        for name, _ in fields(route.dependant, "query_params"):
            answer = boss.get(f"{world.fill(route.path)}?{name}={trick}")
            assert answer.status_code < 500 and "x=y" not in str(answer.headers.get("set-cookie")), (name, trick)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"csrf=%", b"=&=&=", b"--x\r\n", b"{}"])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", ""]
)
def test_what_is_no_form_is_refused(app: FastAPI, world: World, body: bytes, kind: str) -> None:
    boss = world.visitor(app, "administrator")
    for path in ("/console/account", "/console/sign-in", f"/console/cases/{world.ids['case_id']}/reply", "/console/teams/1/hours"):
        assert 400 <= boss.client.post(path, content=body, headers={"Content-Type": kind}, follow_redirects=False).status_code < 500


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "POST", "GET"])
def test_a_method_that_a_route_does_not_know_does_nothing(app: FastAPI, world: World, method: str) -> None:
    boss = world.visitor(app, "administrator")
    before = {name: rows for name, rows in world.state().items() if name != "audit"}
    for path in {route.path for route in ROUTES if not any(method in other.methods for other in ROUTES if other.path == route.path)}:
        answer = boss.client.request(method, world.fill(path), follow_redirects=False)
        assert answer.status_code in (404, 405), path
    assert {name: rows for name, rows in world.state().items() if name != "audit"} == before


# --- Going elsewhere, being shown elsewhere


@pytest.mark.parametrize("evil", EVIL)
def test_going_back_never_leads_out_of_the_console(app: FastAPI, world: World, evil: str) -> None:
    for route in ROUTES:
        names = {name for kind in ("query_params", "body_params") for name, _ in fields(route.dependant, kind)}
        if "back" not in names:
            continue
        visitor, address = world.visitor(app, "administrator"), world.fill(route.path)
        answer = (
            visitor.post(address, {**plausible(route), "back": evil}) if "POST" in route.methods else visitor.get(f"{address}?back={evil}")
        )
        assert re.match(r"/console/(?![/\\])", answer.headers.get("location", "/console/")), route.path
        assert not re.search(r"(href|action|value)=\"(?!/console/language/)[^\"]*(evil|javascript)", answer.text), route.path


def test_what_a_request_calls_us_is_never_repeated(app: FastAPI, world: World) -> None:
    boss = world.visitor(app, "administrator")
    evil = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example",
        "Origin": "https://evil.example",
    }
    for route in ROUTES:
        if route.path == STREAM:
            continue
        address = world.fill(route.path)
        again = world.visitor(app, "administrator")
        answer = again.post(address, plausible(route), headers=evil) if "POST" in route.methods else boss.get(address, headers=evil)
        assert "evil" not in answer.text and "evil" not in str(answer.headers), route.path


@pytest.mark.parametrize("who", ["administrator", "nobody", "half"])
def test_every_answer_says_how_it_may_be_used(app: FastAPI, world: World, who: str) -> None:
    visitor = nobody(app) if who == "nobody" else world.visitor(app, "administrator", verified=who != "half")
    for route in GETS:
        if route.path == STREAM and who == "administrator":
            continue
        answer = visitor.get(world.fill(route.path))
        headers, is_static = answer.headers, "static" in route.path
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy or "default-src 'none'" in policy, route.path
        assert "frame-ancestors 'none'" in policy or "sandbox" in policy, route.path
        assert "unsafe" not in policy and "*" not in policy, route.path
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] in ("same-origin", "no-referrer"), route.path
        assert is_static or "no-store" in headers["cache-control"], route.path


# --- The cookie


def cookie_of(answer: Any) -> str:
    return next((value for key, value in answer.headers.multi_items() if key == "set-cookie" and value.startswith("dalil_console=")), "")


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
