"""The queue: who waits for a person, the most urgent first."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from bot.faq import entries
from bot.handoff import cases
from bot.staff import accounts
from bot.staff.rights import Right
from bot.tables import Case
from console.door import Door, Signed


@dataclass(frozen=True)
class Item:
    """One line of the queue. `holder` is the name of who took it, `topic` the title of the entry last answered."""

    case: Case
    holder: str
    mine: bool
    topic: str

    @property
    def urgent(self) -> bool:
        return bool(self.case.urgency)


def items(session: Session, signed: Signed, lang: str) -> list[Item]:
    found = cases.queue(session, signed.staff)
    names = accounts.names(session, [c.assignee_id for c in found])
    titles = entries.titles(session, [c.topic for c in found if c.topic])
    return [
        Item(c, names[c.assignee_id] if c.assignee_id else "", c.assignee_id == signed.staff.id, titles.get(c.topic, {}).get(lang, ""))
        for c in found
    ]


def context(found: list[Item]) -> dict[str, Any]:
    """What queue and header show. `alarm`: the ids of urgent cases that nobody has taken."""
    return {"items": found, "alarm": [i.case.id for i in found if i.urgent and i.case.state == "waiting"]}


def add(routes: APIRouter, door: Door) -> None:
    def show(request: Request, signed: Signed, name: str) -> Response:
        with door.db.begin() as session:
            found = items(session, signed, door.language(request).code)
        return door.page(request, name, context(found))

    def page(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        return show(request, signed, "queue.html")

    def fragment(request: Request, signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        return show(request, signed, "_queue.html")

    routes.add_api_route("/", page, methods=["GET"])
    routes.add_api_route("/queue", fragment, methods=["GET"])
