"""A real database for every test that wants one; the real processes for the journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.db import Database
from bot.migrate import upgrade
from bot.privacy.vault import Vault, make_key
from bot.settings import ROOT, Settings
from bot.tables import Base
from bot.texts import Texts
from cli.postgres import Embedded

DATA = ROOT / "data"


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded server of this test run, migrated."""
    with Embedded(tmp_path_factory.mktemp("postgres") / "data") as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def _database(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    key = tmp_path_factory.mktemp("key") / "key"
    make_key(key)
    database = Database(database_url, Vault.open(key))
    yield database
    database.close()


@pytest.fixture
def db(_database: Database) -> Iterator[Database]:
    """An empty database; emptied again afterwards."""
    yield _database
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with _database.begin() as session:
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    """One transaction, rolled back at the end."""
    with db.begin() as open_session:
        yield open_session
        open_session.rollback()


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, var_dir=tmp_path)


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(DATA)
