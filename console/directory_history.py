"""What became of a service or an organisation: its versions, what each changed, and making one so again; what a file changed."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.directory import editing, organizations, versions
from bot.directory.editing import WrongField
from bot.directory.presentation import called
from bot.directory.versions import Kind
from bot.errors import DalilError, NotFound
from bot.faq import differences
from bot.language.forms import known
from bot.staff import accounts
from bot.staff.rights import Right
from bot.tables import DirectoryVersion, Organization, Service
from console.door import Door, RowId, Signed
from console.pages import ROOT
from console.plan_words import PlanWords
from console.service_page import PATH, TextId
from console.tries import tried

ON_A_PAGE = 50
MOST_SHOWN = 500
Changes = list[tuple[str, str, list[differences.Piece]]]  # field, form, the way from one to the other


class History:
    """`about`: what kind of row, and its id."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def listed(self, request: Request, about: tuple[Kind, str], page: int) -> Response:
        with self.door.db.begin() as session:
            context, every = self._row(session, request, about), versions.history(session, *about)
            names = accounts.names(session, [version.by for version in every])
        before = {version.id: older for version, older in zip(every, [*every[1:], None])}
        words = self._plan_words(request)
        shown = [(len(every) - n, version, _fields(words, before[version.id], version)) for n, version in enumerate(every)][
            (page - 1) * ON_A_PAGE : page * ON_A_PAGE
        ]
        more = {"shown": shown, "names": names, "page": page, "last": page * ON_A_PAGE >= len(every)}
        return self.door.page(request, "directory_history.html", {**context, **more})

    def one(self, request: Request, about: tuple[Kind, str], number: int, error: DalilError | None = None) -> Response:
        """What this version changed in the one before it, and what it would change now."""
        with self.door.db.begin() as session:
            context, version = self._row(session, request, about), versions.get(session, *about, number)
            every = versions.history(session, *about)
            names = accounts.names(session, [version.by])
            n, words, row = every.index(version), self._plan_words(request), context["row"]
            told: dict[str, Any] = {"changes": _changes(words, every[n + 1].values if n + 1 < len(every) else {}, version.values)}
            told["now"] = _changes(words, versions.values(row), version.values | versions.hiding(row))
            told |= {"seen": editing.version(row), "version": version, "names": names, "n": len(every) - n, "is_last": n == 0}
            told["field"] = error.field if isinstance(error, WrongField) else ""
        return self.door.form(request, "directory_version.html", {**context, **told}, error)

    def restore(self, request: Request, signed: Signed, about: tuple[Kind, str], what: tuple[int, str]) -> Response:
        """`what`: the version, and the one that is seen now."""

        def do(session: Session) -> None:
            version = versions.get(session, *about, what[0])
            editing.restore(session, signed.staff, (version, what[1]), self.door.settings.data_dir)

        _, error = tried(self.door, do)
        return self.one(request, about, what[0], error) if error else RedirectResponse(f"{ROOT}{_path(about)}?saved=restored", 303)

    def of_import(self, request: Request, number: int) -> Response:
        with self.door.db.begin() as session:
            every = versions.of_import(session, number)
            names = accounts.names(session, [every[0].by])
            shown = [(version, _path(_about(version)), self._name(session, request, _about(version))) for version in every[:MOST_SHOWN]]
            more = max(0, len(every) - MOST_SHOWN)
        context = {"shown": shown, "more": more, "version": every[0], "names": names}
        return self.door.page(request, "directory_import.html", context)

    def _row(self, session: Session, request: Request, about: tuple[Kind, str]) -> dict[str, Any]:
        row = session.get(versions.TABLES[about[0]], about[1])
        if row is None:
            raise NotFound("There is no such place.")
        return {"row": row, "title": self._name(session, request, about), "here": f"{ROOT}{_path(about)}"}

    def _name(self, session: Session, request: Request, about: tuple[Kind, str]) -> str:
        """The id, when it is there no more."""
        lang, (kind, key) = known(self.door.language(request).code), about
        service = session.get(Service, key) if kind == "service" else None
        owner = session.get(Organization, service.organization_id if service else key)
        if owner is None or (kind == "service" and service is None):
            return key
        return called(service, owner, lang) if service else organizations.name_of(session, owner, lang)

    def _plan_words(self, request: Request) -> PlanWords:
        return PlanWords(self.door.language(request), self.door.settings.data_dir)


def _about(version: DirectoryVersion) -> tuple[Kind, str]:
    return ("service" if version.kind == "service" else "organization"), version.row_id


def _path(about: tuple[Kind, str]) -> str:
    return f"{PATH}/{about[0]}s/{quote(about[1], safe='')}"


def _fields(words: PlanWords, before: DirectoryVersion | None, after: DirectoryVersion) -> list[str]:
    """What changed, by name; of the first version nothing."""
    return list(dict.fromkeys(each.field for each in words.between(before.values, after.values))) if before else []


def _changes(words: PlanWords, before: versions.Values, after: versions.Values) -> Changes:
    return [(each.field, each.form, differences.words(each.before, each.after)) for each in words.between(before, after)]


def add(routes: APIRouter, door: Door) -> None:
    pages, may = History(door), Depends(door.may(Right.CONTENT))

    def of_import(request: Request, row_id: RowId, _: Annotated[Signed, may]) -> Response:
        return pages.of_import(request, row_id)

    routes.add_api_route(f"{PATH}/imports/{{row_id}}", of_import, methods=["GET"])
    _add_kind(routes, pages, ("service", "service_id"))
    _add_kind(routes, pages, ("organization", "organization_id"))


def _add_kind(routes: APIRouter, pages: History, of: tuple[Kind, str]) -> None:
    kind, name = of
    may, may_change = Depends(pages.door.may(Right.CONTENT)), Depends(pages.door.may_change(Right.CONTENT))
    about = Depends(_of_service if kind == "service" else _of_organization)
    Page = Annotated[int, Query(ge=1, le=10_000)]

    def listed(request: Request, about: Annotated[tuple[Kind, str], about], _: Annotated[Signed, may], page: Page = 1) -> Response:
        return pages.listed(request, about, page)

    def one(request: Request, about: Annotated[tuple[Kind, str], about], row_id: RowId, _: Annotated[Signed, may]) -> Response:
        return pages.one(request, about, row_id)

    def restore(
        request: Request,
        about: Annotated[tuple[Kind, str], about],
        row_id: RowId,
        signed: Annotated[Signed, may_change],
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.restore(request, signed, about, (row_id, seen))

    path = f"{PATH}/{kind}s/{{{name}}}/versions"
    routes.add_api_route(path, listed, methods=["GET"])
    routes.add_api_route(f"{path}/{{row_id}}", one, methods=["GET"])
    routes.add_api_route(f"{path}/{{row_id}}/restore", restore, methods=["POST"])


def _of_service(service_id: TextId) -> tuple[Kind, str]:
    return "service", service_id


def _of_organization(organization_id: TextId) -> tuple[Kind, str]:
    return "organization", organization_id
