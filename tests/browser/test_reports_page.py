"""Reports on a desk and on a phone, in both directions; a practice conversation, answered until the person says thank you."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.handoff import practice
from bot.messaging import conversations
from bot.tables import Case, Staff
from console.language import Language, read
from tests.browser import seeing
from tests.browser.conftest import PHONE, Watch
from tests.story import Hire

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


@pytest.fixture(scope="module")
def worked(live: Database) -> None:
    """Forty cases of the last month."""
    now = datetime.now(timezone.utc)
    with live.begin() as session:
        for n in range(40):
            talk = conversations.find_or_create(session, "webchat", str(uuid.uuid4()))
            opened = now - timedelta(hours=17 * n + 3)
            times = {"opened_at": opened, "taken_at": opened + timedelta(minutes=n), "answered_at": opened + timedelta(minutes=5 * n)}
            form, outcome = ("fr", "ary-Latn", "ar")[n % 3], ("answered", "referred", "no_reply")[n % 3]
            facts = {"form": form, "outcome": outcome, "topics": [("work", "housing", "health")[n % 3]], "place": "inezgane"}
            session.add(Case(conversation_id=talk, reason="asked", state="closed", closed_at=opened + timedelta(days=1), **facts, **times))


@pytest.fixture
def chief(hire: Hire) -> Staff:
    return hire("Nadia", "supervisor")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_can_be_read(sign_in: SignIn, chief: Staff, worked: None, fr: Language, scheme: str) -> None:
    page = sign_in(chief, "/console/reports", color_scheme=scheme)
    expect(page.get_by_role("heading", name=fr.text("Reports"), exact=True)).to_be_visible()
    expect(page.locator("#table-form tbody tr").nth(2)).to_be_visible()  # other tests have cases too
    expect(page.locator(".chart rect")).to_have_count(30)
    assert seeing.faint(page) == [] and seeing.sideways(page) == []
    assert [role for role, name in seeing.controls(page) if not name.strip()] == []
    widths = page.locator("#table-form .bar rect").evaluate_all("(all) => all.map((bar) => bar.getBoundingClientRect().width)")
    assert widths == sorted(widths, reverse=True) and widths[0] > 20


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_a_report_fits_a_phone(sign_in: SignIn, chief: Staff, worked: None, lang: str) -> None:
    page = sign_in(chief, "/console/reports", **PHONE)
    seeing.follow(page, read(lang).named("language", lang))
    expect(page.locator("html")).to_have_attribute("dir", read(lang).dir)
    assert page.evaluate("() => innerWidth") == 360
    assert seeing.sideways(page) == [] and seeing.small(page) == []


def test_in_arabic_bars_begin_at_the_right(sign_in: SignIn, chief: Staff, worked: None) -> None:
    page = sign_in(chief, "/console/language/ar?back=/console/reports")
    bar, whole = (page.locator(f"#table-form tr:nth-child(3) {name}").bounding_box() for name in (".bar rect", ".bar"))
    assert bar and whole and abs(bar["x"] + bar["width"] - whole["x"] - whole["width"]) < 1 and bar["width"] < whole["width"] + 1


def test_a_report_is_printed_without_what_cannot_be_pressed_on_paper(sign_in: SignIn, chief: Staff, worked: None) -> None:
    page = sign_in(chief, "/console/reports")
    page.emulate_media(media="print")
    for hidden in (".top", ".menu", ".choose", ".sheet"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator("#table-form .bar").first).to_be_visible()


def test_a_period_is_chosen_and_a_table_downloaded_with_the_keyboard(sign_in: SignIn, chief: Staff, worked: None, fr: Language) -> None:
    page = sign_in(chief, "/console/reports")
    seeing.reach(page, page.get_by_role("link", name=fr.text("The last {n} days", n=7)))
    page.keyboard.press("Enter")
    expect(page.locator(".chart rect")).to_have_count(7)
    seeing.reach(page, page.locator("#csv-form"))
    with page.expect_download() as downloading:
        page.keyboard.press("Enter")
    rows = Path(downloading.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert downloading.value.suggested_filename.endswith(".csv") and rows[0].startswith(fr.named("table", "form")) and len(rows) >= 4


def test_a_practice_conversation_is_answered_to_its_end(sign_in: SignIn, hire: Hire, data_dir: Path, fr: Language) -> None:
    page, played = sign_in(hire("Salma"), "/console/practice"), practice.scenario(data_dir, "wages")
    page.locator("#start-wages").click()
    expect(page.locator(".strip.practice")).to_have_text(fr.text("Practice: nobody real writes here."))
    expect(page.locator("#beside-practice")).to_contain_text(played.hints["fr"][0])
    page.locator("#do-take").click()
    expect(page.locator("#text")).to_be_focused()
    said = page.locator(".bubble.asker > .said")
    for n, line in enumerate(played.lines):
        expect(said).to_have_count(n + 1)
        expect(said.nth(n)).to_have_text(line["text"])
        page.keyboard.type(f"Je vous lis ({n}).")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".bubble.staff .delivery.sent")).to_have_count(n + 1)
        expect(page.locator("#text")).to_have_value("")
    expect(said).to_have_count(len(played.lines))


def test_nobody_else_hears_of_an_urgent_practice(sign_in: SignIn, hire: Hire, watch: Watch) -> None:
    other, page = sign_in(hire("Yassine")), sign_in(hire("Salma"), "/console/practice")
    before = other.locator("#urgent").get_attribute("data-alarm")
    page.locator("#start-violence").click()
    expect(page.locator("#case-head .tag.red")).to_be_visible()
    other.reload()
    assert other.locator("#urgent").get_attribute("data-alarm") == before


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_practice_fits_a_phone(sign_in: SignIn, hire: Hire, lang: str) -> None:
    page = sign_in(hire("Salma"), f"/console/language/{lang}?back=/console/practice", **PHONE)
    expect(page.locator("html")).to_have_attribute("dir", read(lang).dir)
    assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
    page.locator("#start-rent").click()
    page.locator("#open-beside").click()
    expect(page.locator("#beside-practice")).to_be_visible()
    assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
