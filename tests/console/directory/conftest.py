"""Somebody who keeps the directory, with all texts and lists, and an organisation."""

import pytest

from bot.db import Database
from bot.settings import Settings
from bot.tables import Organization


@pytest.fixture
def settings() -> Settings:
    """All texts and lists."""
    return Settings()


@pytest.fixture
def organization(db: Database) -> str:
    with db.begin() as session:
        session.add(Organization(id="org", names={"fr": "Association Amal", "ar": "جمعية الأمل"}, website="https://amal.example"))
    return "org"
