"""Takes rows from the outbox and calls the channels; also fetches files and does the periodic jobs. The only code that sends."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple, TypeVar

import psycopg
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import SendError, TryAgain, Unreachable, WindowClosed
from bot.messaging import media, outbox
from bot.privacy import forget
from bot.privacy.vault import Vault, vault
from bot.tables import Conversation, OutboundRow
from channels.base import Channel, settle

log = logging.getLogger("dalil.sender")
WORKERS = 4  # each waits for one provider call at a time
IDLE_SECONDS = 1.0
JOBS_EVERY = 20.0
JOBS_LOCK = 7_301_442  # one sender does the jobs
REMOTE = frozenset({"telegram", "whatsapp", "practice"})  # channels whose `send` does more than nothing
Answer = TypeVar("Answer")
Channels = Mapping[str, Channel]
Job = Callable[[], None]
Beside = Callable[[threading.Event], None]


class Sent(NamedTuple):
    """What became of one row: the provider's id of it, or why it was not taken."""

    row: OutboundRow
    channel: str
    failure: SendError | None = None


def send_one(db: Database, channels: Channels) -> bool:
    """Send the next row. False: nothing to do.

    Three transactions: the attempt is noted; the call is made in one with the lock that keeps a caseworker's claim waiting; what it
    means for other rows follows. Where nothing is called, the first two are one."""
    done = None
    with db.begin() as session:
        attempt = outbox.begin(session, {name: channel.paces for name, channel in channels.items()})
        if attempt and attempt.channel not in REMOTE:
            done = _send(session, attempt, channels)
    if attempt is None:
        return False
    if attempt.channel in REMOTE:
        with db.begin() as session:
            done = _send(session, attempt, channels)
    if done and done.failure:
        with db.begin() as session:
            outbox.after_failure(session, done.row.conversation_id, done.failure)
    elif done and done.row.provider_id:
        settle(db, channels[done.channel], done.row.provider_id)
    return True


def _send(session: Session, attempt: outbox.Attempt, channels: Channels) -> Sent | None:
    found = outbox.claim(session, attempt.row_id)
    if found is None:
        return None
    row, conversation = found
    if outbox.is_stale(row, conversation):
        outbox.dropped(row)
        return None
    known = outbox.provider_ids(session, conversation.id) if attempt.tried else frozenset()
    bubble = _Bubble(vault(session), row, conversation)
    answer = asked(f"row {row.id}", lambda: _deliver(bubble, channels[conversation.channel], attempt.tried, known))
    if isinstance(answer, SendError):
        outbox.failed(session, row, answer)
        return Sent(row, conversation.channel, answer)
    outbox.sent(session, row, answer)
    return Sent(row, conversation.channel)


def asked(what: str, call: Callable[[], Answer]) -> Answer | SendError:
    """What a provider answered, or why it did not."""
    try:
        return call()
    except SendError as error:
        return error
    except Exception as error:  # one of the three places that catch everything: what cannot be sent or fetched must not hold up the others
        log.error("%s: %s", what, type(error).__name__)
        return TryAgain(type(error).__name__)


def _deliver(bubble: "_Bubble", channel: Channel, tried: datetime | None, known: frozenset[str]) -> str | None:
    """Hand it over, unless an earlier attempt that ended without a word had reached the provider after all."""
    conversation, address, body = bubble.conversation, bubble.address(), bubble.body()
    if conversation.unreachable:
        raise Unreachable(conversation.unreachable)
    if channel.window and datetime.now(timezone.utc) > conversation.last_inbound_at + channel.window and not body.get("template"):
        raise WindowClosed("the person wrote more than a day ago")
    earlier = [name for name in channel.taken(address, body, tried) if name not in known] if tried else []
    return earlier[0] if earlier else channel.send(address, body)


