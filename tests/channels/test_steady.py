"""A worker or a listener outlives whatever fails."""

import asyncio

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from channels import steady

REFUSED = OperationalError("connect", None, psycopg.OperationalError("too many clients already"))


@pytest.mark.parametrize("fault", [REFUSED, psycopg.OperationalError("gone"), KeyError("facts"), None])
async def test_it_begins_again_after_a_fault_and_after_an_end(monkeypatch: pytest.MonkeyPatch, fault: Exception | None) -> None:
    monkeypatch.setattr(steady, "PAUSE", 0)
    begun = asyncio.Semaphore(0)

    async def step() -> None:
        begun.release()
        if fault:
            raise fault

    task = asyncio.create_task(steady.for_ever("listener", step))
    for _ in range(3):
        await asyncio.wait_for(begun.acquire(), 20)
    assert not task.done()
    task.cancel()
