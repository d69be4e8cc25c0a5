"""News from PostgreSQL for all browsers of this process: one thread listens on the channel `console` and tells everybody."""

import asyncio
import logging
import threading
import time

import psycopg

CHANNEL = "console"
EVERYTHING = "*"  # said after (re)connecting: something may have been missed
LOOK_AROUND = 5.0  # seconds between looks whether anybody still listens
log = logging.getLogger(__name__)


class Listener:
    """One browser. News that wait to be told are a set: what came twice is told once, and a slow browser piles nothing up."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news: set[str] = set()
        self._some = asyncio.Event()

    def tell(self, payload: str) -> None:
        """Called from the thread of the hub."""
        try:
            self._loop.call_soon_threadsafe(self._add, payload)
        except RuntimeError:
            log.debug("a browser left while it was told something")  # its loop is closed; it leaves the hub by itself

    async def wait(self, seconds: float) -> set[str]:
        """The news, or nothing after this time."""
        try:
            await asyncio.wait_for(self._some.wait(), seconds)
        except asyncio.TimeoutError:
            return set()
        news, self._news = self._news, set()
        self._some.clear()
        return news

    def _add(self, payload: str) -> None:
        self._news.add(payload)
        self._some.set()


class Hub:
    """Listens while at least one browser is there."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("+psycopg", "", 1)
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None

    def join(self) -> Listener:
        listener = Listener()
        with self._lock:
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="console-hub", daemon=True)
                self._thread.start()
        return listener

    def leave(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def _run(self) -> None:
        while self._wanted():
            try:
                self._listen()
            except psycopg.Error as error:
                log.warning("the console lost its connection to the database (%s); again in a second", type(error).__name__)
                time.sleep(1)

    def _listen(self) -> None:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._tell(EVERYTHING)
            while self._somebody():
                for notice in connection.notifies(timeout=LOOK_AROUND):
                    self._tell(notice.payload)

    def _tell(self, payload: str) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.tell(payload)

    def _somebody(self) -> bool:
        with self._lock:
            return bool(self._listeners)

    def _wanted(self) -> bool:
        """False ends the thread. Decided under the lock, so that whoever joins now starts a new one."""
        with self._lock:
            if not self._listeners:
                self._thread = None
            return self._thread is not None
