"""The page of the person who asks, on a small phone: what can be read, pressed and kept."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from bot.db import Database
from bot.handoff import cases
from bot.language.forms import FORMS, direction
from bot.messaging import conversations
from bot.tables import Case, Conversation, InboundRow, Staff
from bot.texts import Texts
from bot.understanding.corpus import seed_entries
from tests.browser import seeing
from tests.browser.conftest import Visitors, Watch
from tests.journeys import said

pytestmark = [pytest.mark.browser, pytest.mark.journey]
EACH_FORM = pytest.mark.parametrize("form", FORMS)
AGADIR = {"latitude": 30.4202, "longitude": -9.5982}
MARKUP = "<img src=x onerror=alert(1)> <b>gras</b> <script>alert(2)</script> &amp;"
OFFLINE = "ERR_INTERNET_DISCONNECTED"


def write(page: Page, words: str) -> None:
    page.locator("#box").fill(words)
    page.locator("#box").press("Enter")


def bubble(page: Page, side: str, words: str) -> Locator:
    return page.locator(f".m.{side} .b").filter(has_text=seeing.shown(words)).last


def button(page: Page, title: str) -> Locator:
    return page.locator(".opts button").filter(has=page.locator("bdi", has_text=seeing.shown(title))).last


def first_line(data_dir: Path, form: str) -> str:
    """Of the answer that the journeys' question must get."""
    entry = next(e for e in seed_entries(data_dir) if e["id"] == said.ANSWERED[form][1])
    return str(entry["answers"][form]).strip().split("\n")[0]


def ask(page: Page, texts: Texts, form: str) -> None:
    """A question, and its whole answer is there."""
    write(page, said.ANSWERED[form][0])
    expect(button(page, texts.get("no", form))).to_be_visible()


def conversation_of(live: Database, page: Page) -> Conversation:
    token = page.evaluate("() => JSON.parse(localStorage.getItem('dalil.chat')).token")
    with live.begin() as session:
        found = conversations.by_address(session, "webchat", token)
    assert found is not None
    return found


def received(live: Database, page: Page) -> int:
    """How many messages of this page the server has."""
    mine = conversation_of(live, page).id
    with live.begin() as session:
        return len(session.scalars(select(InboundRow).filter_by(conversation_id=mine)).all())


def case_of(live: Database, page: Page) -> Case:
    with live.begin() as session:
        found = cases.current(session, conversation_of(live, page).id)
    assert found is not None
    return found


def wait_for_a_person(page: Page, texts: Texts, form: str) -> None:
    write(page, said.PERSON[form])
    button(page, texts.get("yes", form)).click()
    expect(page.locator("#owner")).to_have_text(texts.get("chat_waiting", form))


@EACH_FORM
def test_an_answer_can_be_read_on_a_small_phone(visitors: Visitors, texts: Texts, data_dir: Path, form: str) -> None:
    page = visitors.phone(f"/?form={form}")
    expect(page.locator("html")).to_have_attribute("dir", direction(form))
    expect(page.locator("html")).to_have_attribute("lang", form)
    ask(page, texts, form)
    answer = bubble(page, "bot", first_line(data_dir, form))
    expect(answer).to_be_visible()
    expect(answer).to_have_attribute("dir", direction(form))
    expect(answer).to_have_attribute("lang", form)
    assert seeing.style(bubble(page, "you", said.ANSWERED[form][0]), "direction") == direction(form)
    assert float(seeing.style(answer, "fontSize").removesuffix("px")) >= 16
    assert page.evaluate("() => innerWidth") == 360
    assert seeing.sideways(page) == []


def test_a_new_answer_is_in_sight_from_its_beginning(visitors: Visitors, texts: Texts, data_dir: Path) -> None:
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    write(page, said.ANSWERED["en"][0])
    answer = bubble(page, "bot", first_line(data_dir, "en"))
    expect(answer).to_be_visible()
    top, bottom = page.locator("#scroll").evaluate("(n) => [n.getBoundingClientRect().top, n.getBoundingClientRect().bottom]")
    box = answer.bounding_box()
    assert box is not None and top <= box["y"] < bottom - 100


