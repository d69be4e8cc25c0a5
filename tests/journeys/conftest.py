"""One installation for all journeys: real processes, real database, the model that is trained from the repository."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.db import Database
from bot.handoff import staff
from bot.settings import Settings
from bot.tables import Staff
from cli.client import Chat
from cli.demo import apart
from cli.postgres import Embedded
from cli.prepare import fill_database, train
from cli.processes import Stack


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Settings]]:
    """Started once; `apart` gives it ports, a database and a key of its own."""
    base = Settings()
    lines: list[str] = []
    train(base, lines.append)
    own = apart(base, tmp_path_factory.mktemp("installation") / "var")
    with Embedded(own.var_dir / "postgres") as url:
        fill_database(own, url, lines.append)
        with Stack(own, url, lines.append) as stack:
            stack.wait()
            yield stack, own.model_copy(update={"database_url": url})


@pytest.fixture
def stack(installation: tuple[Stack, Settings]) -> Stack:
    return installation[0]


@pytest.fixture(scope="session")
def live(installation: tuple[Stack, Settings]) -> Iterator[Database]:
    """The database of the running installation."""
    database = Database.of(installation[1])
    yield database
    database.close()


@pytest.fixture
def chat(installation: tuple[Stack, Settings]) -> Iterator[Chat]:
    """A new conversation."""
    found = Chat(installation[1].address)
    yield found
    found.close()


@pytest.fixture(scope="session")
def worker(live: Database) -> Staff:
    with live.begin() as session:
        return staff.create(session, f"salma-{os.getpid()}@dalil.local", "Salma", "caseworker", "a long password for tests")


@pytest.fixture(scope="session")
def data_dir(installation: tuple[Stack, Settings]) -> Path:
    return installation[1].data_dir
