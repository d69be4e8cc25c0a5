"""What the tests of Telegram do again and again: the stand-in, the channel that speaks to it, and how its updates come in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.db import Database
from bot.privacy.vault import vault
from bot.settings import Settings
from bot.tables import Base, Conversation, InboundRow, MediaRow, OutboundRow
from channels.sender import send_one
from channels.telegram import Telegram, take
from tests.providers.control import Control
from tests.providers.server import Server
from tests.providers.telegram import TOKEN, create_app
from tests.story import Somebody, until

FIXTURES = Path(__file__).parent / "fixtures" / "telegram"
PERSON = "111"


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def message(words: Any = "bonjour", number: Any = 1, **more: Any) -> dict[str, Any]:
    """The update of a text that somebody wrote; `more` changes the message."""
    sent = {**fixture("text")["message"], "text": words, "entities": [], **more}
    return {"update_id": number, "message": sent}


def at(url: str, config: Settings, **more: Any) -> Settings:
    """The settings of an installation whose Telegram is at this address."""
    return config.model_copy(update={"telegram_token": SecretStr(TOKEN), "telegram_api": url, **more})


@contextmanager
def telegram_stands_in() -> Iterator[Control]:
    with Server(create_app()) as server:
        control = Control(server.url)
        try:
            yield control
        finally:
            control.close()


@contextmanager
def speaking(url: str) -> Iterator[Telegram]:
    """The channel as the product makes it."""
    channel = Telegram.of(at(url, Settings()))
    try:
        yield channel
    finally:
        end(channel)


@contextmanager
def impatient(url: str) -> Iterator[Telegram]:
    """The channel, but it waits a quarter of a second only for an answer."""
    quick = Bot(TOKEN, f"{url}/bot", f"{url}/file/bot", request=HTTPXRequest(connection_pool_size=4, read_timeout=0.25))
    channel = replace(Telegram.of(at(url, Settings())), bot=quick)
    try:
        yield channel
    finally:
        end(channel)


def end(channel: Telegram) -> None:
    """Closes the connections also when the channel would not: an open one would fail a test that has nothing to do with it."""
    for request in channel.bot._request:
        channel.loop.run(request.shutdown())
    channel.stop()


def receive(db: Database, channel: Telegram) -> None:
    """Take all updates that wait at Telegram."""
    for found in channel.call(channel.bot.get_updates()):
        take(db, found)


def texts_of(control: Control, to: str = PERSON) -> list[str]:
    """What arrived at a person, in order."""
    return [sent["text"] for sent in control.get("sent") if sent["to"] == to]


def calls_of(control: Control, method: str) -> list[dict[str, Any]]:
    return [call for call in control.get("calls") if call["method"].lower() == method.lower()]


def rested(db: Database) -> None:
    """Nobody was spoken to for a minute: the pace does not hold up the next bubbles."""
    with db.begin() as session:
        session.execute(update(Conversation).values(send_after=datetime.now(timezone.utc) - timedelta(minutes=1)))


def due_at_once(db: Database) -> None:
    """The pause between two tries is over."""
    rested(db)
    with db.begin() as session:
        for table in (OutboundRow, MediaRow):
            session.execute(update(table).values(next_at=func.clock_timestamp()))


def send_due(db: Database, channel: Telegram) -> None:
    """Send what may go now."""
    while send_one(db, {channel.name: channel}):
        pass


def send_waiting(db: Database, channel: Telegram, *people: Somebody) -> None:
    """Send until nothing waits, however long the pauses are."""

    def nothing_waits() -> bool:
        send_due(db, channel)
        return all("queued" not in person.states() for person in people)

    until(nothing_waits)


def bodies(db: Database) -> list[dict[str, Any]]:
    """What was received, oldest first."""
    with db.begin() as session:
        return [vault(session).unseal(row.body_sealed) for row in session.scalars(select(InboundRow).order_by(InboundRow.id))]


def heard(db: Database) -> list[str]:
    return [body.get("text", "") for body in bodies(db)]


def count(db: Database, table: type[Base]) -> int:
    with db.begin() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def dump(db: Database) -> str:
    """Every row of every table, as PostgreSQL shows it to somebody without our key."""
    with db.begin() as session:
        lines = [session.scalars(text(f'SELECT t::text FROM "{table.name}" t')) for table in Base.metadata.sorted_tables]
        return "\n".join(line for table in lines for line in table)
