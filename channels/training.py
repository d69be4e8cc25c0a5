"""Once content has been quiet for a while, all of it is learned anew, in a process of its own that gives way to the others.

Until then an amended index answers (`bot/understanding/amend.py`)."""

import logging
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from threading import Event

import psycopg
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.db import Database, notify
from bot.faq import entries
from bot.settings import Settings
from bot.understanding.ready import is_trained

log = logging.getLogger(__name__)
QUIET = timedelta(minutes=10)  # editors publish several changes in a row
EVERY = 60.0  # seconds
LOCK = 7_301_443  # one training at a time


class Training:
    """`command` trains on what is published, and ends with an error when the new index is refused."""

    def __init__(self, db: Database, settings: Settings, command: Sequence[str]) -> None:
        self.db, self.settings, self.command = db, settings, ["nice", "-n", "19", *command]
        self._refused = -1  # the content version on which it failed: it would fail again

    def __call__(self, stopping: Event) -> None:
        while not stopping.wait(EVERY):
            try:
                self.once(stopping)
            except (psycopg.OperationalError, OperationalError) as error:
                log.warning("database not reachable, trying again: %s", type(error).__name__)

    def once(self, stopping: Event) -> bool:
        """Train if it is time for it. True when there is a new index, of which the others are told."""
        with self.db.begin() as session:
            version = entries.version(session)
            if version == self._refused or not self._is_due(session):
                return False
        with psycopg.connect(self.db.url, autocommit=True) as lock:
            if lock.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone() != (True,):
                return False
            trained = self._train(stopping)
        if not trained:
            self._refused = version
            return False
        with self.db.begin() as session:
            notify(session, "content")
        return True

    def _is_due(self, session: Session) -> bool:
        changed = entries.changed_at(session)
        if changed is None or datetime.now(timezone.utc) - changed < QUIET:
            return False
        return not is_trained(entries.all_known(session), self.settings)

    def _train(self, stopping: Event) -> bool:
        with subprocess.Popen(self.command) as process:
            while process.poll() is None:
                if stopping.wait(1.0):
                    process.terminate()
        return process.returncode == 0
