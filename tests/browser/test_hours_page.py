"""The page of a team: hours by keyboard in Arabic, a day off, and "I am away" while something is being typed."""

import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.clock import TIME_ZONE
from bot.db import Database
from bot.tables import Staff, Team
from console.language import read
from tests.browser import seeing
from tests.browser.conftest import PHONE, Watch
from tests.story import Hire, new_team

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SignIn = Callable[..., Page]
AR = read("ar")


@pytest.fixture
def lead(live: Database, hire: Hire) -> Staff:
    """Leads a team of their own, so that no other test meets its hours."""
    return hire("Latifa", "supervisor", team_id=new_team(live, f"Accueil {uuid.uuid4().hex[:6]}"))


def in_arabic(page: Page) -> Page:
    seeing.follow(page, AR.named("language", "ar"))
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    return page


def type_time(page: Page, target: Locator, text: str) -> None:
    seeing.reach(page, target)
    page.keyboard.type(text)


def hours(live: Database, lead: Staff) -> str:
    with live.begin() as session:
        return session.get_one(Team, lead.team_id).hours


def test_hours_are_set_by_keyboard_in_arabic_on_a_phone(sign_in: SignIn, lead: Staff, live: Database) -> None:
    page = in_arabic(sign_in(lead, "/console/teams", **PHONE))
    expect(page.locator(".now").first).to_have_text(AR.text("Hours not known: people are told that."))
    assert seeing.sideways(page) == [] and [c for c in seeing.small(page) if ".box" not in c] == []
    for name, text in (("opens_0_0", "9"), ("closes_0_0", "1230"), ("opens_0_1", "14:00"), ("closes_0_1", "18")):
        type_time(page, page.locator(f"#hours-{name}"), text)
    seeing.reach(page, page.locator("#hours-closed_6"))
    page.keyboard.press("Space")
    seeing.reach(page, page.locator("#save-hours"))
    page.keyboard.press("Enter")
    expect(page.locator("#hours [role=status]")).to_have_text(AR.text("Saved."))
    assert hours(live, lead) == "Mo 09:00-12:30,14:00-18:00"
    expect(page.locator("#hours-closes_0_1")).to_have_value("18:00")
    expect(page.locator("#hours-closed_6")).to_be_checked()


def test_mondays_hours_are_those_of_all_days_of_work(sign_in: SignIn, lead: Staff, live: Database) -> None:
    page = in_arabic(sign_in(lead, "/console/teams"))
    expect(page.locator("#hours-opens_0_0")).to_have_attribute("placeholder", "09:00")
    page.locator("#hours-opens_0_0").fill("08:30")
    page.locator("#hours-closes_0_0").fill("16:30")
    page.get_by_role("button", name=AR.text("The same from Monday to Friday")).press("Enter")
    page.locator("#save-hours").click()
    expect(page.locator("#hours [role=status]")).to_be_visible()
    assert hours(live, lead) == "Mo-Fr 08:30-16:30"


def test_a_wrong_day_has_the_focus_and_keeps_what_was_typed(sign_in: SignIn, lead: Staff, watch: Watch) -> None:
    watch.expected.append("status of 422")
    page = in_arabic(sign_in(lead, "/console/teams"))
    page.locator("#hours-opens_2_0").fill("10:00")
    page.locator("#hours-closes_2_0").fill("09:00")
    page.locator("#save-hours").click()
    wrong = page.locator("#day-2 [role=alert]")
    expect(wrong).to_have_text(AR.text("hours.order"))
    expect(wrong).to_be_focused()
    expect(wrong).to_be_in_viewport()
    expect(page.locator("#hours-opens_2_0")).to_have_value("10:00")
    assert seeing.faint(page) == [] and [role for role, name in seeing.controls(page) if not name.strip()] == []


def test_a_day_off_is_added_and_counts_at_once(sign_in: SignIn, lead: Staff) -> None:
    page = in_arabic(sign_in(lead, "/console/teams"))
    page.locator("#days-name").fill("عيد")
    page.locator("#days-first").fill(datetime.now(TIME_ZONE).date().isoformat())
    page.locator("#days-closed").check()
    page.locator("#save-days").click()
    expect(page.locator("#days .rows li")).to_contain_text("عيد")
    expect(page.locator(".now").first).to_have_text(AR.text("Closed, and nobody knows until when"))
    page.locator("#days .rows button").click()
    expect(page.locator("#days .rows li")).to_have_count(0)


def test_away_and_back_without_losing_what_is_being_typed(sign_in: SignIn, lead: Staff) -> None:
    page = in_arabic(sign_in(lead, "/console/teams"))
    page.locator("#days-name").fill("رمضان")
    for words in ("I am back", "I am away"):
        seeing.reach(page, page.locator("#do-away"), "Shift+Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#do-away")).to_have_text(AR.text(words))
        expect(page.locator("#do-away")).to_be_focused()
        expect(page.locator("#days-name")).to_have_value("رمضان")
