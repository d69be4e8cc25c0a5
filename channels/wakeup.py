"""Wakes those who wait for a reply: one connection of the process LISTENs, any number of requests wait, each for its own conversation."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar
from weakref import WeakValueDictionary

import psycopg

Found = TypeVar("Found")
RETRY_SECONDS = 1.0


class Wakeup:
    """`run` listens until cancelled; `until` looks again at each wake-up of its `key`, and at the end of its time."""

    def __init__(self, url: str, channel: str) -> None:
        self._url, self._channel = url, channel
        self._waiting: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()  # who waits holds their event

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.OperationalError, OSError):
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {self._channel}")
            for key in list(self._waiting):
                self.ring(key)  # what happened while nobody listened
            async for note in connection.notifies():
                self.ring(note.payload)

    def ring(self, key: str) -> None:
        if rang := self._waiting.pop(key, None):
            rang.set()

    async def until(self, key: str, look: Callable[[], Found], enough: Callable[[Found], bool], seconds: float) -> Found:
        """What `look` finds (run in a thread), as soon as it is enough, at the latest after `seconds`."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            rang = self._waiting.setdefault(key, asyncio.Event())  # taken before looking: a change in between is not missed
            found = await asyncio.to_thread(look)
            left = deadline - asyncio.get_running_loop().time()
            if enough(found) or left <= 0:
                return found
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(rang.wait(), left)
