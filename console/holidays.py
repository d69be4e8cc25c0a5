"""Holidays and Ramadan, entered by editors when the moon has decided."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from bot.directory import holidays
from bot.directory.holidays import Span
from bot.errors import DalilError, Refused
from bot.staff.rights import Right
from console.door import Door, RowId, Signed
from console.pages import ROOT
from console.service_form import NAMES, filled_in
from console.service_page import PATH
from console.team_forms import Filled
from console.tries import tried

HOLIDAYS = f"{PATH}/holidays"


class HolidayPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, filled: Filled | None = None, problem: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            rows = holidays.listed(session)
        said = {"problem": self.door.sentence(request, problem), "filled": filled or {}, "saved": request.query_params.get("saved", "")}
        lists = {"rows": rows, "kinds": holidays.KINDS, "names": NAMES, "longest_name": holidays.LONGEST_NAME}
        return self.door.page(request, "holidays.html", {**said, **lists}, 422 if problem else 200)

    def add(self, request: Request, signed: Signed, filled: Filled) -> Response:
        _, error = tried(self.door, lambda session: holidays.add(session, signed.staff, _span(filled)))
        return self.show(request, filled, error) if error else RedirectResponse(f"{ROOT}{HOLIDAYS}?saved=1", 303)

    def remove(self, signed: Signed, row_id: int) -> Response:
        with self.door.db.begin() as session:
            holidays.remove(session, signed.staff, row_id)
        return RedirectResponse(f"{ROOT}{HOLIDAYS}?saved=1", 303)


def _span(filled: Filled) -> Span:
    names = {lang: filled.get(f"names_{lang}", "").strip() for lang in NAMES}
    try:
        first = date.fromisoformat(filled.get("first", ""))
        last = date.fromisoformat(filled["last"]) if filled.get("last") else first
    except ValueError:
        raise Refused("days.no_date") from None
    return Span(filled.get("kind", ""), first, last, {lang: name for lang, name in names.items() if name})


def add(routes: APIRouter, door: Door) -> None:
    pages = HolidayPages(door)

    def page(request: Request, _: Annotated[Signed, Depends(door.may(Right.CONTENT))]) -> Response:
        return pages.show(request)

    def enter(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(Right.CONTENT))],
        filled: Annotated[Filled, Depends(filled_in)],
    ) -> Response:
        return pages.add(request, signed, filled)

    def remove(row_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CONTENT))]) -> Response:
        return pages.remove(signed, row_id)

    routes.add_api_route(HOLIDAYS, page, methods=["GET"])
    routes.add_api_route(HOLIDAYS, enter, methods=["POST"])
    routes.add_api_route(f"{HOLIDAYS}/{{row_id}}/remove", remove, methods=["POST"])
