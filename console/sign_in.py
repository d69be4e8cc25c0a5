"""Signing in and out, and the choice of language."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import Refused
from bot.staff import accounts
from console.door import COOKIE, LANGUAGE_COOKIE, Door, Signed, inside
from console.pages import ROOT

YEAR = 365 * 24 * 3600


class SignIn:
    def __init__(self, door: Door) -> None:
        self.door = door

    def form(self, request: Request, back: str = "") -> Response:
        return self.door.page(request, "sign_in.html", {"problem": "", "email": "", "back": inside(back)})

    def enter(self, request: Request, email: str = Form(""), password: str = Form(""), back: str = Form("")) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refused("form.stale")  # another site must not sign people in under an account of its own
        token, problem = self._try(email, password)
        if problem:
            context = {"problem": problem, "email": email, "back": inside(back)}
            return self.door.page(request, "sign_in.html", context, 403)
        answer = RedirectResponse(inside(back), 303)
        answer.set_cookie(COOKIE, token, max_age=int(accounts.SESSION.total_seconds()), **self._cookie())
        return answer

    def leave(self, request: Request, signed: Signed) -> Response:
        with self.door.db.begin() as session:
            accounts.sign_out(session, request.cookies.get(COOKIE, ""))
        answer = RedirectResponse(f"{ROOT}/sign-in", 303)
        answer.delete_cookie(COOKIE, path=ROOT)
        return answer

    def language(self, request: Request, lang: str, back: str = "") -> Response:
        answer = RedirectResponse(inside(back), 303)
        if lang in self.door.pages.languages:
            answer.set_cookie(LANGUAGE_COOKIE, lang, max_age=YEAR, **self._cookie())
            self._remember(request, lang)
        return answer

    def _try(self, email: str, password: str) -> tuple[str, str]:
        """Token and problem. The refusal is caught inside the transaction, so that the failure is counted."""
        with self.door.db.begin() as session:
            try:
                return accounts.sign_in(session, email, password)[0], ""
            except Refused as error:
                return "", str(error)

    def _remember(self, request: Request, lang: str) -> None:
        """Keep the choice for the next device too; whoever is not signed in only gets the cookie."""
        with self.door.db.begin() as session:
            try:
                person, _ = accounts.by_cookie(session, request.cookies.get(COOKIE, ""))
            except Refused:
                return
            accounts.set_language(session, person.id, lang)

    def _cookie(self) -> dict[str, Any]:
        return {"path": ROOT, "httponly": True, "samesite": "lax", "secure": self.door.settings.secure_cookies}


def add(routes: APIRouter, door: Door) -> None:
    pages = SignIn(door)

    def leave(request: Request, signed: Annotated[Signed, Depends(door.may_change())]) -> Response:
        return pages.leave(request, signed)

    routes.add_api_route("/sign-in", pages.form, methods=["GET"])
    routes.add_api_route("/sign-in", pages.enter, methods=["POST"])
    routes.add_api_route("/sign-out", leave, methods=["POST"])
    routes.add_api_route("/language/{lang}", pages.language, methods=["GET"])