@pytest.mark.parametrize("form", ["fr", "ar"])
def test_a_button_is_pressed_with_the_keyboard_alone(visitors: Visitors, texts: Texts, form: str) -> None:
    page = visitors.phone(f"/?form={form}")
    ask(page, texts, form)
    yes = button(page, texts.get("yes", form))
    expect(page.locator("#box")).to_be_focused()
    seeing.reach(page, yes, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(bubble(page, "you", texts.get("yes", form))).to_be_visible()
    expect(bubble(page, "bot", texts.say("thanks_feedback", form))).to_be_visible()
    expect(yes).to_have_attribute("aria-current", "true")


def test_a_message_of_several_lines_is_written_with_shift_and_enter(visitors: Visitors) -> None:
    page = visitors.phone("/?form=en")
    page.locator("#box").press_sequentially("first")
    page.locator("#box").press("Shift+Enter")
    page.locator("#box").press_sequentially("second")
    page.locator("#box").press("Enter")
    expect(page.locator(".m.you .b")).to_have_text("first\nsecond", use_inner_text=True)
    expect(page.locator("#box")).to_have_value("")


def test_the_conversation_is_kept_over_a_reload(visitors: Visitors, texts: Texts, live: Database) -> None:
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    expect(button(page, texts.get("yes", "fr"))).to_be_visible()  # the last bubble
    before, same = page.locator(".b").all_inner_texts(), conversation_of(live, page).id
    page.reload()
    expect(page.locator(".b")).to_have_count(len(before))
    assert page.locator(".b").all_inner_texts() == before
    button(page, texts.get("yes", "fr")).click()
    expect(bubble(page, "bot", texts.say("thanks_feedback", "fr"))).to_be_visible()
    assert conversation_of(live, page).id == same


def test_a_new_conversation_forgets_the_old_one(visitors: Visitors, texts: Texts, live: Database) -> None:
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    old = conversation_of(live, page).id
    page.locator("#new").click()
    page.locator("#forget").click()
    expect(page.locator(".b")).to_have_count(0)
    ask(page, texts, "fr")
    assert conversation_of(live, page).id != old


def test_a_shared_place_finds_what_is_near(visitors: Visitors, texts: Texts) -> None:
    page = visitors.phone("/?form=fr", geolocation=AGADIR, permissions=["geolocation"])
    write(page, said.HOSPITAL["fr"])
    button(page, texts.get("share_location", "fr")).click()
    expect(page.locator(".m.you .b").last).to_contain_text(texts.get("share_location", "fr"))
    found = page.locator(".m.bot .b").filter(has_text="1. ").last
    expect(found).to_contain_text("km")
    assert seeing.sideways(page) == []


def test_a_place_that_is_not_given_is_asked_for_in_words(visitors: Visitors, texts: Texts) -> None:
    page = visitors.phone("/?form=ar", permissions=[])
    page.locator("#pin").click()
    expect(bubble(page, "system", texts.say("chat_location_failed", "ar"))).to_be_visible()
    expect(page.locator("#box")).to_be_focused()


def test_what_is_written_offline_is_sent_once_when_the_connection_is_back(
    visitors: Visitors, watch: Watch, texts: Texts, live: Database
) -> None:
    watch.expected.append(OFFLINE)
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    page.context.set_offline(True)
    write(page, texts.get("yes", "fr"))
    write(page, said.ANSWERED["en"][0])
    expect(page.locator("#net")).to_have_text(texts.get("chat_offline", "fr"))
    expect(page.locator(".m.pending .t").last).to_have_text(texts.get("chat_sending", "fr"))
    assert received(live, page) == 1
    page.context.set_offline(False)
    expect(bubble(page, "bot", texts.say("thanks_feedback", "fr"))).to_be_visible()
    expect(button(page, texts.get("no", "en"))).to_be_visible()
    expect(page.locator(".m.pending")).to_have_count(0)
    expect(page.locator("#net")).to_be_empty()
    assert received(live, page) == 3


def test_what_was_not_yet_sent_survives_that_the_page_is_closed(visitors: Visitors, watch: Watch, texts: Texts, live: Database) -> None:
    watch.expected.append(OFFLINE)
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    page.context.set_offline(True)
    write(page, texts.get("yes", "fr"))
    expect(page.locator(".m.pending")).to_have_count(1)
    context = page.context
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto("/?form=fr")
    expect(bubble(again, "bot", texts.say("thanks_feedback", "fr"))).to_be_visible()
    assert received(live, again) == 2


@pytest.mark.parametrize("form", ["fr", "ary-Arab"])
def test_a_person_takes_over_speaks_live_and_hands_back(visitors: Visitors, texts: Texts, live: Database, worker: Staff, form: str) -> None:
    page = visitors.phone(f"/?form={form}")
    wait_for_a_person(page, texts, form)
    case = case_of(live, page)
    with live.begin() as session:
        cases.take(session, worker, case.id, texts)
        cases.reply(session, worker, case.id, "Bonjour <b>vous</b>")
    expect(page.locator("#owner")).to_have_text(texts.get("chat_person_here", form))
    expect(bubble(page, "person", "Bonjour <b>vous</b>")).to_be_visible()
    expect(page.locator(".m.person .who")).to_have_text(f"{texts.get('person_label', form)} · {worker.name}")
    assert seeing.style(page.locator(".m.person .b"), "backgroundColor") != seeing.style(page.locator(".m.bot .b").first, "backgroundColor")
    write(page, said.SECRET[form])
    with live.begin() as session:
        cases.hand_back(session, worker, case.id, texts)
    expect(bubble(page, "system", texts.say("person_left", form))).to_be_visible()
    expect(page.locator("#owner")).to_be_empty()
    assert seeing.sideways(page) == []


def test_danger_shows_numbers_that_can_be_called(visitors: Visitors, texts: Texts) -> None:
    page = visitors.phone("/?form=fr")
    write(page, said.URGENT["fr"])
    call = page.locator(".m.system a.tel").first
    expect(call).to_have_attribute("href", "tel:19")
    expect(page.locator("#owner")).to_have_text(texts.get("chat_waiting", "fr"))
    assert seeing.small(page) == [] and seeing.sideways(page) == []


def test_markup_in_a_message_stays_text(visitors: Visitors) -> None:
    page = visitors.phone("/?form=fr")
    write(page, MARKUP)
    expect(page.locator(".m.you .b")).to_have_text(MARKUP)
    expect(page.locator(".m.bot").first).to_be_visible()
    page.reload()
    expect(page.locator(".m.you .b")).to_have_text(MARKUP)
    expect(page.locator("#log img, #log b, #log script")).to_have_count(0)


def test_a_very_long_word_does_not_push_the_page_wide(visitors: Visitors) -> None:
    page = visitors.phone("/?form=fr")
    write(page, "https://example.org/" + "x" * 300)
    expect(page.locator(".m.you .b")).to_be_visible()
    assert seeing.sideways(page) == []


def test_the_language_of_the_page_is_changed_and_the_conversation_stays(visitors: Visitors, texts: Texts) -> None:
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    expect(page.locator("#langs")).to_be_hidden()
    page.locator("#lang").click()
    page.get_by_role("link", name=texts.get("form_ar", "fr"), exact=True).click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#box")).to_have_attribute("placeholder", texts.get("chat_placeholder", "ar"))
    expect(bubble(page, "you", said.ANSWERED["fr"][0])).to_be_visible()
    assert seeing.style(bubble(page, "you", said.ANSWERED["fr"][0]), "direction") == "ltr"
    assert seeing.sideways(page) == []


@pytest.mark.parametrize(("locale", "lang"), [("ar-MA", "ar"), ("en-GB", "en"), ("de-DE", "fr")])
def test_the_page_begins_in_the_language_of_the_browser(visitors: Visitors, locale: str, lang: str) -> None:
    page = visitors.phone("/", locale=locale)
    expect(page.locator("html")).to_have_attribute("lang", lang)


@EACH_FORM
def test_everything_that_can_be_used_has_a_name(visitors: Visitors, texts: Texts, form: str) -> None:
    page = visitors.phone(f"/?form={form}")
    ask(page, texts, form)
    found = seeing.controls(page)
    assert [role for role, name in found if not name.strip()] == []
    assert {texts.get("chat_placeholder", form), texts.get("chat_send", form), texts.get("chat_new", form)} <= {name for _, name in found}


def test_new_messages_are_announced_and_old_ones_are_not(visitors: Visitors, texts: Texts) -> None:
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    logs = [properties for role, _, properties in seeing.tree(page) if role == "log"]
    assert [p["live"]["value"] for p in logs] == ["polite"]
    expect(page.get_by_role("log").locator(".m.bot").first).to_be_attached()
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => new MutationObserver(() => window.loudly = "
        "window.loudly || document.getElementById('log').getAttribute('aria-live') !== 'off')"
        ".observe(document.getElementById('log'), {childList: true}))"
    )
    page.reload()
    expect(page.locator(".m.bot").first).to_be_visible()
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    assert page.evaluate("() => window.loudly") is False


def test_the_focus_goes_in_reading_order_and_can_be_seen(visitors: Visitors, texts: Texts) -> None:
    page = visitors.phone("/?form=fr")
    order = seeing.tab_order(page, 11)
    names = [name for name, _ in order]
    assert names == ["skip", "exit", "lang", *(texts.get(f"form_{form}", "fr") for form in FORMS), "scroll", "pin", "box"]
    assert [name for name, visible in order if not visible] == []


def test_the_first_link_leads_to_the_text_box(visitors: Visitors) -> None:
    page = visitors.phone("/?form=fr")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#box")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_strong_enough_and_controls_are_large_enough(visitors: Visitors, texts: Texts, scheme: str) -> None:
    page = visitors.phone("/?form=fr", color_scheme=scheme)
    assert seeing.faint(page) == [] and seeing.small(page) == []
    ask(page, texts, "fr")
    button(page, texts.get("yes", "fr")).click()
    expect(bubble(page, "bot", texts.say("thanks_feedback", "fr"))).to_be_visible()
    assert seeing.faint(page) == [] and seeing.small(page) == []


def test_the_watch_sees_a_foreign_host_an_error_and_a_broken_policy(visitors: Visitors, watch: Watch) -> None:
    page = visitors.phone("/?form=fr")
    page.evaluate("""async () => {
      console.error('planted');
      document.body.appendChild(document.createElement('script')).textContent = 'window.inline = 1';
      await fetch('http://foreign.invalid/x').catch(() => 0);
      setTimeout(() => { throw new Error('thrown'); });
      await new Promise((done) => setTimeout(done));
    }""")
    page.wait_for_function("() => document.querySelector('body > script:last-child')")
    assert page.evaluate("() => window.inline") is None
    seen = "\n".join(watch.faults)
    watch.expected.append("")
    assert all(word in seen for word in ("planted", "script-src", "foreign.invalid", "thrown"))


def test_what_was_erased_leaves_the_screen_at_once(visitors: Visitors, texts: Texts) -> None:
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    write(page, "effacer mes données")
    expect(page.locator(".b").filter(has_text=seeing.shown(texts.say("ask_delete", "fr")))).to_be_visible()
    button(page, texts.get("yes", "fr")).click()
    expect(bubble(page, "system", texts.say("deleted", "fr"))).to_be_visible()
    expect(page.locator(".m")).to_have_count(1)


def test_the_quick_exit_leaves_the_page_and_the_way_back(visitors: Visitors, texts: Texts) -> None:
    page = visitors.phone("/?form=fr")
    ask(page, texts, "fr")
    page.get_by_role("button", name=texts.get("chat_exit", "fr")).click()
    page.wait_for_url("about:blank")


def test_a_new_conversation_beside_a_request_is_warned_of(visitors: Visitors, texts: Texts, live: Database) -> None:
    page = visitors.phone("/?form=fr")
    wait_for_a_person(page, texts, "fr")
    old = conversation_of(live, page).id
    page.locator("#new").click()
    expect(page.locator("#leaving")).to_have_text(texts.get("chat_leaving", "fr"))
    with page.expect_response(lambda answer: answer.url.endswith("/left")):
        page.locator("#forget").click()
    with live.begin() as session:
        assert session.scalars(select(Case.left_at).filter_by(conversation_id=old)).one()
