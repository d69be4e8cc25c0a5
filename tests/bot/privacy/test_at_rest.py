"""Nothing that a person wrote, was told or can be reached by stands in clear text in any column of the database."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from bot.db import Database
from bot.errors import TryAgain
from bot.handoff import cases
from bot.messages import Button, Effect, Reply
from bot.messaging import conversations
from bot.settings import Settings
from bot.staff import accounts
from bot.texts import Texts
from channels.sender import send_one
from channels.webchat import WebChat
from tests.site import site
from tests.story import Provider, Somebody, hire, seen

SAID = "Je m'appelle Bintou Cissé"
SAID_IN_ARABIC = "اسمي فاطمة الزهراء"
TOLD = "Bonjour Bintou, voici la réponse"
REMEMBERED = "ce-que-rasa-retient"
BY_A_PERSON = "Venez rue des Orangers 7"
PLACE = 30.427431
PHONE = "+212600112233"
PASSWORD = "le mot de passe du mardi"
COOKIE = "cookie"


@pytest.fixture
def secrets(db: Database, config: Settings, texts: Texts) -> dict[str, str]:
    """A whole story; what of it may not be readable in the database."""
    token = through_the_page(db, config)
    over_the_phone(db, texts)
    with db.begin() as session:
        accounts.create(session, "salma@dalil.local", "Salma", "caseworker", PASSWORD)
        cookie = accounts.sign_in(session, "salma@dalil.local", PASSWORD)[0]
    told = {"said": SAID, "in Arabic": SAID_IN_ARABIC, "told": TOLD, "remembered": REMEMBERED, "by a person": BY_A_PERSON}
    return {**told, "place": str(PLACE), "phone": PHONE, "token": token, "password": PASSWORD, COOKIE: cookie}


def through_the_page(db: Database, config: Settings) -> str:
    page = TestClient(site(db, config))
    token = str(page.post("/api/chat/conversations").json()["token"])
    said: list[dict[str, Any]] = [{"text": SAID}, {"text": SAID_IN_ARABIC}, {"location": {"latitude": PLACE, "longitude": -9.6}}]
    for n, content in enumerate(said):
        page.post(f"/api/chat/conversations/{token}/messages", json={"id": f"message-{n}", **content}).raise_for_status()
        menu = Reply(TOLD, "fr", (Button("Oui", "yes"),))
        Somebody(db, "webchat", token).turn(menu, understanding=seen("faq", "health"), tracker={"slots": {"entry": REMEMBERED}})
    assert send_one(db, {"webchat": WebChat()})
    return token


def over_the_phone(db: Database, texts: Texts) -> None:
    somebody, worker = Somebody(db, "whatsapp", PHONE), hire(db)
    somebody.write(SAID)
    somebody.turn(Reply(TOLD, "fr"), effects=[Effect("open_case", {"reason": "asked"})])
    with db.begin() as session:
        case = cases.current(session, conversations.find_or_create(session, "whatsapp", PHONE))
        assert case is not None
        cases.take(session, worker, case.id, texts)
        cases.reply(session, worker, case.id, BY_A_PERSON)
    with db.begin() as session:
        session.execute(text("UPDATE outbound SET state = 'dropped' WHERE actor = 'bot' AND state = 'queued'"))
    assert send_one(db, {"whatsapp": Provider("whatsapp", troubles=[TryAgain("HTTP 503")])})


def columns(db: Database) -> Iterator[tuple[str, str]]:
    """Every value of every row of every table of this database, as text, with where it stands."""
    with db.engine.connect() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        for table in tables:
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                yield from ((f"{table}.{column}", as_text(value)) for column, value in row.items())


def as_text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def spellings(secret: str) -> set[str]:
    """As it is, as bytes read as text, in JSON, in hexadecimal, and in base64 at each of three offsets."""
    raw = secret.encode()
    coded = {base64.b64encode(b"\0" * offset + raw).decode()[4:-4] for offset in range(3)}
    return {secret, raw.decode("latin-1"), json.dumps(secret)[1:-1], raw.hex(), *coded}


def found(db: Database, secret: str) -> list[str]:
    return [where for where, value in columns(db) if any(spelling in value for spelling in spellings(secret))]


@pytest.mark.parametrize("name", ["said", "in Arabic", "told", "remembered", "by a person", "place", "phone", "token", "password", COOKIE])
def test_nothing_personal_stands_in_clear_text(db: Database, secrets: dict[str, str], name: str) -> None:
    assert found(db, secrets[name]) == []


@pytest.mark.parametrize("secret", [SAID, SAID_IN_ARABIC])
def test_the_search_would_find_it_in_any_spelling(db: Database, secret: str) -> None:
    with db.begin() as session:
        insert = text("INSERT INTO counter (name, value) VALUES (:name, 1)")
        for spelling in (secret, json.dumps(secret), secret.encode().hex(), base64.b64encode(b"ab" + secret.encode()).decode()):
            session.execute(insert, {"name": spelling})
    assert found(db, secret) == ["counter.name"] * 4
