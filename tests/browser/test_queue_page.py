"""The lists of cases and what is done with who has one, in two browsers: by keyboard, live, on a phone, without a script."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from bot.db import Database, notify
from bot.handoff import cases
from bot.tables import Case, Staff
from bot.texts import Texts
from console.language import Language, read
from tests.browser import seeing
from tests.browser.conftest import PHONE, Watch
from tests.story import Hire, Somebody

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SignIn = Callable[..., Page]
Waits = Callable[..., int]
CONFLICT = "status of 409"


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


@pytest.fixture
def waits(live: Database) -> Waits:
    """Somebody new waits for a person, in this town; the number of the case."""

    def new(place: str = "", urgency: str = "") -> int:
        number = Somebody(live).asks_for_a_person(urgency)
        with live.begin() as session:
            session.execute(update(Case).where(Case.id == number).values(place=place))
            notify(session, "console", "queue")
        return number

    return new


@pytest.fixture
def lead(hire: Hire) -> Staff:
    return hire("Karima", "supervisor")


def listed(page: Page) -> list[int]:
    return [int(name.removeprefix("case-")) for name in page.locator("#queue > li").evaluate_all("(all) => all.map((one) => one.id)")]


def choose(page: Page, name: str, label: str) -> None:
    """With the keyboard: the first word of an option selects it (a space would open the list)."""
    seeing.reach(page, page.locator(f"#{name}"))
    page.keyboard.type(label.split()[0])
    expect(page.locator(f"#{name} option:checked")).to_have_text(label)


def press(page: Page, name: str, key: str = "Tab") -> None:
    seeing.reach(page, page.locator(f"#{name}"), key)
    page.keyboard.press("Enter")


def test_views_filters_and_search_by_keyboard(sign_in: SignIn, hire: Hire, waits: Waits, fr: Language) -> None:
    here, there = waits("taroudant"), waits("tiznit")
    page = sign_in(hire("Salma"))
    press(page, "view-waiting")
    expect(page.locator("#view-waiting")).to_have_attribute("aria-current", "page")
    press(page, "open-filters")
    choose(page, "place", "Taroudant")
    press(page, "filter")
    expect(page.locator("#unfilter")).to_be_visible()
    assert listed(page) == [here] and "view=waiting" in page.url and "place=taroudant" in page.url
    press(page, "unfilter")
    expect(page.locator("#unfilter")).to_have_count(0)
    assert {here, there} <= set(listed(page))
    seeing.reach(page, page.locator("#q"))
    page.keyboard.type(str(there))
    page.keyboard.press("Enter")
    expect(page.locator("#unfilter")).to_be_visible()
    assert listed(page) == [there] and page.locator("#q").input_value() == str(there)
    press(page, f"link-{there}")
    expect(page.locator("#do-take")).to_be_visible()


def test_a_filtered_list_stays_filtered_while_cases_come_in(sign_in: SignIn, hire: Hire, waits: Waits) -> None:
    first = waits("taroudant")
    page = sign_in(hire("Salma"), "/console/?view=waiting&place=taroudant")
    page.locator("#q").fill("ce que je tape")
    page.locator("#q").focus()
    elsewhere, urgent = waits("tiznit"), waits("taroudant", "medical")
    expect(page.locator(f"#case-{urgent}")).to_be_visible()
    found = listed(page)
    assert found.index(urgent) < found.index(first) and elsewhere not in found
    expect(page.locator("#q")).to_have_value("ce que je tape")
    expect(page.locator("#q")).to_be_focused()


def test_a_case_that_is_passed_on_is_seen_in_the_other_browser(
    sign_in: SignIn, hire: Hire, waits: Waits, fr: Language, texts: Texts
) -> None:
    number, yassine = waits(), hire(f"Yassine-{uuid.uuid4().hex[:6]}")
    second = sign_in(yassine, "/console/?view=mine")
    first = sign_in(hire("Salma"), f"/console/cases/{number}")
    first.locator("#do-take").click()
    expect(first.locator("#text")).to_be_focused()
    expect(second.locator(f"#case-{number}")).to_have_count(0)
    first.keyboard.type("Je voulais dire")
    press(first, "open-more", "Shift+Tab")
    press(first, "open-transfer")
    choose(first, "transfer-to", yassine.name)
    seeing.reach(first, first.locator("#reason"))
    first.keyboard.type("Parle darija.")
    press(first, "do-transfer")
    expect(first.locator("#case-head .tag")).to_have_text(seeing.shown(fr.text("Taken by {name}", name=yassine.name)))
    expect(first.locator("#open-transfer")).to_be_hidden()
    expect(first.locator("#text")).to_have_value("Je voulais dire")
    expect(second.locator(f"#case-{number} .tag.mine")).to_have_text(fr.text("Yours"))
    second.locator(f"#link-{number}").click()
    expect(second.locator("#text")).to_be_enabled()
    said = second.locator(".bubble.system .said").last
    expect(said).to_have_text(seeing.shown(texts.say("person_joined", "fr", name=yassine.name)))


def test_a_reason_that_is_being_typed_stays_when_the_case_changes_hands(
    sign_in: SignIn, hire: Hire, waits: Waits, lead: Staff, fr: Language
) -> None:
    number, salma = waits(), hire("Salma")
    first, boss = sign_in(salma, f"/console/cases/{number}"), sign_in(lead, f"/console/cases/{number}")
    first.locator("#do-take").click()
    first.locator("#open-more").click()
    first.locator("#open-transfer").click()
    first.locator("#reason").fill("Je dois partir")
    boss.locator("#open-take-over").click()
    boss.locator("#do-take-over").click()
    expect(boss.locator("#text")).to_be_focused()
    expect(first.locator("#case-head .tag")).to_have_text(seeing.shown(fr.text("Taken by {name}", name=lead.name)))
    expect(first.locator("#reason")).to_have_value("Je dois partir")
    expect(first.locator("#reason")).to_be_visible()
    expect(first.locator("#open-close")).to_be_hidden()


def test_of_two_browsers_that_take_a_case_at_once_one_answers(
    sign_in: SignIn, hire: Hire, waits: Waits, watch: Watch, fr: Language
) -> None:
    watch.expected.append(CONFLICT)
    for _ in range(5):
        number = waits()
        both = [sign_in(hire(name), f"/console/cases/{number}") for name in ("Salma", "Yassine")]
        moment = max(page.evaluate("() => Date.now()") for page in both) + 1000
        for page in both:
            page.evaluate("(at) => { setTimeout(() => document.getElementById('do-take')?.click(), at - Date.now()); }", moment)
        for page in both:
            expect(page.locator("#do-take")).to_have_count(0)
        mine = [page.locator("#case-head .tag.mine").count() for page in both]
        loser = both[mine.index(0)]
        assert sorted(mine) == [0, 1]
        expect(both[mine.index(1)].locator("#text")).to_be_enabled()
        expect(loser.locator("#text")).to_be_disabled()
        expect(loser.locator("#why")).to_contain_text(re.compile("Salma|Yassine"))


def test_a_case_is_closed_with_an_outcome_and_opened_again(sign_in: SignIn, hire: Hire, waits: Waits, fr: Language, live: Database) -> None:
    number = waits()
    page = sign_in(hire("Salma"), f"/console/cases/{number}")
    page.locator("#do-take").click()
    press(page, "open-close", "Shift+Tab")
    choose(page, "outcome", fr.named("outcome", "referred"))
    seeing.reach(page, page.locator("#topic-housing"))
    page.keyboard.press("Space")
    press(page, "do-close")
    expect(page.locator("#why")).to_contain_text(fr.named("outcome", "referred"))
    with live.begin() as session:
        assert cases.get(session, number).topics == ["housing"]
    page.goto("/console/?view=closed")
    expect(page.locator(f"#case-{number} .tag")).to_have_text(fr.named("outcome", "referred"))
    page.locator(f"#link-{number}").click()
    press(page, "open-reopen-and-take")
    press(page, "do-reopen-and-take")
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#case-head .tag.mine")).to_be_visible()


def test_without_the_script_lists_and_steps_work_by_reloading(sign_in: SignIn, hire: Hire, waits: Waits, fr: Language) -> None:
    number, yassine = waits("taroudant"), hire(f"Yassine-{uuid.uuid4().hex[:6]}")
    page = sign_in(hire("Salma"), java_script_enabled=False)
    page.locator("#open-filters").click()
    page.locator("#place").select_option("taroudant")
    page.locator("#filter").click()
    page.locator(f"#link-{number}").click()
    page.locator("#do-take").click()
    page.locator("#open-more").click()
    page.locator("#open-transfer").click()
    page.locator("#transfer-to").select_option(label=yassine.name)
    page.locator("#reason").fill("Parle darija.")
    page.locator("#do-transfer").click()
    expect(page.locator("#case-head .tag")).to_have_text(seeing.shown(fr.text("Taken by {name}", name=yassine.name)))


@pytest.mark.parametrize("lang", ["fr", "ar", "en"])
def test_lists_and_forms_fit_a_phone(sign_in: SignIn, lead: Staff, waits: Waits, lang: str) -> None:
    number = waits("taroudant", "violence")
    page = sign_in(lead, **PHONE)
    seeing.follow(page, read(lang).named("language", lang))
    page.goto("/console/?place=taroudant")
    expect(page.locator(f"#case-{number}")).to_be_visible()
    assert seeing.sideways(page) == [] and seeing.small(page) == []
    page.locator("#open-search").click()
    expect(page.locator("#place")).to_be_visible()
    assert seeing.sideways(page) == [] and seeing.small(page) == []
    page.goto(f"/console/cases/{number}")
    shows_forms(page, "more", "assign")
    page.locator("#do-take").click()
    expect(page.locator("#open-close")).to_be_visible()
    shows_forms(page, "close")
    shows_forms(page, "more", "transfer", "hand-back")


def shows_forms(page: Page, *names: str) -> None:
    """Each opens with the one before it open, fits, and Escape puts them all away."""
    for name in names:
        page.locator(f"#open-{name}").click()
        expect(page.locator(f"#do-{name}" if name != "more" else ".panel")).to_be_visible()
        assert seeing.sideways(page) == [] and seeing.small(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(f"#open-{names[0]}")).to_be_focused()
    expect(page.locator(".acts [open]:not(.panel *)")).to_have_count(0)


def test_on_a_phone_the_first_request_is_in_sight_at_once(sign_in: SignIn, hire: Hire, waits: Waits) -> None:
    number = waits()
    page = sign_in(hire("Salma"), "/console/?view=waiting", **PHONE)
    expect(page.locator("#q")).to_be_hidden()
    first = page.locator("#queue > li").first.bounding_box()
    assert first and first["y"] <= 200
    here, line = page.locator("#view-waiting").bounding_box(), page.locator("#views").bounding_box()
    assert here and line and here["x"] >= line["x"] and here["x"] + here["width"] <= line["x"] + line["width"] and here["y"] < 130
    page.locator("#open-search").click()
    page.locator("#q").fill(str(number))
    page.locator("#q").press("Enter")
    expect(page.locator("#unfilter")).to_be_visible()
    assert listed(page) == [number]


def test_the_pages_that_do_not_fit_below_stand_in_a_drawer(sign_in: SignIn, lead: Staff, fr: Language) -> None:
    page = sign_in(lead, **PHONE)
    reports = page.get_by_role("link", name=fr.named("menu", "reports"))
    expect(reports).to_have_count(0)
    page.locator("#open-drawer").focus()
    page.keyboard.press("Enter")
    expect(reports).to_be_visible()
    page.keyboard.press("Escape")
    expect(reports).to_have_count(0)
    expect(page.locator("#open-drawer")).to_be_focused()
    bar = page.locator(".top > .menu a").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().bottom)")
    assert len(bar) == 4 and set(bar) == {740}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lists_and_forms_have_names_contrast_and_a_visible_focus(sign_in: SignIn, lead: Staff, waits: Waits, scheme: str) -> None:
    number = waits("taroudant", "violence")
    page = sign_in(lead, "/console/?place=taroudant", color_scheme=scheme)
    assert [role for role, name in seeing.controls(page) if not name.strip()] == [] and seeing.faint(page) == []
    assert [name for name, visible in seeing.tab_order(page, 30) if not visible] == []
    page.goto(f"/console/cases/{number}")
    page.locator("#do-take").click()
    page.locator("#open-close").click()
    assert [role for role, name in seeing.controls(page) if not name.strip()] == [] and seeing.faint(page) == []
