"""The phone number of a person, shown once to who gave a reason: in the answer to that form, never in an address or a fragment."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from bot.handoff import number
from bot.staff.rights import Right
from console.door import Door, RowId, Signed, by_script
from console.tries import tried
from console.view import View


def beside(view: View) -> dict[str, object]:
    """The part of the case page. `number_may`: yes, none (no number is known), no."""
    if not number.may_see(view.person, view.case):
        return {"number_may": "no", "number_reasons": number.REASONS}
    return {"number_may": "yes" if number.is_known(view.session, view.conversation) else "none", "number_reasons": number.REASONS}


def add(routes: APIRouter, door: Door) -> None:
    def reveal(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(door.may_change(Right.CASES))],
        reason: str = Form(""),
        words: str = Form(""),
    ) -> Response:
        found, error = tried(door, lambda session: number.reveal(session, signed.staff, case_id, (reason, words)))
        name = "_number_shown.html" if by_script(request) else "number.html"
        return door.form(request, name, {"case_id": case_id, "number": found}, error)

    routes.add_api_route("/cases/{case_id}/number", reveal, methods=["POST"])
