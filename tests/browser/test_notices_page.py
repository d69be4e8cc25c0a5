"""Notices of the browser: asked for by a button, shown while the page is in the background, and without a word of what it is about."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.handoff import cases, notes
from bot.messaging import conversations
from bot.tables import Case
from cli.client import Chat
from console.language import Language, read
from tests.browser import seeing
from tests.journeys import said
from tests.story import Hire

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SignIn = Callable[..., Page]
ALLOWED = {"permissions": ["notifications"]}
WATCH = """
  window.told = [];
  const Real = window.Notification;
  window.Notification = class extends Real {
    constructor(title, options) { super(title, options); told.push(this); this.all = [title, ...Object.values(options)].join(' | '); }
  };
"""


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


def covered(page: Page, yes: bool = True) -> None:
    """Another window covers the page, or not any more."""
    page.evaluate("(yes) => Object.defineProperty(document, 'hidden', { configurable: true, get: () => yes })", yes)


def told(page: Page) -> list[list[str]]:
    return list(page.evaluate("() => told.map((notice) => [notice.body, notice.tag])"))


def switched_on(page: Page, fr: Language) -> None:
    page.add_init_script(WATCH)
    page.goto("/console/account")
    page.get_by_role("button", name=fr.text("Tell me in this browser")).click()
    expect(page.locator("#notify-off")).to_be_focused()
    page.wait_for_function("() => told.length === 1")
    assert told(page) == [[fr.text("From now on you are told here."), "works"]]
    page.goto("/console/")


def case_of(live: Database, chat: Chat) -> Case:
    with live.begin() as session:
        conversation = conversations.by_address(session, "webchat", chat.token)
        assert conversation is not None
        found = cases.current(session, conversation.id)
    assert found is not None
    return found


def shown(page: Page, number: int) -> None:
    expect(page.locator(f"#case-{number}")).to_be_visible()


def test_danger_is_told_while_the_page_is_covered_and_names_nothing(
    sign_in: SignIn, hire: Hire, chat: Chat, live: Database, fr: Language
) -> None:
    page = sign_in(hire("Salma"), **ALLOWED)
    switched_on(page, fr)
    covered(page)
    chat.say(said.URGENT["fr"])
    number = case_of(live, chat).id
    page.wait_for_function("() => told.length === 1")
    assert told(page) == [[f"{fr.text('New urgent request')} {number}", f"urgent-{number}"]]
    assert fr.named("urgency", "violence").lower() not in str(page.evaluate("() => told[0].all")).lower()
    page.evaluate("() => told[0].onclick()")
    page.wait_for_url(f"**/console/cases/{number}")


def test_what_can_be_seen_is_not_told(sign_in: SignIn, hire: Hire, chat: Chat, live: Database, fr: Language) -> None:
    page = sign_in(hire("Salma"), **ALLOWED)
    switched_on(page, fr)
    chat.say(said.URGENT["fr"])
    shown(page, case_of(live, chat).id)
    covered(page)
    page.evaluate("() => document.dispatchEvent(new Event('shown'))")
    assert told(page) == []


def test_without_the_button_nothing_is_told(sign_in: SignIn, hire: Hire, chat: Chat, live: Database) -> None:
    page = sign_in(hire("Salma"), **ALLOWED)
    page.add_init_script(WATCH)
    page.reload()
    covered(page)
    chat.say(said.URGENT["fr"])
    shown(page, case_of(live, chat).id)
    assert told(page) == []


def test_who_is_named_in_a_note_is_told_and_keeps_what_is_being_typed(
    sign_in: SignIn, hire: Hire, chat: Chat, live: Database, fr: Language
) -> None:
    chat.say(said.PERSON["fr"])
    chat.say(said.YES["fr"])
    number, salma, yassine = case_of(live, chat).id, hire("Salma"), hire("Yassine")
    page = sign_in(yassine, **ALLOWED)
    switched_on(page, fr)
    page.goto(f"/console/cases/{number}")
    page.locator("#do-take").click()
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Je cherche")
    covered(page)
    with live.begin() as session:
        notes.add(session, salma, cases.get(session, number), "@Yassine, elle a peur de son mari")
    page.wait_for_function("() => told.length === 1")
    assert [body for body, _ in told(page)] == [f"{fr.text('A note names you: request')} {number}"]
    with page.context.expect_page() as opened:
        page.evaluate("() => told[0].onclick()")
    assert opened.value.url.endswith(f"/console/cases/{number}")
    expect(page.locator("#text")).to_have_value("Je cherche")


def test_it_is_switched_off_again(sign_in: SignIn, hire: Hire, fr: Language) -> None:
    page = sign_in(hire("Salma"), **ALLOWED)
    switched_on(page, fr)
    page.goto("/console/account")
    page.locator("#notify-off").click()
    expect(page.locator("#notify-on")).to_be_focused()
    page.reload()
    expect(page.locator("#notify-on")).to_be_visible()
    expect(page.locator("#notify-off")).to_be_hidden()


def test_a_browser_that_forbids_it_says_so(sign_in: SignIn, hire: Hire, fr: Language) -> None:
    page = sign_in(hire("Salma"), "/console/account")
    page.context.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
    )  # else it depends on the browser
    page.reload()
    expect(page.locator("#in-browser")).to_have_text(
        fr.text("This browser was told to show no notices of this page. Only its own settings can change that."), use_inner_text=True
    )


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_the_choices_fit_a_phone(sign_in: SignIn, hire: Hire, lang: str) -> None:
    page = sign_in(hire("Salma"), "/console/account", **ALLOWED, viewport={"width": 360, "height": 740})
    seeing.follow(page, read(lang).named("language", lang))
    expect(page.locator("#mail-new")).to_be_visible()
    assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
