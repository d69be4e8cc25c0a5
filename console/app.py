"""The staff pages as one router, which the web application includes: `app.include_router(router(db, settings))`."""

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from bot.db import Database
from bot.errors import NotFound
from bot.settings import Settings
from console import case_page, events, files, queue, sign_in, undelivered
from console.door import Door
from console.pages import ROOT, STATIC

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def router(db: Database, settings: Settings) -> APIRouter:
    """All paths begin with `/console`; a page that needs a signed-in member of staff asks the door for it."""
    door = Door(db, settings)
    routes = APIRouter(prefix=ROOT, route_class=door.route_class(), include_in_schema=False)
    for part in (sign_in, queue, case_page, files, undelivered, events):
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
