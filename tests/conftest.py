"""A real database for every test that wants one; the real processes, once, for journeys and browser tests."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.db import Database
from bot.migrate import upgrade
from bot.privacy.vault import Vault, make_key
from bot.settings import ROOT, Settings
from bot.staff import passwords, teams
from bot.tables import Base, Staff
from bot.texts import Texts
from bot.understanding.corpus import seed_entries
from bot.understanding.index import Index, index_for
from cli.client import Chat
from cli.demo import apart
from cli.postgres import Embedded
from cli.prepare import fill_database, train
from cli.processes import Stack
from tests import story

DATA = ROOT / "data"
# TRUNCATE of all tables takes six times as long: it makes new files
EMPTY = "; ".join(f'DELETE FROM "{table.name}"' for table in Base.metadata.sorted_tables)
EMPTY += "; SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"
# how long an example takes says nothing on a machine that does other work too; benchmarks measure
UNTIMED: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("always", max_examples=60, derandomize=True, database=None, **UNTIMED)
hypothesis.settings.register_profile("thorough", max_examples=3400, database=None, **UNTIMED)
hypothesis.settings.load_profile("always")
os.environ.setdefault("PTB_TIMEDELTA", "true")  # else the library warns at each "too many requests", and warnings are errors


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several test processes: the real processes and the browser start in one of them only; a file stays together."""
    for item in items:
        shared = {"installation", "chromium"} & set(getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group("installation" if shared else item.nodeid.partition("::")[0]))


@pytest.fixture(scope="session")
def index() -> Index:
    """The stored index, built when there is none yet."""
    return index_for(seed_entries(DATA), Settings())


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Passwords are hashed as they are outside of tests, with less work: each test signs people in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded server of this test run, migrated."""
    with Embedded(tmp_path_factory.mktemp("postgres") / "data") as url:
        upgrade(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER DATABASE postgres SET synchronous_commit = off")  # nobody pulls the plug here
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
    with _database.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # the audit trail refuses to be emptied
        session.execute(text(EMPTY))
        teams.first(session)


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    """One transaction, rolled back before the tables are emptied (a test may use both)."""
    with db.begin() as open_session:
        yield open_session
        open_session.rollback()


@pytest.fixture
def somebody(db: Database) -> story.Somebody:
    return story.Somebody(db)


@pytest.fixture
def hire(db: Database) -> story.Hire:
    return partial(story.hire, db)


@pytest.fixture
def other_team(db: Database) -> int:
    return story.new_team(db)


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, var_dir=tmp_path)


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(DATA)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Settings]]:
    """Started once; `apart` gives it ports, a database and a key of its own."""
    base = Settings()
    lines: list[str] = []
    train(base, lines.append)
    own = apart(base, tmp_path_factory.mktemp("installation") / "var").model_copy(
        update={"most_a_minute": 10_000}
    )  # tests ask faster than people
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
    return story.hire(live)


@pytest.fixture(scope="session")
def data_dir(installation: tuple[Stack, Settings]) -> Path:
    return installation[1].data_dir
