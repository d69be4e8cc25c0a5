"""Who looks at the lists, and what is on them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from bot.db import Database
from bot.tables import Case, EntryRow, Staff
from tests.story import Hire, Somebody


@pytest.fixture
def boss(hire: Hire) -> Staff:
    return hire("Boss", "administrator")


@pytest.fixture
def ask(db: Database) -> Callable[..., int]:
    """Somebody new asks for a person; columns of the case as given."""

    def asking(urgency: str = "", channel: str = "webchat", **values: Any) -> int:
        number = Somebody(db, channel).asks_for_a_person(urgency)
        if values:
            with db.begin() as session:
                session.execute(update(Case).where(Case.id == number).values(**values))
        return number

    return asking


@pytest.fixture
def entries(db: Database) -> None:
    with db.begin() as session:
        for name, topic, title in (("shelter", "housing", "Où dormir ce soir"), ("doctor", "health", "Voir un médecin")):
            body = {"titles": {"fr": title, "ar": "طبيب" if topic == "health" else "مأوى"}}
            session.add(EntryRow(id=name, topic=topic, body=body, seed_hash=""))
