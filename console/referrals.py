"""Referrals: what waits for somebody, one referral with its next step, and the sheet that is printed."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory import search
from bot.directory.card import card
from bot.errors import Conflict, DalilError
from bot.handoff import audit, cases, referrals, sharing
from bot.handoff.sharing import Reader, Shared
from bot.staff import teams
from bot.staff.rights import Right
from bot.tables import Staff
from console.door import Door, RowId, Signed
from console.pages import ROOT
from console.tries import tried
from console.view import View

PATH = "/referrals"
SHEETS = ("fr", "ar")  # languages in which services read


def beside(view: View) -> dict[str, object]:
    """The part of the case page."""
    return {"referrals": referrals.of_case(view.session, view.case.id, view.lang)}


class ReferralPages:
    def __init__(self, door: Door) -> None:
        self.door = door

    def listed(self, request: Request, signed: Signed, everybody: bool) -> Response:
        with self.door.db.begin() as session:
            found = referrals.to_follow(session, signed.staff, self.door.language(request).code, everybody)
        return self.door.page(request, "referrals.html", {"lines": found, "everybody": everybody})

    def show(self, request: Request, signed: Signed, referral_id: int, error: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            row = referrals.seen(session, signed.staff, referral_id)
            case = cases.get(session, row.case_id)
            context = {
                "line": referrals.line(session, row, self.door.language(request).code),
                "kept": referrals.kept(session, row),
                "steps": referrals.history(session, row),
                "mine": case.state == "taken" and case.assignee_id == signed.staff.id,
                "over": row.state == "asked" and case.state == "closed",
            }
        fixed = {"ways": referrals.HOW, "sheets": SHEETS, "printable": referrals.AGREED}
        return self.door.form(request, "referral.html", {**context, **fixed}, error)

    def step(self, request: Request, signed: Signed, referral_id: int, change: tuple[str, str]) -> Response:
        """`change`: the state that the page showed, and the next; `agreed` also needs to say how."""
        return self._change(request, signed, referral_id, lambda session: referrals.step(session, signed.staff, referral_id, change))

    def agreed(self, request: Request, signed: Signed, referral_id: int, how: str) -> Response:
        return self._change(request, signed, referral_id, lambda session: referrals.note_agreement(session, signed.staff, referral_id, how))

    def _change(self, request: Request, signed: Signed, referral_id: int, do: Callable[[Session], object]) -> Response:
        _, error = tried(self.door, do)
        return self.show(request, signed, referral_id, error) if error else RedirectResponse(f"{ROOT}{PATH}/{referral_id}", 303)

    def sheet(self, request: Request, signed: Signed, referral_id: int, lang: str) -> Response:
        """In the language of the service, whatever the console is in."""
        reader = Reader(lang, self.door.settings.data_dir)
        context, error = tried(self.door, lambda session: self._sheet(session, signed.staff, referral_id, reader))
        if context is None:
            return self.show(request, signed, referral_id, error)
        return HTMLResponse(self.door.pages.render(self.door.pages.languages[lang], "sheet.html", context))

    @staticmethod
    def _sheet(session: Session, person: Staff, referral_id: int, reader: Reader) -> dict[str, object]:
        """Nobody prints what was not agreed to."""
        row = referrals.seen(session, person, referral_id)
        if row.state not in referrals.AGREED:
            raise Conflict("referral.not_agreed")
        printed = {"referral": row.id, "language": reader.form}
        audit.record(session, str(person.id), "referral.printed", f"case:{row.case_id}", printed)
        kept = referrals.kept(session, row)
        return {
            "row": row,
            "service": card(search.get(session, row.service_id), reader.form, reader.data_dir) if row.service_id else None,
            "called": kept["service"],
            "told": sharing.told(session, Shared.of(kept["shared"]), reader),
            "by": referrals.line(session, row, reader.form).by,
            "team": teams.get(session, cases.get(session, row.case_id).team_id).name,
            "today": datetime.now(TIME_ZONE).date(),
            "others": [other for other in SHEETS if other != reader.form],
        }


def add(routes: APIRouter, door: Door) -> None:
    pages = ReferralPages(door)

    def listed(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CASES))], of: str = "mine") -> Response:
        return pages.listed(request, signed, of == "team")

    def page(request: Request, referral_id: RowId, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        return pages.show(request, signed, referral_id)

    def sheet(request: Request, referral_id: RowId, signed: Annotated[Signed, Depends(door.may(Right.CASES))], lang: str = "") -> Response:
        return pages.sheet(request, signed, referral_id, lang if lang in SHEETS else SHEETS[0])

    def step(
        request: Request,
        referral_id: RowId,
        signed: Annotated[Signed, Depends(door.may_change(Right.CASES))],
        was: str = Form(""),
        to: str = Form(""),
    ) -> Response:
        return pages.step(request, signed, referral_id, (was, to))

    def agreed(
        request: Request, referral_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))], how: str = Form("")
    ) -> Response:
        return pages.agreed(request, signed, referral_id, how)

    routes.add_api_route(PATH, listed, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{referral_id}}", page, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{referral_id}}/sheet", sheet, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{referral_id}}/step", step, methods=["POST"])
    routes.add_api_route(f"{PATH}/{{referral_id}}/agreed", agreed, methods=["POST"])
