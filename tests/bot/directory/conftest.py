"""Somebody who keeps the directory, and a place to keep."""

import pytest

from bot.db import Database
from bot.directory import editing
from bot.directory.editing import Change
from bot.tables import Organization, Staff
from tests.bot.directory.saved import DATA, EMPTY
from tests.story import hire


@pytest.fixture
def zineb(db: Database) -> Staff:
    return hire(db, "Zineb", "editor")


@pytest.fixture
def key(db: Database, zineb: Staff) -> str:
    """A service of the organisation `org`."""
    with db.begin() as session:
        session.add(Organization(id="org", names={"fr": "Amal"}))
        session.flush()
        return editing.save_service(session, zineb, ("org", ""), Change(EMPTY), DATA).id
