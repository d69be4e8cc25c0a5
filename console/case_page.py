"""One case: the thread, and what may be done with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from bot.errors import Conflict, DalilError, Refused
from bot.faq import entries
from bot.handoff import audit, cases, drafts, lease, mentions, safety, thread, undelivered, unread, urgency
from bot.messaging import conversations, reasons
from bot.staff import accounts
from bot.staff.rights import Right
from bot.tables import Case, Staff
from bot.texts import Texts
from console import conversation, handing, number, practice, referrals, suggested, summary
from console.door import MOST_ROWS, Door, RowId, Signed, by_script, signed_on
from console.pages import ROOT
from console.view import View

VIEW = timedelta(minutes=30)  # a page that refreshes itself is one view, not a hundred


class CasePage:
    def __init__(self, door: Door) -> None:
        self.door = door

    @property
    def texts(self) -> Texts:
        return Texts.load(self.door.settings.data_dir)

    def show(self, request: Request, case_id: int, error: DalilError | None = None, **typed: Any) -> Response:
        """The whole page, or for console.js only the parts that change. `typed`: what a form that was refused had in it."""
        signed = signed_on(request)
        assert signed
        lang = self.door.language(request).code
        with self.door.db.begin() as session:
            lease.renew(session, signed.staff)
        with self.door.db.begin() as session:
            case = cases.seen(session, signed.staff, case_id)
            _note_view(session, signed.staff, case, again=_in_part(request))
            talk, before = conversations.get(session, case.conversation_id), getattr(request.state, "before", None)
            view = View(session, signed.staff, case, talk, lang, self.door.settings, before)
            context = _context(view)
            if _is_looked_at(request):
                unread.seen(session, signed.staff, case)
        context |= {"typed": typed, "draft": typed.get("draft") or context["draft"]}
        return self.door.form(request, "_case.html" if _in_part(request) else "case.html", context, error)

    def act(self, request: Request, case_id: int, do: Callable[[Session, Staff], Any], **typed: Any) -> Response:
        """Do something with the case; a refusal is shown on the page, and what was typed stays."""
        signed = signed_on(request)
        assert signed
        try:
            with self.door.db.begin() as session:
                do(session, signed.staff)
                gone = not cases.visible_ids(session, signed.staff, [case_id])
        except (Conflict, Refused) as error:
            return self.show(request, case_id, error, **typed)
        if gone:
            return RedirectResponse(f"{ROOT}/", 303)  # it is another team's now
        if by_script(request):
            return self.show(request, case_id)
        return RedirectResponse(f"{ROOT}/cases/{case_id}#text", 303)  # the place to write, as with the script


def _in_part(request: Request) -> bool:
    return by_script(request) or request.url.path.endswith("/thread")


def _is_looked_at(request: Request) -> bool:
    """Somebody asked for it; or the script did, and says that the page is in sight."""
    return request.method == "POST" or not by_script(request) or "x-visible" in request.headers


def _note_view(session: Session, person: Staff, case: Case, again: bool) -> None:
    """Opening a case is audited, and notes that name this person are read; a refresh by the script only when the last view is long ago."""
    actor, subject = str(person.id), f"case:{case.id}"
    if not (again and audit.is_recent(session, actor, ("case.viewed", subject), VIEW)):
        audit.record(session, actor, "case.viewed", subject)
    if not again:
        mentions.seen(session, person, case)


# What stands on the page besides the conversation; each brings what its template needs.
PARTS: tuple[Callable[[View], dict[str, Any]], ...] = (
    conversation.context,
    handing.forms,
    practice.beside,
    suggested.part,
    summary.beside,
    referrals.beside,
    number.beside,
)


def _context(view: View) -> dict[str, Any]:
    session, person, case, talk = view.session, view.person, view.case, view.conversation
    common = {
        "case": case,
        "holder": accounts.names(session, [case.assignee_id]).get(case.assignee_id, ""),
        "mine": view.mine,
        "after": thread.last_said(session, person, case),
        "may_resend": case.state != "taken" or view.mine,
        "unreachable": reasons.key(talk.unreachable),
        "safety": _safety(case, talk.safe),
        "not_safe": talk.safe is False,
        "form": talk.form or case.form,
        "topic": entries.titles(session, [case.topic]).get(case.topic, {}).get(view.lang, "") if case.topic else "",
    }
    for part in PARTS:
        common.update(part(view))
    return common


def _safety(case: Case, safe: bool | None) -> str:
    """Somebody else may read the phone. Not known: said only where the bot asks for it."""
    if safe is False:
        return "safety.no"
    return "safety.unknown" if case.urgency in urgency.SILENT and safe is None else ""


def add(routes: APIRouter, door: Door) -> None:
    """The addresses of a case. Every form passes `may_change` (signed in, CSRF token)."""
    pages = CasePage(door)

    def page(
        request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may(Right.CASES))], before: AwareDatetime | None = None
    ) -> Response:
        """`before`: the part of the thread that is not newer than this."""
        request.state.before = before
        return pages.show(request, case_id)

    def take(request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        return pages.act(request, case_id, lambda session, me: cases.take(session, me, case_id, pages.texts))

    def hand_back(request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        return pages.act(request, case_id, lambda session, me: cases.hand_back(session, me, case_id, pages.texts))

    routes.add_api_route("/cases/{case_id}", page, methods=["GET"])
    routes.add_api_route("/cases/{case_id}/thread", page, methods=["GET"])
    routes.add_api_route("/cases/{case_id}/take", take, methods=["POST"])
    routes.add_api_route("/cases/{case_id}/hand-back", hand_back, methods=["POST"])
    _add_reply(routes, pages)
    _add_again(routes, pages)


def _add_reply(routes: APIRouter, pages: CasePage) -> None:
    def reply(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(pages.door.may_change(Right.CASES))],
        text: str = Form(""),
        after: int = Form(0),
        anyway: bool = Form(False),
    ) -> Response:
        def say(session: Session, me: Staff) -> None:
            if not thread.already_said(session, me, case_id, (text, after)):
                safety.confirmed(session, me, cases.mine(session, me, case_id), anyway)
                cases.reply(session, me, case_id, text)
            drafts.drop(session, me, case_id)

        return pages.act(request, case_id, say, draft=text, anyway=anyway)

    routes.add_api_route("/cases/{case_id}/reply", reply, methods=["POST"])


def _add_again(routes: APIRouter, pages: CasePage) -> None:
    def again(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(pages.door.may_change(Right.CASES))],
        row: int = Form(0, ge=0, le=MOST_ROWS),
    ) -> Response:
        return pages.act(request, case_id, lambda session, me: undelivered.send_again(session, me, row, case_id))

    routes.add_api_route("/cases/{case_id}/again", again, methods=["POST"])
