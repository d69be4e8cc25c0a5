"""What a caseworker types on the page of a case, besides the answer: drafts and notes; and telling the person that an answer waits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from bot.errors import Conflict
from bot.handoff import cases, drafts, notes, safety
from bot.staff.rights import Right
from bot.tables import Staff
from console.case_page import CasePage
from console.door import Door, RowId, Signed


def add(routes: APIRouter, door: Door) -> None:
    pages = CasePage(door)

    def note(
        request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))], text: str = Form("")
    ) -> Response:
        def write(session: Session, me: Staff) -> None:
            notes.add(session, me, cases.seen(session, me, case_id), text)

        return pages.act(request, case_id, write, note=text)

    def nudge(request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        return pages.act(request, case_id, lambda session, me: cases.nudge(session, me, case_id))

    def safe(
        request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))], reason: str = Form("")
    ) -> Response:
        return pages.act(request, case_id, lambda session, me: safety.again(session, me, case_id, reason), form="safe", reason=reason)

    routes.add_api_route("/cases/{case_id}/note", note, methods=["POST"])
    routes.add_api_route("/cases/{case_id}/safe", safe, methods=["POST"])
    routes.add_api_route("/cases/{case_id}/nudge", nudge, methods=["POST"])
    _add_draft(routes, door)


def _add_draft(routes: APIRouter, door: Door) -> None:
    def draft(
        case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))], text: str = Form(""), after: int = Form(0)
    ) -> Response:
        """Only the script asks for this: 202 means not kept, since the page must look at the thread again first."""
        try:
            with door.db.begin() as session:
                drafts.keep(session, signed.staff, case_id, (text, after))
        except Conflict:
            return Response(status_code=202)
        return Response(status_code=204)

    routes.add_api_route("/cases/{case_id}/draft", draft, methods=["POST"])
