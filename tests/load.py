"""`python -m tests.load`: 50 messages a second reach Telegram's webhook while Rasa stands still; then the backlog is worked off."""

import asyncio
import os
import signal
import threading
import time
from collections import Counter

import httpx
from sqlalchemy import select

from bot.settings import settings
from bot.tables import InboundRow
from channels import telegram as channel
from cli.prepare import train
from tests.chaos import Town, town

RATE, SECONDS = 50, 20


def update(number: int) -> dict[str, object]:
    """Each from another person."""
    person = {"id": 5000 + number, "is_bot": False, "first_name": "Test", "language_code": "fr"}
    chat = {"id": 5000 + number, "type": "private", "first_name": "Test"}
    return {
        "update_id": 10_000_000 + number,
        "message": {"message_id": number, "date": 1_790_000_000, "from": person, "chat": chat, "text": "bonjour"},
    }


async def storm(address: str, secret: str) -> list[float]:
    """Milliseconds of each request; they start on time, however long the others take."""
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=200, keepalive_expiry=2)) as web:

        async def post(number: int) -> float:
            await asyncio.sleep(number / RATE)
            started = time.perf_counter()
            answer = await web.post(address, json=update(number), headers={channel.SECRET_HEADER: secret})
            answer.raise_for_status()
            return 1000 * (time.perf_counter() - started)

        return sorted(await asyncio.gather(*(post(n) for n in range(RATE * SECONDS))))


def drained(here: Town, messages: int) -> bool:
    with here.db.begin() as session:
        states = Counter(session.scalars(select(InboundRow.state)))
    return states["done"] == messages


def main() -> int:
    config = settings()
    train(config, print)
    with town(config, print) as here:
        own = here.settings
        rasa = here.stack.running["rasa"].pid
        os.kill(rasa, signal.SIGSTOP)
        times = asyncio.run(storm(f"{own.address}{channel.PATH}", channel.secret(own, here.db)))
        os.kill(rasa, signal.SIGCONT)
        started = time.monotonic()
        while not drained(here, len(times)) and time.monotonic() - started < 600:
            threading.Event().wait(0.5)
        done = drained(here, len(times))
        p50, p99 = times[len(times) // 2], times[int(0.99 * len(times))]
        print(f"webhook, {RATE} a second for {SECONDS} s, Rasa stopped: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
        print(f"backlog of {len(times)} worked off in {time.monotonic() - started:.0f} s, {'none lost' if done else 'NOT all'}")
    return 0 if done else 1


if __name__ == "__main__":
    raise SystemExit(main())
