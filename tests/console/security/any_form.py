"""Whatever somebody sends in a form, in each field. It takes minutes, so two files share the forms: those of the directory, all others."""

import re
from collections import defaultdict
from functools import lru_cache

from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.console.security.every_route import GETS, POSTS, STREAM, cookie_of, fields, name_of, plausible
from tests.console.world import Reader, World, poison

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
OF_DIRECTORY = [route for route in POSTS if route.path.startswith("/console/directory")]  # the largest forms, half of the time
OTHERS = [route for route in POSTS if route not in OF_DIRECTORY]
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


def _kinds(names: set[str]) -> list[str]:
    """Of fields that differ by their numbers only, such as the hours of seven days, the first and the last: one piece reads them all."""
    groups = defaultdict(list)
    for name in sorted(names):
        groups[re.sub(r"\d+", "#", name)].append(name)
    return [name for group in groups.values() for name in dict.fromkeys((group[0], group[-1]))]


def send_anything(route: APIRoute, app: FastAPI, world: World) -> None:
    """Nothing fails inside, nothing that was typed becomes markup, nothing is written into a header."""
    address, boss = world.fill(route.path), world.visitor(app, "administrator")
    names = {name for name, _ in fields(route.dependant, "body_params")} | forms_on_pages(app, world).get(name_of(route), set())
    for name in _kinds(names - {"csrf"}) or ["unknown"]:
        for trick in TRICKS:
            answer = boss.post(address, {**plausible(route), name: trick})
            assert answer.status_code < 500, (name, trick[:20])
            assert "x=y" not in str(answer.headers.get("set-cookie"))
            if "text/html" in answer.headers.get("content-type", ""):
                assert not faults(answer.text), (name, trick[:20])
            if cookie_of(answer):
                boss = world.visitor(app, "administrator")
    assert world.is_open(boss), "the sign-in ended, and what was sent after that was not looked at"
