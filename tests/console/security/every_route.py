"""Every address of the console, read from the router, and what it asks for.

A new route is tested without being named here; one without `Allowed` fails.
"""

import uuid
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel

from bot.db import Database
from bot.settings import Settings
from console.app import include, router
from console.door import Allowed, Door
from tests.console.world import Visitor, World

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


class NoDatabase:
    """Enough to list the routes before there is a database."""

    url = ""


def all_routes(db: Any, settings: Settings) -> list[APIRoute]:
    return [route for route in router(Door(db, settings)).routes if isinstance(route, APIRoute)]


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


def app_of(db: Database, settings: Settings) -> FastAPI:
    app = FastAPI()
    include(app, db, settings)
    return app


def ask(visitor: Visitor, route: APIRoute, world: World, **form: Any) -> Any:
    address = world.fill(route.path)
    return visitor.post(address, {**plausible(route), **form}) if "POST" in route.methods else visitor.get(address)


def nobody(app: FastAPI) -> Visitor:
    return Visitor(TestClient(app))


GUARDED = [route for route in ROUTES if not {(method, route.path) for method in route.methods} & OPEN]


def cookie_of(answer: Any) -> str:
    return next((value for key, value in answer.headers.multi_items() if key == "set-cookie" and value.startswith("dalil_console=")), "")
