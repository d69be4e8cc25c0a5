"""Messages that got no good answer are put together, and who went away without one is noted: beside the sender, once at a time."""

import logging
from threading import Event

import psycopg
from sqlalchemy.exc import OperationalError

from bot.db import Database
from bot.faq import clusters, unanswered
from bot.faq.clusters import Space
from bot.settings import Settings

log = logging.getLogger(__name__)
EVERY = 60.0  # seconds
AT_ONCE = 500  # messages that are read between two transactions: two seconds
LOCK = 7_301_444


class Gathering:
    """The encoder is loaded when there is something to read, and only here: pages show what was put together."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self._space: Space | None = None

    def __call__(self, stopping: Event) -> None:
        while not stopping.wait(EVERY):
            try:
                self.once(stopping)
            except (psycopg.OperationalError, OperationalError) as error:
                log.warning("database not reachable, trying again: %s", type(error).__name__)

    def once(self, stopping: Event) -> int:
        """How many messages found their place."""
        with psycopg.connect(self.db.url, autocommit=True) as lock:
            if lock.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone() != (True,):
                return 0
            with self.db.begin() as session:
                unanswered.left(session)
                unanswered.expire(session)
                clusters.tidy(session)
            self._renew(stopping)
            return self._gather(stopping)

    def _renew(self, stopping: Event) -> None:
        """Of what was erased not even a share of a direction is left."""
        with self.db.begin() as session:
            altered = clusters.altered(session)
        space = self._ready() if altered else None
        for cluster_id, messages in altered.items():
            if space is None or stopping.is_set():
                break
            vectors = space.vectors(messages)
            with self.db.begin() as session:
                clusters.renew(session, cluster_id, vectors)

    def _ready(self) -> Space | None:
        self._space = self._space or Space.stored(self.settings)
        return self._space

    def _gather(self, stopping: Event) -> int:
        done = 0
        while not stopping.is_set():
            with self.db.begin() as session:
                messages = clusters.waiting(session, AT_ONCE)
            space = self._ready() if messages else None
            if space is None:
                break
            vectors = space.vectors(messages)
            with self.db.begin() as session:
                clusters.join(session, [id for id, *_ in messages], vectors)
            done += len(messages)
        return done
