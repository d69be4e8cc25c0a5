"""Which answers must be looked at again, week by week; "I checked it"; and addresses that no longer answer."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import DalilError
from bot.faq import broken_links, content_settings, editing, links, reviews
from bot.faq.days import day_of, today
from bot.faq.rules import book
from bot.language.forms import known
from bot.staff.rights import Right
from console.door import MOST_ROWS, Door, Signed
from console.pages import ROOT
from console.tries import tried

PATH = "/reviews"
WHOSE = ("all", "mine")
MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
MOST_OVERDUE = 50  # what is checked leaves the list, and the next ones come


@dataclass(frozen=True)
class View:
    """`month`: that is listed besides (`2027-02`); empty: none."""

    whose: str
    month: str = ""


@dataclass(frozen=True)
class Looked:
    """The form below an entry. `seen`: the revision on the page; `again`: the day of the next look, as it was typed; `month`: whose list
    is open."""

    entry_id: str
    seen: int
    again: str
    whose: str
    month: str


class ReviewPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, signed: Signed, view: View, error: DalilError | None = None) -> Response:
        data_dir, lang, whose = self.door.settings.data_dir, known(self.door.language(request).code), view.whose
        with self.door.db.begin() as session:
            me = signed.staff if whose == "mine" else None
            shown = reviews.calendar(session, today(), me)
            of_month = reviews.of_month(session, view.month, today(), me) if view.month in shown.later else []
            counts = {view: reviews.count_overdue(session, person, today()) for view, person in (("all", None), ("mine", signed.staff))}
            names = {str(person.id): person.name for person in editing.editors(session)}
            kept = {"grace": content_settings.grace_days(session), "asks": content_settings.check_links(session)}
            found = {"links": links.counts(session), "broken": broken_links.listed(session, lang, data_dir)}
        next_look = {"again": today() + reviews.AGAIN, "first": today(), "last": today() + reviews.LATEST}
        months = {month: date.fromisoformat(f"{month}-01") for month in shown.later}
        overdue = {"overdue": shown.overdue[:MOST_OVERDUE], "more": max(0, len(shown.overdue) - MOST_OVERDUE)}
        context = {
            "calendar": shown,
            "month": view.month,
            "of_month": of_month,
            "whose": whose,
            "views": WHOSE,
            "counts": counts,
            "names": names,
            **overdue,
        }
        done = request.query_params.get("done", "")
        return self.door.form(request, "reviews.html", {**context, **kept, **found, **next_look, "months": months, "done": done}, error)

    def check(self, request: Request, signed: Signed, looked: Looked) -> Response:
        days = (today(), day_of(looked.again) or today())
        rules, seen = book(self.door.settings.data_dir), (looked.entry_id, looked.seen)
        live, error = tried(self.door, lambda session: reviews.still_true(session, signed.staff, seen, days, rules))
        if error:
            return self.show(request, signed, View(looked.whose, looked.month), error)
        asked = {"whose": looked.whose, "month": looked.month, "done": "live" if live else "review"}
        return RedirectResponse(f"{ROOT}{PATH}?{urlencode({key: value for key, value in asked.items() if value})}", 303)


def _view(whose: str = "", month: str = "") -> View:
    return View(whose if whose in WHOSE else WHOSE[0], month if MONTH.fullmatch(month) else "")


def add(routes: APIRouter, door: Door) -> None:
    pages = ReviewPages(door)

    def show(
        request: Request, signed: Annotated[Signed, Depends(door.may(Right.CONTENT))], view: Annotated[View, Depends(_view)]
    ) -> Response:
        return pages.show(request, signed, view)

    def check(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(Right.CONTENT))],
        looked: Annotated[Looked, Depends(_looked)],
    ) -> Response:
        return pages.check(request, signed, looked)

    routes.add_api_route(PATH, show, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{entry_id}}", check, methods=["POST"])


def _looked(
    entry_id: str,
    seen: Annotated[int, Form(ge=0, le=MOST_ROWS)] = 0,
    again: Annotated[str, Form()] = "",
    whose: Annotated[str, Form()] = "",
    month: Annotated[str, Form()] = "",
) -> Looked:
    view = _view(whose, month)
    return Looked(entry_id, seen, again, view.whose, view.month)
