"""Reports: figures of the work on cases, to read, to print, and as tables for a spreadsheet."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from bot.clock import TIME_ZONE
from bot.directory.towns import town_names
from bot.errors import NotFound, Refused
from bot.handoff import reports
from bot.handoff.figures import Period
from bot.staff.rights import Right
from console.door import Door, Signed
from console.report_tables import COUNTED, NAMES, Shown, as_csv

PATH = "/reports"
PRESETS = (7, 30, 90)


class Asked(BaseModel):
    """What the address says: two dates, or the last so many days; a team, or all."""

    first: str = ""
    last: str = ""
    days: int = 30
    team: int = 0


class ReportPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def page(self, request: Request, signed: Signed, asked: Asked) -> Response:
        error = None
        try:
            period = _period(asked)
        except Refused as refused:
            period, error = _period(Asked()), refused
        shown = self._read(request, signed, period, asked.team)
        address = urlencode({"first": period.first, "last": period.last, "team": asked.team})
        tables = [name for name in COUNTED if name in shown.report.tables]
        choice = {"asked": asked, "presets": PRESETS, "address": address, "tables": tables}
        return self.door.form(request, "reports.html", {"shown": shown, "guarded": not signed.may(Right.CASES), **choice}, error)

    def sheet(self, request: Request, signed: Signed, asked: Asked, name: str) -> Response:
        period = _period(asked)
        shown = self._read(request, signed, period, asked.team)
        if name not in NAMES or (name in COUNTED and name not in shown.report.tables):
            raise NotFound("There is no such table.")
        file = f"dalil-{name}-{period.first}-{period.last}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        return Response(as_csv(shown.sheet(name), shown.lang), media_type="text/csv; charset=utf-8", headers=headers)

    def _read(self, request: Request, signed: Signed, period: Period, team_id: int) -> Shown:
        lang = self.door.language(request)
        with self.door.db.begin() as session:
            report = reports.read(session, signed.staff, period, team_id)
        return Shown(report, lang, town_names(self.door.settings.data_dir, lang.code))


def _period(asked: Asked) -> Period:
    return reports.period(asked.first, asked.last, asked.days, datetime.now(TIME_ZONE).date())


def add(routes: APIRouter, door: Door) -> None:
    pages = ReportPages(door)

    def page(request: Request, asked: Annotated[Asked, Query()], signed: Annotated[Signed, Depends(door.may(Right.REPORTS))]) -> Response:
        return pages.page(request, signed, asked)

    def sheet(
        request: Request, name: str, asked: Annotated[Asked, Query()], signed: Annotated[Signed, Depends(door.may(Right.REPORTS))]
    ) -> Response:
        return pages.sheet(request, signed, asked, name)

    routes.add_api_route(PATH, page, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{name}}.csv", sheet, methods=["GET"])
