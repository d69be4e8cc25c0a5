"""The directory as HSDS files: for partners, or all of it; bring it back, read what it would change, and only then let it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.directory.hours import TIME_ZONE
from bot.directory.hsds import files, plan
from bot.directory.hsds.book import LANGS, Book, Lang
from bot.directory.hsds.plan import STATES, Plan
from bot.errors import Conflict, DalilError, NotFound, Refused
from bot.exchange import reading, uploads
from bot.exchange.limits import MOST_BYTES
from bot.exchange.report import Unreadable
from bot.handoff import audit
from bot.staff.rights import Right
from console.door import Door, Signed
from console.exchange import Chosen, add_plan, chosen, words
from console.pages import ROOT

PATH = "/directory/files"
MOST_SHOWN = 500
TYPES = {"json": "application/json", "zip": "application/zip"}
For = Literal["all", "fr", "en", "ar"]
Kind = Literal["json", "zip"]


class DirectoryFiles:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, problem: str = "", detail: str = "", done: int = 0) -> Response:
        told = {"problem": problem, "detail": detail, "done": done, "langs": LANGS, "largest": MOST_BYTES // 2**20}
        return self.door.page(request, "directory_files.html", told, 422 if problem else 200)

    def leave(self, signed: Signed, whom: For, kind: Kind) -> Response:
        with self.door.db.begin() as session:
            book = Book.of(session, self.door.settings.data_dir, "fr" if whom == "all" else whom, full=whom == "all")
            content, count = files.export(session, book, kind)
            audit.record(session, str(signed.staff.id), "directory.exported", "directory", {"kind": kind, "for": whom, "services": count})
        name = f"dalil-hsds-{whom}-{datetime.now(TIME_ZONE).date().isoformat()}.{kind}"
        return Response(content, media_type=TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def keep(self, request: Request, signed: Signed, file: Chosen, lang: str) -> Response:
        """Its language stands before its name; another one than ours counts as French."""
        if not file.name:
            return self.show(request, "exchange.no_file")
        if len(file.content) > MOST_BYTES:
            return self.show(request, "exchange.too_large", f"> {MOST_BYTES // 2**20} MB")
        with self.door.db.begin() as session:
            uploads.keep(session, signed.staff, f"{lang if lang in LANGS else 'fr'}/{reading.short(file.name)}", file.content)
        return RedirectResponse(f"{ROOT}{PATH}/plan", 303)

    def plan(self, request: Request, signed: Signed, error: DalilError | None = None) -> Response:
        """Worked out anew each time: what others saved meanwhile counts."""
        try:
            with self.door.db.begin() as session:
                found = self._plan(session, signed)
        except NotFound:
            return RedirectResponse(f"{ROOT}{PATH}", 303)
        except Unreadable as unreadable:
            return self.show(request, str(unreadable), f"{unreadable.remark.where} {unreadable.remark.detail}".strip())
        language = self.door.language(request)
        lines = sorted((each for each in found.outcomes if each.state != "unchanged"), key=lambda each: STATES.index(each.state))
        context = {"plan": found, "lines": lines[:MOST_SHOWN], "more": max(0, len(lines) - MOST_SHOWN), "states": STATES}
        return self.door.form(request, "directory_plan.html", {**context, "said": lambda key: words(language, key)}, error)

    def apply(self, request: Request, signed: Signed, mark: str, others: bool) -> Response:
        try:
            with self.door.db.begin() as session:
                found = self._plan(session, signed)
                if found.mark != mark:
                    raise Conflict("exchange.plan_changed")
                count = plan.apply(session, str(signed.staff.id), found, others)
                uploads.drop(session, signed.staff)
        except (Conflict, Refused) as error:
            return self.plan(request, signed, error)
        except (NotFound, Unreadable):
            return RedirectResponse(f"{ROOT}{PATH}/plan", 303)
        return RedirectResponse(f"{ROOT}{PATH}?done={count}", 303)

    def _plan(self, session: Session, signed: Signed) -> Plan:
        kept, content = uploads.kept(session, signed.staff)
        before, _, name = kept.partition("/")
        lang: Lang = next((each for each in LANGS if each == before), "fr")
        tables = files.read(name or kept, content)
        return plan.plan(session, name or kept, tables, Book.of(session, self.door.settings.data_dir, lang))


def add(routes: APIRouter, door: Door) -> None:
    pages = DirectoryFiles(door)
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def show(request: Request, _: Annotated[Signed, may], done: str = "") -> Response:
        return pages.show(request, done=int(done) if done.isascii() and done.isdecimal() and len(done) < 6 else 0)

    def leave(signed: Annotated[Signed, may], whom: For = "all", kind: Kind = "json") -> Response:
        return pages.leave(signed, whom, kind)

    def keep(
        request: Request,
        signed: Annotated[Signed, may_change],
        file: Annotated[Chosen, Depends(chosen)],
        lang: Annotated[str, Form(max_length=20)] = "fr",
    ) -> Response:
        return pages.keep(request, signed, file, lang)

    routes.add_api_route(PATH, show, methods=["GET"])
    routes.add_api_route(f"{PATH}/export", leave, methods=["GET"])
    routes.add_api_route(f"{PATH}/import", keep, methods=["POST"])
    add_plan(routes, pages, PATH)
