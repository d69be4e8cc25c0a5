"""The conversation page in a browser: what is typed is never lost, notes reach colleagues, the window opens by itself."""

import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, insert, update

from bot.db import Database, notify
from bot.handoff import drafts
from bot.handoff.thread import LATEST
from bot.privacy.vault import vault
from bot.tables import Conversation, InboundRow, Staff, StaffSession
from cli.client import Chat
from console.language import Language, read
from tests.browser import seeing
from tests.browser.conftest import PASSWORD, PHONE, Watch
from tests.browser.test_console_page import Asker, Hire, SignIn, said_by, take
from tests.journeys import said
from tests.story import until

pytestmark = [pytest.mark.browser, pytest.mark.journey]
NUMBER = "06 12 34 56 78"


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


@pytest.fixture
def asker(chat: Chat, live: Database) -> Asker:
    chat.say(said.PERSON["fr"])
    chat.say(said.YES["fr"])
    return Asker(chat, live)


def received(live: Database, asker: Asker, *bodies: dict[str, Any], form: str = "fr") -> None:
    """Messages that were worked on before, the oldest first, all older than the conversation."""
    start = asker.case.opened_at - timedelta(days=1)
    with live.begin() as session:
        rows = [
            {
                "channel": "webchat",
                "provider_id": str(uuid.uuid4()),
                "conversation_id": asker.case.conversation_id,
                "state": "done",
                "form": form,
                "body_sealed": vault(session).seal({"kind": "text", **body}),
                "received_at": start + timedelta(minutes=n),
            }
            for n, body in enumerate(bodies)
        ]
        session.execute(insert(InboundRow), rows)


def kept(live: Database, person: Staff, asker: Asker) -> str:
    with live.begin() as session:
        return drafts.of(session, person, asker.case)


def open_note(page: Page) -> None:
    page.locator("#open-note").click()
    page.locator("#note-text").focus()


# --- Looks


