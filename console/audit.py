"""The audit trail, for those who watch over the work: who did what to which request or account. It names no asker."""

import uuid
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from bot.handoff import audit
from bot.handoff.audit import Search
from bot.staff import accounts, people
from bot.staff.rights import Right
from bot.tables import AuditRow
from console.door import Door, Signed
from console.pages import ROOT
from console.queue import as_number, as_uuid

PATH = "/audit"
MACHINES = ("bot", "system")  # actors that are nobody
MOST = 50  # rows on a page
KEY = "action."  # of the catalogues: every action has a word there


@dataclass(frozen=True)
class Line:
    """`who`: a name, or what the trail says when the account is gone. `about`: kind and id; `whom`: the name of an account."""

    row: AuditRow
    who: str
    about: str
    number: str
    whom: str


def lines(session: Session, rows: list[AuditRow]) -> list[Line]:
    parts = [row.subject.partition(":") for row in rows]
    names = accounts.names(session, [*(as_uuid(row.actor) for row in rows), *(as_uuid(number) for _, _, number in parts)])
    return [
        Line(row, _name(names, row.actor), about, number, _name(names, number) if about == "staff" else "")
        for row, (about, _, number) in zip(rows, parts)
    ]


def _name(names: dict[uuid.UUID | None, str], text: str) -> str:
    return names.get(as_uuid(text), text)


def add(routes: APIRouter, door: Door) -> None:
    def page(
        request: Request,
        signed: Annotated[Signed, Depends(door.may(Right.AUDIT))],
        actor: str = "",
        action: str = "",
        case: str = "",
        before: str = "",
    ) -> Response:
        known = [key.removeprefix(KEY) for key in door.language(request).messages if key.startswith(KEY)]
        who = actor if actor in MACHINES else str(as_uuid(actor) or "")
        search = Search(who, action if action in known else "", as_number(case), as_number(before))
        return door.page(request, "audit.html", {**_found(door, signed, search), "search": search, "actions": known, "machines": MACHINES})

    routes.add_api_route(PATH, page, methods=["GET"])


def _found(door: Door, signed: Signed, search: Search) -> dict[str, Any]:
    """One page. Who looks at it, and for what, is noted too."""
    asked = {key: value for key, value in asdict(search).items() if value}
    with door.db.begin() as session:
        rows = audit.find(session, search, MOST + 1)
        shown = lines(session, rows[:MOST])
        audit.record(session, str(signed.staff.id), "audit.read", "audit", asked)
        staff = people.everybody(session)
    older = urlencode({**asked, "before": rows[MOST - 1].id}) if len(rows) > MOST else ""
    return {"lines": shown, "staff": staff, "older": f"{ROOT}{PATH}?{older}" if older else "", "may_open": signed.may(Right.CASES)}
