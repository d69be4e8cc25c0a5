"""What was typed and not saved waits in the browser for the account under which it was typed, and for no other one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.tables import Staff
from tests.browser.conftest import Watch
from tests.story import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.journey]
ENTRY = "/console/content/entry/school_enrol"
UNSAVED = "Pas encore enregistré, par Omar."


def enter(page: Page, person: Staff) -> None:
    page.locator("#email").fill(person.email)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page.locator(".who .name")).to_have_text(person.name)


def typed(page: Page) -> None:
    page.locator("#answer-fr").fill(UNSAVED)
    expect(page.locator("#bubbles")).to_contain_text(UNSAVED)


def test_it_is_shown_to_its_owner_only(sign_in: Callable[..., Page], hire: Callable[..., Staff], watch: Watch) -> None:
    watch.expected.append("status of 40[13]")
    omar, fatou = hire("Omar", "editor"), hire("Fatou", "editor")
    page = sign_in(omar, ENTRY)
    page.on("dialog", lambda dialog: dialog.accept())
    typed(page)
    page.context.clear_cookies(name="dalil_console")
    other = page.context.new_page()
    other.goto(ENTRY)
    expect(other.locator("#kept")).to_be_visible()
    enter(other, fatou)
    other.goto(ENTRY)
    expect(other.locator("#kept")).to_be_hidden()
    expect(other.locator("#answer-fr")).not_to_have_value(UNSAVED)
    page.locator("#answer-fr").press_sequentially(" Encore.")
    expect(page.locator("#signed-out")).to_be_visible()  # this page is Omar's: it takes no leave to save from Fatou's session
    page.context.clear_cookies(name="dalil_console")
    page.goto(ENTRY)
    enter(page, omar)
    page.goto(ENTRY)
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("#answer-fr")).to_have_value(f"{UNSAVED} Encore.")
    page.locator("#forget").click()
    expect(page.locator("#kept")).to_be_hidden()


def test_saving_in_one_tab_loses_nothing_of_another_one(sign_in: Callable[..., Page], hire: Callable[..., Staff]) -> None:
    page = sign_in(hire("Zineb", "editor"), ENTRY)
    other = page.context.new_page()
    other.goto(ENTRY)
    typed(page)
    page.on("dialog", lambda dialog: dialog.accept())
    other.locator("#title-fr").fill("Inscrire un enfant à l'école")
    other.locator("#open-save").click()
    other.locator("#kind-minor").check()
    other.locator("#save").click()
    expect(other.locator("#saved")).to_be_visible()
    other.wait_for_load_state()
    page.reload()
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("#answer-fr")).to_have_value(UNSAVED)
    page.locator("#forget").click()
    expect(page.locator("#kept")).to_be_hidden()


def test_what_nobody_came_back_for_goes(sign_in: Callable[..., Page], hire: Callable[..., Staff]) -> None:
    page = sign_in(hire("Zineb", "editor"), "/console/content")
    kept = "JSON.stringify({ at: Date.now() - days * 86400000, fields: [] })"
    keep = f"(days) => localStorage.setItem(`dalil-entry-${{days}}@somebody`, {kept})"
    for days in (29, 31):
        page.evaluate(keep, days)
    page.evaluate("localStorage.setItem('dalil-entry-x', '[]')")
    page.goto(ENTRY)
    waiting = "Object.keys(localStorage).filter((key) => key.startsWith('dalil-entry'))"
    page.wait_for_function(f"{waiting}.length === 1")
    assert page.evaluate(waiting) == ["dalil-entry-29@somebody"]
