"""The page of ready answers: read by all who answer, kept by those who lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.errors import Conflict, DalilError, Refused
from bot.handoff import canned
from bot.handoff.canned import Change
from bot.language.forms import FORMS
from bot.staff import accounts, teams
from bot.staff.rights import Right
from bot.tables import Canned, Staff
from console.door import Door, RowId, Signed
from console.pages import ROOT
from console.queue import as_number
from console.tries import tried

PATH = "/canned"
LONGEST_QUERY = 200


@dataclass(frozen=True)
class Shown:
    """A form to fill in. `row_id`: 0 for a new answer. `theirs`: what `by` saved meanwhile, where it differs, by field."""

    row_id: int
    change: Change
    error: DalilError | None = None
    theirs: Mapping[str, str] = field(default_factory=dict)
    by: str = ""

    @property
    def wrong(self) -> list[str]:
        """The forms in which something stands in braces that is no variable."""
        return [form for form, text in self.change.bodies.items() if canned.unknown(text)]


async def typed(request: Request) -> Change:
    """What was filled in. Browsers send two characters for the end of a line."""
    form = await request.form()
    bodies: dict[str, str] = {f: str(form.get(f, "")).replace("\r\n", "\n") for f in FORMS}
    return Change(str(form.get("name", "")), as_number(str(form.get("team", ""))) or None, bodies, str(form.get("seen", "")))


def stored(row: Canned) -> Change:
    """As the form shows it."""
    bodies: dict[str, str] = {form: str(row.bodies.get(form, "")) for form in FORMS}
    return Change(row.name, row.team_id, bodies, canned.version(row))


class CannedPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show_list(self, request: Request, signed: Signed, query: str) -> Response:
        with self.door.db.begin() as session:
            rows = canned.search(session, signed.staff, query)
            names = {team.id: team.name for team in teams.all_teams(session)}
        kept = {row.id for row in rows if canned.may_keep(signed.staff, row.team_id)}
        return self.door.page(request, "canned.html", {"rows": rows, "names": names, "kept": kept, "query": query, "forms": FORMS})

    def show_form(self, request: Request, signed: Signed, shown: Shown) -> Response:
        with self.door.db.begin() as session:
            found = [(str(team.id), team.name) for team in teams.all_teams(session) if canned.may_keep(signed.staff, team.id)]
        common = {"shown": shown, "teams": found, "for_all": canned.may_keep(signed.staff, None), "forms": FORMS}
        limits = {"longest": canned.LONGEST, "longest_name": canned.LONGEST_NAME, "variables": canned.VARIABLES}
        return self.door.form(request, "canned_form.html", {**common, **limits}, shown.error)

    def edit(self, request: Request, signed: Signed, row_id: int, error: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            change = stored(canned.get(session, signed.staff, row_id))
        if not canned.may_keep(signed.staff, change.team_id):
            raise Refused("role.not_allowed")
        return self.show_form(request, signed, Shown(row_id, change, error))

    def save(self, request: Request, signed: Signed, row_id: int, change: Change) -> Response:
        """What was typed is never lost: a refusal shows it again."""

        def keep(session: Session) -> Canned:
            return canned.edit(session, signed.staff, row_id, change) if row_id else canned.create(session, signed.staff, change)

        row, error = tried(self.door, keep)
        if row is None:
            shown = Shown(row_id, change, error)
            return self.show_form(request, signed, self._meanwhile(signed.staff, shown) if isinstance(error, Conflict) else shown)
        return RedirectResponse(f"{ROOT}{PATH}#canned-{row.id}", 303)

    def delete(self, request: Request, signed: Signed, row_id: int, seen: str) -> Response:
        try:
            with self.door.db.begin() as session:
                canned.delete(session, signed.staff, row_id, seen)
        except Conflict as error:
            return self.edit(request, signed, row_id, error)
        return RedirectResponse(f"{ROOT}{PATH}", 303)

    def _meanwhile(self, person: Staff, shown: Shown) -> Shown:
        """The other's texts beside one's own: to save once more is then a choice. What is gone can be saved as a new answer."""
        with self.door.db.begin() as session:
            row = next((row for row in canned.listed(session, person) if row.id == shown.row_id), None)
            if row is None:
                return Shown(0, shown.change, Conflict("canned.gone"))
            by = accounts.names(session, [row.changed_by]).get(row.changed_by, "")
        theirs, mine = stored(row), {"name": shown.change.name, **shown.change.bodies}
        other = {key: text for key, text in {"name": theirs.name, **theirs.bodies}.items() if text != mine[key]}
        return replace(shown, change=replace(shown.change, seen=theirs.seen), theirs=other, by=by)


def add(routes: APIRouter, door: Door) -> None:
    pages = CannedPages(door)

    def listed(
        request: Request,
        signed: Annotated[Signed, Depends(door.may(Right.CASES))],
        q: Annotated[str, Query(max_length=LONGEST_QUERY)] = "",
    ) -> Response:
        return pages.show_list(request, signed, q)

    def new(request: Request, signed: Annotated[Signed, Depends(door.may(Right.LEAD))]) -> Response:
        whose = None if canned.may_keep(signed.staff, None) else signed.staff.team_id
        return pages.show_form(request, signed, Shown(0, Change("", whose, dict.fromkeys(FORMS, ""))))

    def edit(request: Request, row_id: RowId, signed: Annotated[Signed, Depends(door.may(Right.LEAD))]) -> Response:
        return pages.edit(request, signed, row_id)

    routes.add_api_route(PATH, listed, methods=["GET"])
    routes.add_api_route(f"{PATH}/new", new, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{row_id}}", edit, methods=["GET"])
    _add_changes(routes, pages)


def _add_changes(routes: APIRouter, pages: CannedPages) -> None:
    may_change = Depends(pages.door.may_change(Right.LEAD))

    def create(request: Request, signed: Annotated[Signed, may_change], change: Annotated[Change, Depends(typed)]) -> Response:
        return pages.save(request, signed, 0, change)

    def save(request: Request, row_id: RowId, signed: Annotated[Signed, may_change], change: Annotated[Change, Depends(typed)]) -> Response:
        return pages.save(request, signed, row_id, change)

    def delete(request: Request, row_id: RowId, signed: Annotated[Signed, may_change], seen: Annotated[str, Form()] = "") -> Response:
        return pages.delete(request, signed, row_id, seen)

    routes.add_api_route(f"{PATH}/new", create, methods=["POST"])
    routes.add_api_route(f"{PATH}/{{row_id}}", save, methods=["POST"])
    routes.add_api_route(f"{PATH}/{{row_id}}/delete", delete, methods=["POST"])
