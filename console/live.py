"""What every page of those who answer keeps up to date, whatever else it shows: what is unread, urgent, or was not delivered."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from bot.staff.rights import Right
from console.door import Door, Signed


def add(routes: APIRouter, door: Door) -> None:
    def live(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        return door.page(request, "_live.html", {})

    routes.add_api_route("/live", live, methods=["GET"])
