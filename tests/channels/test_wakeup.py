"""Those who wait are woken by the database, whatever happens to the connection."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.db import Database, notify
from channels.wakeup import Wakeup


@pytest.fixture
async def wakeup(db: Database) -> AsyncIterator[Wakeup]:
    found = Wakeup(db.url, "sent")
    task = asyncio.create_task(found.run())
    yield found
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


KEY = "one conversation"


class Looking:
    """Finds nothing until the given look."""

    def __init__(self, enough_at: int) -> None:
        self.enough_at, self._looks = enough_at, itertools.count(1)

    def look(self) -> int:
        return next(self._looks)

    def enough(self, look: int) -> bool:
        return look >= self.enough_at


def tell(db: Database) -> None:
    with db.begin() as session:
        notify(session, "sent", KEY)


async def told_until(db: Database, done: "asyncio.Task[int]") -> int:
    """Tell again and again until the one who waits has found enough: the listening may not have begun yet."""
    for _ in range(1000):
        await asyncio.to_thread(tell, db)
        if (await asyncio.wait([done], timeout=0.02))[0]:
            return done.result()
    raise AssertionError("nobody was woken")


def waiting(wakeup: Wakeup, looking: Looking) -> "asyncio.Task[int]":
    return asyncio.create_task(wakeup.until(KEY, looking.look, looking.enough, 600))


async def test_who_finds_enough_at_once_does_not_wait(wakeup: Wakeup) -> None:
    looking = Looking(1)
    assert await wakeup.until(KEY, looking.look, looking.enough, 600) == 1


async def test_who_waits_looks_again_when_the_database_tells(db: Database, wakeup: Wakeup) -> None:
    assert await told_until(db, waiting(wakeup, Looking(3))) == 3


async def test_all_who_wait_are_woken(db: Database, wakeup: Wakeup) -> None:
    people = [waiting(wakeup, Looking(2)) for _ in range(5)]
    assert [await told_until(db, person) for person in people] == [2] * 5


async def test_at_the_end_of_the_time_what_was_found_is_given(wakeup: Wakeup) -> None:
    looking = Looking(10**6)
    assert 1 <= await wakeup.until(KEY, looking.look, looking.enough, 0.05) < 10**6


async def test_without_time_it_is_looked_once(wakeup: Wakeup) -> None:
    looking = Looking(10)
    assert await wakeup.until(KEY, looking.look, looking.enough, 0) == 1


async def test_a_change_between_looking_and_waiting_is_not_missed(db: Database) -> None:
    """The ring comes while the look is still going on."""
    wakeup = Wakeup(db.url, "sent")

    class Ringing(Looking):
        def look(self) -> int:
            loop.call_soon_threadsafe(wakeup.ring, KEY)
            return super().look()

    loop, looking = asyncio.get_running_loop(), Ringing(2)
    assert await asyncio.wait_for(wakeup.until(KEY, looking.look, looking.enough, 600), 20) == 2


async def test_a_lost_connection_is_replaced(db: Database, wakeup: Wakeup) -> None:
    assert await told_until(db, waiting(wakeup, Looking(2))) == 2
    with db.begin() as session:
        cut = session.scalars(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN sent%'")).all()
    assert cut == [True]
    assert await told_until(db, waiting(wakeup, Looking(3))) == 3


async def test_who_waits_for_another_conversation_is_left_alone(db: Database, wakeup: Wakeup) -> None:
    mine, other = Looking(3), Looking(10**6)
    elsewhere = asyncio.create_task(wakeup.until("another conversation", other.look, other.enough, 600))
    assert await told_until(db, waiting(wakeup, mine)) == 3
    elsewhere.cancel()
    assert next(other._looks) <= 3  # at the start, and when the listening began
