"""The pages of caseworkers: the queue, one conversation, two people at once, three languages, a narrow screen."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from bot.db import Database
from bot.handoff import cases
from bot.messaging import conversations
from bot.tables import Case
from bot.texts import Texts
from cli.client import Chat
from console.language import Language, read
from tests.browser import seeing
from tests.browser.conftest import PASSWORD, PHONE, Visitors, Watch
from tests.journeys import said
from tests.story import Hire

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SignIn = Callable[..., Page]
MARKUP = "<img src=x onerror=alert(1)> <b>gras</b>"
CONFLICT = "status of 409"


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


@dataclass
class Asker:
    """Somebody who waits for a person."""

    chat: Chat
    live: Database

    @property
    def case(self) -> Case:
        with self.live.begin() as session:
            conversation = conversations.by_address(session, "webchat", self.chat.token)
            assert conversation is not None
            found = cases.current(session, conversation.id)
        assert found is not None
        return found

    @property
    def path(self) -> str:
        return f"/console/cases/{self.case.id}"


@pytest.fixture
def asker(chat: Chat, live: Database) -> Asker:
    chat.say(said.PERSON["fr"])
    chat.say(said.YES["fr"])
    return Asker(chat, live)


def take(page: Page) -> None:
    page.locator("#do-take").click()
    expect(page.locator("#text")).to_be_focused()


def confirm(page: Page, name: str) -> None:
    """Open the question, then say yes, all with the keyboard."""
    seeing.reach(page, page.locator("#open-more"), "Shift+Tab")
    page.keyboard.press("Enter")
    seeing.reach(page, page.locator(f"#open-{name}"))
    page.keyboard.press("Enter")
    seeing.reach(page, page.locator(f"#do-{name}"))
    page.keyboard.press("Enter")


def said_by(page: Page, side: str, words: str) -> Locator:
    return page.locator(f".bubble.{side}").filter(has=page.locator(".said", has_text=seeing.shown(words)))


def test_signing_in_and_out(visitors: Visitors, hire: Hire, fr: Language, watch: Watch) -> None:
    watch.expected += ["status of 403", "status of 401"]  # 401: the queue asked for news while she signed out
    salma, page = hire("Salma"), visitors.desk("/console/")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type(salma.email)
    page.keyboard.press("Tab")
    page.keyboard.type("a wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(fr.text("sign_in.refused"))
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=fr.text("Queue"))).to_be_visible()
    page.get_by_role("button", name=fr.text("Sign out")).click()
    expect(page.locator("#email")).to_be_visible()
    page.goto("/console/")
    expect(page.locator("#email")).to_be_visible()


def test_a_password_can_be_looked_at_and_is_covered_when_it_is_sent(visitors: Visitors, fr: Language) -> None:
    page = visitors.phone("/console/")
    page.locator("#password").fill("mot de passe")
    page.get_by_role("button", name=fr.text("Show the password")).tap()
    expect(page.locator("#password")).to_have_attribute("type", "text")
    page.locator("form.card").evaluate("(form) => form.dispatchEvent(new Event('submit'))")
    expect(page.locator("#password")).to_have_attribute("type", "password")


def test_a_link_to_a_case_is_kept_through_the_sign_in(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    page = sign_in(hire("Salma"), asker.path)
    assert page.url.endswith(asker.path)


def test_who_is_in_danger_comes_first_and_is_said_at_once(sign_in: SignIn, hire: Hire, asker: Asker, live: Database, fr: Language) -> None:
    page, second = sign_in(hire("Salma")), Chat(asker.chat.base)
    expect(page.locator(f"#case-{asker.case.id}")).to_be_visible()
    second.say(said.URGENT["fr"])
    urgent = Asker(second, live).case
    item = page.locator(f"#case-{urgent.id}")
    expect(item).to_contain_text(fr.text("Urgent"))
    expect(item).to_contain_text(fr.named("urgency", "violence"))
    order = page.locator("#queue > li").evaluate_all("(all) => all.map((item) => item.classList.contains('urgent'))")
    assert order == sorted(order, reverse=True) and True in order and False in order
    expect(page.locator("#announce")).to_contain_text(f"{fr.text('New urgent request')} {urgent.id}")
    assert page.title().startswith("(")
    second.close()


def test_a_case_is_taken_answered_and_handed_back_with_the_keyboard(
    sign_in: SignIn, hire: Hire, visitors: Visitors, texts: Texts, live: Database, fr: Language
) -> None:
    phone = visitors.phone("/?form=fr")
    phone.locator("#box").fill(said.PERSON["fr"])
    phone.keyboard.press("Enter")
    phone.locator(".opts button").filter(has_text=texts.get("yes", "fr")).click()
    expect(phone.locator("#owner")).to_have_text(texts.get("chat_waiting", "fr"))
    token = phone.evaluate("() => JSON.parse(localStorage.getItem('dalil.chat')).token")
    case = Asker(Chat(visitors.watch.base, token), live).case
    page = sign_in(hire("Salma"))
    seeing.reach(page, page.locator(f"#link-{case.id}"))
    page.keyboard.press("Enter")
    expect(said_by(page, "asker", said.PERSON["fr"])).to_be_visible()
    seeing.reach(page, page.locator("#do-take"))
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Bonjour, je vous lis.")
    page.keyboard.press("Enter")
    page.keyboard.type("Où êtes-vous ?")
    page.keyboard.press("Control+Enter")
    mine = said_by(page, "staff", "Bonjour, je vous lis. Où êtes-vous ?")
    expect(mine.locator(".delivery")).to_have_text(fr.named("delivery", "sent"))
    expect(page.locator("#text")).to_have_value("")
    expect(phone.locator(".m.person .b")).to_have_text("Bonjour, je vous lis.\nOù êtes-vous ?", use_inner_text=True)
    expect(phone.locator(".m.person .who")).to_contain_text("Salma")
    phone.locator("#box").fill("je suis à Inezgane")
    phone.keyboard.press("Enter")
    expect(said_by(page, "asker", "je suis à Inezgane")).to_be_visible()
    confirm(page, "hand-back")
    expect(page.locator("#why")).to_contain_text(fr.named("outcome", "handed_back"))
    expect(phone.locator("#owner")).to_be_empty()


def test_news_that_come_before_the_answer_to_a_reply_are_not_lost(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language) -> None:
    """The person writes while the page still waits for the answer to its own request, which knows nothing of it."""
    page = sign_in(hire("Salma"), asker.path)
    take(page)
    replies: list[tuple[Route, APIResponse]] = []
    fragments: list[Route] = []
    page.route("**/reply", lambda route: replies.append((route, route.fetch())))
    page.route("**/thread", lambda route: fragments.append(route))
    page.keyboard.type("Bonjour")
    page.keyboard.press("Control+Enter")
    while not replies:
        page.evaluate("() => new Promise(requestAnimationFrame)")  # lets Playwright hear what came in
    assert "Bonjour" in [m["text"] for m in asker.chat.settle()]
    with page.expect_request("**/thread"):
        asker.chat.post({"text": "vous êtes là ?"})
    page.unroute("**/thread")
    for route, answer in replies:
        route.fulfill(response=answer)
    for route in fragments:
        route.continue_()
    expect(said_by(page, "asker", "vous êtes là ?")).to_be_visible()
    expect(said_by(page, "staff", "Bonjour").locator(".delivery")).to_have_text(fr.named("delivery", "sent"))


def test_what_is_being_typed_stays_while_messages_arrive(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    page = sign_in(hire("Salma"), asker.path)
    take(page)
    page.keyboard.type("Je cherche")
    asker.chat.post({"text": "vous êtes là ?"})
    expect(said_by(page, "asker", "vous êtes là ?")).to_be_visible()
    page.keyboard.type(" votre dossier")
    expect(page.locator("#text")).to_have_value("Je cherche votre dossier")


def test_heading_and_composer_are_in_sight_together_on_a_laptop(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language) -> None:
    page = sign_in(hire("Salma"), asker.path)
    take(page)
    expect(page.locator("h1")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name=fr.text("Send"))).to_be_in_viewport(ratio=1)


def test_the_second_caseworker_sees_at_once_that_it_is_taken(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language) -> None:
    first, second = sign_in(hire("Salma"), asker.path), sign_in(hire("Yassine"), asker.path)
    expect(second.locator("#do-take")).to_be_visible()
    take(first)
    expect(second.locator("#case-head .tag")).to_have_text(seeing.shown(fr.text("Taken by {name}", name="Salma")))
    expect(second.locator("#do-take")).to_have_count(0)
    expect(second.locator("#text")).to_be_disabled()
    second.locator("#to-queue").click()
    expect(second.locator(f"#case-{asker.case.id} .tag")).to_have_text(seeing.shown(fr.text("Taken by {name}", name="Salma")))


def test_without_the_script_who_takes_a_case_writes_at_once(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    take(sign_in(hire("Salma"), asker.path, java_script_enabled=False))


def test_of_two_who_take_the_same_case_one_is_told_that_it_was_too_late(
    sign_in: SignIn, hire: Hire, asker: Asker, watch: Watch, fr: Language
) -> None:
    """The second one's browser runs no script, so that its page is old; everything works there by reloading."""
    watch.expected.append(CONFLICT)
    second = sign_in(hire("Yassine"), asker.path, java_script_enabled=False)
    take(sign_in(hire("Salma"), asker.path))
    second.locator("#do-take").click()
    expect(second.get_by_role("alert").first).to_have_text(fr.text("case.taken_by_other"))
    expect(second.locator("#text")).to_be_disabled()


