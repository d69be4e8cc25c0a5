"""A case is taken."""

from collections.abc import Callable

import pytest

from bot.db import Database
from bot.handoff import cases
from bot.tables import Case, Staff
from bot.texts import Texts
from tests.story import Somebody


@pytest.fixture
def take(db: Database, texts: Texts) -> Callable[[Staff, int], Case]:
    def taking(worker: Staff, number: int) -> Case:
        with db.begin() as session:
            return cases.take(session, worker, number, texts)

    return taking


@pytest.fixture
def taken(somebody: Somebody, worker: Staff, take: Callable[[Staff, int], Case]) -> int:
    """The number of a case that `worker` has taken."""
    return take(worker, somebody.asks_for_a_person()).id
