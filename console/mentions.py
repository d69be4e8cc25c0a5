"""The notes in which a member of staff is named."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from bot.handoff import mentions
from bot.staff.rights import Right
from console.door import Door, Signed


def add(routes: APIRouter, door: Door) -> None:
    def page(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        with door.db.begin() as session:
            found = mentions.lines(session, signed.staff)
        return door.page(request, "mentions.html", {"lines": found})

    routes.add_api_route("/mentions", page, methods=["GET"])