class _Bubble(NamedTuple):
    """A row of the outbox, opened where a failure is caught: what nobody can decrypt must not hold up the others."""

    safe: Vault
    row: OutboundRow
    conversation: Conversation

    def address(self) -> str:
        return str(self.safe.unseal(self.conversation.address_sealed))

    def body(self) -> dict[str, Any]:
        return dict(self.safe.unseal(self.row.body_sealed))


def fetch_one(db: Database, channels: Channels) -> bool:
    """Fetch the next file that a person sent. False: nothing to do."""
    with db.begin() as session:
        row = media.next_wanted(session, list(channels))
        if row is None:
            return False
        channel, safe = channels[row.channel], vault(session)
        content = asked(f"file {row.id}", lambda: channel.fetch(str(safe.unseal(row.reference_sealed))))
        if isinstance(content, SendError):
            media.failed(session, row, content)
            return True
        media.keep(session, row, content.data, content.mime)
    channel.discard(str(safe.unseal(row.reference_sealed)))
    return True


class Sender:
    """The process `sender`. `jobs`: what else is done now and then, by one sender of all; `beside`: what runs until it stops."""

    def __init__(self, db: Database, channels: Channels, jobs: tuple[Job, ...] = (), beside: tuple[Beside, ...] = ()) -> None:
        self.db, self.channels, self.stopping, self._beside = db, channels, threading.Event(), beside
        self._jobs, self._next_jobs = (self._forget, self._expire, *jobs), 0.0
        self._wake, self._rings = threading.Condition(), 0

    def run(self) -> None:
        """Until `stopping` is set. A lost database is waited for."""
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        beside = [threading.Thread(target=each, args=(self.stopping,), daemon=True) for each in self._beside]
        for thread in (*workers, *beside):
            thread.start()
        while not self.stopping.is_set():
            try:
                self._listen()
            except (psycopg.OperationalError, OperationalError, OSError) as error:
                log.warning("database not reachable, trying again: %s", type(error).__name__)
                self.stopping.wait(IDLE_SECONDS)
        self._ring()
        for worker in workers:
            worker.join()

    def _listen(self) -> None:
        with psycopg.connect(self.db.url, autocommit=True) as wake:
            wake.execute(f"LISTEN {outbox.CHANNEL}")
            while not self.stopping.is_set():
                self._ring()
                if time.monotonic() >= self._next_jobs:
                    self._next_jobs = time.monotonic() + JOBS_EVERY
                    self._do_jobs(wake)
                for _ in wake.notifies(timeout=IDLE_SECONDS, stop_after=1):
                    pass

    def _ring(self) -> None:
        """Wakes one worker. Who finds work rings for the next: all of them at once would only ask the database for nothing."""
        with self._wake:
            self._rings += 1
            self._wake.notify()

    def _work(self) -> None:
        while not self.stopping.is_set():
            before = self._rings  # a ring while it drains is not missed
            try:
                self.drain()
            except SQLAlchemyError as error:
                log.warning("database not reachable, trying again: %s", type(error).__name__)
            with self._wake:
                self._wake.wait_for(lambda before=before: self._rings != before, IDLE_SECONDS)  # type: ignore[misc]

    def drain(self) -> None:
        """Send and fetch all that is due. One row that fails in an unforeseen way is noted on the row and does not stop the others."""
        worked = False
        while not self.stopping.is_set() and (send_one(self.db, self.channels) or fetch_one(self.db, self.channels)):
            worked = True
            self._ring()
        if worked:
            self._forget()

    def _forget(self) -> None:
        with self.db.begin() as session:
            forget.forget_requested(session)

    def _do_jobs(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        """By whoever gets the lock; it is freed with the connection."""
        if connection.execute("SELECT pg_try_advisory_lock(%s)", (JOBS_LOCK,)).fetchone() != (True,):
            return
        for job in self._jobs:
            job()
        connection.execute("SELECT pg_advisory_unlock(%s)", (JOBS_LOCK,))

    def _expire(self) -> None:
        with self.db.begin() as session:
            forget.expire(session)
