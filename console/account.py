"""One's own account: name, language, password, and where one is signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import DalilError
from bot.handoff import audit
from bot.staff import accounts, passwords, second_factor, sessions
from console.door import Door, RowId, Signed, inside
from console.menu import ACCOUNT
from console.pages import ROOT
from console.sign_in import choose_language, let_in
from console.tries import counted, tried

PASSWORD = frozenset({"password"})
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"))


def device(agent: str) -> str:
    """What a browser calls itself, in words that its user knows; empty when it is none of them."""
    found = (next((name for mark, name in marks if mark in agent), "") for marks in (BROWSERS, SYSTEMS))
    return ", ".join(name for name in found if name)


class Account:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, signed: Signed, error: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            mine = sessions.of(session, signed.staff.id)
            codes = second_factor.codes_left(session, signed.staff.id)
        here = {"sessions": [(row, device(row.agent)) for row in mine], "codes_left": codes, "longest_name": accounts.LONGEST_NAME}
        return self.door.form(request, "account.html", {**here, "saved": "saved" in request.query_params}, error)

    def change(self, request: Request, signed: Signed, name: str, lang: str) -> Response:
        _, error = tried(self.door, lambda session: accounts.rename(session, signed.staff.id, name))
        if error:
            return self.show(request, signed, error)
        answer = self._done()
        if lang in self.door.pages.languages:
            with self.door.db.begin() as session:
                accounts.set_language(session, signed.staff.id, lang)
            choose_language(self.door, answer, lang)
        return answer

    def ask_password(self, request: Request, signed: Signed, back: str, error: DalilError | None = None) -> Response:
        about = {"forced": signed.staff.must_change, "shortest": passwords.SHORTEST}
        return self.door.form(request, "password.html", {**about, "csrf": signed.csrf, "back": inside(back)}, error)

    def change_password(self, request: Request, signed: Signed, words: tuple[str, str], back: str) -> Response:
        token, error = counted(self.door, lambda session: accounts.change_password(session, signed.opened, *words))
        if token is None:
            return self.ask_password(request, signed, back, error)
        return let_in(self.door, request, token, inside(back))

    def end(self, signed: Signed, session_id: int) -> Response:
        """Number 0: all but this one."""
        with self.door.db.begin() as session:
            if session_id:
                sessions.end(session, signed.staff.id, session_id)
            else:
                sessions.end_all(session, signed.staff.id, but=signed.opened.id)
            audit.record(session, str(signed.staff.id), "staff.sessions_ended", f"staff:{signed.staff.id}")
        return self._done()

    def _done(self) -> Response:
        return RedirectResponse(f"{ROOT}{ACCOUNT}?saved=1", 303)


def add(routes: APIRouter, door: Door) -> None:
    pages = Account(door)

    def page(request: Request, signed: Annotated[Signed, Depends(door.may())]) -> Response:
        return pages.show(request, signed)

    def change(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change())],
        name: Annotated[str, Form()] = "",
        lang: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.change(request, signed, name, lang)

    def end(session_id: RowId, signed: Annotated[Signed, Depends(door.may_change())]) -> Response:
        return pages.end(signed, session_id)

    def end_others(signed: Annotated[Signed, Depends(door.may_change())]) -> Response:
        return pages.end(signed, 0)

    routes.add_api_route(ACCOUNT, page, methods=["GET"])
    routes.add_api_route(ACCOUNT, change, methods=["POST"])
    routes.add_api_route(f"{ACCOUNT}/sessions/others/end", end_others, methods=["POST"])
    routes.add_api_route(f"{ACCOUNT}/sessions/{{session_id}}/end", end, methods=["POST"])
    _add_password(routes, pages)


def _add_password(routes: APIRouter, pages: Account) -> None:
    door = pages.door

    def page(request: Request, signed: Annotated[Signed, Depends(door.may(finishing=PASSWORD))], back: str = "") -> Response:
        return pages.ask_password(request, signed, back)

    def change(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(finishing=PASSWORD))],
        current: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.change_password(request, signed, (current, new), back)

    routes.add_api_route(f"{ACCOUNT}/password", page, methods=["GET"])
    routes.add_api_route(f"{ACCOUNT}/password", change, methods=["POST"])
