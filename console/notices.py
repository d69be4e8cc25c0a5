"""Notices to staff that were given up, for those who lead; and what each member of staff wants to be told by e-mail."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import DalilError
from bot.handoff import notice_queue, notices
from bot.staff import accounts, teams
from bot.staff.rights import Right
from console.door import Door, RowId, Signed
from console.menu import ACCOUNT
from console.pages import ROOT
from console.tries import tried

PATH = "/notices"


def add(routes: APIRouter, door: Door) -> None:
    def show(request: Request, signed: Signed, error: DalilError | None = None) -> Response:
        with door.db.begin() as session:
            found = notice_queue.dead(session, signed.staff)
            names = accounts.names(session, [notice.staff_id for notice, _ in found])
            grouped = any(team.telegram_group for team in teams.all_teams(session))
        wanted = {"email": not door.settings.has_mail, "telegram": grouped and not door.settings.has_telegram}
        missing = [way for way, lacks in wanted.items() if lacks]
        return door.form(request, "notices.html", {"lines": found, "names": names, "missing": missing}, error)

    def page(request: Request, signed: Annotated[Signed, Depends(door.may(Right.LEAD))]) -> Response:
        return show(request, signed)

    def again(request: Request, notice_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.LEAD))]) -> Response:
        _, error = tried(door, lambda session: notice_queue.send_again(session, signed.staff, notice_id))
        return show(request, signed, error) if error else RedirectResponse(f"{ROOT}{PATH}", 303)

    def choose(signed: Annotated[Signed, Depends(door.may_change())], mail_new: Annotated[bool, Form()]) -> Response:
        with door.db.begin() as session:
            notices.set_mail(session, signed.staff, mail_new)
        return RedirectResponse(f"{ROOT}{ACCOUNT}?saved=1#told", 303)

    routes.add_api_route(PATH, page, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{notice_id}}", again, methods=["POST"])
    routes.add_api_route(f"{ACCOUNT}{PATH}", choose, methods=["POST"])
