"""A conversation in the web chat, from both sides."""

import pytest
from fastapi.testclient import TestClient

from bot.db import Database
from bot.messages import Button, Reply
from bot.settings import Settings
from tests.channels.webchat.chat_page import PATH, post
from tests.site import site
from tests.story import Somebody, seen


@pytest.fixture
def http(db: Database, config: Settings) -> TestClient:
    return TestClient(site(db, config))


@pytest.fixture
def token(http: TestClient) -> str:
    return str(http.post(PATH).json()["token"])


@pytest.fixture
def somebody(db: Database, token: str) -> Somebody:
    """The core's side of the conversation."""
    return Somebody(db, "webchat", token)


@pytest.fixture
def answered(http: TestClient, token: str, somebody: Somebody) -> Somebody:
    post(http, token, text="bonjour")
    somebody.turn(Reply("Réponse", "fr", (Button("Oui", "affirm"),), ask_location=True), understanding=seen("faq", form="fr"))
    return somebody
