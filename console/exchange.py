"""Content as files: take it away to work on it, bring it back, read what it would change, and only then let it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from bot.directory.hours import TIME_ZONE
from bot.errors import Conflict, DalilError, NotFound, Refused
from bot.exchange import leaving, plan, reading, uploads
from bot.exchange.apply import apply
from bot.exchange.leaving import ANY_FORM, KINDS, Wanted
from bot.exchange.limits import MOST_BYTES
from bot.exchange.plan import STATES, Plan
from bot.exchange.slots import RESPONSIBLE, TO_CHECK
from bot.exchange.tables import CannotLeave
from bot.faq import entries, rules
from bot.handoff import audit
from bot.language.forms import FORMS
from bot.staff.rights import Right
from console.door import Door, Signed
from console.language import Language
from console.pages import ROOT
from console.report_tables import SEPARATOR

PATH = "/content/files"
MOST_SHOWN = 500
TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "zip": "application/zip"}


@dataclass(frozen=True)
class Chosen:
    """The file of a form; no more of it than is needed to see that it is too large."""

    name: str = ""
    content: bytes = b""


async def chosen(request: Request) -> Chosen:
    file = (await request.form()).get("file")
    return Chosen(file.filename or "", await file.read(MOST_BYTES + 1)) if isinstance(file, UploadFile) else Chosen()


def words(language: Language, key: str) -> str:
    """What a remark says; some keys are those of the editors' pages."""
    return language.messages.get(key, key) if "." in key else language.named("exchange", key)


class Exchange:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, problem: str = "", detail: str = "", done: int = 0) -> Response:
        with self.door.db.begin() as session:
            topics = entries.topics(session)
        choices = {"topics": topics, "forms": FORMS, "kinds": KINDS, "any_form": ANY_FORM, "largest": MOST_BYTES // 2**20}
        told = {"problem": problem, "detail": detail, "done": done}
        return self.door.page(request, "exchange.html", {**choices, **told}, 422 if problem else 200)

    def leave(self, request: Request, signed: Signed, kind: str, wanted: Wanted) -> Response:
        if kind not in KINDS:
            raise NotFound("There is no such kind of file.")
        with self.door.db.begin() as session:
            found = leaving.items(session, wanted)
            audit.record(session, str(signed.staff.id), "content.exported", "content", {"kind": kind, "entries": len(found)})
        lang = self.door.language(request)
        try:
            content = leaving.file(kind, found, self.door.settings.data_dir, SEPARATOR.get(lang.code, ";"))
        except CannotLeave as error:
            return self.show(request, str(error), error.remark.detail)
        ending = "xlsx" if kind == "xlsx" else "zip"
        name = "-".join(filter(None, ("dalil", kind if ending == "zip" else "", datetime.now(TIME_ZONE).date().isoformat())))
        headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
        return Response(content, media_type=TYPES[ending], headers=headers)

    def keep(self, request: Request, signed: Signed, file: Chosen) -> Response:
        if not file.name:
            return self.show(request, "exchange.no_file")
        if len(file.content) > MOST_BYTES:
            return self.show(request, "exchange.too_large", f"> {MOST_BYTES // 2**20} MB")
        with self.door.db.begin() as session:
            uploads.keep(session, signed.staff, reading.short(file.name), file.content)
        return RedirectResponse(f"{ROOT}{PATH}/plan", 303)

    def plan(self, request: Request, signed: Signed, error: DalilError | None = None) -> Response:
        """Worked out anew each time: what others saved meanwhile counts."""
        try:
            with self.door.db.begin() as session:
                found = self._plan(session, signed)
        except NotFound:
            return RedirectResponse(f"{ROOT}{PATH}", 303)
        lang, lines = self.door.language(request), [line for line in plan.rows(found) if line[1] != "unchanged" or line[3]]
        lines.sort(key=lambda line: STATES.index(line[1]))
        context = {"plan": found, "lines": lines[:MOST_SHOWN], "more": max(0, len(lines) - MOST_SHOWN), "states": STATES}
        said = {"said": lambda key: words(lang, key), "apart": (TO_CHECK, RESPONSIBLE[0])}
        return self.door.form(request, "exchange_plan.html", {**context, **said}, error)

    def apply(self, request: Request, signed: Signed, mark: str, others: bool) -> Response:
        try:
            with self.door.db.begin() as session:
                found = self._plan(session, signed)
                if found.mark != mark:
                    raise Conflict("exchange.plan_changed")
                count = apply(session, signed.staff, found, others)
                uploads.drop(session, signed.staff)
        except (Conflict, Refused) as error:
            return self.plan(request, signed, error)
        except NotFound:
            return RedirectResponse(f"{ROOT}{PATH}", 303)
        return RedirectResponse(f"{ROOT}{PATH}?done={count}", 303)

    def _plan(self, session: Session, signed: Signed) -> Plan:
        read = reading.read(*uploads.kept(session, signed.staff))
        return plan.plan(session, read, rules.book(self.door.settings.data_dir))


class Planned(Protocol):
    """Pages on which a file that was brought is looked at before it changes anything."""

    door: Door

    def plan(self, request: Request, signed: Signed) -> Response: ...

    def apply(self, request: Request, signed: Signed, mark: str, others: bool) -> Response: ...


def add_plan(routes: APIRouter, pages: Planned, path: str) -> None:
    """What every kind of file has: read what it would change; let it; or leave it."""
    door = pages.door
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def report(request: Request, signed: Annotated[Signed, may]) -> Response:
        return pages.plan(request, signed)

    def carry_out(
        request: Request,
        signed: Annotated[Signed, may_change],
        mark: Annotated[str, Form()] = "",
        others: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.apply(request, signed, mark, others == "yes")

    def drop(signed: Annotated[Signed, may_change]) -> Response:
        with door.db.begin() as session:
            uploads.drop(session, signed.staff)
        return RedirectResponse(f"{ROOT}{path}", 303)

    routes.add_api_route(f"{path}/plan", report, methods=["GET"])
    routes.add_api_route(f"{path}/apply", carry_out, methods=["POST"])
    routes.add_api_route(f"{path}/drop", drop, methods=["POST"])


def add(routes: APIRouter, door: Door) -> None:
    pages = Exchange(door)
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def show(request: Request, signed: Annotated[Signed, may], done: str = "") -> Response:
        return pages.show(request, done=int(done) if done.isascii() and done.isdecimal() and len(done) < 6 else 0)

    def leave(request: Request, signed: Annotated[Signed, may], kind: str = "xlsx", topic: str = "", lacks: str = "") -> Response:
        return pages.leave(request, signed, kind, Wanted(topic, lacks))

    def keep(request: Request, signed: Annotated[Signed, may_change], file: Annotated[Chosen, Depends(chosen)]) -> Response:
        return pages.keep(request, signed, file)

    routes.add_api_route(PATH, show, methods=["GET"])
    routes.add_api_route(f"{PATH}/export", leave, methods=["GET"])
    routes.add_api_route(f"{PATH}/import", keep, methods=["POST"])
    add_plan(routes, pages, PATH)
