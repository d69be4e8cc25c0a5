"""Usual hours of a service: in one line on a phone in Arabic, and Monday's for all days of work by keyboard."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.tables import Organization, Service, Staff
from console.language import read
from tests.browser import axe, seeing
from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.journey]
AR = read("ar")


@pytest.fixture
def owner(live: Database) -> str:
    """An organisation of its own."""
    key = f"own-{uuid.uuid4().hex[:6]}"
    with live.begin() as session:
        session.add(Organization(id=key, names={"fr": "Amal"}))
    return key


def start(page: Page) -> Page:
    """What a new service needs beside its hours."""
    page.locator("#f-names_fr").fill("Permanence")
    page.locator("#categories-pharmacy").check()
    page.locator("#f-town").select_option("belfaa")
    page.locator("#open-hours").click()
    return page


def stored(live: Database, owner: str) -> list[str]:
    with live.begin() as session:
        return [service.hours for service in session.query(Service).filter_by(organization_id=owner)]


def test_hours_in_one_line_on_a_phone_in_arabic(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], live: Database, owner: str
) -> None:
    page = sign_in(hire("Zineb", "editor"), f"/console/directory/organizations/{owner}/services/new", **PHONE)
    seeing.follow(page, AR.named("language", "ar"))
    start(page).locator("#f-hours_text").fill("الاثنين والأربعاء 9-12")
    assert [*axe.faults(page), *seeing.sideways(page), *[c for c in seeing.small(page) if ".box" not in c]] == []
    page.locator("#save").click()
    expect(page.locator("#saved")).to_have_text(AR.text("Saved."))
    assert stored(live, owner) == ["Mo,We 09:00-12:00"] or stored(live, owner) == ["Mo 09:00-12:00; We 09:00-12:00"]
    page.locator("#open-hours").click()
    expect(page.locator("#hours-closes_2_0")).to_have_value("12:00")
    expect(page.locator("#hours-closed_1")).to_be_checked()


def test_mondays_hours_go_to_all_days_of_work_by_keyboard_and_are_kept(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], live: Database, owner: str
) -> None:
    page = start(sign_in(hire("Sara", "editor"), f"/console/directory/organizations/{owner}/services/new"))
    for at, text in (("opens_0_0", "9"), ("closes_0_0", "15h30")):
        seeing.reach(page, page.locator(f"#hours-{at}"))
        page.keyboard.type(text)
    seeing.reach(page, page.locator("#same-days"))
    page.keyboard.press("Enter")
    expect(page.locator("#hours-closes_4_0")).to_have_value("15h30")
    expect(page.locator("#hours-closes_5_0")).to_have_value("")
    page.locator("#save").click()
    expect(page.locator("#saved")).to_be_visible()
    assert stored(live, owner) == ["Mo-Fr 09:00-15:30"]
