"""The schema that the migrations make is the schema of `tables.py`, whatever was there before."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url

from bot.db import sqlalchemy_url
from bot.migrate import upgrade
from bot.tables import Base
from tests.story import AtOnce, result


@pytest.fixture
def empty_url(database_url: str) -> Iterator[str]:
    """A new database without a table, on the server of this test run."""
    admin = create_engine(sqlalchemy_url(database_url), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE fresh"))
    yield make_url(database_url).set(database="fresh").render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE fresh WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlalchemy_url(empty_url))
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))


def versions(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT version_num FROM alembic_version")))


def test_the_migrated_schema_is_that_of_the_tables(engine: Engine, empty_url: str) -> None:
    upgrade(empty_url)
    assert differences(engine) == []


def test_conditions_of_indexes_are_those_of_the_tables(engine: Engine, empty_url: str) -> None:
    """Alembic does not compare them; without its condition `one_open_case` would allow one case for ever."""
    upgrade(empty_url)
    migrated = conditions(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        Base.metadata.create_all(connection)
    assert conditions(engine) == migrated and len(migrated) == 8


def conditions(engine: Engine) -> dict[str, str]:
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%WHERE%'"
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(text(query))}


def test_a_planted_difference_is_found(engine: Engine, empty_url: str) -> None:
    upgrade(empty_url)
    with engine.begin() as connection:
        connection.execute(text('ALTER TABLE "case" DROP COLUMN topic'))
        connection.execute(text("ALTER TABLE conversation ALTER COLUMN epoch TYPE bigint"))
    assert len(differences(engine)) == 2


def test_a_second_upgrade_changes_nothing(engine: Engine, empty_url: str) -> None:
    upgrade(empty_url)
    before = versions(engine)
    upgrade(empty_url)
    assert versions(engine) == before and len(before) == 1


def test_two_that_start_at_once_migrate_once(engine: Engine, empty_url: str) -> None:
    with AtOnce() as both:
        for done in [both.start(upgrade, empty_url) for _ in range(2)]:
            result(done)
    assert len(versions(engine)) == 1 and set(inspect(engine).get_table_names()) >= set(Base.metadata.tables)


def test_an_upgrade_keeps_what_is_there(engine: Engine, empty_url: str) -> None:
    upgrade(empty_url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO counter (name, value) VALUES ('content', 7)"))
    upgrade(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT value FROM counter WHERE name = 'content'")) == 7
