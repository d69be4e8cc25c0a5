"""Help in writing: what may be put into an answer, as a list for the script (help.js), or as a page of its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.handoff import cases, drafts, inserts, thread
from bot.messaging import conversations
from bot.staff.rights import Right
from bot.tables import Staff
from console import suggested
from console.case_page import CasePage
from console.door import Door, RowId, Signed, by_script
from console.pages import ROOT
from console.view import View

LONGEST_QUERY = 200


class HelpPage:
    def __init__(self, door: Door) -> None:
        self.door, self.faq = door, inserts.FaqWords()

    def show(self, request: Request, signed: Signed, case_id: int, query: str) -> Response:
        with self.door.db.begin() as session:
            view = self._view(session, signed.staff, case_id)
            found = inserts.find(session, suggested.writer(view), query, self.faq)
            after = thread.last_said(session, signed.staff, view.case)
        context = {"case": view.case, "found": found, "form": view.form, "query": query, "after": after}
        return self.door.page(request, "_help.html" if by_script(request) else "help.html", context)

    def put(self, session: Session, me: Staff, case_id: int, what: tuple[str, str | None, int]) -> None:
        """Into the draft: the text that was typed, if the form has it, then what was chosen, if anything was."""
        item, text, after = what
        view = self._view(session, me, case_id)
        typed = drafts.of(session, me, view.case) if text is None else text
        if item:
            typed = inserts.joined(typed, inserts.one(session, suggested.writer(view), item))
        drafts.keep(session, me, case_id, (typed, after))

    def _view(self, session: Session, person: Staff, case_id: int) -> View:
        case = cases.seen(session, person, case_id)
        return View(session, person, case, conversations.get(session, case.conversation_id), "", self.door.settings)


def add(routes: APIRouter, door: Door) -> None:
    pages, helping = CasePage(door), HelpPage(door)

    def show(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(door.may(Right.CASES))],
        q: Annotated[str, Query(max_length=LONGEST_QUERY)] = "",
    ) -> Response:
        return helping.show(request, signed, case_id, q)

    def put(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(door.may_change(Right.CASES))],
        item: Annotated[str, Form()] = "",
        text: Annotated[str | None, Form()] = None,
        after: Annotated[int, Form()] = 0,
    ) -> Response:
        answer = pages.act(request, case_id, lambda session, me: helping.put(session, me, case_id, (item, text, after)), draft=text or "")
        to_list = not item and answer.status_code == 303
        return RedirectResponse(f"{ROOT}/cases/{case_id}/help", 303) if to_list else answer

    routes.add_api_route("/cases/{case_id}/help", show, methods=["GET"])
    routes.add_api_route("/cases/{case_id}/help", put, methods=["POST"])
