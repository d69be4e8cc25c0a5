"""Brings updates to the bot: the updates of a chat one after the other to its webhook, or all to who asks for them."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import httpx
from fastapi import Request

from tests.providers.server import gone
from tests.providers.telegram_checks import Params
from tests.providers.telegram_state import Delivery, Json, Pending, Refused, State

LOCAL = ("127.0.0.1", "localhost", "::1")


def waits() -> Iterator[float]:
    seconds = 0.05
    while True:
        yield seconds
        seconds = min(2.0, seconds * 2)


def reachable(url: str, web: str) -> str:
    """A public address leads to the product's own process: nothing leaves this machine."""
    if not web or urlsplit(url).hostname in LOCAL:
        return url
    return urlunsplit((*urlsplit(web)[:2], *urlsplit(url)[2:]))


class Courier:
    """One task for each chat that has something to deliver."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._client = httpx.AsyncClient(timeout=60, trust_env=False)

    def wake(self) -> None:
        """Starts where something waits; to be called after everything that may have changed that."""
        for chat in {waiting.chat for waiting in self._state.talk.pending} if self._state.webhook.url else ():
            if chat not in self._tasks:
                self._tasks[chat] = asyncio.create_task(self._chat(chat))

    def idle(self) -> bool:
        return not self._state.talk.pending and not self._tasks

    async def stop(self) -> None:
        running = list(self._tasks.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._tasks.clear()

    async def close(self) -> None:
        await self.stop()
        await self._client.aclose()

    async def _chat(self, chat: int) -> None:
        try:
            while self._state.webhook.url and (update := self._first(chat)):
                await self._bring(update)
        finally:
            self._tasks.pop(chat, None)

    def _first(self, chat: int) -> Pending | None:
        return next((update for update in self._state.talk.pending if update.chat == chat), None)

    async def _bring(self, update: Pending) -> None:
        """Until it is taken, or there is no webhook any more; now and then once more, as when the answer was lost."""
        disorder = self._state.talk.disorder
        if disorder.rng.random() < disorder.late:
            await asyncio.sleep(disorder.rng.random())
        if not await self._insist(update):
            return
        with contextlib.suppress(ValueError):
            self._state.talk.pending.remove(update)
        if disorder.rng.random() < disorder.twice:
            await self._try(update, self._delivery(update))

    async def _insist(self, update: Pending) -> bool:
        delivery, pauses = self._delivery(update), waits()
        while self._state.webhook.url:
            asked = await self._try(update, delivery)
            if 200 <= (delivery.status or 0) < 300:
                return True
            await asyncio.sleep(asked or next(pauses))
        return False

    def _delivery(self, update: Pending) -> Delivery:
        self._state.talk.deliveries.append(found := Delivery(update.id))
        return found

    async def _try(self, update: Pending, delivery: Delivery) -> float:
        """One attempt; the seconds that the other side asks to wait, at most 2."""
        delivery.tries += 1
        try:
            answer = await self._post(update.body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            delivery.status = 0
            self._failed("Read timeout expired" if isinstance(error, httpx.TimeoutException) else "Connection refused")
            return 0
        delivery.status = answer.status_code
        if not answer.is_success:
            self._failed(f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}")
        with contextlib.suppress(ValueError):
            return min(2.0, float(answer.headers.get("retry-after", 0)))
        return 0

    async def _post(self, body: Json) -> httpx.Response:
        """Telegram escapes every letter beyond ASCII."""
        hook = self._state.webhook
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
        headers |= {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        return await self._client.post(reachable(hook.url, self._state.web), content=json.dumps(body).encode(), headers=headers)

    def _failed(self, message: str) -> None:
        self._state.webhook.error_date, self._state.webhook.error = int(time.time()), message


class Polling:
    """getUpdates: the last who asks is served, an earlier one is sent away."""

    def __init__(self, state: State) -> None:
        self._state, self._turn = state, 0

    async def updates(self, params: Params, request: Request) -> list[Json]:
        self._may()
        self._turn += 1
        self._state.announce()
        self._acknowledge(params.number("offset"))
        if (allowed := params.data("allowed_updates")) is not None:
            self._state.webhook.allowed = tuple(allowed)
        await self._wait(params.number("timeout"), request, self._turn)
        return [self._handed(update) for update in self._state.talk.pending[: min(max(params.number("limit", 100), 1), 100)]]

    def _may(self) -> None:
        if self._state.webhook.url:
            raise conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")

    def _acknowledge(self, offset: int) -> None:
        """What was handed out and lies below; with a negative offset only the last ones stay."""
        pending = self._state.talk.pending
        kept = pending[offset:] if offset < 0 else [update for update in pending if not (update.handed and update.id < offset)]
        pending[:] = kept

    def _handed(self, update: Pending) -> Json:
        update.handed = True
        return update.body

    async def _wait(self, seconds: int, request: Request, turn: int) -> None:
        until = time.monotonic() + seconds
        left, ended = float(seconds), False
        while not self._state.talk.pending and left > 0 and not ended:
            ended = await self._ended(request, left)
            self._still(turn)
            left = until - time.monotonic()

    def _still(self, turn: int) -> None:
        if self._state.webhook.url:
            raise conflict("terminated by setWebhook request")
        if turn != self._turn:
            raise conflict("terminated by other getUpdates request; make sure that only one bot instance is running")

    async def _ended(self, request: Request, seconds: float) -> bool:
        """News, the end of the time, or (true) the end of the connection."""
        leaving = asyncio.create_task(gone(request))
        tasks = (leaving, asyncio.create_task(self._state.news.wait()))
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        ended = leaving.done()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return ended


def conflict(description: str) -> Refused:
    return Refused(409, f"Conflict: {description}")
