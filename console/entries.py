"""The list of entries, where an editor begins; and a new one."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.db import Database
from bot.errors import Conflict, DalilError, Refused
from bot.faq import asked, editing, entries, listing, reviews, rules
from bot.faq.days import today
from bot.faq.listing import NOBODY, VIEWS, Asked, Line, Shelf
from bot.language.forms import FORMS, known
from bot.staff import accounts
from bot.staff.rights import Right
from console.door import Door, Signed
from console.pages import ROOT

PATH = "/content"
ENTRY = f"{PATH}/entry"
ON_A_PAGE = 50
LONGEST_QUERY = 200
Query_ = Annotated[str, Query(max_length=LONGEST_QUERY)]


@dataclass(frozen=True)
class Wanted:
    """What was filled in for a new entry."""

    title: str = ""
    id: str = ""
    topic: str = ""
    form: str = "fr"


@dataclass(frozen=True)
class Page:
    """A view of the list, and which page of it; the first is 1."""

    view: str
    number: int
    asked: Asked

    def address(self, **other: str | int) -> str:
        """The same list with something else."""
        values = {"view": self.view, **asdict(self.asked), "page": 1, **other}
        return f"{ROOT}{PATH}?{urlencode({key: value for key, value in values.items() if value not in ('', 1)})}"

    def cut(self, lines: Sequence[Line]) -> Sequence[Line]:
        return lines[(self.number - 1) * ON_A_PAGE : self.number * ON_A_PAGE]


@lru_cache(maxsize=4)
def shelf(db: Database) -> Shelf:
    """One for all pages of a process."""
    return Shelf()


class EntryList:
    def __init__(self, door: Door) -> None:
        self.door, self.shelf = door, shelf(door.db)

    def show(self, request: Request, signed: Signed, page: Page) -> Response:
        with self.door.db.begin() as session:
            lines = listing.found(self.shelf.lines(session, signed.staff), page.asked)
            in_view = [line for line in lines if page.view in line.views(today(), page.asked.lacks)]
            shown = page.cut(in_view)
            names = accounts.names(session, {i for line in shown for i in (line.by, line.responsible_id, line.reviewer_id)})
            people = [(str(editor.id), editor.name) for editor in editing.editors(session)]
            topics = entries.topics(session)
            waiting = {"unanswered": asked.count_open(session), "reviews": reviews.count_overdue(session, None, today())}
        counts = listing.counts(lines, today(), page.asked.lacks)
        context = {"page": page, "lines": shown, "names": names, "counts": counts, "found": len(in_view), "forms": FORMS, "today": today()}
        choices = {"people": people, "topics": topics, "views": VIEWS, "nobody": NOBODY, "last": page.number * ON_A_PAGE >= len(in_view)}
        return self.door.page(request, "content.html", {**context, **choices, "waiting": waiting})

    def new(self, request: Request, wanted: Wanted, error: DalilError | None = None) -> Response:
        topics = sorted(rules.book(self.door.settings.data_dir).topics)
        context = {"wanted": wanted, "topics": topics, "forms": FORMS, "longest_id": editing.LONGEST_ID, "most": rules.LONGEST_TITLE}
        return self.door.form(request, "content_new.html", context, error)

    def create(self, request: Request, signed: Signed, wanted: Wanted) -> Response:
        try:
            with self.door.db.begin() as session:
                if wanted.topic not in rules.book(self.door.settings.data_dir).topics:
                    raise Refused("entry.no_topic")
                row = editing.new(session, signed.staff, (wanted.title, wanted.id), wanted.topic, known(wanted.form))
        except (Conflict, Refused) as error:
            return self.new(request, wanted, error)
        return RedirectResponse(f"{ROOT}{ENTRY}/{row.id}", 303)


def asked_for(q: Query_ = "", topic: Query_ = "", responsible: Query_ = "", lacks: Query_ = "") -> Asked:
    return Asked(q, topic, responsible if responsible == NOBODY or _is_id(responsible) else "", lacks if lacks in FORMS else "")


def wanted(
    title: Annotated[str, Form()] = "",
    id: Annotated[str, Form()] = "",
    topic: Annotated[str, Form()] = "",
    source_form: Annotated[str, Form()] = "",
) -> Wanted:
    return Wanted(title.replace("\0", ""), id, topic, source_form)


def add(routes: APIRouter, door: Door) -> None:
    pages = EntryList(door)
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def listed(
        request: Request,
        signed: Annotated[Signed, may],
        asked: Annotated[Asked, Depends(asked_for)],
        view: str = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:
        return pages.show(request, signed, Page(view if view in VIEWS else VIEWS[0], page, asked))

    def new(request: Request, signed: Annotated[Signed, may]) -> Response:
        return pages.new(request, Wanted())

    def create(
        request: Request,
        signed: Annotated[Signed, may_change],
        wanted: Annotated[Wanted, Depends(wanted)],
    ) -> Response:
        return pages.create(request, signed, wanted)

    routes.add_api_route(PATH, listed, methods=["GET"])
    routes.add_api_route(f"{PATH}/new", new, methods=["GET"])
    routes.add_api_route(f"{PATH}/new", create, methods=["POST"])


def _is_id(text: str) -> bool:
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False
