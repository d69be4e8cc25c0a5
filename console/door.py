"""What every page needs: who is signed in, the CSRF check, the page itself, and what happens when something goes wrong."""

import hmac
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Form, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DataError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Match

from bot.db import Database
from bot.errors import Conflict, DalilError, NotFound, Refused
from bot.handoff import mentions, notice_queue, notices, undelivered, unread, urgency, views
from bot.settings import Settings
from bot.staff import accounts, second_factor, sessions
from bot.staff.rights import Right, may
from bot.tables import Staff, StaffSession
from console import language
from console.pages import ROOT, Pages

log = logging.getLogger("dalil.console")
COOKIE, LANGUAGE_COOKIE = "dalil_console", "dalil_console_language"
MOST_ROWS = 2**31 - 1  # what a column takes
RowId = Annotated[int, Path(ge=1, le=MOST_ROWS)]
POLICY = "default-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


STEPS = {  # where the next step of a sign-in is done
    "sign_in.needed": "/sign-in",
    "sign_in.code": "/sign-in/code",
    "sign_in.password": "/account/password",
    "sign_in.second_factor": "/account/second-factor",
}
ABOUT_PEOPLE = (f"{ROOT}/cases", f"{ROOT}/media", f"{ROOT}/referrals")  # what goes when somebody deletes their conversation
TYPED = ("text", "reason", "title")  # names of fields in which whole sentences are written
EVERY_STEP = frozenset({"code", "password", "second_factor"})


class NotSignedIn(Refused):
    """The text is a key of `STEPS`."""


@dataclass(frozen=True)
class Signed:
    """A member of staff on this request."""

    staff: Staff
    opened: StaffSession

    @property
    def csrf(self) -> str:
        return self.opened.csrf

    @property
    def is_advised(self) -> bool:
        """To set up a second factor."""
        return second_factor.is_advised(self.staff)

    @property
    def answers(self) -> bool:
        """Works on cases: colleagues want to know whether this person is there."""
        return self.may(Right.CASES)

    def may(self, right: Right) -> bool:
        return may(self.staff, right)


class Door:
    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self.pages = Pages(language.read_all())

    def signed_in(self, request: Request, finishing: frozenset[str] = frozenset()) -> Signed:
        """The one dependency of every page but the sign-in. With a step left to do, a page gets no `signed`: no menu, no figures."""
        required = self.settings.require_second_factor
        try:
            with self.db.begin() as session:
                found = Signed(*accounts.by_cookie(session, request.cookies.get(COOKIE, ""), required, finishing))
                if not _by_itself(request):
                    sessions.use(session, found.opened.id)
        except Refused as error:
            raise NotSignedIn(str(error)) from error
        if not accounts.left_to_do(found.staff, found.opened, required):
            request.state.signed = found
        return found

    def may(self, right: Right | None = None, finishing: frozenset[str] = frozenset()) -> "Allowed":
        """The dependency of a page that only some may see. `finishing`: steps of the sign-in at which it is open already."""
        return Allowed(self, right, finishing=finishing)

    def may_change(self, right: Right | None = None, finishing: frozenset[str] = frozenset()) -> "Allowed":
        """The dependency of every form: signed in, with this right, and the form came from one of our pages."""
        return Allowed(self, right, True, finishing)

    def language(self, request: Request) -> language.Language:
        signed = signed_on(request)
        chosen = signed.staff.language if signed else ""
        cookie, accepted = request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", "")
        return language.choose(self.pages.languages, cookie, chosen, accepted)

    def page(self, request: Request, name: str, context: Mapping[str, Any], status: int = 200) -> Response:
        signed = signed_on(request)
        not_called = [n["number"] for n in urgency.numbers(self.settings.data_dir) if not n["called_on"]]
        common = {"signed": signed, "path": request.url.path, "query": _query(request), "fragment": name.startswith("_")}
        common["not_called"] = ", ".join(not_called)
        return HTMLResponse(self.pages.render(self.language(request), name, {**common, **self._figures(signed), **context}), status)

    def form(self, request: Request, name: str, context: Mapping[str, Any], error: DalilError | None) -> Response:
        """A page with a form, and why it was refused, if it was."""
        status = 409 if isinstance(error, Conflict) else 422 if error else 200
        return self.page(request, name, {**context, "problem": self.sentence(request, error)}, status)

    def _figures(self, signed: Signed | None) -> dict[str, Any]:
        """For the navigation: messages and notices that were given up, notes that name this person, urgent cases
        that nobody took, own cases with something unread. `for_browser`: see notify.js."""
        if not signed or not signed.may(Right.CASES):
            return {"undelivered": 0, "mentions": 0, "untold": 0, "for_browser": (), "alarm": (), "unread": {}}
        with self.db.begin() as session:
            return {
                "undelivered": undelivered.count(session),
                "mentions": mentions.unread(session, signed.staff),
                "untold": notice_queue.count_dead(session, signed.staff) if signed.may(Right.LEAD) else 0,
                "for_browser": notices.fresh(session, signed.staff),
                "alarm": views.alarm(session, signed.staff),
                "unread": unread.of(session, signed.staff),
            }

    def sentence(self, request: Request, error: DalilError | None) -> str:
        """The msgid for an error, if there is one. Errors that carry no key of ours get the general sentence."""
        if error is None:
            return ""
        return str(error) if self.language(request).has(str(error)) else "problem.other"

    def problem(self, request: Request, error: Exception) -> Response:
        if isinstance(error, NotSignedIn):
            return self._stopped(request, "sign_in.in_between", 401) if _lost(request) else _to_step(request, str(error))
        if isinstance(error, OperationalError):
            log.warning("the database did not answer (%s)", type(error.orig).__name__)
            request.state.signed = None  # a page with figures would ask it again
            return self._stopped(request, "problem.database", 503)
        if isinstance(error, DataError):  # what no column takes, such as a zero byte
            return self._stopped(request, "form.unreadable", 422)
        if isinstance(error, NotFound | RequestValidationError):
            return self._stopped(request, _missing(request), 404)
        assert isinstance(error, DalilError)
        return self._stopped(request, self.sentence(request, error), 403)

    async def no_page(self, request: Request, error: HTTPException) -> Response:
        """For what no route could answer: an address or a method that there is not, a form in pieces. Strangers learn no addresses."""
        request.state.typed = {} if error.status_code == 400 else await _form(request)
        response = await run_in_threadpool(self._no_page, request, error)
        response.headers.update({**HEADERS, **(error.headers or {})})
        return response

    def _no_page(self, request: Request, error: HTTPException) -> Response:
        try:
            self.signed_in(request)
            return self._stopped(request, "form.stale" if error.status_code == 400 else _missing(request), error.status_code)
        except (NotSignedIn, OperationalError) as stopped:
            return self.problem(request, stopped)

    def _stopped(self, request: Request, problem: str, status: int) -> Response:
        """A page that says why, and shows the words that were not sent."""
        referer = urlsplit(request.headers.get("referer", ""))
        came_from = inside(referer.path)
        back = came_from + (f"?{referer.query}" if referer.query else "") if came_from not in (f"{ROOT}/", request.url.path) else ""
        context = {"problem": problem, "lost": _lost(request), "came_from": came_from, "back": back}
        return self.page(request, "problem.html", context, status)

    def cookie_options(self) -> dict[str, Any]:
        return {"path": ROOT, "httponly": True, "samesite": "lax", "secure": self.settings.secure_cookies}

    def route_class(self) -> type[APIRoute]:
        """Routes that answer our errors with a page. A router cannot have exception handlers of its own."""
        door = self

        class ConsoleRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                return _careful(super().get_route_handler(), door)

        return ConsoleRoute


