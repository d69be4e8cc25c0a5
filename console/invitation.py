"""Following a link that is good once: choose a password, and be signed in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.errors import DalilError
from bot.staff import invitations, passwords
from console.door import Door, from_here
from console.pages import ROOT
from console.people import LINK
from console.sign_in import let_in
from console.tries import tried


class Invitation:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, token: str, error: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            found = invitations.find(session, token)
        context = {"email": found.email, "name": found.name, "is_new": found.staff_id is None, "shortest": passwords.SHORTEST}
        return self.door.form(request, "invitation.html", context, error)

    def accept(self, request: Request, token: str, password: str) -> Response:
        from_here(request)
        agent = request.headers.get("user-agent", "")
        found, error = tried(self.door, lambda session: invitations.accept(session, token, password, agent))
        if found is None:
            return self.show(request, token, error)
        return let_in(self.door, request, found[0], f"{ROOT}/")


def add(routes: APIRouter, door: Door) -> None:
    pages = Invitation(door)

    def page(request: Request, token: str) -> Response:
        return pages.show(request, token)

    def accept(request: Request, token: str, password: Annotated[str, Form()] = "") -> Response:
        return pages.accept(request, token, password)

    routes.add_api_route(f"{LINK}/{{token}}", page, methods=["GET"])
    routes.add_api_route(f"{LINK}/{{token}}", accept, methods=["POST"])
