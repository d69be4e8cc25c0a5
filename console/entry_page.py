"""One entry: five forms side by side, kept as revisions. What was typed is never lost."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.errors import Conflict, DalilError, Refused
from bot.faq import comments, differences, editing, merging, workflow
from bot.faq.revisions import Kind
from bot.faq.workflow import Change
from bot.language.forms import known
from bot.staff.rights import Right
from bot.tables import EntryRow, Staff
from console import entry_view
from console.door import Door, Signed, by_script
from console.entries import ENTRY, shelf
from console.entry_clash import body, clash, marks, open_since, typed_over
from console.entry_forms import Typed, typed
from console.entry_view import Reader, Said, Sheet
from console.pages import ROOT

KINDS: tuple[Kind, ...] = ("minor", "meaning")


class EntryPages:
    def __init__(self, door: Door) -> None:
        self.door, self.shelf = door, shelf(door.db)

    def edit(self, request: Request, entry_id: str, error: DalilError | None = None, said: Said | None = None) -> Response:
        """As it was saved last. `error`: why a step was refused; `said`: what was written with it."""
        with self.door.db.begin() as session:
            head = workflow.head(session, entry_id)
            problem = self.door.sentence(request, error)
            sheet = Sheet(head.body, Typed(head.number), problem, _status(error), said=said or Said())
            context = self._context(request, session, sheet)
        return self._page(request, sheet, context)

    def strangers(self, signed: Signed, entry_id: str) -> Said:
        """What came of a comment that this person has just written."""
        with self.door.db.begin() as session:
            return Said(strangers=comments.strangers(session, signed.staff, entry_id))

    def look(self, request: Request, entry_id: str, typed: Typed) -> Response:
        """What was typed, its faults and how it would be said; nothing is saved."""
        with self.door.db.begin() as session:
            mine = typed_over(session, entry_id, typed)
            sheet = Sheet(mine, typed, clash=clash(session, entry_id, typed, mine), came_back=True)
            if by_script(request):
                return self.door.page(request, "_entry_live.html", entry_view.parts(session, sheet, self.reader(request, session)))
            context = self._context(request, session, sheet)
        return self._page(request, sheet, context)

    def save(self, request: Request, signed: Signed, entry_id: str, typed: Typed) -> Response:
        try:
            with self.door.db.begin() as session:
                self._save(session, signed.staff, entry_id, typed)
        except (Conflict, Refused) as error:
            with self.door.db.begin() as session:
                sheet = self._refused(request, session, (entry_id, typed), error)
                context = self._context(request, session, sheet)
            return self._page(request, sheet, context)
        return RedirectResponse(f"{ROOT}{ENTRY}/{entry_id}?saved=1", 303)

    def _save(self, session: Session, person: Staff, entry_id: str, typed: Typed) -> None:
        if typed.kind not in KINDS:
            raise Refused("entry.no_kind")
        if len(typed.why) > editing.LONGEST_WHY:
            raise Refused("entry.too_long")
        base = body(session, entry_id, typed.seen)
        now = typed.over(base)
        if clash(session, entry_id, typed, now).undecided:
            raise Refused("entry.undecided")
        editing.check(now)
        kind: Kind = "meaning" if typed.kind == "meaning" else "minor"
        if typed.looked_at or differences.changed(base, now):
            workflow.save(session, person, entry_id, Change(now, kind, typed.seen, typed.why, typed.looked_at))
        if typed.entrusts:
            editing.entrust(session, person, entry_id, typed.responsible or "")

    def _refused(self, request: Request, session: Session, what: tuple[str, Typed], error: DalilError) -> Sheet:
        """Theirs beside mine where both wrote: each is to be decided; where only they wrote, theirs is taken."""
        entry_id, typed = what
        said, mine = self.door.sentence(request, error), typed_over(session, entry_id, typed)
        if not isinstance(error, Conflict):
            return Sheet(mine, typed, said, 422, clash(session, entry_id, typed, mine), came_back=True)
        head = workflow.head(session, entry_id)
        merged = merging.merge(body(session, entry_id, typed.seen), mine, head.body)
        clashing = open_since(clash(session, entry_id, typed, mine), typed) | marks(merged)
        now = replace(typed, seen=head.number, clashing=clashing, keep=(), looked_at=())
        return Sheet(merged.body, now, said, 409, clash(session, entry_id, now, merged.body), merged.taken, came_back=True)

    def reader(self, request: Request, session: Session) -> Reader:
        return Reader(known(self.door.language(request).code), self.door.settings.data_dir, self.shelf.lines(session))

    def _context(self, request: Request, session: Session, sheet: Sheet) -> dict[str, Any]:
        return entry_view.whole(session, session.get_one(EntryRow, sheet.body["id"]), sheet, self.reader(request, session))

    def _page(self, request: Request, sheet: Sheet, context: dict[str, Any]) -> Response:
        return self.door.page(request, "content_entry.html", context, sheet.status)


def _status(error: DalilError | None) -> int:
    if isinstance(error, Conflict):
        return 409
    return 422 if error else 200


def add(routes: APIRouter, door: Door) -> None:
    pages = EntryPages(door)
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def edit(request: Request, entry_id: str, signed: Annotated[Signed, may], said: str = "", done: str = "") -> Response:
        commented = said or done == "send-back"
        return pages.edit(request, entry_id, said=pages.strangers(signed, entry_id) if commented else None)

    def save(request: Request, entry_id: str, signed: Annotated[Signed, may_change], typed: Annotated[Typed, Depends(typed)]) -> Response:
        return pages.save(request, signed, entry_id, typed)

    def look(request: Request, entry_id: str, signed: Annotated[Signed, may_change], typed: Annotated[Typed, Depends(typed)]) -> Response:
        return pages.look(request, entry_id, typed)

    routes.add_api_route(f"{ENTRY}/{{entry_id}}", edit, methods=["GET"])
    routes.add_api_route(f"{ENTRY}/{{entry_id}}", save, methods=["POST"])
    routes.add_api_route(f"{ENTRY}/{{entry_id}}/look", look, methods=["POST"])
