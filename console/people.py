"""Who works here: invite somebody, change role and team, end and begin of work, help when somebody cannot get in."""

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.errors import DalilError, Refused
from bot.staff import accounts, invitations, leading, people, second_factor, teams
from bot.staff.invitations import Wanted
from bot.staff.rights import ROLES, Right
from bot.tables import Staff
from console.door import MOST_ROWS, Door, Signed
from console.pages import ROOT
from console.tries import tried

PATH = "/people"
LINK = "/invitation"
TeamId = Annotated[int, Form(ge=1, le=MOST_ROWS)]
Change = Callable[[Session, Staff, uuid.UUID], None]
CHANGES: dict[str, tuple[Right, Change]] = {
    "activate": (Right.PEOPLE, lambda session, me, staff_id: people.set_active(session, me, staff_id, True)),
    "deactivate": (Right.LEAD, lambda session, me, staff_id: people.set_active(session, me, staff_id, False)),
    "unlock": (Right.LEAD, people.unlock),
    "second-factor": (Right.PEOPLE, people.take_away_second_factor),
}


class People:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, signed: Signed, typed: Wanted | None = None, error: DalilError | None = None) -> Response:
        """`typed`: what stands in the form of the invitation."""
        with self.door.db.begin() as session:
            found, waiting = people.listed(session, signed.staff), invitations.waiting(session, signed.staff)
            named = {team.id: team.name for team in teams.all_teams(session)}
        form = typed or Wanted("", "", "caseworker", signed.staff.team_id)
        context = {
            "led": {person.id for person in found if leading.is_led(signed.staff, person)},
            "people": found,
            "waiting": waiting,
            "typed": form,
            "path": f"{ROOT}{PATH}",
        }
        return self._page(request, "people.html", {**context, **_offered(signed, named)}, error)

    def person(self, request: Request, signed: Signed, staff_id: uuid.UUID, error: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            person = people.get(session, signed.staff, staff_id)
            if not (signed.may(Right.PEOPLE) or leading.is_led(signed.staff, person)):
                raise Refused("role.not_allowed")
            named = {team.id: team.name for team in teams.all_teams(session)}
            left = second_factor.codes_left(session, staff_id)
        context = {"person": person, "codes_left": left, "path": f"{ROOT}{PATH}/{staff_id}"}
        return self._page(request, "person.html", {**context, **_offered(signed, named)}, error)

    def change(self, request: Request, signed: Signed, staff_id: uuid.UUID, do: Change) -> Response:
        _, error = tried(self.door, lambda session: do(session, signed.staff, staff_id))
        if error:
            return self.person(request, signed, staff_id, error)
        return RedirectResponse(f"{ROOT}{PATH}/{staff_id}?saved=1", 303)

    def invite(self, request: Request, signed: Signed, wanted: Wanted) -> Response:
        token, error = tried(self.door, lambda session: invitations.invite(session, signed.staff, wanted))
        return self.show(request, signed, wanted, error) if token is None else self._link(request, token, wanted.email)

    def password_link(self, request: Request, signed: Signed, staff_id: uuid.UUID) -> Response:
        with self.door.db.begin() as session:
            token = invitations.new_password(session, signed.staff, staff_id)
            email = people.get(session, signed.staff, staff_id).email
        return self._link(request, token, email)

    def withdraw(self, signed: Signed, token_hash: str) -> Response:
        with self.door.db.begin() as session:
            invitations.withdraw(session, signed.staff, token_hash)
        return RedirectResponse(f"{ROOT}{PATH}?saved=1", 303)

    def _link(self, request: Request, token: str, email: str) -> Response:
        """Shown once. The address is the one of the settings: what a request calls us cannot be trusted."""
        link = f"{self.door.settings.address}{ROOT}{LINK}/{token}"
        return self.door.page(request, "link.html", {"link": link, "email": email, "days": invitations.GOOD.days, "path": f"{ROOT}{PATH}"})

    def _page(self, request: Request, name: str, context: dict[str, Any], error: DalilError | None) -> Response:
        common = {"is_locked": accounts.is_locked, "longest_name": accounts.LONGEST_NAME, "saved": "saved" in request.query_params}
        return self.door.form(request, name, {**context, **common}, error)


def _offered(signed: Signed, named: dict[int, str]) -> dict[str, Any]:
    """Roles and teams to choose from: a supervisor invites caseworkers of the own team."""
    if signed.may(Right.PEOPLE):
        return {"may_manage": True, "roles": tuple(ROLES), "teams": named}
    return {"may_manage": False, "roles": ("caseworker",), "teams": {signed.staff.team_id: named[signed.staff.team_id]}}


def add(routes: APIRouter, door: Door) -> None:
    pages = People(door)

    def page(request: Request, signed: Annotated[Signed, Depends(door.may(Right.LEAD))]) -> Response:
        return pages.show(request, signed)

    def invite(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(Right.LEAD))],
        team: TeamId,
        email: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        role: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.invite(request, signed, Wanted(email, name, role, team))

    def withdraw(token_hash: str, signed: Annotated[Signed, Depends(door.may_change(Right.LEAD))]) -> Response:
        return pages.withdraw(signed, token_hash)

    routes.add_api_route(PATH, page, methods=["GET"])
    routes.add_api_route(f"{PATH}/invite", invite, methods=["POST"])
    routes.add_api_route(f"{PATH}/invitations/{{token_hash}}/withdraw", withdraw, methods=["POST"])
    _add_person(routes, pages)


def _add_person(routes: APIRouter, pages: People) -> None:
    door = pages.door

    def page(request: Request, staff_id: uuid.UUID, signed: Annotated[Signed, Depends(door.may(Right.LEAD))]) -> Response:
        return pages.person(request, signed, staff_id)

    def assign(
        request: Request,
        staff_id: uuid.UUID,
        signed: Annotated[Signed, Depends(door.may_change(Right.PEOPLE))],
        team: TeamId,
        role: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.change(request, signed, staff_id, lambda session, me, found: people.assign(session, me, found, (role, team)))

    def password_link(request: Request, staff_id: uuid.UUID, signed: Annotated[Signed, Depends(door.may_change(Right.LEAD))]) -> Response:
        return pages.password_link(request, signed, staff_id)

    routes.add_api_route(f"{PATH}/{{staff_id}}", page, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{staff_id}}", assign, methods=["POST"])
    routes.add_api_route(f"{PATH}/{{staff_id}}/password-link", password_link, methods=["POST"])
    for name in CHANGES:
        routes.add_api_route(f"{PATH}/{{staff_id}}/{name}", _changing(pages, *CHANGES[name]), methods=["POST"])


def _changing(pages: People, right: Right, do: Change) -> Callable[..., Response]:
    """The route of a change that needs nothing but the account."""

    def change(request: Request, staff_id: uuid.UUID, signed: Annotated[Signed, Depends(pages.door.may_change(right))]) -> Response:
        return pages.change(request, signed, staff_id, do)

    return change
