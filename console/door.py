"""What every page needs: who is signed in, the CSRF check, the page itself, and what happens when something goes wrong."""

import hmac
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from bot.db import Database
from bot.errors import DalilError, NotFound, Refused
from bot.handoff import undelivered, urgency
from bot.settings import Settings
from bot.staff import accounts
from bot.staff.rights import Right, may
from bot.tables import Staff
from console import language
from console.pages import ROOT, Pages

COOKIE, LANGUAGE_COOKIE = "dalil_console", "dalil_console_language"
RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]  # what a column takes
POLICY = "default-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class NotSignedIn(Refused): ...


@dataclass(frozen=True)
class Signed:
    """A member of staff on this request."""

    staff: Staff
    csrf: str

    def may(self, right: Right) -> bool:
        return may(self.staff, right)


class Door:
    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self.pages = Pages(language.read_all())

    def signed_in(self, request: Request) -> Signed:
        """The one dependency of every page but the sign-in."""
        try:
            with self.db.begin() as session:
                person, opened = accounts.by_cookie(session, request.cookies.get(COOKIE, ""))
        except Refused as error:
            raise NotSignedIn(str(error)) from error
        request.state.signed = Signed(person, opened.csrf)
        return Signed(person, opened.csrf)

    def may(self, right: Right) -> "Allowed":
        """The dependency of a page that only some may see."""
        return Allowed(self, right)

    def may_change(self, right: Right | None = None) -> "Allowed":
        """The dependency of every form: signed in, with this right, and the form came from one of our pages."""
        return Allowed(self, right, changes=True)

    def language(self, request: Request) -> language.Language:
        signed = signed_on(request)
        chosen = signed.staff.language if signed else ""
        cookie, accepted = request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", "")
        return language.choose(self.pages.languages, cookie, chosen, accepted)

    def page(self, request: Request, name: str, context: Mapping[str, Any], status: int = 200) -> Response:
        signed = signed_on(request)
        not_called = [n["number"] for n in urgency.numbers(self.settings.data_dir) if not n["called_on"]]
        common = {"signed": signed, "path": request.url.path, "not_called": ", ".join(not_called), "fragment": name.startswith("_")}
        return HTMLResponse(
            self.pages.render(self.language(request), name, {**common, "undelivered": self._undelivered(signed), **context}), status
        )

    def _undelivered(self, signed: Signed | None) -> int:
        """How many messages were given up, for the navigation."""
        if not signed or not signed.may(Right.CASES):
            return 0
        with self.db.begin() as session:
            return undelivered.count(session)

    def sentence(self, request: Request, error: DalilError) -> str:
        """The msgid for an error. Errors that carry no key of ours get the general sentence."""
        return str(error) if self.language(request).has(str(error)) else "problem.other"

    def problem(self, request: Request, error: Exception) -> Response:
        if isinstance(error, NotSignedIn):
            return _to_sign_in(request)
        if isinstance(error, NotFound | RequestValidationError):
            return self.page(request, "problem.html", {"problem": "problem.not_found"}, 404)
        assert isinstance(error, DalilError)
        return self.page(request, "problem.html", {"problem": self.sentence(request, error)}, 403)

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

    def __call__(self, request: Request, csrf: Annotated[str, Form()] = "") -> Signed:
        signed = self.door.signed_in(request)
        if self.changes and not hmac.compare_digest(csrf.encode(), signed.csrf.encode()):
            raise Refused("form.stale")
        if self.right and not signed.may(self.right):
            raise Refused("role.not_allowed")
        return signed


def _careful(inner: Callable[[Request], Coroutine[Any, Any, Response]], door: Door) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def handle(request: Request) -> Response:
        try:
            response = await inner(request)
        except (DalilError, RequestValidationError) as error:
            response = door.problem(request, error)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return handle


def signed_on(request: Request) -> Signed | None:
    found = getattr(request.state, "signed", None)
    return found if isinstance(found, Signed) else None


def by_script(request: Request) -> bool:
    """Asked by console.js (or its event stream), which wants a fragment or a status, not a redirect."""
    return "x-console" in request.headers or "text/event-stream" in request.headers.get("accept", "")


def inside(path: str) -> str:
    """A path to go back to: only pages of the console, never another site."""
    plain = path.startswith(f"{ROOT}/") and not any(c in path for c in "\\\r\n") and "//" not in path
    return path if plain else f"{ROOT}/"


def _to_sign_in(request: Request) -> Response:
    if by_script(request):
        return Response(status_code=401)
    back = f"?back={quote(request.url.path)}" if request.method == "GET" else ""
    return RedirectResponse(f"{ROOT}/sign-in{back}", 303)
