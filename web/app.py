"""The one web application: chat page and API, staff console, directory API, health."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from fastapi_swagger import patch_fastapi
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import text

from bot.db import Database
from bot.handoff import notice_queue
from bot.language.forms import FORMS, direction, known
from bot.messaging import health
from bot.messaging.health import ChannelHealth
from bot.settings import Settings
from bot.settings import settings as read_settings
from bot.texts import Texts
from channels import telegram, webchat, whatsapp
from channels.registry import whatsapp_of
from channels.wakeup import Wakeup
from console.app import include as include_console
from console.directory_files import DirectoryFiles
from console.exchange import Exchange
from console.pages import ROOT
from web import hsds

HERE = Path(__file__).parent
MAX_BODY = 256 * 1024
MAX_UPLOAD = 64 * 1024 * 1024  # the console refuses less, with a page that says why
UPLOADS = tuple(f"{ROOT}{pages.path}/import" for pages in (Exchange, DirectoryFiles))
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
DOCS = ("/docs", "/swagger", "/openapi.json")  # their page needs an inline script


def create_app() -> FastAPI:
    """What uvicorn calls in the process `web`."""
    config = read_settings()
    return build_app(Database.of(config), config)


def build_app(db: Database, config: Settings) -> FastAPI:
    wakeup = Wakeup(db.url, "sent")
    quiet: dict[str, Any] = {
        "docs_url": None,
        "redoc_url": None,
        "swagger_ui_oauth2_redirect_url": None,
        "telemetry": {"auto_configure": False},
    }
    app = FastAPI(title="Dalil", version="1", lifespan=_listening(wakeup), **quiet)
    patch_fastapi(app, redirect_from_root_to_docs=False)  # the page at /docs, from the package: no external host
    app.include_router(webchat.router(db, wakeup))
    include_console(app, db, config)
    if config.has_telegram:
        app.include_router(telegram.router(db, config))
    if config.has_whatsapp:
        app.include_router(whatsapp.router(db, config, whatsapp_of(db, config)))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    open_directory = hsds.app(db, config, exception_handlers={RequestValidationError: _not_valid}, **quiet)
    app.mount(hsds.PATH, open_directory, name="hsds")
    app.middleware("http")(_guard)
    app.add_exception_handler(RequestValidationError, _not_valid)
    _pages(app, config)
    _health(app, db)
    return app


def _listening(wakeup: Wakeup) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(wakeup.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return lifespan


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse large bodies before they are read; add the headers that every page needs."""
    response = _too_large(request) or await call_next(request)
    if not request.url.path.startswith(DOCS):
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def _too_large(request: Request) -> Response | None:
    """The answer to a body that is too large, or that does not say how large it is."""
    if "transfer-encoding" in request.headers:
        return JSONResponse({"detail": "The length of the message is missing."}, status_code=411)
    if int(request.headers.get("content-length") or 0) > (MAX_UPLOAD if request.url.path in UPLOADS else MAX_BODY):
        return JSONResponse({"detail": "The message is too large."}, status_code=413)
    return None


async def _not_valid(_: Request, error: Exception) -> Response:
    """What is wrong, without the words of the person: they belong into no log, and half a surrogate or NaN into no JSON."""
    assert isinstance(error, RequestValidationError)
    faults = [{key: fault[key] for key in ("type", "loc", "msg")} for fault in error.errors()]
    return JSONResponse({"detail": faults}, status_code=422)


def _pages(app: FastAPI, config: Settings) -> None:
    pages = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), undefined=StrictUndefined)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def chat(request: Request, form: str = "") -> str:
        """The chat page, in the form asked for or the language of the browser."""
        chosen = known(form or _browser_form(request.headers.get("accept-language", "")))
        texts = Texts.load(config.data_dir)
        forms = [{"form": f, "name": texts.get(f"form_{f}", chosen)} for f in FORMS]
        labels = {key: texts.get(key, chosen) for key in texts if key.startswith("chat_") or key in _LABELS}
        return pages.get_template("chat.html").render(lang=chosen, dir=direction(chosen), texts=labels, forms=forms)


_LABELS = frozenset({"bot_label", "you_label", "person_label", "share_location"})


def _browser_form(header: str) -> str:
    languages = [part.split(";")[0].strip()[:2] for part in header.split(",")]
    return next((language for language in languages if language in ("fr", "en", "ar")), "fr")


def _health(app: FastAPI, db: Database) -> None:
    @app.get("/health/live", tags=["health"])
    def live() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/health/channels", tags=["health"])
    def channels() -> dict[str, ChannelHealth]:
        """What waits, and the last error of each provider; the same for notices to staff. Counts only."""
        with db.begin() as session:
            return {**health.channels(session), **notice_queue.health(session)}

    @app.get("/health/ready", tags=["health"])
    def ready() -> dict[str, str]:
        with db.begin() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok"}
