"""The pictures of the README, made from the running installation. Only with DALIL_PICTURES=1 are they written into docs/pictures."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.db import Database
from bot.handoff import cases
from bot.messaging import conversations
from bot.settings import ROOT
from bot.tables import Staff
from bot.texts import Texts
from bot.understanding.corpus import load_yaml
from cli.client import Chat
from tests.browser import seeing
from tests.browser.conftest import PHONE, Visitors
from tests.journeys import said

pytestmark = [pytest.mark.browser, pytest.mark.journey]
WRITTEN = os.environ.get("DALIL_PICTURES") == "1"
LARGEST = 200_000  # bytes
ASKED = {form: said.ANSWERED[form][0] for form in ("fr", "ar")}
TO_THE_TOP = "(node) => { const log = document.getElementById('scroll'); log.scrollTop = node.offsetTop - log.offsetTop; }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = ROOT / "docs" / "pictures" if WRITTEN else tmp_path
    found.mkdir(parents=True, exist_ok=True)
    return found


def photograph(page: Page, file: Path) -> None:
    page.mouse.move(0, 0)
    page.screenshot(path=file, animations="disabled", caret="hide")


def check(chromium: Browser, file: Path) -> None:
    """Something is on it, and it is small enough to be looked at on a phone."""
    blank = chromium.new_page()
    count, share = seeing.colours(blank, f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}")
    blank.close()
    assert count > 100 and share < 0.9
    assert file.stat().st_size < LARGEST


@pytest.mark.parametrize("form", ["fr", "ar"])
def test_the_picture_of_a_conversation(visitors: Visitors, chromium: Browser, texts: Texts, folder: Path, form: str) -> None:
    page = visitors.phone(f"/?form={form}", device_scale_factor=1.5)
    for words in (texts.get("menu_papers", form), ASKED[form]):
        buttons = page.locator(".opts button").count()
        page.locator("#box").fill(words)
        page.locator("#box").press("Enter")
        expect(page.locator(".opts button").nth(buttons)).to_be_visible()
    page.locator("#box").blur()
    page.locator(".m.you").last.evaluate(TO_THE_TOP)
    photograph(page, folder / f"conversation-{form}.png")
    check(chromium, folder / f"conversation-{form}.png")


def test_the_picture_of_the_console(
    sign_in: Callable[..., Page], hire: Callable[[str], Staff], chat: Chat, chromium: Browser, live: Database, folder: Path, data_dir: Path
) -> None:
    script = load_yaml(data_dir / "demo.yml")["hand_over"]
    for line in script["person"]:
        chat.say(line)
    with live.begin() as session:
        conversation = conversations.by_address(session, "webchat", chat.token)
        case = cases.current(session, conversation.id) if conversation else None
    assert case is not None
    page = sign_in(hire(script["caseworker"]), f"/console/cases/{case.id}", viewport={"width": 1200, "height": 1000})
    page.locator("#do-take").click()
    page.locator("#text").fill(script["reply"])
    page.locator("#text").press("Control+Enter")
    expect(page.locator(".bubble.staff .delivery.sent")).to_be_visible()
    chat.settle()
    chat.say(script["thanks"])
    expect(page.locator(".bubble.asker").last).to_contain_text(script["thanks"])
    photograph(page, folder / "console-fr.png")
    check(chromium, folder / "console-fr.png")


@pytest.mark.parametrize(
    ("name", "lang", "address", "options"),
    [
        ("queue-fr", "fr", "/console/?view=all", {}),
        ("case-ar", "ar", "", {}),
        ("case-phone-fr", "fr", "", PHONE),
        ("reports-fr", "fr", "/console/reports", {}),
    ],
)
def test_the_pictures_of_the_guide(
    sign_in: Callable[..., Page],
    hire: Callable[..., Staff],
    waiting: str,
    chromium: Browser,
    folder: Path,
    name: str,
    lang: str,
    address: str,
    options: dict[str, Any],
) -> None:
    looks = {**options, "device_scale_factor": 1} if options else {"viewport": {"width": 1200, "height": 900}}
    page = sign_in(hire("Salma", "supervisor"), f"/console/language/{lang}?back={address.split('?')[0] or waiting}", **looks)
    page.goto(address or waiting)
    if not address:
        page.locator("#do-take").click()
        expect(page.locator("#text")).to_be_focused()
    photograph(page, folder / f"{name}.png")
    check(chromium, folder / f"{name}.png")


@pytest.fixture
def waiting(chat: Chat, live: Database) -> str:
    """The page of somebody who waits for a person."""
    for line in (said.ANSWERED["ar"][0], said.PERSON["ar"], said.YES["ar"]):
        chat.say(line)
    with live.begin() as session:
        conversation = conversations.by_address(session, "webchat", chat.token)
        case = cases.current(session, conversation.id) if conversation else None
    assert case is not None
    return f"/console/cases/{case.id}"
