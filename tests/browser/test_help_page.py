"""Help in writing: two keys insert a ready answer, words find it, the keyboard is enough, and what fits the last message is offered."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update

from bot.db import Database
from bot.handoff import cases
from bot.messaging import conversations
from bot.tables import Canned, Staff
from cli.client import Chat
from console.language import Language, read
from tests.browser import seeing
from tests.browser.conftest import PHONE
from tests.journeys import said

pytestmark = [pytest.mark.browser, pytest.mark.journey]
OpenCase = Callable[..., Page]
NASTY = "</textarea><script>alert(1)</script> \"x\" 'y' & <b>gras</b>\ndeux"
GREETING = "Bonjour"  # the name of a ready answer that every installation begins with


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


@pytest.fixture
def open_case(chat: Chat, live: Database, sign_in: Callable[..., Page], hire: Callable[[str], Staff]) -> OpenCase:
    """The request of somebody who writes in this form, taken by Salma, who is about to write."""

    def opened(form: str = "fr", **options: object) -> Page:
        chat.say(said.PERSON[form])
        chat.say(said.YES[form])
        with live.begin() as session:
            conversation = conversations.by_address(session, "webchat", chat.token)
            case = cases.current(session, conversation.id) if conversation else None
        assert case is not None
        page = sign_in(hire("Salma"), f"/console/cases/{case.id}", **options)
        page.locator("#do-take").click()
        expect(page.locator("#text")).to_be_focused()
        return page

    return opened


@contextmanager
def greeting(live: Database, words: str) -> Iterator[None]:
    """The greeting says something else for a while."""
    with live.begin() as session:
        before = session.query(Canned).filter_by(name=GREETING).one().bodies
        session.execute(update(Canned).filter_by(name=GREETING).values(bodies=dict.fromkeys(before, words)))
    yield
    with live.begin() as session:
        session.execute(update(Canned).filter_by(name=GREETING).values(bodies=before))


def text(page: Page) -> Locator:
    return page.locator("#text")


def options(page: Page) -> Locator:
    return page.locator("#palette-list").get_by_role("option")


def active(page: Page) -> Locator:
    return page.locator("#palette-list [aria-selected=true]")


def test_two_keys_insert_a_ready_answer(open_case: OpenCase) -> None:
    page = open_case()
    page.keyboard.type("/")
    page.keyboard.press("Enter")
    expect(text(page)).not_to_have_value("")
    expect(text(page)).to_be_focused()
    expect(page.locator("#palette")).to_be_hidden()


def test_words_find_it_and_enter_inserts_what_is_shown(open_case: OpenCase) -> None:
    page = open_case("ary-Latn")
    page.keyboard.type("/bonjour")
    expect(active(page)).to_contain_text(GREETING)
    page.keyboard.press("Enter")
    expect(text(page)).to_have_value("Salam, ana Salma men l'équipe dyal Dalil. Kan9ra lmessage dyalek w ghadi njawbek hna.")
    expect(page.locator("#log .bubble.staff")).to_have_count(0)


def test_arrows_choose_and_escape_closes(open_case: OpenCase, fr: Language) -> None:
    page = open_case()
    page.keyboard.type("/carte de séjour")
    query = page.get_by_role("combobox", name=fr.text("Search ready answers, FAQ and places"))
    expect(query).to_be_focused()
    expect(options(page).nth(1)).to_be_visible()
    over, log = page.locator("#palette").bounding_box(), page.locator("#log").bounding_box()
    assert over and log and log["y"] < over["y"] and over["y"] + over["height"] <= log["y"] + log["height"] + 60
    page.keyboard.press("ArrowDown")
    expect(active(page)).to_have_id("option-2")
    expect(query).to_have_attribute("aria-activedescendant", "option-2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(active(page)).to_have_id(f"option-{options(page).count()}")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(text(page)).to_be_focused()
    expect(text(page)).to_have_value("")


def test_ctrl_k_inserts_where_the_cursor_is_and_the_draft_is_kept(open_case: OpenCase, live: Database) -> None:
    page = open_case()
    with greeting(live, "AU MILIEU"):
        page.keyboard.type("avant après")
        for _ in range(5):
            page.keyboard.press("ArrowLeft")
        page.keyboard.press("Control+k")
        page.keyboard.type("bonjour")
        expect(active(page)).to_contain_text(GREETING)
        with page.expect_response("**/draft"):
            page.keyboard.press("Enter")
        expect(text(page)).to_have_value("avant AU MILIEU\naprès")
    page.reload()
    expect(text(page)).to_have_value("avant AU MILIEU\naprès")


def test_a_slash_inside_a_text_is_a_slash(open_case: OpenCase) -> None:
    page = open_case()
    page.keyboard.type("24h/24")
    expect(text(page)).to_have_value("24h/24")
    expect(page.locator("#palette")).to_be_hidden()


def test_what_is_inserted_arrives_as_it_was_written_and_is_never_markup(open_case: OpenCase, live: Database) -> None:
    page = open_case()
    with greeting(live, NASTY):
        page.keyboard.type("/bonjour")
        expect(active(page)).to_contain_text("gras")
        page.keyboard.press("Enter")
    expect(text(page)).to_have_value(NASTY)
    expect(page.locator("#palette-list b, #palette-list script")).to_have_count(0)


def test_arabic_is_inserted_from_the_right(open_case: OpenCase, fr: Language) -> None:
    page = open_case("ar")
    seeing.follow(page, fr.named("language", "ar"))
    text(page).focus()
    page.keyboard.type("/")
    expect(options(page).first).to_be_visible()
    assert seeing.style(options(page).first.locator(".peek"), "direction") == "rtl"
    page.keyboard.type("مرحبا")
    expect(active(page)).to_contain_text(GREETING)
    page.keyboard.press("Enter")
    expect(text(page)).to_have_value(re.compile("أقرأ رسالتك"))
    assert seeing.style(text(page), "direction") == "rtl" and seeing.sideways(page) == []


def test_what_fits_the_last_message_is_offered_while_one_types(open_case: OpenCase, chat: Chat) -> None:
    page = open_case()
    expect(page.locator("#suggested button")).to_have_count(0)
    page.keyboard.type("Bonjour,")
    chat.post({"text": "comment renouveler ma carte de séjour qui expire bientôt ?"})
    expect(page.locator("#suggested-1")).to_be_visible()
    expect(text(page)).to_have_value("Bonjour,")
    title = page.locator("#suggested-1").inner_text()
    seeing.reach(page, page.locator("#suggested-1"))
    page.keyboard.press("Enter")
    expect(text(page)).to_be_focused()
    whole = text(page).input_value()
    assert whole.startswith("Bonjour,\n") and "Source" in whole and title
    chat.post({"text": "merci beaucoup"})
    expect(page.locator("#suggested button")).to_have_count(0)


def test_a_phone_opens_it_with_a_button_and_inserts_with_a_touch(open_case: OpenCase, fr: Language) -> None:
    page = open_case(**PHONE)
    page.get_by_role("button", name=fr.text("Insert…")).tap()
    expect(options(page).first).to_be_visible()
    assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
    assert [role for role, name in seeing.controls(page) if not name.strip()] == []
    sheet = page.locator("#palette").bounding_box()
    assert sheet and (sheet["y"], sheet["height"]) == (0, 740)
    page.locator("#close-palette").tap()
    expect(page.locator("#palette")).to_be_hidden()
    page.get_by_role("button", name=fr.text("Insert…")).tap()
    expect(options(page).first).to_be_visible()
    options(page).nth(1).tap()
    expect(text(page)).not_to_have_value("")
    expect(page.locator("#palette")).to_be_hidden()


def test_without_the_script_a_page_puts_it_into_the_draft(open_case: OpenCase, fr: Language) -> None:
    page = open_case(java_script_enabled=False)
    text(page).fill("Salut")
    page.get_by_role("button", name=fr.text("Insert…")).click()
    page.locator("#q").fill("bonjour")
    page.locator("#find").click()
    page.locator("button[name=item]").first.click()
    assert text(page).input_value().startswith("Salut\nBonjour, je suis")


def test_the_pages_of_ready_answers_fit_a_phone(sign_in: Callable[..., Page], live: Database, hire: Callable[[str], Staff]) -> None:
    lead = hire("Nadia")
    with live.begin() as session:
        session.execute(update(Staff).where(Staff.id == lead.id).values(role="supervisor"))
    page = sign_in(lead, "/console/canned", **PHONE)
    for path in ("/console/canned", "/console/canned/new"):
        page.goto(path)
        assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
        assert [role for role, name in seeing.controls(page) if not name.strip()] == []
    page.locator("#name").fill("Essai")
    page.locator("#text-ary-Arab").fill("سلام {name}")
    page.locator("#save").click()
    expect(page.get_by_role("heading", name="Essai")).to_be_visible()
