"""Holidays and Ramadan, entered by editors when the moon has decided."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory import holidays
from bot.directory.holidays import Span
from bot.errors import Conflict, DalilError, Refused
from bot.staff.rights import Right
from bot.tables import Holiday
from console.door import Door, RowId, Signed
from console.pages import ROOT
from console.queue import as_number
from console.service_form import NAMES, filled_in
from console.service_page import PATH
from console.team_forms import Filled
from console.tries import tried

HOLIDAYS = f"{PATH}/holidays"


class HolidayPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, filled: Filled | None = None, problem: DalilError | None = None, row_id: int = 0) -> Response:
        """`row_id`: the one that is being changed; none is a new one."""
        with self.door.db.begin() as session:
            rows = holidays.listed(session)
        changed = next((row for row in rows if row.id == row_id), None)
        stored = _filled(changed) if changed else {}
        asked = request.query_params
        said = {"problem": self.door.sentence(request, problem), "saved": asked.get("saved", ""), "of": as_number(asked.get("of", ""))}
        lists = {"rows": rows, "kinds": holidays.KINDS, "names": NAMES, "longest_name": holidays.LONGEST_NAME, "changed": changed}
        came_back = filled.get("seen", "") if filled and not isinstance(problem, Conflict) else ""  # after a conflict to save is a choice
        lists["seen"] = came_back or (holidays.version(changed) if changed else "")
        lists["fixed"] = [(day, f"{day:%m-%d}") for day in holidays.fixed(datetime.now(TIME_ZONE).year)]
        return self.door.page(request, "holidays.html", {**said, **lists, "filled": filled or stored}, _status(problem))

    def save(self, request: Request, signed: Signed, filled: Filled, row_id: int = 0) -> Response:
        def do(session: Session) -> None:
            if row_id:
                holidays.change(session, signed.staff, (row_id, filled.get("seen", "")), _span(filled))
            else:
                holidays.add(session, signed.staff, _span(filled))

        _, error = tried(self.door, do)
        if error:
            return self.show(request, filled, error, row_id)
        return RedirectResponse(f"{ROOT}{HOLIDAYS}?saved=1" + (f"&of={row_id}" if row_id else ""), 303)

    def remove(self, signed: Signed, row_id: int) -> Response:
        with self.door.db.begin() as session:
            holidays.remove(session, signed.staff, row_id)
        return RedirectResponse(f"{ROOT}{HOLIDAYS}?saved=removed", 303)


def _status(problem: DalilError | None) -> int:
    return 409 if isinstance(problem, Conflict) else 422 if problem else 200


def _filled(row: Holiday) -> Filled:
    days = {"kind": row.kind, "first": row.first.isoformat(), "last": "" if row.last == row.first else row.last.isoformat()}
    return {**days, **{f"names_{lang}": str(row.names.get(lang) or "") for lang in NAMES}}


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

    def page(request: Request, _: Annotated[Signed, Depends(door.may(Right.CONTENT))], change: str = "") -> Response:
        return pages.show(request, row_id=as_number(change))

    def enter(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(Right.CONTENT))],
        filled: Annotated[Filled, Depends(filled_in)],
    ) -> Response:
        return pages.save(request, signed, filled)

    def change(
        request: Request,
        row_id: RowId,
        signed: Annotated[Signed, Depends(door.may_change(Right.CONTENT))],
        filled: Annotated[Filled, Depends(filled_in)],
    ) -> Response:
        return pages.save(request, signed, filled, row_id)

    def remove(row_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CONTENT))]) -> Response:
        return pages.remove(signed, row_id)

    routes.add_api_route(HOLIDAYS, page, methods=["GET"])
    routes.add_api_route(HOLIDAYS, enter, methods=["POST"])
    routes.add_api_route(f"{HOLIDAYS}/{{row_id}}", change, methods=["POST"])
    routes.add_api_route(f"{HOLIDAYS}/{{row_id}}/remove", remove, methods=["POST"])
