"""A directory with one service, and a case in which the worker may ask whether something is told to it."""

import pytest

from bot.db import Database
from bot.handoff import cases, referrals
from bot.handoff.sharing import Shared
from bot.tables import EntryRow, Staff
from bot.texts import Texts
from tests.bot.handoff.referrals.referring import SERVICE, SHARED, Ask, add_service, proposed
from tests.story import Somebody


@pytest.fixture
def directory(db: Database) -> None:
    add_service(db, SERVICE)
    titles = {"fr": "Soins gratuits", "en": "Free care", "ar": "علاج مجاني", "ary-Arab": "الدوا فابور", "ary-Latn": "Dwa fabor"}
    with db.begin() as session:
        session.add(EntryRow(id="health_free", topic="health", body={"titles": titles}, seed_hash=""))


@pytest.fixture
def somebody(db: Database, directory: None) -> Somebody:
    found = Somebody(db)
    found.write("bonjour")
    found.turn()
    found.change(form="fr")
    return found


@pytest.fixture
def number(db: Database, somebody: Somebody, worker: Staff, texts: Texts) -> int:
    """A case that the worker has."""
    found = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, found, texts)
    return found


@pytest.fixture
def ask(db: Database, worker: Staff, number: int) -> Ask:
    def asking(how: str = "", shared: Shared = SHARED, service: str = SERVICE) -> int:
        with db.begin() as session:
            return referrals.ask(session, worker, number, proposed(session, shared, service=service), how).id

    return asking
