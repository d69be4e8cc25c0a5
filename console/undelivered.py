"""The page of what was given up, in all conversations. What was said is shown only where staff may read the conversation anyway."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import Conflict
from bot.handoff import undelivered
from bot.staff.rights import Right
from console.door import Door, RowId, Signed
from console.pages import ROOT

PATH = "/undelivered"


def add(routes: APIRouter, door: Door) -> None:
    def show(request: Request, signed: Signed, problem: Conflict | None = None) -> Response:
        with door.db.begin() as session:
            found = undelivered.lines(session, signed.staff)
        said = {"problem": door.sentence(request, problem), "lines": found, "most": undelivered.LATEST}
        return door.page(request, "undelivered.html", said, 409 if problem else 200)

    def page(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        return show(request, signed)

    def again(request: Request, row_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        try:
            with door.db.begin() as session:
                undelivered.send_again(session, signed.staff, row_id)
        except Conflict as error:
            return show(request, signed, error)
        return RedirectResponse(f"{ROOT}{PATH}", 303)

    routes.add_api_route(PATH, page, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{row_id}}", again, methods=["POST"])
