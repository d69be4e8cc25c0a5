"""Who works on the cases."""

import pytest

from bot.db import Database
from bot.tables import Staff
from tests import story
from tests.story import Hire


@pytest.fixture
def worker(db: Database) -> Staff:
    return story.hire(db)


@pytest.fixture
def salma(hire: Hire) -> Staff:
    return hire("Salma")
