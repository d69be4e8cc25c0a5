"""Files of a person and what was given up, in a real browser; the web application alone, without Rasa."""

import io
import struct
import uuid
import wave
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from bot.db import Database, notify
from bot.handoff import cases
from bot.messages import Inbound, Reply
from bot.messaging import conversations, inbox, media, outbox
from bot.settings import Settings
from bot.tables import Conversation, MediaRow, OutboundRow
from console.language import Language, read
from tests.browser import seeing
from tests.browser.conftest import PHONE, Watch
from tests.providers.server import Server
from tests.story import Hire
from web.app import build_app

pytestmark = [pytest.mark.browser]
SignIn = Callable[..., Page]
HEARD = "(node) => new Promise((done) => { const look = () => node.currentTime > 0.2 ? done(true) : setTimeout(look, 50); look(); })"


@pytest.fixture
def live(db: Database) -> Database:
    """Instead of the running installation: an empty database."""
    return db


@pytest.fixture
def watch(db: Database, config: Settings) -> Iterator[Watch]:
    with Server(build_app(db, config)) as server:
        yield Watch(server.url)


@pytest.fixture(scope="module")
def fr() -> Language:
    return read("fr")


@dataclass
class Asker:
    """Somebody on WhatsApp who waits for a person."""

    db: Database
    address: str
    case: int = 0

    @property
    def path(self) -> str:
        return f"/console/cases/{self.case}"

    def send(self, kind: str = "text", **what: str) -> None:
        with self.db.begin() as session:
            inbox.receive(session, Inbound("whatsapp", str(uuid.uuid4()), self.address, kind, **what))  # type: ignore[arg-type]

    def file(self, mime: str, content: bytes, kind: str = "voice", caption: str = "") -> int:
        self.send("media", media=kind, reference="x", mime=mime, text=caption)
        with self.db.begin() as session:
            row = session.scalars(select(MediaRow).order_by(MediaRow.id.desc()).limit(1)).one()
            if content:
                media.keep(session, row, content, mime)
            return row.id

    def arrives(self, media_id: int, mime: str, content: bytes) -> None:
        with self.db.begin() as session:
            media.keep(session, session.get_one(MediaRow, media_id), content, mime)

    def hears(self, words: str, actor: str = "person", **state: str) -> int:
        """A row of the outbox, brought into this state."""
        with self.db.begin() as session:
            conversation = conversations.by_address(session, "whatsapp", self.address)
            assert conversation is not None
            outbox.add(session, conversation, [Reply(words, "fr", actor=actor)])  # type: ignore[arg-type]
            row = session.scalars(select(OutboundRow).order_by(OutboundRow.id.desc()).limit(1)).one()
        self.becomes(row.id, **state)
        return row.id

    def becomes(self, row_id: int, **state: str) -> None:
        with self.db.begin() as session:
            session.execute(update(OutboundRow).where(OutboundRow.id == row_id).values(**state))
            notify(session, "console", str(session.get_one(OutboundRow, row_id).conversation_id))


@pytest.fixture
def asker(db: Database) -> Asker:
    found = Asker(db, str(uuid.uuid4()))
    found.send(text="bonjour")
    with db.begin() as session:
        conversation = conversations.by_address(session, "whatsapp", found.address)
        assert conversation is not None
        found.case = cases.open_case(session, conversation, "asked").id
    return found


def sound(seconds: int = 20) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack("<h", 900) * 8000 * seconds)
    return out.getvalue()


def picture(width: int = 900, height: int = 1200) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x30\x80\x60" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_voice_note_is_heard_with_the_keyboard_and_goes_on_while_the_page_changes(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    number = asker.file("audio/wav", sound(), caption="écoutez")
    page = sign_in(hire("Salma"), asker.path)
    player = page.locator(f"#media-{number}")
    seeing.reach(page, player)
    assert player.evaluate("(node) => node.networkState") != 2  # nothing is loaded before somebody wants to hear it
    with page.expect_response(f"**/console/media/{number}") as answer:
        page.keyboard.press("Space")
    assert answer.value.status == 206 and answer.value.headers["content-range"].startswith("bytes 0-")
    assert player.evaluate(HEARD)
    asker.send(text="vous avez entendu ?")
    expect(page.locator(".bubble.asker").last).to_contain_text("vous avez entendu ?")
    assert player.evaluate("(node) => !node.paused && node.currentTime > 0.2")
    player.evaluate("(node) => { node.currentTime = 15; }")
    page.wait_for_function("(id) => document.getElementById(id).currentTime > 15", arg=f"media-{number}")


def test_a_picture_is_small_and_opens_large_in_a_new_tab(sign_in: SignIn, hire: Hire, asker: Asker, watch: Watch) -> None:
    watch.expected.append("Applying inline style.*/console/media/")  # the browser's own page around a picture, which gets no style either
    number = asker.file("image/png", picture(), "picture")
    page = sign_in(hire("Salma"), asker.path)
    small = page.locator(f"#media-{number} img")
    expect(small).to_have_js_property("naturalWidth", 900)
    box = small.bounding_box()
    assert box and box["height"] <= 192 and abs(box["width"] / box["height"] - 0.75) < 0.02
    with page.context.expect_page() as opened:
        seeing.reach(page, page.locator(f"#media-{number}"))
        page.keyboard.press("Enter")
    large = opened.value
    expect(large.locator("img")).to_have_js_property("naturalHeight", 1200)
    assert large.url.endswith(f"/console/media/{number}")


