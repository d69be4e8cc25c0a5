"""A case that Amina has, and a directory with an open and a confidential place."""

import pytest

from bot.db import Database
from bot.settings import ROOT, Settings
from bot.tables import EntryRow, Organization, Service
from tests.console.conftest import Browser, Enter

EMPTY: dict[str, object] = {"offers": {}, "audience": {}, "warnings": {}, "languages": [], "covers": [], "sources": []}


@pytest.fixture
def settings() -> Settings:
    """The texts and names that people read."""
    return Settings(data_dir=ROOT / "data")


@pytest.fixture
def directory(db: Database) -> None:
    titles = {"fr": "Soins gratuits", "en": "Free care", "ar": "علاج مجاني", "ary-Arab": "الدوا فابور", "ary-Latn": "Dwa fabor"}
    open_place = {"town": "inezgane", "town_name": "Inezgane", "address": "7, rue des Orangers", "hours": "Mo-Fr 09:00-16:00"}
    hidden = {"hidden_place": True, "address": "3, rue cachée", "town_name": "Tiznit"}
    with db.begin() as session:
        session.add(EntryRow(id="health_free", topic="health", body={"titles": titles}, seed_hash=""))
        for name, more in (("open", open_place), ("hidden", hidden)):
            session.add(Organization(id=f"org-{name}", names={"fr": "Association Entraide"}))
            session.flush()
            names, phones = {"fr": f"Foyer {name}", "ar": "مأوى"}, [{"number": "0528112233", "kind": "voice", "note": ""}]
            known = {**EMPTY, "audience": {"fr": "Femmes", "ar": "نساء"}, **more}
            session.add(
                Service(
                    id=name,
                    organization_id=f"org-{name}",
                    categories=["shelter_food"],
                    names=names,
                    phones=phones,
                    verified="partly",
                    **known,
                )
            )


@pytest.fixture
def number(directory: None, taken: int) -> int:
    """A case that Amina has."""
    return taken


@pytest.fixture
def supervisor(enter: Enter) -> Browser:
    return enter("Nadia", "supervisor")