@pytest.mark.parametrize("code", ["fr", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_both_directions(sign_in: SignIn, hire: Hire, asker: Asker, live: Database, code: str, scheme: str) -> None:
    received(live, asker, {"text": f"بغيت نمشي للسبيطار، عيط ليا {NUMBER}"}, form="ary-Arab")
    received(live, asker, {"kind": "location", "latitude": 30.42, "longitude": -9.6})
    words = read(code)
    salma = hire("Salma Benhaddou")
    hire("Yassine Oulhaj")
    page = sign_in(salma, asker.path, **PHONE, locale=f"{code}-MA", color_scheme=scheme)
    page.goto(f"/console/language/{code}?back={asker.path}")
    expect(page.locator("html")).to_have_attribute("dir", words.dir)
    take(page)
    page.locator(".aid summary").first.click()
    expect(page.locator(".aid .said").first).to_contain_text("bghit nmchi llsbitar")
    open_note(page)
    page.keyboard.type("Elle a rendez-vous lundi avec @")
    expect(page.locator("#mentionable")).to_be_visible()
    assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
    page.keyboard.press("Escape")
    page.locator("#note-form button").click()
    note = page.locator(".bubble.note")
    expect(note).to_contain_text(seeing.shown(words.text("Internal note")))
    assert seeing.sideways(page) == [] and seeing.faint(page) == []
    assert [role for role, name in seeing.controls(page) if not name.strip()] == []


def test_a_number_in_an_arabic_line_is_read_from_left_to_right(sign_in: SignIn, hire: Hire, asker: Asker, live: Database) -> None:
    received(live, asker, {"text": f"عيط ليا على {NUMBER} عافاك"}, form="ary-Arab")
    page = sign_in(hire("Salma"), asker.path)
    number = page.locator(".bubble.asker bdi", has_text=NUMBER)
    assert seeing.style(number, "unicode-bidi") == "isolate" and seeing.style(number, "direction") == "ltr"


def test_on_a_desk_what_stands_beside_is_beside_and_all_is_in_sight(sign_in: SignIn, hire: Hire, asker: Asker, live: Database) -> None:
    received(live, asker, *({"text": f"message {n}"} for n in range(60)))
    page = sign_in(hire("Salma"), asker.path)
    take(page)
    log, beside = page.locator("#log").bounding_box(), page.locator("#beside").bounding_box()
    assert log and beside and beside["x"] >= log["x"] + log["width"] and log["height"] >= 400
    assert page.evaluate("() => document.documentElement.scrollHeight") == 800
    expect(page.locator("h1")).to_be_in_viewport(ratio=1)
    expect(page.locator("#reply button.main")).to_be_in_viewport(ratio=1)
    expect(said_by(page, "asker", said.YES["fr"]).or_(page.locator("#log > article").last).last).to_be_in_viewport()


def test_on_a_phone_the_thread_has_most_of_the_screen(sign_in: SignIn, hire: Hire, asker: Asker, live: Database) -> None:
    received(live, asker, *({"text": f"message {n}"} for n in range(60)))
    page = sign_in(hire("Salma"), asker.path, **PHONE)
    take(page)
    log = page.locator("#log").bounding_box()
    assert log and log["height"] >= 360 and page.evaluate("() => document.documentElement.scrollHeight") == 740
    expect(page.locator("#reply button.main")).to_be_in_viewport(ratio=1)
    expect(page.locator("#beside-number")).to_be_hidden()
    page.locator("#open-beside").click()
    expect(page.locator("#beside-number")).to_be_visible()
    assert seeing.sideways(page) == [] and seeing.small(page) == []


def test_the_box_grows_with_what_is_written_up_to_a_limit(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    page = sign_in(hire("Salma"), asker.path)
    take(page)
    heights = []
    for lines in (1, 8, 60):
        page.locator("#text").fill("\n".join(["ligne"] * lines))
        heights.append(page.locator("#text").evaluate("(box) => box.getBoundingClientRect().height"))
    assert heights[0] < 80 < 160 < heights[1] < heights[2] <= 320
    expect(page.locator("#reply button.main")).to_be_in_viewport(ratio=1)


def test_what_is_too_long_is_neither_cut_nor_sent(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language) -> None:
    page = sign_in(hire("Salma"), asker.path)
    take(page)
    page.locator("#text").fill("é" * 3900)
    expect(page.locator("#text-size")).to_have_text(fr.text("Letters left: {n}").replace("{n}", "100"))
    page.locator("#text").fill("é" * 4002)
    expect(page.locator("#text-size")).to_contain_text("2")
    expect(page.locator("#text-size")).to_have_class("size over")
    page.locator("#text").press("Control+Enter")
    page.locator("#reply button.main").click()
    assert len(page.locator("#text").input_value()) == 4002
    expect(page.locator(".bubble.staff")).to_have_count(0)
    page.locator("#text").fill("é" * 4000)
    page.locator("#text").press("Control+Enter")
    expect(said_by(page, "staff", "é" * 4000)).to_be_visible()


# --- What is typed stays


def test_a_draft_survives_a_reload_and_is_there_on_another_device(sign_in: SignIn, hire: Hire, asker: Asker, live: Database) -> None:
    salma = hire("Salma")
    page = sign_in(salma, asker.path)
    take(page)
    page.keyboard.type("Je cherche votre")
    until(lambda: kept(live, salma, asker) == "Je cherche votre")
    page.keyboard.type(" dossier")
    page.reload()  # before the pause is over: what is left is saved on leaving
    expect(page.locator("#text")).to_have_value("Je cherche votre dossier")
    other = sign_in(salma, asker.path)
    expect(other.locator("#text")).to_have_value("Je cherche votre dossier")
    other.locator("#text").press("Control+Enter")
    expect(said_by(other, "staff", "Je cherche votre dossier")).to_be_visible()
    until(lambda: kept(live, salma, asker) == "")
    other.reload()
    expect(other.locator("#text")).to_have_value("")


def test_who_was_signed_out_signs_in_in_another_tab_and_sends_what_was_typed(
    sign_in: SignIn, hire: Hire, asker: Asker, live: Database, watch: Watch, fr: Language
) -> None:
    watch.expected.append("status of 40[13]")
    salma = hire("Salma")
    page = sign_in(salma, asker.path)
    take(page)
    with live.begin() as session:
        session.execute(delete(StaffSession).where(StaffSession.staff_id == salma.id))
    page.keyboard.type("Je suis là.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#signed-out")).to_be_visible()
    expect(page.locator("#text")).to_have_value("Je suis là.")
    with page.context.expect_page() as opened:
        page.locator("#signed-out a").click()
    second = opened.value
    second.locator("#email").fill(salma.email)
    second.locator("#password").fill(PASSWORD)
    second.locator("#password").press("Enter")
    expect(second.locator(".who .name")).to_have_text("Salma")
    second.close()
    page.bring_to_front()
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")  # browsers without a screen do not say it
    expect(page.locator("#signed-out")).to_be_hidden()
    page.locator("#text").press("Control+Enter")
    expect(said_by(page, "staff", "Je suis là.")).to_be_visible()
    asker.chat.post({"text": "merci"})
    expect(said_by(page, "asker", "merci")).to_be_visible()  # the line of news is open again


def test_without_the_script_the_words_are_shown_to_who_was_signed_out(
    sign_in: SignIn, hire: Hire, asker: Asker, live: Database, watch: Watch, fr: Language
) -> None:
    watch.expected.append("status of 401")
    salma = hire("Salma")
    page = sign_in(salma, asker.path, java_script_enabled=False)
    take(page)
    page.locator("#text").fill("Je suis là.")
    with live.begin() as session:
        session.execute(delete(StaffSession).where(StaffSession.staff_id == salma.id))
    page.locator("#reply button.main").click()
    expect(page.locator("#lost")).to_have_value("Je suis là.")
    expect(page.get_by_role("alert")).to_have_text(fr.text("sign_in.in_between"))


# --- Notes


def test_a_colleague_who_is_named_in_a_note_sees_it_at_once(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language) -> None:
    name = f"Yassine {uuid.uuid4().hex[:6]}"
    salma, yassine = hire("Salma"), hire(name)
    there, page = sign_in(yassine), sign_in(salma, asker.path)
    open_note(page)
    page.keyboard.type(f"Peux-tu l’appeler @{name[:10].lower()}")
    expect(page.locator("#mentionable li:visible")).to_have_text([name])
    page.keyboard.press("Enter")
    expect(page.locator("#note-text")).to_have_value(f"Peux-tu l’appeler @{name} ")
    page.keyboard.type("?")
    page.keyboard.press("Control+Enter")
    note = page.locator(".bubble.note")
    expect(note).to_contain_text(f"Peux-tu l’appeler @{name} ?")
    expect(note).to_contain_text(seeing.shown(fr.text("Told: {names}", names=name)))
    expect(page.locator("#note-text")).to_have_value("")
    expect(there.locator("#mentions")).to_have_text(seeing.shown(fr.text("{n} new", n=1)))
    there.get_by_role("link", name=fr.named("menu", "mentions")).click()
    there.locator(".mention a").click()
    expect(there.locator(".bubble.note")).to_contain_text("Peux-tu l’appeler")
    expect(there.locator("#mentions")).to_be_empty()
    assert "Peux-tu" not in str(asker.chat.settle())


# --- The window


def test_a_closed_window_opens_by_itself_when_the_person_writes(
    sign_in: SignIn, hire: Hire, asker: Asker, live: Database, fr: Language
) -> None:
    case, page = asker.case, sign_in(hire("Salma"), asker.path)
    take(page)
    page.keyboard.type("Je cherche")
    channel(live, case.conversation_id, "whatsapp", timedelta(hours=25))
    expect(page.locator("#window .warn")).to_be_visible()
    expect(page.locator("#reply button.main")).to_be_disabled()
    expect(page.locator("#text")).to_have_value("Je cherche")
    page.locator("#do-nudge").click()
    expect(page.locator("#do-nudge")).to_have_count(0)
    expect(page.locator("#window .why")).to_have_text(fr.text("They are being told that an answer waits."))
    channel(live, case.conversation_id, "webchat", timedelta(0))
    expect(page.locator("#window .warn")).to_have_count(0)
    expect(page.locator("#reply button.main")).to_be_enabled()
    page.locator("#text").press("Control+Enter")
    expect(said_by(page, "staff", "Je cherche")).to_be_visible()


def channel(live: Database, conversation_id: uuid.UUID, name: str, ago: timedelta) -> None:
    """The conversation is on this channel, and the person wrote so long ago."""
    with live.begin() as session:
        values = {"channel": name, "last_inbound_at": datetime.now(timezone.utc) - ago, "nudged_at": None}
        session.execute(update(Conversation).where(Conversation.id == conversation_id).values(**values))
        notify(session, "console", str(conversation_id))


# --- Long threads


def test_older_messages_are_loaded_above_and_stay_when_new_ones_come(
    sign_in: SignIn, hire: Hire, asker: Asker, live: Database, fr: Language
) -> None:
    received(live, asker, *({"text": f"message {n}."} for n in range(LATEST + 40)))
    page = sign_in(hire("Salma"), asker.path)
    expect(page.locator("#log > article")).to_have_count(LATEST)
    first = page.locator("#log > article").first
    before = first.get_attribute("id")
    page.locator("#earlier").click()
    expect(page.get_by_text("message 0.", exact=True)).to_be_attached()
    expect(page.locator("#earlier")).to_be_hidden()
    count = page.locator("#log > article").count()
    ids = page.locator("#log > article").evaluate_all("(all) => all.map((one) => one.id)")
    assert count > LATEST + 40 and len(set(ids)) == count and before in ids
    asker.chat.post({"text": "encore moi"})
    expect(said_by(page, "asker", "encore moi")).to_be_attached()
    expect(page.get_by_text("message 0.", exact=True)).to_be_attached()
    times = page.locator("#log > article time").evaluate_all("(all) => all.map((one) => one.dateTime)")
    assert times == sorted(times)
