"""Signing in and out, and the choice of language."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import DalilError, Refused
from bot.handoff import audit
from bot.staff import accounts, second_factor, sessions
from console.door import COOKIE, EVERY_STEP, LANGUAGE_COOKIE, Door, Signed, from_here, inside
from console.pages import ROOT
from console.tries import counted

YEAR = 365 * 24 * 3600
CODE = frozenset({"code"})


class SignIn:
    def __init__(self, door: Door) -> None:
        self.door = door

    def form(self, request: Request, back: str = "") -> Response:
        return self.door.page(request, "sign_in.html", {"problem": "", "email": "", "back": inside(back)})

    def enter(self, request: Request, email: str = Form(""), password: str = Form(""), back: str = Form("")) -> Response:
        from_here(request)
        agent = request.headers.get("user-agent", "")
        found, error = counted(self.door, lambda session: accounts.sign_in(session, email, password, agent))
        if found is None:
            context = {"problem": self.door.sentence(request, error), "email": email, "back": inside(back)}
            return self.door.page(request, "sign_in.html", context, 403)
        return let_in(self.door, request, found[0], inside(back))

    def code_page(self, request: Request, signed: Signed, back: str) -> Response:
        if signed.opened.verified:
            return RedirectResponse(inside(back), 303)
        return self._ask_code(request, signed, back)

    def enter_code(self, request: Request, signed: Signed, code: str, back: str) -> Response:
        if signed.opened.verified:
            return RedirectResponse(inside(back), 303)
        token, error = counted(self.door, lambda session: second_factor.enter(session, signed.opened, code))
        if token is None:
            return self._ask_code(request, signed, back, error)
        return let_in(self.door, request, token, inside(back))

    def leave(self, request: Request, signed: Signed) -> Response:
        with self.door.db.begin() as session:
            sessions.end_by_token(session, request.cookies.get(COOKIE, ""))
            audit.record(session, str(signed.staff.id), "staff.signed_out", f"staff:{signed.staff.id}")
        answer = RedirectResponse(f"{ROOT}/sign-in", 303)
        answer.delete_cookie(COOKIE, path=ROOT)
        return answer

    def language(self, request: Request, lang: str, back: str = "") -> Response:
        answer = RedirectResponse(inside(back), 303)
        if lang in self.door.pages.languages:
            choose_language(self.door, answer, lang)
            self._remember(request, lang)
        return answer

    def _ask_code(self, request: Request, signed: Signed, back: str, error: DalilError | None = None) -> Response:
        context = {"csrf": signed.csrf, "back": inside(back), "problem": self.door.sentence(request, error)}
        return self.door.page(request, "code.html", context, 403 if error else 200)

    def _remember(self, request: Request, lang: str) -> None:
        """Keep the choice for the next device too; whoever is not signed in only gets the cookie."""
        with self.door.db.begin() as session:
            try:
                person, _ = accounts.by_cookie(session, request.cookies.get(COOKIE, ""))
            except Refused:
                return
            accounts.set_language(session, person.id, lang)


def let_in(door: Door, request: Request, token: str, back: str) -> Response:
    """Go on under a new cookie; a sign-in that this browser had before is over."""
    with door.db.begin() as session:
        sessions.end_by_token(session, request.cookies.get(COOKIE, ""))
    answer = RedirectResponse(back, 303)
    answer.set_cookie(COOKIE, token, max_age=int(sessions.LONGEST.total_seconds()), **door.cookie_options())
    return answer


def choose_language(door: Door, answer: Response, lang: str) -> None:
    answer.set_cookie(LANGUAGE_COOKIE, lang, max_age=YEAR, **door.cookie_options())


def add(routes: APIRouter, door: Door) -> None:
    pages = SignIn(door)

    def code_page(request: Request, signed: Annotated[Signed, Depends(door.may(finishing=CODE))], back: str = "") -> Response:
        return pages.code_page(request, signed, back)

    def enter_code(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(finishing=CODE))],
        code: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.enter_code(request, signed, code, back)

    def leave(request: Request, signed: Annotated[Signed, Depends(door.may_change(finishing=EVERY_STEP))]) -> Response:
        return pages.leave(request, signed)

    routes.add_api_route("/sign-in", pages.form, methods=["GET"])
    routes.add_api_route("/sign-in", pages.enter, methods=["POST"])
    routes.add_api_route("/sign-in/code", code_page, methods=["GET"])
    routes.add_api_route("/sign-in/code", enter_code, methods=["POST"])
    routes.add_api_route("/sign-out", leave, methods=["POST"])
    routes.add_api_route("/language/{lang}", pages.language, methods=["GET"])