@dataclass(frozen=True)
class Allowed:
    """Who may use a route. Read by the test that tries every route with every role; `right` None: whoever is signed in."""

    door: Door
    right: Right | None
    changes: bool = False
    finishing: frozenset[str] = frozenset()

    def __call__(self, request: Request, csrf: Annotated[str, Form()] = "") -> Signed:
        signed = self.door.signed_in(request, self.finishing)
        if self.changes and not hmac.compare_digest(csrf.encode(), signed.csrf.encode()):
            raise Refused("form.stale")
        if self.right and not signed.may(self.right):
            raise Refused("role.not_allowed")
        return signed


def _careful(inner: Callable[[Request], Coroutine[Any, Any, Response]], door: Door) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def handle(request: Request) -> Response:
        try:
            response = await inner(request)
        except (DalilError, RequestValidationError, DataError, OperationalError) as error:
            request.state.typed = await request.form() if request.method == "POST" else {}
            response = door.problem(request, error)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return handle


def _missing(request: Request) -> str:
    return "problem.not_found" if request.url.path.startswith(ABOUT_PEOPLE) else "problem.no_page"


async def _form(request: Request) -> Mapping[str, Any]:
    try:
        return await request.form() if request.method == "POST" else {}
    except HTTPException:  # cannot be read
        return {}


def _lost(request: Request) -> str:
    """What somebody had typed into a form that was refused. The script keeps it on its page."""
    typed = [] if by_script(request) else [request.state.typed.get(name) for name in TYPED]
    return "\n".join(text for text in typed if isinstance(text, str) and text.strip())


def signed_on(request: Request) -> Signed | None:
    found = getattr(request.state, "signed", None)
    return found if isinstance(found, Signed) else None


def by_script(request: Request) -> bool:
    """Asked by console.js (or its event stream), which wants a fragment or a status, not a redirect."""
    return "x-console" in request.headers or "text/event-stream" in request.headers.get("accept", "")


def _by_itself(request: Request) -> bool:
    """Nobody did anything: a page that is open asks for news."""
    return request.method == "GET" and by_script(request)


def from_here(request: Request) -> None:
    """For forms of people who are not signed in: another site must not sign them in under an account of its own."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused("form.stale")


def _query(request: Request) -> str:
    """What stands behind the path of a page: filters, a search."""
    return f"?{request.url.query}" if request.method == "GET" and request.url.query else ""


def inside(path: str) -> str:
    """A path to go back to: only pages of the console, never another site."""
    plain = path.startswith(f"{ROOT}/") and not any(c in path for c in "\\\r\n") and "//" not in path
    return path if plain else f"{ROOT}/"


def _to_step(request: Request, key: str) -> Response:
    if by_script(request):
        return Response(status_code=401)
    page = request.url.path + _query(request) if request.method == "GET" else _form_page(request)
    back = f"?back={quote(page)}" if page else ""
    return RedirectResponse(f"{ROOT}{STEPS[key]}{back}", 303)


def _form_page(request: Request) -> str:
    """The page on which a form stood, if it can be asked for again: some are only ever the answer to a form."""
    path = inside(urlsplit(request.headers.get("referer", "")).path)
    asked = {"type": "http", "method": "GET", "path": path, "headers": [], "root_path": ""}
    return path if any(route.matches(asked)[0] == Match.FULL for route in request.app.routes) else ""
