"""The directory as HSDS files, for partners, or all of it. It is brought back, as is an extract of OpenStreetMap: what it would change is
read first."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory import versions
from bot.directory.hsds import files
from bot.directory.hsds.apply import apply
from bot.directory.hsds.book import LANGS, Book, Lang
from bot.directory.hsds.brought import planned
from bot.directory.hsds.plan import STATES, Plan
from bot.exchange.uploads import File
from bot.handoff import audit
from bot.staff import accounts
from bot.staff.rights import Right
from bot.tables import Staff
from console import brought
from console.brought import Brought, Chosen, chosen
from console.door import Door, Signed
from console.plan_words import PlanWords

TYPES = {"json": "application/json", "zip": "application/zip"}
MOST_IMPORTS = 10  # of those that were brought; the newest
For = Literal["all", "fr", "en", "ar"]
Kind = Literal["json", "zip"]


class DirectoryFiles(Brought[Plan]):
    kind, path, templates = "directory", "/directory/files", ("directory_files.html", "directory_plan.html")

    def choices(self, session: Session) -> dict[str, Any]:
        imports = versions.imports(session, MOST_IMPORTS)
        return {"langs": LANGS, "imports": imports, "names": accounts.names(session, [each.by for each in imports])}

    def leave(self, signed: Signed, whom: For, kind: Kind) -> Response:
        with self.door.db.begin() as session:
            book = Book.of(session, self.door.settings.data_dir, "fr" if whom == "all" else whom, full=whom == "all")
            content, count = files.export(session, book, kind)
            audit.record(session, str(signed.staff.id), "directory.exported", "directory", {"kind": kind, "for": whom, "services": count})
        name = f"dalil-hsds-{whom}-{datetime.now(TIME_ZONE).date().isoformat()}.{kind}"
        return Response(content, media_type=TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def planned(self, session: Session, file: File) -> Plan:
        """In another language than ours counts as in French."""
        lang: Lang = next((each for each in LANGS if each == file.lang), "fr")
        return planned(session, file.name, file.content, Book.of(session, self.door.settings.data_dir, lang))

    def report(self, found: Plan) -> dict[str, Any]:
        lines = [each for each in found.outcomes if each.state != "unchanged"]
        lines.sort(key=lambda each: (each.state != "refused", not each.doubts, STATES.index(each.state)))
        return {"lines": lines, "states": STATES, "words": lambda language: PlanWords(language, self.door.settings.data_dir, found)}

    def carry_out(self, session: Session, person: Staff, found: Plan, others: bool) -> int:
        return apply(session, str(person.id), found, others)


def add(routes: APIRouter, door: Door) -> None:
    pages = DirectoryFiles(door)
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def leave(signed: Annotated[Signed, may], whom: For = "all", kind: Kind = "json") -> Response:
        return pages.leave(signed, whom, kind)

    def keep(
        request: Request,
        signed: Annotated[Signed, may_change],
        file: Annotated[Chosen, Depends(chosen)],
        lang: Annotated[str, Form(max_length=20)] = "fr",
    ) -> Response:
        return pages.keep(request, signed, file, lang)

    routes.add_api_route(f"{pages.path}/export", leave, methods=["GET"])
    routes.add_api_route(f"{pages.path}/import", keep, methods=["POST"])
    brought.add(routes, pages)
