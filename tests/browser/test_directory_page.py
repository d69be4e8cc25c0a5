"""An editor adds a service in the console; people find it in the web chat at once. Arabic, and a phone."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.tables import Organization, Staff
from cli.client import Chat
from console.language import read
from tests.browser import axe, seeing
from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.journey]
AR = read("ar")


@pytest.fixture
def name(live: Database) -> str:
    """Of an organisation of its own."""
    word = f"Zaouia {uuid.uuid4().hex[:6]}"
    with live.begin() as session:
        session.add(Organization(id=f"own-{word[-6:]}", names={"fr": word}))
    return word


def test_a_service_is_added_on_a_phone_in_arabic_and_found_by_people(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], chat: Chat, name: str
) -> None:
    page = sign_in(hire("Zineb", "editor"), f"/console/directory/organizations/own-{name[-6:]}/services/new", **PHONE)
    seeing.follow(page, AR.named("language", "ar"))
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert [*axe.faults(page), *seeing.sideways(page), *[c for c in seeing.small(page) if ".box" not in c]] == []
    page.locator("#f-names_fr").fill(name)
    page.locator("#categories-pharmacy").check()
    page.locator("#f-town").select_option("belfaa")
    page.locator("#f-phone_number_0").fill("0528000001")
    page.locator("#f-hidden_place").check()
    expect(page.locator("#f-address")).to_be_hidden()
    page.locator("#f-hidden_place").uncheck()
    page.locator("#f-address").fill("12, rue de la Paix")
    page.locator("#save").click()
    expect(page.locator("#saved")).to_have_text(AR.text("Saved."))
    expect(page.locator("#now")).to_contain_text(AR.text("shown to people"))
    page.goto(f"/console/directory?q={name[-6:]}")
    expect(page.locator(".directory li")).to_have_count(1)
    assert any(name in reply for reply in said(chat, "pharmacie à Belfaa"))


def said(chat: Chat, text: str) -> list[str]:
    chat.say("bonjour")
    return [re.sub(r"[\u2066-\u2069]", "", reply["text"]) for reply in chat.say(text)]
