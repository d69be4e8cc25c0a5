"""An editor adds a service in the console; people find it in the web chat at once. Arabic, and a phone."""

import re
import uuid
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.tables import Holiday, Organization, Staff
from cli.client import Chat
from console.language import read
from tests.browser import axe, seeing
from tests.browser.conftest import PHONE, Watch
from tests.story import PASSWORD

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


REACHED = """() => {
  const save = document.getElementById('save'), bar = document.querySelector('.save-bar');
  if (!bar) scrollTo(0, document.documentElement.scrollHeight);
  const r = save.getBoundingClientRect();
  return save.contains(document.elementFromPoint(r.left + r.width / 2, r.bottom - 2));
}"""
COVERED = """() => {
  const at = document.activeElement, bar = document.querySelector('.save-bar');
  return at.closest('form') && !bar.contains(at) && at.getBoundingClientRect().bottom > bar.getBoundingClientRect().top + 1 ? at.id : '';
}"""


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_the_button_that_saves_is_in_reach_on_a_phone(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], name: str, lang: str
) -> None:
    page = sign_in(hire("Zineb", "manager"), f"/console/language/{lang}?back=/console/content", **PHONE)
    forms = (
        f"directory/organizations/own-{name[-6:]}/services/new",
        "directory/organizations/new",
        "directory/holidays",
        "content/settings",
    )
    found = {}
    for path in forms:
        page.goto(f"/console/{path}")
        found[path] = page.evaluate(REACHED)
    assert found == dict.fromkeys(forms, True)
    page.goto(f"/console/{forms[0]}")
    page.locator("#f-names_fr").focus()
    covered = []
    for _ in range(40):
        page.keyboard.press("Tab")
        covered.append(page.evaluate(COVERED))
    assert not any(covered)


def test_what_was_typed_survives_a_reload_and_a_lost_sign_in(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], name: str, watch: Watch
) -> None:
    watch.expected.append("status of 4(01|22)")
    editor = hire("Zineb", "editor")
    page = sign_in(editor, f"/console/directory/organizations/own-{name[-6:]}/services/new")
    page.locator("#f-names_fr").fill("Accueil de jour")
    page.locator("#f-phone_note_0").fill("Mme Amal")
    page.locator("#f-hidden_place").check()
    page.locator("#open-hours").click()
    page.locator("#f-hours_text").fill("Lu-Ve 9h-15h")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    expect(page.locator("#kept")).to_be_visible()
    assert asked == ["beforeunload"]
    expect(page.locator("#f-names_fr")).to_have_value("Accueil de jour")
    expect(page.locator("#f-phone_note_0")).to_have_value("")
    expect(page.locator("#f-address")).to_be_hidden()
    expect(page.locator("#f-hours_text")).to_be_visible()
    assert "Amal" not in page.evaluate("JSON.stringify(localStorage)")

    page.locator("#f-phone_number_0").fill("0528")
    page.locator("#save").click()
    expect(page.locator("#f-categories")).to_be_focused()
    assert axe.faults(page) == []
    page.locator("#problem a[href='#f-phone_number_0']").click()
    expect(page.locator("#f-phone_number_0")).to_be_focused()
    page.locator("#f-phone_number_0").fill("177")
    page.locator("#categories-shelter_food").check()
    page.locator("#f-town").select_option("agadir")

    page.context.clear_cookies(name="dalil_console")
    page.locator("#save").click()
    expect(page.locator("#signed-out")).to_be_visible()
    other = page.context.new_page()
    other.goto("/console/sign-in")
    other.locator("#email").fill(editor.email)
    other.locator("#password").fill(PASSWORD)
    other.locator("#password").press("Enter")
    expect(other.locator(".who .name")).to_have_text("Zineb")
    page.locator("#save").click()
    expect(page.locator("#saved")).to_be_visible()
    page.wait_for_load_state()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('dalil-service'))") == []


def test_a_feast_that_is_being_typed_does_not_come_back_in_the_line_of_ramadan(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], live: Database
) -> None:
    with live.begin() as session:
        ramadan = Holiday(kind="ramadan", first=date(2040, 9, 8), last=date(2040, 10, 6), names={"fr": "Ramadan"})
        session.add(ramadan)
        session.flush()
        key = ramadan.id
    page = sign_in(hire("Zineb", "editor"), "/console/directory/holidays")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#names-fr").fill("Aïd")
    page.locator(f"#change-{key}").click()
    expect(page.locator("#names-fr")).to_have_value("Ramadan")
    expect(page.locator("#kept")).to_be_hidden()
    page.locator("#names-en").fill("Ramadan 1462")
    page.locator("#kind").select_option("ramadan")
    page.locator("#first").fill(f"{date.today().year + 1}-02-08")
    page.locator("#last").fill(f"{date.today().year + 1}-03-09")
    page.locator("#save").click()
    expect(page.locator("#saved")).to_be_visible()
    expect(page.locator("#names-fr")).to_have_value("Aïd")
    waiting = "Object.keys(localStorage).filter((key) => key.startsWith('dalil-holiday'))"
    assert page.evaluate(waiting)[0].startswith("dalil-holiday@") and len(page.evaluate(waiting)) == 1
    page.locator("#forget").click()
    expect(page.locator("#names-fr")).to_have_value("")
    with live.begin() as session:
        kept = session.get_one(Holiday, key)
        assert (kept.kind, kept.names) == ("ramadan", {"fr": "Ramadan", "en": "Ramadan 1462"})
        session.delete(kept)


def test_a_text_that_is_too_long_is_neither_cut_nor_sent(sign_in: Callable[..., Page], hire: Callable[..., Staff], name: str) -> None:
    page = sign_in(hire("Zineb", "editor"), f"/console/directory/organizations/own-{name[-6:]}/services/new")
    page.locator("#f-offers_fr").fill("x" * 1600)
    expect(page.locator("#f-offers_fr-size")).to_contain_text("100")
    page.locator("#save").click()
    expect(page.locator("#f-offers_fr")).to_be_focused()
    expect(page.locator("#f-offers_fr")).to_have_value("x" * 1600)


def said(chat: Chat, text: str) -> list[str]:
    chat.say("bonjour")
    return [re.sub(r"[\u2066-\u2069]", "", reply["text"]) for reply in chat.say(text)]


def test_what_a_confidential_place_loses_is_asked_about_and_can_be_kept(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], name: str, watch: Watch
) -> None:
    watch.expected.append("status of 422")
    page = sign_in(hire("Zineb", "editor"), f"/console/directory/organizations/own-{name[-6:]}/services/new", **PHONE)
    page.locator("#f-names_fr").fill("Foyer")
    page.locator("#categories-shelter_food").check()
    page.locator("#f-town").select_option("agadir")
    page.locator("#f-address").fill("12, rue de la Paix")
    page.locator("#save").click()
    expect(page.locator("#saved")).to_be_visible()
    page.locator("#f-hidden_place").check()
    page.locator("#save").click()
    expect(page.locator("#problem")).to_contain_text("12, rue de la Paix")
    expect(page.locator("#f-erase")).to_be_focused()
    assert [*axe.faults(page), *seeing.sideways(page)] == []
    page.locator("#f-hidden_place").uncheck()
    expect(page.locator("#f-address")).to_have_value("12, rue de la Paix")
    page.locator("#f-hidden_place").check()
    page.locator("#f-erase").check()
    page.locator("#save").click()
    expect(page.locator("#saved")).to_be_visible()
    expect(page.locator("#f-address")).to_have_value("")