def test_other_files_are_saved_and_not_opened(sign_in: SignIn, hire: Hire, asker: Asker) -> None:
    number = asker.file("application/pdf", b"%PDF-1.4 nothing", "document")
    page = sign_in(hire("Salma"), asker.path)
    with page.expect_download() as saved:
        page.locator(f"#download-{number}").click()
    assert saved.value.suggested_filename == f"dalil-{number}.pdf"
    assert saved.value.path().read_bytes() == b"%PDF-1.4 nothing"


def test_a_file_appears_when_it_has_been_fetched(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language) -> None:
    number = asker.file("audio/wav", b"")
    page = sign_in(hire("Salma"), asker.path)
    expect(page.locator(".bubble.asker").last).to_contain_text(fr.named("media", "wanted"))
    asker.arrives(number, "audio/wav", sound())
    expect(page.locator(f"#media-{number}")).to_be_visible()


def test_what_became_of_a_message_is_seen_as_it_happens(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language) -> None:
    page = sign_in(hire("Salma"), asker.path)
    page.locator("#do-take").click()
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Bonjour")
    page.keyboard.press("Control+Enter")
    bubble = page.locator(".bubble.staff")
    expect(bubble.locator(".delivery")).to_have_text(fr.named("delivery", "queued"))
    row_id = int(str(bubble.get_attribute("id")).removeprefix("out-"))
    for state, delivery, words in (
        ("held", "", "held"),
        ("sent", "", "sent"),
        ("sent", "delivered", "delivered"),
        ("sent", "read", "read"),
    ):
        asker.becomes(row_id, state=state, delivery=delivery)
        expect(bubble.locator(".delivery")).to_have_text(fr.named("delivery", words))


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_sending_again_from_the_case(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language, script: bool) -> None:
    row_id = asker.hears("Bonjour", state="dead", error="Twilio 63024")
    page = sign_in(hire("Salma"), asker.path, java_script_enabled=script)
    bubble = page.locator(f"#out-{row_id}")
    expect(bubble.locator(".delivery")).to_contain_text(fr.text("undelivered.blocked"))
    bubble.get_by_role("button", name=fr.text("Send again")).press("Enter")
    expect(bubble.locator(".delivery")).to_have_text(fr.named("delivery", "queued"))
    expect(bubble.get_by_role("button")).to_have_count(0)
    assert page.url.split("#")[0].endswith(asker.path)


def test_who_comes_second_is_told(sign_in: SignIn, hire: Hire, asker: Asker, watch: Watch, fr: Language) -> None:
    watch.expected.append("status of 409")
    row_id = asker.hears("Bonjour", state="dead")
    pages = [sign_in(hire(name), asker.path, java_script_enabled=False) for name in ("Salma", "Yassine")]
    for page in pages:
        page.locator(f"#again-{row_id}").click()
    expect(pages[1].get_by_role("alert").first).to_have_text(fr.text("outbox.not_dead"))


def test_the_navigation_leads_to_what_was_given_up(sign_in: SignIn, hire: Hire, asker: Asker, fr: Language) -> None:
    page = sign_in(hire("Salma"))
    expect(page.locator("#to-undelivered")).to_have_count(0)
    row_id = asker.hears("Bonjour", "bot", state="dead", error="Twilio 63024")
    with asker.db.begin() as session:
        notify(session, "console", "queue")
    expect(page.locator("#to-undelivered")).to_have_text(seeing.shown(fr.text("Not delivered: {n}", n=1)))
    seeing.reach(page, page.locator("#to-undelivered"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=fr.text("Not delivered"))).to_be_visible()
    seeing.reach(page, page.locator(f"#case-of-{row_id}"))
    seeing.reach(page, page.locator(f"#again-{row_id}"))
    page.keyboard.press("Enter")
    expect(page.locator("main .count")).to_contain_text(fr.text("Everything was delivered."))
    expect(page.locator("#to-undelivered")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["fr", "ar", "en"])
def test_all_of_it_fits_a_phone(sign_in: SignIn, hire: Hire, asker: Asker, lang: str, scheme: str) -> None:
    wanted = read(lang)
    _everything(asker)
    page = sign_in(hire("Salma"), color_scheme=scheme, **PHONE)
    seeing.follow(page, wanted.named("language", lang))
    for path, stops in ((asker.path, 20), ("/console/undelivered", 12)):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("dir", wanted.dir)
        assert seeing.sideways(page) == [] and seeing.small(page) == [] and seeing.faint(page) == []
        assert [role for role, name in seeing.controls(page) if not name.strip()] == []
        assert [name for name, visible in seeing.tab_order(page, stops) if not visible] == []


def _everything(asker: Asker) -> None:
    for mime, kind in (("audio/wav", "voice"), ("audio/amr", "voice"), ("image/png", "picture"), ("application/pdf", "document")):
        asker.file(mime, picture() if kind == "picture" else sound(1), kind, caption="une légende qui est assez longue pour deux lignes")
    asker.file("audio/wav", b"")
    asker.file("application/x-msdownload", b"MZ", "document")
    asker.send("contact", text="+212600000000")
    long = "Twilio-" + "0123456789" * 12
    asker.hears("Bonjour " * 30, state="dead", error=long)
    asker.hears("Du robot", "bot", state="dead", error="Twilio 63024")
    asker.hears("Attend", state="held")
    with asker.db.begin() as session:
        session.execute(update(Conversation).values(unreachable=long))
