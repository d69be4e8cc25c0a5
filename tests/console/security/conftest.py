"""The console, once for all that must hold for every address: what a test has stored is gone after it, see `world` and `staff`."""

import uuid
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.routing import APIRoute

from bot.db import Database
from bot.settings import Settings
from console import trials
from console.app import router
from console.door import Door
from tests.console.security.every_route import NUMBERS, STREAM, app_of
from tests.console.world import World, build, people


@pytest.fixture(scope="session")
def settings() -> Settings:
    """With the real content."""
    return Settings()


@pytest.fixture(autouse=True)
def _no_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever somebody sends: a trial reads with the whole index, and has tests of its own."""
    monkeypatch.setattr(trials.Trials, "_run", lambda self, job: job.ended.set())


@pytest.fixture(scope="session")
def app(_database: Database, settings: Settings) -> FastAPI:
    """Once: its routes and templates take longer than most tests. What a test has stored is gone after it, see `world` and `staff`."""
    return app_of(_database, settings)


@pytest.fixture(scope="session")
def gate(_database: Database, settings: Settings) -> FastAPI:
    """The console with nothing behind its doors: 204 says that somebody was let in."""

    def inside(**_: Any) -> Response:
        return Response(status_code=204)

    async def inside_too(**_: Any) -> Response:
        return Response(status_code=204)

    routes = router(Door(_database, settings))
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
