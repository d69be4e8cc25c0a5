"""The page of an organisation of the directory. For editors."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.directory import editing, organizations, search, typed, usage
from bot.directory.editing import Change, WrongFields
from bot.directory.presentation import called, town_of
from bot.directory.typed import SameName, with_scheme
from bot.errors import Conflict
from bot.language.forms import known
from bot.staff.rights import Right
from bot.tables import Organization
from console import meanwhile
from console.door import Door, Signed
from console.meanwhile import Words
from console.pages import ROOT
from console.service_form import NAMES, filled_in
from console.service_page import LIMITS, PATH, TextId, Tried, refusal
from console.team_forms import Filled
from console.tries import tried

ORGANIZATION = f"{PATH}/organizations/{{organization_id}}"
LINES = ("website", "email")


class DirectoryPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, organization_id: str, refused: Tried | None = None) -> Response:
        lang = self.door.language(request).code
        with self.door.db.begin() as session:
            context = self._kept(session, organization_id, lang) if organization_id else self._new()
        filled = refused.filled if refused else context["filled"]
        said = refusal(self.door.sentence(request, refused.error if refused else None), refused, context["filled"])
        saved = request.query_params.get("saved", "")
        more = {"meanwhile": refused.meanwhile if refused else None, "names": NAMES, "saved": saved, **LIMITS}
        status = refused.status if refused else 200
        return self.door.page(
            request, "organization.html", {**context, **said, **more, "filled": filled, "fields": {"service": filled}}, status
        )

    def save(self, request: Request, signed: Signed, organization_id: str, filled: Filled) -> Response:
        filled = self._decided(organization_id, filled)
        change = Change(_values(filled), filled.get("seen", ""))

        def do(session: Session) -> Organization:
            if wrong := list(editing.faults_of_organization(change.values)):
                raise WrongFields(wrong)
            other = None if organization_id or "another" in filled else typed.twin_organization(session, change.values)
            if other:
                raise SameName(other.id, "directory.same_organization")
            return editing.save_organization(session, signed.staff, organization_id, change)

        row, error = tried(self.door, do)
        if row:
            return RedirectResponse(f"{ROOT}{PATH}/organizations/{row.id}?saved={'1' if organization_id else 'new'}", 303)
        assert error
        if not isinstance(error, Conflict):
            return self.show(request, organization_id, Tried(error, filled))
        with self.door.db.begin() as session:
            how = (stored, Words(self.door.language(request)))
            refused = Tried(error, *meanwhile.merged(session, editing.organization(session, organization_id), filled, how))
        return self.show(request, organization_id, refused)

    def _decided(self, organization_id: str, filled: Filled) -> Filled:
        with self.door.db.begin() as session:
            row = session.get(Organization, organization_id) if filled.get("take") else None
            return meanwhile.decided(session, row, filled, stored) if row else filled

    def _kept(self, session: Session, organization_id: str, lang: str) -> dict[str, Any]:
        row, now = editing.organization(session, organization_id), search.Query().at
        services, form = editing.services_of(session, organization_id), known(lang)
        return {
            "row": row,
            "title": organizations.name_of(session, row, form),
            "filled": {**stored(row), "seen": editing.version(row)},
            "services": [(each, called(each, row, form), town_of(each, form), search.hidden_by(each, now)) for each in services],
            "used": usage.of_services(session, services, lang, self.door.settings.data_dir),
        }

    @staticmethod
    def _new() -> dict[str, Any]:
        return {"row": None, "title": "", "filled": {}, "services": [], "used": None}


def stored(row: Organization) -> Filled:
    """As the form shows it."""
    texts = {f"{field}_{lang}": str(getattr(row, field).get(lang) or "") for field in ("names", "description") for lang in NAMES}
    return {**texts, "website": row.website, "email": row.email}


def _values(filled: Filled) -> editing.Values:
    said = {field: {lang: filled.get(f"{field}_{lang}", "").strip() for lang in NAMES} for field in ("names", "description")}
    said["description"] = {lang: text for lang, text in said["description"].items() if text}
    lines = {field: filled.get(field, "").strip() for field in LINES}
    return {**said, **lines, "website": with_scheme(lines["website"])}


def add(routes: APIRouter, door: Door) -> None:
    pages, may = DirectoryPages(door), Depends(door.may(Right.CONTENT))

    def new(request: Request, _: Annotated[Signed, may]) -> Response:
        return pages.show(request, "")

    def page(request: Request, organization_id: TextId, _: Annotated[Signed, may]) -> Response:
        return pages.show(request, organization_id)

    routes.add_api_route(f"{PATH}/organizations/new", new, methods=["GET"])
    routes.add_api_route(ORGANIZATION, page, methods=["GET"])
    _add_changes(routes, pages)


def _add_changes(routes: APIRouter, pages: DirectoryPages) -> None:
    may_change = Depends(pages.door.may_change(Right.CONTENT))

    def create(request: Request, signed: Annotated[Signed, may_change], filled: Annotated[Filled, Depends(filled_in)]) -> Response:
        return pages.save(request, signed, "", filled)

    def save(
        request: Request, organization_id: TextId, signed: Annotated[Signed, may_change], filled: Annotated[Filled, Depends(filled_in)]
    ) -> Response:
        return pages.save(request, signed, organization_id, filled)

    routes.add_api_route(f"{PATH}/organizations/new", create, methods=["POST"])
    routes.add_api_route(ORGANIZATION, save, methods=["POST"])
