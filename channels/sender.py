"""Takes rows from the outbox and calls the channels; also the periodic jobs. The only code that sends."""

import logging
import threading
import time

import psycopg
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.db import Database
from bot.messaging import outbox
from bot.privacy import forget
from bot.privacy.vault import vault
from bot.settings import Settings
from bot.tables import Conversation, OutboundRow
from channels.base import Channel, SendError
from channels.webchat import WebChat

log = logging.getLogger("dalil.sender")
IDLE_SECONDS = 1.0
JOBS_EVERY = 20.0


def channels_of(settings: Settings) -> dict[str, Channel]:
    found: list[Channel] = [WebChat()]
    return {channel.name: channel for channel in found}


def send_one(session: Session, channels: dict[str, Channel]) -> bool:
    """Send the next row, in one transaction with the lock that keeps a caseworker's claim waiting. False: nothing to do."""
    found = outbox.claim(session)
    if found is None:
        return False
    row, conversation = found
    if outbox.is_stale(row, conversation):
        outbox.dropped(row)
    else:
        _deliver(session, row, conversation, channels)
    return True


def _deliver(session: Session, row: OutboundRow, conversation: Conversation, channels: dict[str, Channel]) -> None:
    try:
        channels[conversation.channel].send(vault(session).unseal(conversation.address_sealed), vault(session).unseal(row.body_sealed))
    except SendError as error:
        outbox.failed(session, row, str(error), error.retryable)
    except Exception as error:  # one of the three places that catch everything: a row that cannot be sent must not hold up the others
        log.error("row %s was not sent: %s", row.id, type(error).__name__)
        outbox.failed(session, row, type(error).__name__, retryable=True)
    else:
        outbox.sent(session, row)


class Sender:
    """The loop of the process `sender`."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.channels, self.stopping = db, channels_of(settings), threading.Event()
        self._next_jobs = 0.0

    def run(self) -> None:
        """Until `stopping` is set. A lost database is waited for."""
        while not self.stopping.is_set():
            try:
                self._listen()
            except (psycopg.OperationalError, OperationalError, OSError) as error:
                log.warning("database not reachable, trying again: %s", type(error).__name__)
                self.stopping.wait(IDLE_SECONDS)

    def _listen(self) -> None:
        with psycopg.connect(self.db.url, autocommit=True) as wake:
            wake.execute(f"LISTEN {outbox.CHANNEL}")
            while not self.stopping.is_set():
                self.drain()
                self._jobs()
                for _ in wake.notifies(timeout=IDLE_SECONDS, stop_after=1):
                    pass

    def drain(self) -> None:
        """Send all that is due. One row that fails in an unforeseen way is noted on the row and does not stop the others."""
        more = True
        while more and not self.stopping.is_set():
            with self.db.begin() as session:
                more = send_one(session, self.channels)
        with self.db.begin() as session:
            forget.forget_requested(session)

    def _jobs(self) -> None:
        if time.monotonic() < self._next_jobs:
            return
        self._next_jobs = time.monotonic() + JOBS_EVERY
        with self.db.begin() as session:
            forget.expire(session)
