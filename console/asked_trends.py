"""Figures of what was asked in vain: for editors, and in the same words for those who read reports. Small groups are told to neither."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from bot.clock import TIME_ZONE
from bot.directory.towns import town_names
from bot.errors import NotFound, Refused
from bot.faq import asked_trends
from bot.faq.asked_trends import TABLES, Trends
from bot.handoff import reports
from bot.handoff.figures import Hidden, Number, Period
from bot.staff.rights import Right
from console import unanswered
from console.door import Door, Signed
from console.language import Language
from console.report_tables import as_csv
from console.reports import PATH as REPORTS
from console.reports import PRESETS, Asked

ROADS = ((f"{unanswered.PATH}/trends", Right.CONTENT), (f"{REPORTS}/asked", Right.REPORTS))
WIDEST = 100  # percent


class Shown:
    """Trends in one language."""

    def __init__(self, trends: Trends, lang: Language, towns: dict[str, str]) -> None:
        self.trends, self.lang, self._towns = trends, lang, towns

    def rows(self, name: str) -> list[tuple[str, str, str, int]]:
        """Label, now, before, and how wide the bar is."""
        lines = self.trends.tables[name]
        longest = max((line.now for line in lines if isinstance(line.now, int)), default=0) or 1
        widths = (WIDEST * line.now // longest if isinstance(line.now, int) else 0 for line in lines)
        return [(self.label(name, line.key), self.number(line.now), self.number(line.before), width) for line, width in zip(lines, widths)]

    def label(self, name: str, key: str) -> str:
        if not key:
            return self.lang.named("asked_none", name)
        return self._towns.get(key, key) if name == "place" else self.lang.named({"why": "asked_why"}.get(name, name), key)

    def number(self, number: Number) -> str:
        return self.lang.named("number", number.value) if isinstance(number, Hidden) else str(number)

    def sheet(self, name: str) -> bytes:
        head = [self.lang.named("asked_table", name), self.lang.named("sheet", "now"), self.lang.named("sheet", "before")]
        return as_csv([head, *([label, now, before] for label, now, before, _ in self.rows(name))], self.lang)


class TrendPages:
    """`road`: where this page stands, since two kinds of readers come to it."""

    def __init__(self, door: Door, road: str) -> None:
        self.door, self.road = door, road

    def page(self, request: Request, asked: Asked) -> Response:
        error = None
        try:
            period = _period(asked)
        except Refused as refused:
            period, error = _period(Asked()), refused
        context = {"shown": self._read(request, period), "period": period, "tables": TABLES, "presets": PRESETS, "road": self.road}
        return self.door.form(request, "asked_trends.html", context, error)

    def sheet(self, request: Request, asked: Asked, name: str) -> Response:
        if name not in TABLES:
            raise NotFound("There is no such table.")
        period = _period(asked)
        file = f"dalil-asked-{name}-{period.first}-{period.last}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        return Response(self._read(request, period).sheet(name), media_type="text/csv; charset=utf-8", headers=headers)

    def _read(self, request: Request, period: Period) -> Shown:
        lang = self.door.language(request)
        with self.door.db.begin() as session:
            trends = asked_trends.read(session, period)
        return Shown(trends, lang, town_names(self.door.settings.data_dir, lang.code))


def _period(asked: Asked) -> Period:
    return reports.period(asked.first, asked.last, asked.days, datetime.now(TIME_ZONE).date())


def add(routes: APIRouter, door: Door) -> None:
    for road, right in ROADS:
        routes.add_api_route(road, _page(TrendPages(door, road), right), methods=["GET"])
        routes.add_api_route(f"{road}/{{name}}.csv", _sheet(TrendPages(door, road), right), methods=["GET"])


def _page(pages: TrendPages, right: Right) -> Callable[..., Response]:
    def page(request: Request, asked: Annotated[Asked, Query()], signed: Annotated[Signed, Depends(pages.door.may(right))]) -> Response:
        return pages.page(request, asked)

    return page


def _sheet(pages: TrendPages, right: Right) -> Callable[..., Response]:
    def sheet(
        request: Request, name: str, asked: Annotated[Asked, Query()], signed: Annotated[Signed, Depends(pages.door.may(right))]
    ) -> Response:
        return pages.sheet(request, asked, name)

    return sheet
