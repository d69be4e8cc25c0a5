"""What people asked and did not get: clusters of redacted messages, and what an editor makes of them."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.directory.towns import town_names
from bot.errors import DalilError, Refused
from bot.faq import asked, asked_steps, entries, rules
from bot.faq.asked import DAYS, ON_A_PAGE, STATES, Group, Sought
from bot.faq.asked_steps import Chosen, Reopened
from bot.faq.editing import LONGEST
from bot.faq.unanswered import WHYS
from bot.language.forms import FORMS, OTHER, known
from bot.privacy.redact import MARK
from bot.staff import accounts
from bot.staff.rights import Right
from console.door import MOST_ROWS, Door, RowId, Signed
from console.entries import ENTRY, shelf
from console.pages import ROOT
from console.tries import tried

PATH = "/unanswered"
TAKEN_BACK, LEFT = "back", "left"  # in the address, after reopening
MOST = 200  # messages in one step
Word = Annotated[str, Query(max_length=60)]


@dataclass(frozen=True)
class Place:
    """Which list, and which page of it; the first is 1."""

    sought: Sought
    state: str
    number: int

    def address(self, **other: str | int) -> str:
        values = {"state": self.state, **self.sought.__dict__, "page": 1, **other}
        usual = {"state": STATES[0], "days": Sought().days, "page": 1}
        return f"{ROOT}{PATH}?{urlencode({k: v for k, v in values.items() if v not in ('', usual.get(k))})}"


@dataclass(frozen=True)
class Taken:
    """What was filled in on the page of a cluster."""

    ids: tuple[int, ...] = ()
    entry: str = ""
    title: str = ""
    topic: str = ""
    form: str = ""


@dataclass(frozen=True)
class Added:
    """What was just done: questions of this cluster went into this entry."""

    entry: str = ""
    cluster: int = 0


class UnansweredPages:
    def __init__(self, door: Door) -> None:
        self.door, self.shelf = door, shelf(door.db)

    def show(self, request: Request, place: Place, added: Added) -> Response:
        with self.door.db.begin() as session:
            listing = asked.listed(session, place.sought, place.state, place.number)
            choices = {"topics": entries.topics(session), "places": asked.places(session), "titles": self.shelf.titles(session)}
        known_forms = {"forms": (*FORMS, OTHER), "whys": WHYS, "days": DAYS, "states": STATES}
        last = place.number * ON_A_PAGE >= listing.counts.get(place.state, 0)
        context = {
            "place": place,
            "listing": listing,
            "towns": self._towns(request),
            "last": last,
            "added": added.entry,
            "of": added.cluster,
        }
        return self.door.page(request, "unanswered.html", {**context, **choices, **known_forms})

    def open(self, request: Request, cluster_id: int, taken: Taken | None = None, error: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            group = asked.one(session, cluster_id)
            names = accounts.names(session, [group.cluster.by])
            titles, offered = self.shelf.titles(session), self._offered(session)
        shown = {"group": group, "taken": taken or _preset(group), "names": names, "titles": titles, "offered": offered}
        shown["reopened"] = _reopened(request)
        choices = {"topics": sorted(rules.book(self.door.settings.data_dir).topics), "forms": FORMS, "longest": LONGEST["titles"]}
        return self.door.form(request, "unanswered_cluster.html", {**shown, **choices, "towns": self._towns(request)}, error)

    def add_questions(self, request: Request, signed: Signed, cluster_id: int, taken: Taken) -> Response:
        chosen = self._chosen(request, cluster_id, taken)
        _, error = tried(self.door, lambda session: asked_steps.add_questions(session, signed.staff, chosen, taken.entry))
        if error:
            return self.open(request, cluster_id, taken, error)
        return RedirectResponse(f"{ROOT}{PATH}?{urlencode({'added': taken.entry, 'of': cluster_id})}", 303)

    def new_entry(self, request: Request, signed: Signed, cluster_id: int, taken: Taken) -> Response:
        def make(session: Session) -> str:
            if taken.topic not in rules.book(self.door.settings.data_dir).topics:
                raise Refused("entry.no_topic")
            wanted = taken.title, taken.topic, known(taken.form)
            return asked_steps.new_entry(session, signed.staff, self._chosen(request, cluster_id, taken), wanted)

        entry_id, error = tried(self.door, make)
        if not entry_id:
            return self.open(request, cluster_id, taken, error)
        return RedirectResponse(f"{ROOT}{ENTRY}/{entry_id}?saved=1", 303)

    def ignore(self, signed: Signed, cluster_id: int) -> Response:
        with self.door.db.begin() as session:
            asked_steps.ignore(session, signed.staff, cluster_id)
        return RedirectResponse(f"{ROOT}{PATH}?ignored={cluster_id}", 303)

    def reopen(self, signed: Signed, cluster_id: int) -> Response:
        with self.door.db.begin() as session:
            entry, left = asked_steps.reopen(session, signed.staff, cluster_id)
        said = f"?{urlencode({LEFT if left else TAKEN_BACK: entry})}" if entry else ""
        return RedirectResponse(f"{ROOT}{PATH}/{cluster_id}{said}", 303)

    def _chosen(self, request: Request, cluster_id: int, taken: Taken) -> Chosen:
        return Chosen(cluster_id, taken.ids[:MOST])

    def _towns(self, request: Request) -> dict[str, str]:
        return town_names(self.door.settings.data_dir, self.door.language(request).code)

    def _offered(self, session: Session) -> dict[str, list[str]]:
        """Ids of entries that can take a question, by topic."""
        found: dict[str, list[str]] = {}
        for line in sorted(self.shelf.lines(session), key=lambda line: (line.topic, line.id)):
            if line.standing != "archived":
                found.setdefault(line.topic, []).append(line.id)
        return found


def _reopened(request: Request) -> Reopened:
    """As `reopen` wrote it into the address."""
    said = request.query_params
    return Reopened(said.get(LEFT) or said.get(TAKEN_BACK) or "", LEFT in said)


def _preset(group: Group) -> Taken:
    """All messages but those from which something was taken out, and the commonest form. Which answer, and which topic, is not guessed."""
    form = next((value for value, _ in group.counted["form"]), "")
    return Taken(tuple(example.id for example in group.examples if MARK not in example.text), form=form)


def sought(days: int = DAYS[1], form: Word = "", topic: Word = "", place: Word = "", why: Word = "") -> Sought:
    return Sought(days if days in DAYS else DAYS[1], *(word.replace("\0", "") for word in (form, topic, place, why)))


def taken(
    chosen: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    entry: Annotated[str, Form()] = "",
    nearest: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    topic: Annotated[str, Form()] = "",
    source_form: Annotated[str, Form()] = "",
) -> Taken:
    ids = tuple(int(one) for one in chosen if one.isascii() and one.isdigit() and len(one) < 10)
    return Taken(ids, (nearest or entry).replace("\0", ""), title.replace("\0", ""), topic, source_form)


def add(routes: APIRouter, door: Door) -> None:
    pages = UnansweredPages(door)
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def listed(
        request: Request,
        signed: Annotated[Signed, may],
        sought: Annotated[Sought, Depends(sought)],
        state: str = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
        added: Word = "",
        of: Annotated[int, Query(ge=0, le=MOST_ROWS)] = 0,
    ) -> Response:
        return pages.show(request, Place(sought, state if state in STATES else STATES[0], page), Added(added, of))

    def opened(request: Request, row_id: RowId, signed: Annotated[Signed, may]) -> Response:
        return pages.open(request, row_id)

    def question(request: Request, row_id: RowId, signed: Annotated[Signed, may_change], it: Annotated[Taken, Depends(taken)]) -> Response:
        return pages.add_questions(request, signed, row_id, it)

    def entry(request: Request, row_id: RowId, signed: Annotated[Signed, may_change], it: Annotated[Taken, Depends(taken)]) -> Response:
        return pages.new_entry(request, signed, row_id, it)

    def ignore(row_id: RowId, signed: Annotated[Signed, may_change]) -> Response:
        return pages.ignore(signed, row_id)

    def reopen(row_id: RowId, signed: Annotated[Signed, may_change]) -> Response:
        return pages.reopen(signed, row_id)

    routes.add_api_route(PATH, listed, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{row_id}}", opened, methods=["GET"])
    for name, step in (("question", question), ("entry", entry), ("ignore", ignore), ("reopen", reopen)):
        routes.add_api_route(f"{PATH}/{{row_id}}/{name}", step, methods=["POST"])
