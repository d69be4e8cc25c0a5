"""Teams: the list, for who manages all of them. Who leads one is led to it."""

from datetime import datetime, timezone
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import DalilError
from bot.staff import hours, presence, team_settings, teams
from bot.staff.rights import Right
from console.door import Door, Signed
from console.pages import ROOT
from console.tries import tried

PATH = "/teams"


class Teams:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, name: str = "", error: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            lines = [
                {"team": team, "now": hours.now(session, team, datetime.now(timezone.utc)), "members": presence.members(session, team)}
                for team in teams.all_teams(session)
            ]
        context = {"lines": lines, "name": name, "longest_name": team_settings.LONGEST_NAME, "path": f"{ROOT}{PATH}"}
        return self.door.form(request, "teams.html", context, error)

    def create(self, request: Request, signed: Signed, name: str) -> Response:
        team_id, error = tried(self.door, lambda session: team_settings.create(session, signed.staff, name).id)
        return self.show(request, name, error) if error else RedirectResponse(f"{ROOT}{PATH}/{team_id}", 303)


def add(routes: APIRouter, door: Door) -> None:
    pages = Teams(door)

    def page(request: Request, signed: Annotated[Signed, Depends(door.may(Right.LEAD))]) -> Response:
        if signed.may(Right.PEOPLE):
            return pages.show(request)
        return RedirectResponse(f"{ROOT}{PATH}/{signed.staff.team_id}", 303)

    def create(
        request: Request, signed: Annotated[Signed, Depends(door.may_change(Right.PEOPLE))], name: Annotated[str, Form()] = ""
    ) -> Response:
        return pages.create(request, signed, name)

    routes.add_api_route(PATH, page, methods=["GET"])
    routes.add_api_route(PATH, create, methods=["POST"])
