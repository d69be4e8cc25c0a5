"""Whatever somebody sends in a form of the directory, it is answered."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.console.security.any_form import OF_DIRECTORY, send_anything
from tests.console.security.every_route import name_of
from tests.console.world import World


@pytest.mark.parametrize("route", OF_DIRECTORY, ids=name_of)
def test_a_form_with_anything_in_it_is_answered(route: APIRoute, app: FastAPI, world: World) -> None:
    send_anything(route, app, world)
