"""Whatever somebody sends in a form, or instead of one, it is answered."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.console.security.any_form import OTHERS, send_anything
from tests.console.security.every_route import name_of
from tests.console.world import World


@pytest.mark.parametrize("route", OTHERS, ids=name_of)
def test_a_form_with_anything_in_it_is_answered(route: APIRoute, app: FastAPI, world: World) -> None:
    send_anything(route, app, world)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"csrf=%", b"=&=&=", b"--x\r\n", b"{}"])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", ""]
)
def test_what_is_no_form_is_refused(app: FastAPI, world: World, body: bytes, kind: str) -> None:
    boss = world.visitor(app, "administrator")
    for path in ("/console/account", "/console/sign-in", f"/console/cases/{world.ids['case_id']}/reply", "/console/teams/1/hours"):
        assert 400 <= boss.client.post(path, content=body, headers={"Content-Type": kind}, follow_redirects=False).status_code < 500
