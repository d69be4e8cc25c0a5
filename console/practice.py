"""Practice: scenarios to choose from, what good work looks like in each, and what one has practised on."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from bot.handoff import practice
from bot.staff.rights import Right
from console.door import Door, Signed
from console.pages import ROOT
from console.view import View

PATH = "/practice"


def beside(view: View) -> dict[str, Any]:
    """The scenario that is played in this case, or none."""
    case = view.case
    return {"scenario": practice.scenario(view.settings.data_dir, case.scenario) if case.practice_of else None}


def add(routes: APIRouter, door: Door) -> None:
    def page(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        with door.db.begin() as session:
            mine = practice.own(session, signed.staff)
        played = {s.id: s for s in practice.scenarios(door.settings.data_dir)}
        return door.page(request, "practice.html", {"scenarios": played, "mine": [c for c in mine if c.scenario in played]})

    def start(request: Request, name: str, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        with door.db.begin() as session:
            case = practice.start(session, signed.staff, name, door.settings.data_dir)
        return RedirectResponse(f"{ROOT}/cases/{case.id}", 303)

    routes.add_api_route(PATH, page, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{name}}", start, methods=["POST"])
