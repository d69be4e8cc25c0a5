"""Server-sent events: they only say that something changed; the browser then fetches the fragment again."""

import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.handoff import cases, lease
from bot.staff.rights import Right
from console.door import Door, Signed
from console.hub import EVERYTHING, Hub

QUIET = 15.0  # seconds until a comment is sent, so that proxies keep the line and a closed one is noticed
LONGEST = 600.0  # then the browser comes again, and is asked again who it is
log = logging.getLogger(__name__)


def names(news: set[str], conversation_id: uuid.UUID | None, staff_id: uuid.UUID | None = None) -> list[str]:
    """What this browser is told. Ids stay here; it hears only about the conversation it looks at, and what its own person did elsewhere."""
    whole = EVERYTHING in news
    told = {
        "queue": whole or "queue" in news or str(staff_id) in news,
        "thread": conversation_id is not None and (whole or str(conversation_id) in news),
    }
    return [name for name, wanted in told.items() if wanted]


class Beat:
    """Says now and then that somebody is there, however much news there is."""

    def __init__(self, say: Callable[[], None]) -> None:
        self._say, self._next = say, 0.0

    async def __call__(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + QUIET
        try:
            await run_in_threadpool(self._say)
        except SQLAlchemyError as error:
            log.warning("nobody could note that a page is open: %s", type(error).__name__)  # the hub waits for the database


@dataclass(frozen=True)
class Watched:
    """What a browser wants to hear of; None: of no conversation."""

    staff_id: uuid.UUID
    conversation_id: uuid.UUID | None


async def stream(request: Request, hub: Hub, watched: Watched, beat: Beat) -> AsyncIterator[str]:
    listener, ends = hub.join(), time.monotonic() + LONGEST
    try:
        yield "retry: 2000\n\n"
        while time.monotonic() < ends and not await request.is_disconnected():
            await beat()
            told = names(await listener.wait(QUIET), watched.conversation_id, watched.staff_id)
            yield "".join(f"event: {name}\ndata: changed\n\n" for name in told) or ": still here\n\n"
    finally:
        hub.leave(listener)


def add(routes: APIRouter, door: Door) -> None:
    hub = Hub(door.db.url)

    def conversation_of(signed: Annotated[Signed, Depends(door.may(Right.CASES))], case: int = 0) -> uuid.UUID | None:
        if not case:
            return None
        with door.db.begin() as session:
            return cases.seen(session, signed.staff, case).conversation_id

    async def events(
        request: Request,
        signed: Annotated[Signed, Depends(door.may(Right.CASES))],
        conversation_id: Annotated[uuid.UUID | None, Depends(conversation_of)],
    ) -> Response:
        def renew() -> None:
            with door.db.begin() as session:
                lease.renew(session, signed.staff)

        headers = {"X-Accel-Buffering": "no"}  # nginx must pass each event on at once
        watched = Watched(signed.staff.id, conversation_id)
        return StreamingResponse(stream(request, hub, watched, Beat(renew)), media_type="text/event-stream", headers=headers)

    routes.add_api_route("/events", events, methods=["GET"])
