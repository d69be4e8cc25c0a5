"""Bring a database to the present schema; a draft for the next change of `tables.py`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from bot.db import sqlalchemy_url

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_301_441  # one migration at a time, whoever starts first


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def upgrade(url: str) -> None:
    """Run what is missing, under an advisory lock."""
    engine, config = create_engine(sqlalchemy_url(url)), _config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


def draft(url: str, message: str) -> None:
    """Write a new revision from the difference between `tables.py` and this database."""
    engine, config = create_engine(sqlalchemy_url(url)), _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True)
    engine.dispose()
