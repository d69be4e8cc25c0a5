"""The stand-ins, one of each for a file of tests."""

from collections.abc import Iterator

import pytest

from bot.db import Database
from channels.telegram import NAME, Telegram
from tests.channels.telegram_story import PERSON, rested, speaking, telegram_stands_in
from tests.channels.whatsapp_desk import HOOK, PUBLIC
from tests.providers.control import Control
from tests.providers.server import Server
from tests.providers.twilio import create_app
from tests.story import Somebody


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Control, Telegram]]:
    with telegram_stands_in() as control, speaking(control.url) as channel:
        yield control, channel


@pytest.fixture
def control(running: tuple[Control, Telegram]) -> Control:
    running[0].post("quiet", all=True)
    return running[0]


@pytest.fixture
def channel(running: tuple[Control, Telegram], control: Control) -> Telegram:
    return running[1]


@pytest.fixture
def somebody(db: Database) -> Somebody:
    """Wrote on Telegram a while ago."""
    found = Somebody(db, NAME, PERSON)
    found.write()
    rested(db)
    return found


@pytest.fixture(scope="module")
def twilio() -> Iterator[str]:
    with Server(create_app(webhook=HOOK, public_url=PUBLIC)) as server:
        yield server.url
