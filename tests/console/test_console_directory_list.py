"""The lists of the directory: services, organisations, what an editor finds with words or a number, and addresses that lead nowhere."""

import html
import re
from typing import Any

import pytest

from bot.db import Database
from bot.settings import Settings
from bot.tables import Organization, Service
from tests.console.conftest import Browser


@pytest.fixture
def settings() -> Settings:
    """All texts and lists."""
    return Settings()


@pytest.fixture
def add(db: Database) -> Any:
    def service(key: str, **changed: Any) -> str:
        values: dict[str, Any] = {
            **{"names": {"fr": key}, "offers": {}, "audience": {}, "warnings": {}, "categories": [], "languages": [], "covers": []},
            **{"town": "", "town_name": "", "address": "", "phones": [], "hours": "", "verified": "partly", "sources": []},
        }
        with db.begin() as session:
            if session.get(Organization, "org") is None:
                session.add(Organization(id="org", names={"fr": "Association Amal", "ar": "جمعية الأمل"}))
                session.flush()
            session.add(Service(id=key, organization_id=changed.pop("organization_id", "org"), **values | changed))
        return key

    return service


def keys(page: str) -> list[str]:
    return re.findall(r'id="service-([^"]+)"', page)


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>|[\u2066-\u2069]", " ", page)).split())


def test_times_are_isolated_one_by_one_in_arabic(editor: Browser, add: Any) -> None:
    key = add("a", hours="Mo-Fr 09:00-12:30,14:00-17:00")
    editor.get("/language/ar")
    said = re.search(r'id="hours-said">(.*?)</p>', editor.get(f"/directory/services/{key}").text)
    assert said and re.findall(r"<bdi[^>]*>([^<]*)</bdi>", said[1]) == ["09:00", "12:30", "14:00", "17:00"]
