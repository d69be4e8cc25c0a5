"""Staff and accounts as a person goes through them: an invitation, the second factor, the recovery code, the end of work."""

import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from bot.db import Database
from bot.tables import Staff
from console.language import Language, read
from tests.browser import axe, seeing
from tests.browser.conftest import PHONE, Visitors, Watch
from tests.story import Hire

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SignIn = Callable[..., Page]
CHOSEN = "quatre mots assez longs"


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


@pytest.fixture
def boss(hire: Hire) -> Staff:
    return hire("Nadia", "administrator")


def check(page: Page) -> None:
    """Nothing that somebody could not see, reach or hear."""
    assert axe.faults(page) == []
    assert (seeing.sideways(page), seeing.faint(page), seeing.small(page)) == ([], [], [])


def enter(page: Page, email: str, password: str) -> None:
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")


def sign_out(page: Page, fr: Language) -> None:
    seeing.open_drawer(page)
    page.get_by_role("button", name=fr.text("Sign out")).click()
    expect(page.locator("#email")).to_be_visible()


def set_up(page: Page) -> tuple[str, list[str]]:
    """The secret in the app, and the recovery codes on paper."""
    secret = page.locator("#secret").inner_text().strip()
    page.locator("#code").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    expect(page.locator("#codes li")).to_have_count(10)
    return secret, page.locator("#codes code").all_inner_texts()


def invite(page: Page, email: str) -> str:
    """The path of Omar's link."""
    page.locator("#open-invite").click()
    page.locator("#invite #email").fill(email)
    page.locator("#invite #name").fill("Omar")
    page.locator("#do-invite").click()
    return urlsplit(page.locator("#link").input_value()).path


def accept(phone: Page, fr: Language) -> None:
    phone.locator("#password").fill(CHOSEN)
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name=fr.text("Queue"))).to_be_visible()
    expect(phone.locator(".who .name")).to_have_text("Omar")


def protect(phone: Page, fr: Language) -> tuple[str, list[str]]:
    """From the account to the second factor and back."""
    phone.goto("/console/account")
    check(phone)
    phone.locator("#to-second-factor").click()
    expect(phone.locator(".qr svg")).to_be_visible()
    check(phone)
    found = set_up(phone)
    check(phone)
    phone.locator("#go-on").click()
    expect(phone.get_by_role("heading", name=fr.text("Your account"))).to_be_visible()
    return found


def enter_codes(phone: Page, secret: str, fr: Language) -> None:
    """A wrong one, then the one that the app shows."""
    expect(phone.locator("#code")).to_be_focused()
    check(phone)
    phone.keyboard.type("000000")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("alert")).to_have_text(fr.text("second_factor.wrong"))
    phone.locator("#code").fill(pyotp.TOTP(secret).at(time.time() + 30))  # the one of the set-up is used
    phone.keyboard.press("Enter")
    expect(phone.locator(".who .name")).to_have_text("Omar")


def recover(phone: Page, code: str) -> None:
    phone.locator("#open-recovery").click()
    check(phone)
    phone.locator("#recovery").fill(code)
    phone.keyboard.press("Enter")
    expect(phone.locator(".who .name")).to_have_text("Omar")


def test_from_the_invitation_to_the_second_factor(sign_in: SignIn, visitors: Visitors, boss: Staff, fr: Language, watch: Watch) -> None:
    watch.expected.append("status of 403")
    page, email = sign_in(boss, "/console/people"), f"{uuid.uuid4().hex}@example.org"
    expect(page.locator("#advised")).to_be_visible()
    link = invite(page, email)
    check(page)

    phone = visitors.phone(link)
    check(phone)
    accept(phone, fr)
    secret, codes = protect(phone, fr)
    sign_out(phone, fr)

    enter(phone, email, CHOSEN)
    enter_codes(phone, secret, fr)
    sign_out(phone, fr)

    enter(phone, email, CHOSEN)
    recover(phone, codes[0])
    phone.goto("/console/account")
    expect(phone.locator("[aria-labelledby=security]")).to_contain_text(seeing.shown(fr.text("Recovery codes left: {n}", n=9)))


def test_an_account_is_changed_and_ended_with_the_keyboard(
    sign_in: SignIn, boss: Staff, hire: Callable[[str], Staff], fr: Language
) -> None:
    salma = hire("Salma")
    theirs, page = sign_in(salma), sign_in(boss, "/console/people")
    seeing.reach(page, page.locator("#open-invite"))
    page.locator(f"#person-{salma.id} a").press("Enter")
    expect(page.get_by_role("heading", name="Salma")).to_be_visible()
    check(page)
    page.locator("#role").select_option("editor")
    page.locator("#assign .main").press("Enter")
    expect(page.get_by_role("status").filter(has_text=fr.text("Saved."))).to_be_visible()
    theirs.goto("/console/")
    expect(theirs.locator(".menu a[aria-current]")).not_to_have_attribute("href", "/console/")
    seeing.reach(page, page.locator("#open-deactivate"))
    page.keyboard.press("Enter")
    seeing.reach(page, page.locator("#deactivate"))
    page.keyboard.press("Enter")
    expect(page.locator("#do-activate")).to_be_visible()
    theirs.goto("/console/account")
    expect(theirs.locator("#email")).to_be_visible()


def test_the_link_is_copied(sign_in: SignIn, boss: Staff, hire: Callable[[str], Staff], fr: Language) -> None:
    page = sign_in(boss, f"/console/people/{hire('Salma').id}", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#open-password-link").click()
    page.locator("#password-link").click()
    page.locator("#copy").click()
    expect(page.locator("#copied")).to_have_text(fr.text("Copied"))
    assert page.evaluate("() => navigator.clipboard.readText()") == page.locator("#link").input_value()


@pytest.mark.parametrize(
    "path", ["/console/people", "/console/audit", "/console/account", "/console/account/password", "/console/account/second-factor"]
)
def test_pages_fit_a_phone_and_read_from_right_to_left(sign_in: SignIn, boss: Staff, live: Database, path: str) -> None:
    with live.begin() as session:
        session.execute(update(Staff).where(Staff.id == boss.id).values(language="ar"))
    page = sign_in(boss, path, **PHONE)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    check(page)


def test_pages_can_be_read_in_the_dark(sign_in: SignIn, boss: Staff) -> None:
    page = sign_in(boss, "/console/people", color_scheme="dark")
    for path in ("/console/people", "/console/audit", "/console/account", "/console/account/second-factor"):
        page.goto(path)
        assert axe.faults(page) == []


def test_a_planted_fault_is_found(visitors: Visitors) -> None:
    page = visitors.desk("/console/sign-in")
    assert axe.faults(page) == []
    page.evaluate("() => { document.querySelector('label').remove(); document.querySelector('h1').style.color = '#eee'; }")
    assert {re.split(":", fault)[0] for fault in axe.faults(page)} >= {"label", "color-contrast"}
