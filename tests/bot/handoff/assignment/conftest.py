"""A case that waits, the same case with Salma, and who leads the team."""

import pytest

from bot.db import Database
from bot.handoff import cases
from bot.tables import Staff
from bot.texts import Texts
from tests.story import Hire, Somebody


@pytest.fixture
def lead(hire: Hire) -> Staff:
    return hire("Karima", "supervisor")


@pytest.fixture
def number(somebody: Somebody) -> int:
    """A case that waits."""
    return somebody.asks_for_a_person()


@pytest.fixture
def taken(db: Database, number: int, salma: Staff, texts: Texts) -> int:
    """A case that Salma has."""
    with db.begin() as session:
        cases.take(session, salma, number, texts)
    return number
