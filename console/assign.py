"""What is done with who has a case, and how it ends: one form each."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from bot.handoff import assignment, cases
from bot.handoff.assignment import Move
from bot.handoff.cases import Ending
from bot.staff.rights import Right
from console.case_page import CasePage
from console.door import Door, RowId, Signed
from console.queue import as_number, as_uuid

Held = Annotated[uuid.UUID | None, Form()]
Words = Annotated[str, Form()]


def add(routes: APIRouter, door: Door) -> None:
    pages = CasePage(door)

    def release(request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        return pages.act(request, case_id, lambda session, me: assignment.release(session, me, case_id))

    def reopen(request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        return pages.act(request, case_id, lambda session, me: assignment.reopen(session, me, case_id, pages.texts))

    def reopen_and_take(request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.CASES))]) -> Response:
        return pages.act(request, case_id, lambda session, me: assignment.reopen_and_take(session, me, case_id, pages.texts))

    routes.add_api_route("/cases/{case_id}/release", release, methods=["POST"])
    routes.add_api_route("/cases/{case_id}/reopen", reopen, methods=["POST"])
    routes.add_api_route("/cases/{case_id}/reopen-and-take", reopen_and_take, methods=["POST"])
    _add_close(routes, pages)
    _add_moves(routes, pages)


def _add_close(routes: APIRouter, pages: CasePage) -> None:
    def close(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(pages.door.may_change(Right.CASES))],
        outcome: Words = "",
        topics: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        ending = Ending(pages.texts, outcome, tuple(topics or ()))
        typed = {"form": "close", "outcome": outcome, "topics": topics or []}
        return pages.act(request, case_id, lambda session, me: cases.close(session, me, case_id, ending), **typed)

    routes.add_api_route("/cases/{case_id}/close", close, methods=["POST"])


def _add_moves(routes: APIRouter, pages: CasePage) -> None:
    door = pages.door

    def take_over(
        request: Request, case_id: RowId, signed: Annotated[Signed, Depends(door.may_change(Right.LEAD))], held_by: Held = None
    ) -> Response:
        move = Move(case_id, held_by)
        return pages.act(request, case_id, lambda session, me: assignment.take_over(session, me, move, pages.texts))

    def assign(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(door.may_change(Right.LEAD))],
        held_by: Held = None,
        to: Words = "",
    ) -> Response:
        move, typed = Move(case_id, held_by, as_uuid(to)), {"form": "assign", "to": to}
        return pages.act(request, case_id, lambda session, me: assignment.assign(session, me, move, pages.texts), **typed)

    def transfer(
        request: Request,
        case_id: RowId,
        signed: Annotated[Signed, Depends(door.may_change(Right.CASES))],
        held_by: Held = None,
        to: Words = "",
        reason: Words = "",
    ) -> Response:
        """`to`: the id of a colleague, or the number of a team."""
        move = Move(case_id, held_by, as_uuid(to), as_number(to), reason)
        typed = {"form": "transfer", "to": to, "reason": reason}
        return pages.act(request, case_id, lambda session, me: assignment.transfer(session, me, move, pages.texts), **typed)

    routes.add_api_route("/cases/{case_id}/take-over", take_over, methods=["POST"])
    routes.add_api_route("/cases/{case_id}/assign", assign, methods=["POST"])
    routes.add_api_route("/cases/{case_id}/transfer", transfer, methods=["POST"])
