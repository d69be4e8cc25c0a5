"""Live updates: what PostgreSQL says reaches the browsers, and only those it concerns."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from sqlalchemy import select, text, update

from bot.db import Database, notify
from bot.handoff import cases
from bot.handoff.cases import LEASE
from bot.tables import Case, Staff
from console.events import Beat, names
from console.hub import EVERYTHING, Hub
from tests.providers.server import Server
from tests.story import until


def test_a_browser_hears_of_the_queue_and_of_the_conversation_it_looks_at():
    mine, other = uuid.uuid4(), uuid.uuid4()
    assert names({"queue"}, None) == ["queue"]
    assert names({str(other)}, mine) == [] and names({str(mine)}, None) == []
    assert names({str(mine), "queue"}, mine) == ["queue", "thread"]
    assert names({EVERYTHING}, mine) == ["queue", "thread"]
    assert names({str(other)}, mine, other) == ["queue"] and names({str(other)}, mine, uuid.uuid4()) == []


def test_the_hub_tells_everybody_once_and_survives_a_lost_connection(db: Database):
    async def story() -> None:
        hub = Hub(db.url)
        one, two = hub.join(), hub.join()
        assert await one.wait(5) == {EVERYTHING} == await two.wait(5)
        with db.begin() as session:
            notify(session, "console", "queue")
            notify(session, "console", "abc")
        assert await _all(one, 2) == {"queue", "abc"} == await _all(two, 2)
        with db.begin() as session:
            session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
        assert await one.wait(5) == {EVERYTHING}
        hub.leave(one)
        hub.leave(two)

    asyncio.run(story())


def test_a_change_reaches_a_browser_that_looks_at_the_case(served, amina, ask, db: Database):
    number = ask()
    cookies = {"dalil_console": amina.client.cookies["dalil_console"]}
    with httpx.stream("GET", f"{served}/console/events?case={number}", cookies=cookies, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream") and answer.headers["cache-control"] == "no-store"
        lines = answer.iter_lines()
        _until(lines, "event: thread")  # said once when the listening has begun
        with db.begin() as session:
            notify(session, "console", str(session.get_one(Case, number).conversation_id))
        assert _until(lines, "event: thread") == ["data: changed", ""]


def test_an_open_page_keeps_the_cases_of_its_caseworker(served, amina, ask, db: Database, monkeypatch):
    """Any page: here the queue. Said when it is opened, and again and again."""
    monkeypatch.setattr("console.events.QUIET", 0.1)
    number = ask()
    amina.post(f"/cases/{number}/take")
    cookies = {"dalil_console": amina.client.cookies["dalil_console"]}
    _soon_over(db)
    with httpx.stream("GET", f"{served}/console/events", cookies=cookies, timeout=10):
        until(lambda: _kept(db, number))
        _soon_over(db)
        until(lambda: _kept(db, number))
    with db.begin() as session:
        assert session.scalars(select(Staff.seen_at).filter_by(name="Amina")).one() is not None


def test_a_page_stays_open_while_the_database_is_away(db: Database):
    def lost() -> None:
        with db.begin() as session:
            session.execute(text("SELECT 1/0"))

    asyncio.run(Beat(lost)())


def test_events_of_strangers_are_refused(visitor):
    assert visitor.get("/events", headers={"Accept": "text/event-stream"}).status_code == 401


@pytest.fixture
def served(app) -> Iterator[str]:
    with Server(app) as server:
        yield server.url


def _soon_over(db: Database) -> None:
    with db.begin() as session:
        session.execute(update(Case).values(lease_until=datetime.now(timezone.utc) + timedelta(minutes=1)))
        session.execute(update(Staff).values(seen_at=None))


def _kept(db: Database, number: int) -> bool:
    with db.begin() as session:
        lease = cases.get(session, number).lease_until
        seen = session.scalars(select(Staff.seen_at).filter_by(name="Amina")).one()
    return lease is not None and seen is not None and lease > datetime.now(timezone.utc) + LEASE - timedelta(minutes=1)


async def _all(listener, count: int) -> set[str]:
    news: set[str] = set()
    while len(news) < count:
        news |= await listener.wait(5)
    return news


def _until(lines: Iterator[str], wanted: str) -> list[str]:
    """Read up to this line; what came before it since the last event."""
    before: list[str] = []
    for line in lines:
        if line == wanted:
            return before[-2:]
        before.append(line)
    raise AssertionError(f"{wanted} never came")
