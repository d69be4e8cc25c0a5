"""What is unread or urgent is seen on every page, at once; a tone only for who wants one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.handoff import cases
from bot.messaging import conversations
from bot.texts import Texts
from cli.client import Chat
from tests.browser.conftest import Watch
from tests.journeys import said
from tests.story import Hire

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SignIn = Callable[..., Page]
LISTEN = """
  window.tones = 0;
  const real = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () { tones++; return real.call(this); };
"""


def asked(live: Database, chat: Chat) -> int:
    """Somebody asks for a person; the number of the case."""
    chat.say(said.PERSON["fr"])
    chat.say(said.YES["fr"])
    with live.begin() as session:
        conversation = conversations.by_address(session, "webchat", chat.token)
        assert conversation is not None
        case = cases.current(session, conversation.id)
    assert case is not None
    return case.id


def test_a_message_is_counted_on_any_page_until_the_case_is_looked_at(
    sign_in: SignIn, hire: Hire, chat: Chat, live: Database, texts: Texts
) -> None:
    salma, number = hire("Salma"), asked(live, chat)
    with live.begin() as session:
        cases.take(session, salma, number, texts)
    page = sign_in(salma)
    page.goto(f"/console/cases/{number}")
    page.goto("/console/account")
    expect(page.locator("#unread")).to_have_text("")
    page.add_init_script(LISTEN)
    page.reload()
    page.locator("#sound-on").click()
    page.wait_for_function("() => tones === 1")
    page.evaluate("() => localStorage.removeItem('dalil.sound.at')")
    chat.say("vous êtes là ?")
    expect(page.locator("#unread")).to_contain_text("1")
    page.wait_for_function("() => document.title.includes('(1) ') && tones === 2")
    page.goto("/console/?view=mine")
    expect(page.locator(f"#case-{number}.unread")).to_be_visible()
    page.locator(f"#link-{number}").click()
    expect(page.locator("#unread")).to_have_text("")


def test_danger_stands_in_red_on_any_page_and_leads_to_it(sign_in: SignIn, hire: Hire, chat: Chat, live: Database) -> None:
    page = sign_in(hire("Salma"))
    page.goto("/console/mentions")
    chat.say(said.URGENT["fr"])
    page.locator("#to-urgent").click()
    page.wait_for_url("**/console/**")
    expect(page.locator(".urgent").first).to_be_visible()


def test_what_is_typed_can_be_copied_when_the_person_erases_everything(
    sign_in: SignIn, hire: Hire, chat: Chat, live: Database, texts: Texts, watch: Watch
) -> None:
    watch.expected.append("status of 404")
    salma, number = hire("Salma"), asked(live, chat)
    with live.begin() as session:
        cases.take(session, salma, number, texts)
    page = sign_in(salma)
    page.goto(f"/console/cases/{number}")
    page.locator("#text").fill("Je cherche encore")
    chat.say("effacer mes données")
    chat.press(texts.get("yes", "fr"))
    expect(page.locator("#gone")).to_be_visible(timeout=70000)
    expect(page.locator("#text")).to_have_value("Je cherche encore")
    expect(page.locator("#log article")).to_have_count(0)
