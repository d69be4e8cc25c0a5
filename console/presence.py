"""The button in the header: "I am away", "I am back"."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.staff import presence
from bot.staff.rights import Right
from console.door import Door, Signed, by_script, inside


def add(routes: APIRouter, door: Door) -> None:
    def choose(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(Right.CASES))],
        away: Annotated[bool, Form()],
        back: Annotated[str, Form()] = "",
    ) -> Response:
        with door.db.begin() as session:
            presence.set_away(session, signed.staff, away)
        signed.staff.away = away
        return door.page(request, "_presence.html", {"path": inside(back)}) if by_script(request) else RedirectResponse(inside(back), 303)

    routes.add_api_route("/away", choose, methods=["POST"])
