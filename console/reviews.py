"""Which answers must be looked at again, week by week; "I checked it"; and addresses that no longer answer."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

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
MOST_OVERDUE = 50  # what is checked leaves the list, and the next ones come


@dataclass(frozen=True)
class Looked:
    """The form below an entry. `seen`: the revision on the page; `again`: the day of the next look, as it was typed."""

    entry_id: str
    seen: int
    again: str
    whose: str


class ReviewPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, signed: Signed, whose: str, error: DalilError | None = None) -> Response:
        data_dir, lang = self.door.settings.data_dir, known(self.door.language(request).code)
        with self.door.db.begin() as session:
            shown = reviews.calendar(session, today(), signed.staff if whose == "mine" else None)
            counts = {view: reviews.count_overdue(session, person, today()) for view, person in (("all", None), ("mine", signed.staff))}
            names = {str(person.id): person.name for person in editing.editors(session)}
            kept = {"grace": content_settings.grace_days(session), "asks": content_settings.check_links(session)}
            found = {"links": links.counts(session), "broken": broken_links.listed(session, lang, data_dir)}
        next_look = {"again": today() + reviews.AGAIN, "first": today(), "last": today() + reviews.LATEST}
        months = {month: date.fromisoformat(f"{month}-01") for month in shown.later}
        overdue = {"overdue": shown.overdue[:MOST_OVERDUE], "more": max(0, len(shown.overdue) - MOST_OVERDUE)}
        context = {"calendar": shown, "whose": whose, "views": WHOSE, "counts": counts, "names": names, **overdue}
        done = request.query_params.get("done", "")
        return self.door.form(request, "reviews.html", {**context, **kept, **found, **next_look, "months": months, "done": done}, error)

    def check(self, request: Request, signed: Signed, looked: Looked) -> Response:
        days = (today(), day_of(looked.again) or today())
        rules, seen = book(self.door.settings.data_dir), (looked.entry_id, looked.seen)
        live, error = tried(self.door, lambda session: reviews.still_true(session, signed.staff, seen, days, rules))
        if error:
            return self.show(request, signed, looked.whose, error)
        return RedirectResponse(f"{ROOT}{PATH}?whose={looked.whose}&done={'live' if live else 'review'}", 303)


def _whose(whose: str) -> str:
    return whose if whose in WHOSE else WHOSE[0]


def add(routes: APIRouter, door: Door) -> None:
    pages = ReviewPages(door)

    def show(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CONTENT))], whose: str = "") -> Response:
        return pages.show(request, signed, _whose(whose))

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
) -> Looked:
    return Looked(entry_id, seen, again, _whose(whose))
