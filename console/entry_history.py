"""What became of an entry: its revisions, and what each changed, word by word."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from bot.errors import NotFound
from bot.faq import answered, differences, revisions, workflow
from bot.staff import accounts
from bot.staff.rights import Right
from bot.tables import EntryRow
from console.door import MOST_ROWS, Door, RowId, Signed
from console.entries import ENTRY
from console.entry_forms import field_of

ON_A_PAGE = 50


class History:
    def __init__(self, door: Door) -> None:
        self.door = door

    def listed(self, request: Request, entry_id: str, page: int) -> Response:
        with self.door.db.begin() as session:
            row = _row(session.get(EntryRow, entry_id))
            every = revisions.history(session, entry_id)
            names = accounts.names(session, [revision.by for revision in every])
            live = set(answered.once_live(session, entry_id))
        shown = every[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
        context = {"row": row, "revisions": shown, "names": names, "once_live": live, "titles": every[0].body["titles"] if every else {}}
        return self.door.page(request, "content_history.html", {**context, "page": page, "last": page * ON_A_PAGE >= len(every)})

    def one(self, request: Request, entry_id: str, number: int, against: int) -> Response:
        """What this revision changed in the one before it, or in another one."""
        other = against or number - 1
        with self.door.db.begin() as session:
            row = _row(session.get(EntryRow, entry_id))
            revision = revisions.get(session, entry_id, number)
            before = revisions.get(session, entry_id, other).body if other else {}
            names = accounts.names(session, [revision.by])
            live = number in answered.once_live(session, entry_id)
        found = [(field_of(d[:2]), d) for d in differences.bodies(before, revision.body) if d.part != "to_check"]
        context = {
            "row": row,
            "stood": workflow.stands(row),
            "revision": revision,
            "names": names,
            "once_live": live,
            "changes": found,
            "last": row.head,
            "against": against,
        }
        return self.door.page(request, "content_revision.html", context)


def _row(row: EntryRow | None) -> EntryRow:
    if row is None:
        raise NotFound("There is no such entry.")
    return row


def add(routes: APIRouter, door: Door) -> None:
    pages = History(door)
    may = Depends(door.may(Right.CONTENT))

    def listed(
        request: Request, entry_id: str, signed: Annotated[Signed, may], page: Annotated[int, Query(ge=1, le=10_000)] = 1
    ) -> Response:
        return pages.listed(request, entry_id, page)

    def one(
        request: Request,
        entry_id: str,
        revision: RowId,
        signed: Annotated[Signed, may],
        against: Annotated[int, Query(ge=0, le=MOST_ROWS)] = 0,
    ) -> Response:
        return pages.one(request, entry_id, revision, against)

    routes.add_api_route(f"{ENTRY}/{{entry_id}}/revisions", listed, methods=["GET"])
    routes.add_api_route(f"{ENTRY}/{{entry_id}}/revisions/{{revision}}", one, methods=["GET"])
