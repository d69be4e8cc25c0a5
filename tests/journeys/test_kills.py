"""Each process killed (SIGKILL) in the middle of a turn: it comes back by itself and the message is answered exactly once.

A lock that the test holds keeps the process exactly where it shall die.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot.db import Database
from bot.messaging import conversations
from bot.tables import Conversation, InboundRow, OutboundRow
from cli.client import Chat
from cli.processes import Stack

pytestmark = pytest.mark.journey
QUESTION = {"text": "where can I register the birth of my baby?"}


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition."""
    tick, left = threading.Event(), int(seconds / 0.05)
    while not true():
        assert left > 0, "the condition did not come true"
        left -= 1
        tick.wait(0.05)


@contextmanager
def held(live: Database, statement: str, **values: object) -> Iterator[None]:
    """A lock, for as long as the block lasts."""
    with live.engine.connect() as connection:
        connection.execute(text(statement), values)
        yield
        connection.rollback()


def somebody_waits_for_a_lock(live: Database) -> bool:
    with live.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")))


def conversation_of(session: Session, chat: Chat) -> Conversation:
    found = conversations.by_address(session, "webchat", chat.token)
    assert found is not None
    return found


def lock_conversation(live: Database, chat: Chat) -> tuple[str, uuid.UUID]:
    with live.begin() as session:
        return "SELECT 1 FROM conversation WHERE id = :id FOR UPDATE", conversation_of(session, chat).id


def kill_and_wait(stack: Stack, name: str) -> None:
    pid = stack.running[name].pid
    stack.running[name].kill()
    until(lambda: stack.running[name].pid != pid)


def all_ready(stack: Stack) -> bool:
    return all(process.is_ready() for process in stack.running.values())


def answered_once(live: Database, chat: Chat) -> None:
    """One inbound row, done; its replies numbered 0, 1, … without a gap; each read exactly once."""
    chat.settle()
    with live.begin() as session:
        mine = conversation_of(session, chat).id
        rows = session.scalars(select(InboundRow).filter_by(conversation_id=mine)).all()
        replies = session.scalars(select(OutboundRow.n).filter_by(conversation_id=mine).order_by(OutboundRow.n)).all()
    assert [row.state for row in rows] == ["done"]
    assert replies == list(range(3)) == [m["id"] - chat.heard[0]["id"] for m in chat.heard]
    assert len({m["text"] for m in chat.heard}) == 3


def test_rasa_is_killed_before_it_writes(stack: Stack, live: Database, chat: Chat) -> None:
    statement, conversation_id = lock_conversation(live, chat)
    chat.post(QUESTION)
    with held(live, statement, id=conversation_id):
        until(lambda: somebody_waits_for_a_lock(live))
        kill_and_wait(stack, "rasa")
    until(lambda: all_ready(stack))
    answered_once(live, chat)


def test_actions_are_killed_while_they_read(stack: Stack, live: Database, chat: Chat) -> None:
    with held(live, "LOCK TABLE entry IN ACCESS EXCLUSIVE MODE"):
        chat.post(QUESTION)
        until(lambda: somebody_waits_for_a_lock(live))
        kill_and_wait(stack, "actions")
    until(lambda: all_ready(stack))
    answered_once(live, chat)


def test_the_sender_is_killed_before_it_sends(stack: Stack, live: Database, chat: Chat) -> None:
    with held(live, "LOCK TABLE outbound IN EXCLUSIVE MODE"):
        chat.post(QUESTION)
        until(lambda: somebody_waits_for_a_lock(live))
    statement, conversation_id = lock_conversation(live, chat)
    with held(live, statement, id=conversation_id):
        until(lambda: _queued(live, chat) > 0 or bool(chat.read()[0]))
        kill_and_wait(stack, "sender")
    answered_once(live, chat)


def _queued(live: Database, chat: Chat) -> int:
    with live.begin() as session:
        mine = conversation_of(session, chat).id
        return session.scalar(select(func.count()).select_from(OutboundRow).filter_by(conversation_id=mine, state="queued")) or 0


def test_web_is_killed_while_it_receives(stack: Stack, live: Database, chat: Chat) -> None:
    statement, conversation_id = lock_conversation(live, chat)
    message_id, failures = uuid.uuid4().hex, []

    def post() -> None:
        try:
            chat.post(QUESTION, message_id)
        except httpx.HTTPError as error:
            failures.append(error)

    poster = threading.Thread(target=post)
    with held(live, statement, id=conversation_id):
        poster.start()
        until(lambda: somebody_waits_for_a_lock(live))
        kill_and_wait(stack, "web")
        poster.join()
    assert failures, "the page was told that its message did not arrive"
    until(lambda: all_ready(stack))
    chat.post(QUESTION, message_id)
    answered_once(live, chat)


def test_the_database_comes_back(stack: Stack, live: Database, chat: Chat) -> None:
    """All connections are cut, as when the server restarts; nothing is lost and nothing is said twice."""
    chat.post(QUESTION)
    with live.engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
    live.engine.dispose()
    until(lambda: all_ready(stack))
    answered_once(live, chat)