def test_a_case_is_closed_and_leaves_the_queue(sign_in: SignIn, hire: Hire, asker: Asker, texts: Texts, fr: Language) -> None:
    page, case_id = sign_in(hire("Salma"), asker.path), asker.case.id
    take(page)
    page.locator("#open-close").click()
    page.locator("#outcome").select_option("no_reply")
    page.locator("#do-close").click()
    expect(page.locator("#why")).to_contain_text(fr.named("outcome", "no_reply"))
    expect(page.locator("#reply")).to_be_hidden()
    assert texts.say("case_closed", "fr") in [m["text"] for m in asker.chat.settle()]
    page.locator("#to-queue").click()
    expect(page.get_by_role("heading", name=fr.text("Queue"))).to_be_visible()
    expect(page.locator(f"#case-{case_id}")).to_have_count(0)


def test_markup_in_a_conversation_stays_text(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    page = sign_in(hire("Salma"), asker.path)
    asker.chat.post({"text": MARKUP})
    expect(said_by(page, "asker", MARKUP)).to_be_visible()
    page.reload()
    expect(said_by(page, "asker", MARKUP)).to_be_visible()
    expect(page.locator("#log img, #log b")).to_have_count(0)


@pytest.mark.parametrize("lang", ["fr", "ar", "en"])
def test_the_console_fits_a_phone_in_its_language(sign_in: SignIn, hire: Hire, asker: Asker, lang: str) -> None:
    wanted = read(lang)
    page = sign_in(hire("Salma"), **PHONE)
    seeing.follow(page, wanted.named("language", lang))
    expect(page.locator("html")).to_have_attribute("dir", wanted.dir)
    expect(page.get_by_role("heading", name=wanted.text("Queue"))).to_be_visible()
    assert seeing.sideways(page) == [] and seeing.small(page) == []
    page.goto(asker.path)
    take(page)
    assert page.evaluate("() => innerWidth") == 360
    assert seeing.sideways(page) == [] and seeing.small(page) == []


def test_the_arabic_console_is_laid_out_from_the_right(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    page = sign_in(hire("Salma"), locale="ar-MA")
    seeing.follow(page, read("ar").named("language", "ar"))
    page.goto(asker.path)
    theirs, ours = page.locator(".bubble.asker").first.bounding_box(), page.locator(".bubble.bot").first.bounding_box()
    brand = page.locator(".brand").bounding_box()
    assert theirs and ours and brand
    assert theirs["x"] + theirs["width"] > ours["x"] + ours["width"] and brand["x"] > 600
    assert seeing.style(said_by(page, "asker", said.PERSON["fr"]).locator(".said"), "direction") == "ltr"
    assert seeing.sideways(page) == []


def test_the_sign_in_fits_a_phone_in_arabic(visitors: Visitors) -> None:
    page = visitors.phone("/console/", locale="ar-MA")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
    assert [role for role, name in seeing.controls(page) if not name.strip()] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_has_a_name_and_enough_contrast(sign_in: SignIn, hire: Hire, asker: Asker, texts: Texts, scheme: str) -> None:
    asker.chat.say(said.URGENT["fr"])
    page = sign_in(hire("Salma"), color_scheme=scheme)
    assert [role for role, name in seeing.controls(page) if not name.strip()] == [] and seeing.faint(page) == []
    page.goto(asker.path)
    take(page)
    assert [role for role, name in seeing.controls(page) if not name.strip()] == [] and seeing.faint(page) == []
    logs = [properties for role, _, properties in seeing.tree(page) if role == "log"]
    assert [p["live"]["value"] for p in logs] == ["polite"]


def test_the_focus_goes_in_reading_order_and_can_be_seen(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    page = sign_in(hire("Salma"), asker.path)
    take(page)
    page.reload()
    order = seeing.tab_order(page, 24)
    names = [name for name, _ in order]
    assert names[:2] == ["skip", "brand"]
    first = names.index("to-queue")
    assert names[first : first + 5] == ["to-queue", "open-close", "open-more", "log", "open-reply"]
    assert "text" in names[first + 5 :]
    assert [name for name, visible in order if not visible] == []


def test_emergency_numbers_that_nobody_called_are_named(sign_in: SignIn, hire: Hire, fr: Language) -> None:
    said_first = fr.text("Emergency numbers that nobody has called yet to check them: {numbers}", numbers="19")
    page = sign_in(hire("Samira", "supervisor"), "/console/teams")
    expect(page.locator("p.strip", has_text="177")).to_contain_text(seeing.shown(said_first))
