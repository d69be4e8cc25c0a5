"""The staff pages, which the web application takes in: `include(app, db, settings)`."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

from bot.db import Database
from bot.errors import NotFound
from bot.settings import Settings
from console import (
    account,
    asked_trends,
    assign,
    audit,
    canned,
    case_page,
    content_settings,
    directory,
    directory_files,
    directory_history,
    directory_list,
    entries,
    entry_history,
    entry_page,
    entry_steps,
    events,
    exchange,
    files,
    help,
    holidays,
    invitation,
    live,
    mentions,
    notices,
    number,
    people,
    practice,
    presence,
    queue,
    refer,
    referrals,
    reports,
    reviews,
    second_factor,
    service_page,
    sign_in,
    summary,
    team_page,
    teams,
    trial_page,
    unanswered,
    undelivered,
    writing,
)
from console.door import Door
from console.pages import ROOT, STATIC

PARTS = (
    sign_in,
    invitation,
    account,
    second_factor,
    people,
    audit,
    queue,
    case_page,
    writing,
    mentions,
    live,
    help,
    canned,
    assign,
    files,
    undelivered,
    notices,
    refer,
    referrals,
    number,
    summary,
    practice,
    reports,
    teams,
    team_page,
    presence,
    entries,
    entry_page,
    entry_steps,
    entry_history,
    trial_page,
    content_settings,
    reviews,
    asked_trends,
    unanswered,
    exchange,
    directory_list,
    directory,
    directory_files,
    directory_history,
    service_page,
    holidays,
    events,
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def include(app: FastAPI, db: Database, settings: Settings) -> None:
    """With a page for every address below `/console` that there is not: only an application can answer those."""
    door = Door(db, settings)
    app.include_router(router(door))

    async def no_page(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if request.url.path.startswith(f"{ROOT}/"):
            return await door.no_page(request, error)
        return await http_exception_handler(request, error)

    app.add_exception_handler(HTTPException, no_page)


def router(door: Door) -> APIRouter:
    """All paths begin with `/console`; a page that needs a signed-in member of staff asks the door for it."""
    routes = APIRouter(prefix=ROOT, route_class=door.route_class(), include_in_schema=False)
    for part in PARTS:
        part.add(routes, door)
    routes.add_api_route("/static/{name}", static_file, methods=["GET"])
    return routes


def static_file(name: str, v: str = "") -> Response:
    """A style or a script. Addresses with a version never change their content."""
    found = {path.name: path for path in STATIC.iterdir() if path.suffix in TYPES}
    if name not in found:
        raise NotFound("There is no such file.")
    keep = "public, max-age=31536000, immutable" if v else "no-cache"
    return FileResponse(found[name], media_type=TYPES[found[name].suffix], headers={"Cache-Control": keep})
