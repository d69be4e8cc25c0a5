"""A referral from both sides: the caseworker chooses, the person reads and answers in the web chat, the sheet is printed; then the end."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from bot.db import Database
from bot.handoff import cases
from bot.handoff.cases import Ending
from bot.messaging import conversations
from bot.tables import AuditRow, Case, Referral, Staff
from bot.texts import Texts
from console.language import Language, read
from tests.browser import seeing
from tests.browser.conftest import PHONE, Visitors
from tests.journeys import said
from tests.story import Hire

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SignIn = Callable[..., Page]
SERVICE = "8350"  # a helpline of the directory
NUMBER = "+212600112233"


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


@dataclass
class Talk:
    """A person on a phone, and the caseworker who has their case."""

    phone: Page
    page: Page
    worker: Staff
    case_id: int

    def bubble(self, words: str) -> Locator:
        return self.phone.locator(".m .b").filter(has_text=seeing.shown(words)).last

    def button(self, title: str) -> Locator:
        return self.phone.locator(".opts button").filter(has=self.phone.locator("bdi", has_text=seeing.shown(title))).last


def case_on(live: Database, phone: Page) -> int:
    token = phone.evaluate("() => JSON.parse(localStorage.getItem('dalil.chat')).token")
    with live.begin() as session:
        conversation = conversations.by_address(session, "webchat", token)
        assert conversation is not None
        found = cases.current(session, conversation.id)
    assert found is not None
    return found.id


@pytest.fixture
def start(visitors: Visitors, sign_in: SignIn, hire: Hire, texts: Texts, live: Database) -> Callable[[str], Talk]:
    """Somebody asks for a person in this form, and Salma takes the case."""

    def starting(form: str) -> Talk:
        phone = visitors.phone(f"/?form={form}")
        phone.locator("#box").fill(said.PERSON[form])
        phone.keyboard.press("Enter")
        phone.locator(".opts button").filter(has=phone.locator("bdi", has_text=seeing.shown(texts.get("yes", form)))).last.click()
        expect(phone.locator("#owner")).to_have_text(texts.get("chat_waiting", form))
        worker, number = hire("Salma"), case_on(live, phone)
        page = sign_in(worker, f"/console/cases/{number}")
        page.locator("#do-take").click()
        expect(page.locator("#text")).to_be_focused()
        return Talk(phone, page, worker, number)

    return starting


def choose(page: Page) -> None:
    """From the case to the form of one service, with the keyboard."""
    if page.locator("#open-beside").is_visible():
        page.locator("#open-beside").click()
    page.locator("#to-refer").click()
    page.locator("#q").fill(SERVICE)
    page.keyboard.press("Enter")
    page.locator("#refer-to-1").press("Enter")


def ask(page: Page) -> str:
    """Type, which ticks, read, send; the message as the caseworker read it."""
    choose(page)
    page.locator("#name").fill("Awa")
    expect(page.locator("#share-name")).to_be_checked()
    page.locator("#do-preview").click()
    words = page.locator("#preview blockquote").inner_text()
    page.locator("#do-ask").click()
    return words


def referral_of(live: Database, case_id: int) -> Referral:
    with live.begin() as session:
        return session.scalars(select(Referral).filter_by(case_id=case_id)).one()


def pages_of(page: Page, keep: Path | None = None) -> int:
    """How many sheets of paper it takes."""
    paper = page.pdf(prefer_css_page_size=True)
    if keep:
        keep.write_bytes(paper)
    return paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") + paper.count(b"/Type/Page>")


def test_the_person_reads_agrees_and_the_case_shows_it_live(
    start: Callable[[str], Talk], texts: Texts, fr: Language, live: Database, tmp_path: Path
) -> None:
    talk = start("fr")
    words = ask(talk.page)
    assert "Prénom : Awa" in words and "Langue : Français" in words
    expect(talk.page.locator("#beside-referral")).to_contain_text(fr.named("referral", "asked"))
    expect(talk.bubble(words)).to_be_visible()
    talk.button(texts.get("yes", "fr")).click()
    expect(talk.bubble(texts.say("referral_agreed", "fr"))).to_be_visible()
    expect(talk.page.locator("#beside-referral .tag")).to_have_text(fr.named("referral", "agreed"))  # nobody has reloaded
    talk.page.locator("#beside-referral a").first.click()
    for lang, text in (("fr", "Prénom : Awa"), ("ar", "الاسم: Awa")):
        page = talk.page
        page.goto(f"/console/referrals/{referral_of(live, talk.case_id).id}/sheet?lang={lang}")
        expect(page.locator("html")).to_have_attribute("dir", read(lang).dir)
        expect(page.locator("#told")).to_contain_text(text)
        expect(page.locator("#print")).to_be_visible()
        assert seeing.sideways(page) == [] and seeing.faint(page) == []
        assert pages_of(page, tmp_path / f"sheet-{lang}.pdf") == 1
        page.emulate_media(media="print")
        expect(page.locator("nav")).to_be_hidden()
        page.emulate_media(media="null")
    page.locator("#to-referral").click()
    page.locator("#do-sent").click()
    expect(page.locator("#state")).to_have_text(fr.named("referral", "sent"))


def test_a_no_is_seen_and_nothing_can_be_printed(start: Callable[[str], Talk], texts: Texts, fr: Language, live: Database) -> None:
    talk = start("ary-Latn")
    ask(talk.page)
    talk.button(texts.get("no", "ary-Latn")).click()
    expect(talk.bubble(texts.say("referral_refused", "ary-Latn"))).to_be_visible()
    expect(talk.page.locator("#beside-referral .tag")).to_have_text(fr.named("referral", "refused"))
    talk.page.locator("#beside-referral a").first.click()
    expect(talk.page.locator("#sheet-fr, #do-sent, #do-agreed")).to_have_count(0)


def test_after_the_case_the_person_says_whether_it_helped(
    start: Callable[[str], Talk], texts: Texts, fr: Language, live: Database, tmp_path: Path
) -> None:
    talk = start("fr")
    with live.begin() as session:
        cases.close(session, talk.worker, talk.case_id, Ending(texts, "answered"))
    expect(talk.bubble(texts.say("did_help", "fr"))).to_be_visible()
    talk.button(texts.get("partly", "fr")).click()
    expect(talk.bubble(texts.say("thanks_feedback", "fr"))).to_be_visible()
    with live.begin() as session:
        assert session.get_one(Case, talk.case_id).satisfaction == 2
    talk.page.locator("#to-summary").click()
    expect(talk.page.locator("main")).to_contain_text(fr.named("satisfaction", "2"))
    assert seeing.sideways(talk.page) == [] and pages_of(talk.page, tmp_path / "summary.pdf") == 1
    talk.phone.locator("#box").fill(said.ANSWERED["fr"][0])  # the bot goes on, and knows nothing
    talk.phone.keyboard.press("Enter")
    expect(talk.button(texts.get("no", "fr"))).to_be_visible()


def test_an_old_button_after_the_case_passes_nothing_on(start: Callable[[str], Talk], texts: Texts, live: Database) -> None:
    """Through Rasa: the bot owns the conversation again."""
    talk = start("fr")
    ask(talk.page)
    expect(talk.button(texts.get("yes", "fr"))).to_be_visible()
    with live.begin() as session:
        cases.hand_back(session, talk.worker, talk.case_id, texts)
    expect(talk.bubble(texts.say("person_left", "fr"))).to_be_visible()
    talk.button(texts.get("yes", "fr")).click()
    expect(talk.bubble(texts.say("referral_over", "fr"))).to_be_visible()
    expect(talk.button(texts.get("person_button", "fr"))).to_be_visible()
    assert referral_of(live, talk.case_id).state == "asked"


@pytest.fixture
def on_whatsapp(live: Database, hire: Hire) -> tuple[Staff, int]:
    """A case that Salma has, of somebody whose number is known. Nothing is said: this installation has no WhatsApp."""
    worker = hire("Salma")
    with live.begin() as session:
        found = conversations.find_or_create(session, "whatsapp", f"{NUMBER}{uuid.uuid4().int % 1000}")
        case = cases.open_case(session, conversations.get(session, found), "asked")
        cases.give(session, case, worker)
        return worker, case.id


def test_the_number_is_shown_in_place_and_goes_with_the_right_to_see_it(
    sign_in: SignIn, on_whatsapp: tuple[Staff, int], live: Database, fr: Language
) -> None:
    worker, case_id = on_whatsapp
    page = sign_in(worker, f"/console/cases/{case_id}")
    page.locator("#text").fill("Je vous appelle")
    page.locator("#open-number").click()
    page.locator("#do-number").click()  # the browser asks for a reason
    expect(page.locator("#number-shown")).to_be_empty()
    page.locator("#number-reason").select_option("danger")
    page.locator("#do-number").click()
    expect(page.locator("#number-shown a")).to_contain_text(NUMBER)
    expect(page.locator("#text")).to_have_value("Je vous appelle")
    with live.begin() as session:
        query = select(AuditRow.data).filter_by(action="case.number_revealed", subject=f"case:{case_id}")
        assert session.scalars(query).all() == [{"reason": "danger"}]
        cases.to_queue(session, cases.lock(session, case_id))
    expect(page.locator("#beside-number")).to_be_hidden()
    assert page.locator("#number-shown").inner_text() == ""
    page.reload()
    expect(page.locator("#number-shown")).to_be_empty()


@pytest.mark.parametrize("lang", ["fr", "ar", "en"])
def test_the_pages_fit_a_phone_in_their_language(
    start: Callable[[str], Talk], sign_in: SignIn, live: Database, lang: str, tmp_path: Path
) -> None:
    talk = start("fr")
    page = sign_in(talk.worker, f"/console/cases/{talk.case_id}", **PHONE)
    seeing.follow(page, read(lang).named("language", lang))
    choose(page)
    fits(page, tmp_path / f"service-{lang}.png")
    page.go_back()
    fits(page, tmp_path / f"found-{lang}.png")
    page.goto(f"/console/cases/{talk.case_id}")
    ask(page)
    fits(page, tmp_path / f"case-{lang}.png")
    page.locator("#open-beside").click()
    page.locator("#beside-referral a").first.click()
    fits(page, tmp_path / f"referral-{lang}.png")
    page.goto("/console/referrals")
    expect(page.locator("li.item")).to_have_count(1)
    fits(page, tmp_path / f"referrals-{lang}.png")


def fits(page: Page, picture: Path) -> None:
    page.wait_for_load_state()
    page.screenshot(path=picture, full_page=True)
    assert page.evaluate("() => innerWidth") == 360
    assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
    assert [role for role, name in seeing.controls(page) if not name.strip()] == []
