"""The page of what was given up, in all conversations. What was said is shown only where staff may read the conversation anyway."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import DalilError
from bot.handoff import undelivered
from bot.staff.rights import Right
from console.door import Door, RowId, Signed
from console.pages import ROOT
from console.tries import tried

PATH = "/undelivered"


def add(routes: APIRouter, door: Door) -> None:
    def show(request: Request, signed: Signed, error: DalilError | None = None) -> Response:
        with door.db.begin() as session:
            found = undelivered.lines(session, signed.staff)
        return door.form(request, "undelivered.html", {"lines": found, "most": undelivered.LATEST}, error)

    def page(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        return show(request, signed)

    def again(request: Request, row_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        _, error = tried(door, lambda session: undelivered.send_again(session, signed.staff, row_id))
        return show(request, signed, error) if error else RedirectResponse(f"{ROOT}{PATH}", 303)

    def note(request: Request, row_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        _, error = tried(door, lambda session: undelivered.note(session, signed.staff, row_id))
        return show(request, signed, error) if error else RedirectResponse(f"{ROOT}{PATH}", 303)

    routes.add_api_route(PATH, page, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{row_id}}/note", note, methods=["POST"])
    routes.add_api_route(f"{PATH}/{{row_id}}", again, methods=["POST"])
