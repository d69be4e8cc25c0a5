"""Whatever somebody puts into an address, and with whichever method, it is answered."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.console.security.every_route import GETS, ROUTES, STREAM, fields, name_of
from tests.console.world import World


@pytest.mark.parametrize("route", [r for r in GETS if r.path != STREAM], ids=name_of)
def test_an_address_with_anything_in_it_is_answered(route: APIRoute, app: FastAPI, world: World) -> None:
    boss = world.visitor(app, "administrator")
    for trick in ("%00", "a%00b", "%FF%FE", "x" * 4000, "-1", "9" * 30, "%D9%A1", "%2e%2e%2f", "..%5c", "%0d%0aSet-Cookie:x=y", "'"):
        for name in re.findall(r"{(\w+)}", route.path):
            assert boss.get(re.sub(rf"{{{name}}}", trick, route.path).replace("{", "").replace("}", "")).status_code < 500, (name, trick)
        for name, _ in fields(route.dependant, "query_params"):
            answer = boss.get(f"{world.fill(route.path)}?{name}={trick}")
            assert answer.status_code < 500 and "x=y" not in str(answer.headers.get("set-cookie")), (name, trick)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "POST", "GET"])
def test_a_method_that_a_route_does_not_know_does_nothing(app: FastAPI, world: World, method: str) -> None:
    boss = world.visitor(app, "administrator")
    before = {name: rows for name, rows in world.state().items() if name != "audit"}
    for path in {route.path for route in ROUTES if not any(method in other.methods for other in ROUTES if other.path == route.path)}:
        answer = boss.client.request(method, world.fill(path), follow_redirects=False)
        assert answer.status_code in (404, 405), path
    assert {name: rows for name, rows in world.state().items() if name != "audit"} == before
