"""Every page of the navigation, and a case: for people who cannot see it well or use no mouse, on a phone, in both directions."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.handoff import cases
from bot.messaging import conversations
from bot.tables import Staff
from cli.client import Chat
from console.language import read
from console.menu import ITEMS
from tests.browser import axe, seeing
from tests.browser.conftest import PHONE
from tests.journeys import said

pytestmark = [pytest.mark.browser, pytest.mark.journey]


def case_path(chat: Chat, live: Database) -> str:
    chat.say(said.PERSON["ar"])
    chat.say(said.YES["ar"])
    with live.begin() as session:
        conversation = conversations.by_address(session, "webchat", chat.token)
        assert conversation is not None
        case = cases.current(session, conversation.id)
    assert case is not None
    return f"/console/cases/{case.id}"


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_every_page_is_sound_and_fits_a_phone(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], chat: Chat, live: Database, lang: str
) -> None:
    path = case_path(chat, live)
    page = sign_in(hire("Rachida", "administrator"), f"/console/language/{lang}?back=/console/account", **PHONE)
    expect(page.locator("html")).to_have_attribute("dir", read(lang).dir)
    found: dict[str, object] = {}
    for address in (*(f"/console{item.path}" for item in ITEMS), path):
        page.goto(address)
        wrong = [*axe.faults(page), *seeing.sideways(page), *seeing.small(page)]
        found |= {address: wrong} if wrong else {}
    assert found == {}
