"""The editors' studio in a browser: a new entry in two forms, a translator adds a third, two editors at once, a changed meaning, back."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from bot.db import Database
from bot.faq import workflow
from bot.faq.rules import book
from bot.settings import ROOT
from bot.tables import EntryRow, Staff
from tests.browser import axe, seeing
from tests.browser.conftest import PHONE, Watch

pytestmark = [pytest.mark.browser, pytest.mark.journey]
Hire = Callable[..., Staff]
SignIn = Callable[..., Page]


@pytest.fixture
def entry(live: Database) -> Iterator[str]:
    """The id of an entry that a test makes; it is gone afterwards."""
    found = f"creche_{uuid.uuid4().hex[:8]}"
    yield found
    with live.begin() as session:
        row = session.get(EntryRow, found)
        if row is not None:
            session.delete(row)


def unfold(page: Page) -> None:
    """All parts of the page that are shown folded."""
    page.evaluate("document.querySelectorAll('#entry details').forEach((part) => { part.open = true; })")


def step(page: Page, name: str) -> None:
    """One of the rarer buttons."""
    page.locator("#open-more").click()
    if page.locator(f"#open-{name}").count():
        page.locator(f"#open-{name}").click()
    page.locator(f"#do-{name}").click()


def save(page: Page, kind: str) -> None:
    if not page.locator("#kind-minor").is_visible():
        page.locator("#open-save").click()
    page.locator(f"#kind-{kind}").check()
    page.locator("#save").click()
    expect(page.locator("#saved")).to_be_visible()


def publish(live: Database, entry: str, person: Staff) -> None:
    """As the trial does when it found nothing."""
    with live.begin() as session:
        workflow.publish(session, person, entry, session.get_one(EntryRow, entry).head, book(ROOT / "data"))


def made(page: Page, entry: str) -> None:
    """A new entry, written in French and English."""
    page.locator("#new-entry").click()
    page.locator("#title").fill("Trouver une crèche")
    page.locator("#topic").select_option("schooling")
    page.locator("#open-id").click()
    page.locator("#id").fill(entry)
    page.locator("#create").click()
    expect(page.locator("#answer-fr")).to_be_visible()
    unfold(page)
    page.locator("#answer-fr").fill("Oui, demandez à l'école la plus proche.")
    page.locator("#title-en").fill("Find a nursery")
    page.locator("#answer-en").fill("Yes, ask at the nearest school.")
    expect(page.locator("#bubbles")).to_contain_text("Oui, demandez")
    page.locator("#find-facts").fill("school children")
    page.locator("#find-facts").press("Enter")
    page.locator("#picked-facts input").first.check()
    for name, day in (("read_on", "2026-11-22"), ("check_again_on", "2027-11-22")):
        page.locator(f"#{name}").fill(day)
    save(page, "minor")


def test_from_two_forms_to_three_and_back_again(sign_in: SignIn, hire: Hire, live: Database, entry: str, watch: Watch) -> None:
    watch.expected.append("status of 409")
    zineb, omar = hire("Zineb", "editor"), hire("Omar", "editor")
    page = sign_in(zineb)
    expect(page).to_have_url(f"{watch.base}/console/content")
    made(page, entry)
    other = sign_in(omar, f"/console/content/entry/{entry}")
    other.locator("#title-ar").fill("حضانة")
    other.locator("#answer-ar").fill("نعم، اسألوا أقرب مدرسة.")
    page.locator("#answer-fr").fill("Oui : demandez à l'école.")
    save(other, "minor")
    page.locator("#open-save").click()
    page.locator("#kind-minor").check()
    page.locator("#save").click()
    expect(page.locator("#taken")).to_be_visible()
    expect(page.locator("#answer-ar")).to_have_value("نعم، اسألوا أقرب مدرسة.")
    expect(page.locator("#answer-fr")).to_have_value("Oui : demandez à l'école.")
    save(page, "minor")
    publish(live, entry, zineb)
    page.reload()
    page.locator("#answer-fr").fill("Oui, à partir de 4 ans.")
    save(page, "meaning")
    expect(page.locator("#looked-ar")).to_be_visible()
    expect(page.locator("#looked-en")).to_be_visible()
    assert page.locator("#looked-fr").count() == 0
    publish(live, entry, zineb)
    page.reload()
    step(page, "roll-back")
    expect(page.locator("#done")).to_be_visible()
    expect(page.locator("#answer-fr")).to_have_value("Oui : demandez à l'école.")


def test_what_was_typed_survives_a_reload_and_an_expired_sign_in(sign_in: SignIn, hire: Hire, watch: Watch) -> None:
    watch.expected.append("status of 40[13]")
    path = "/console/content/entry/school_enrol"
    page = sign_in(hire("Zineb", "editor"), path)
    unfold(page)
    page.locator("#answer-fr").fill("Pas encore enregistré.")
    expect(page.locator("#bubbles")).to_contain_text("Pas encore enregistré.")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("#answer-fr")).to_have_value("Pas encore enregistré.")
    page.context.clear_cookies(name="dalil_console")
    page.locator("#answer-fr").fill("Toujours là.")
    expect(page.locator("#signed-out")).to_be_visible()
    page.locator("#forget").click()
    expect(page.locator("#email")).to_be_visible()


def test_what_is_not_saved_is_said_and_saved_first_from_the_keyboard(sign_in: SignIn, hire: Hire, live: Database, entry: str) -> None:
    page = sign_in(hire("Zineb", "editor"))
    made(page, entry)
    page.goto(page.url.partition("?")[0])
    expect(page.locator("#unsaved")).to_be_hidden()
    page.locator("#answer-ar").press_sequentially("الثمن 1 000 درهم، 05 28 82 00 00 غدا")
    expect(page.locator("#answer-ar")).to_have_value("الثمن 1\u00a0000 درهم، 05\u00a028\u00a082\u00a000\u00a000 غدا")
    expect(page.locator("#unsaved")).to_be_visible()
    expect(page.locator("#stands")).to_be_hidden()
    page.locator("#do-publish").click()
    page.locator("#go-save").click()
    expect(page.locator("#kind-minor")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("#title-fr").press("Enter")
    expect(page.locator("#saved")).to_have_count(0)
    page.keyboard.press("Control+s")
    page.locator("#kind-minor").check()
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_be_visible()
    with live.begin() as session:
        assert workflow.head(session, entry).body["answers"]["ar"] == "الثمن 1 000 درهم، 05 28 82 00 00 غدا"


def test_what_is_typed_before_the_script_came_is_shown_and_kept(sign_in: SignIn, hire: Hire) -> None:
    page = sign_in(hire("Zineb", "editor"))
    late: list[Route] = []
    page.route("**/studio.js*", lambda route: late.append(route))
    with page.expect_request("**/studio.js*"):
        page.goto("/console/content/entry/school_enrol", wait_until="commit")
    page.locator("#answer-fr").fill("Tapé trop tôt.")
    late[0].continue_()
    page.unroute("**/studio.js*")
    expect(page.locator("#unsaved")).to_be_visible()
    expect(page.locator("#bubbles")).to_contain_text("Tapé trop tôt.")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("#answer-fr")).to_have_value("Tapé trop tôt.")
    page.locator("#forget").click()
    expect(page.locator("#kept")).to_be_hidden()


def test_what_was_saved_does_not_come_back_as_unsaved(sign_in: SignIn, hire: Hire, entry: str) -> None:
    page = sign_in(hire("Zineb", "editor"))
    made(page, entry)
    page.goto(page.url.partition("?")[0])
    unfold(page)
    page.locator("#source-title-1").fill("Commune d'Agadir")
    page.locator("#answer-fr").fill("Oui, à partir de 4 ans. ")
    late: list[Route] = []
    page.route("**/studio.js*", lambda route: route.continue_() if late else late.append(route))
    save(page, "minor")
    page.goto(f"/console/content/entry/{entry}")  # left before its script came
    expect(page.locator("#unsaved")).to_be_hidden()
    expect(page.locator("#kept")).to_be_hidden()
    assert len(late) == 1 and page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('dalil-entry'))") == []


def test_without_the_script_enter_searches_and_keeps_what_was_typed(sign_in: SignIn, hire: Hire) -> None:
    page = sign_in(hire("Zineb", "editor"), "/console/content/entry/school_enrol", java_script_enabled=False)
    page.locator("#title-fr").fill("Pas encore enregistré")
    page.locator("#about-sources").click()
    page.locator("#find-facts").fill("residence permit")
    page.locator("#find-facts").press("Enter")
    expect(page.locator("#picked-facts input:not(:checked)").first).to_be_visible()
    expect(page.locator("#title-fr")).to_have_value("Pas encore enregistré")
    expect(page.locator("#problem")).to_have_count(0)


def test_a_colleague_is_asked_for_a_review_and_named_in_a_comment(sign_in: SignIn, hire: Hire, live: Database, entry: str) -> None:
    name = f"Samira {uuid.uuid4().hex[:6]}"
    zineb, samira = hire("Zineb", "editor"), hire(name, "editor")
    page = sign_in(zineb)
    made(page, entry)
    page.locator("#open-more").click()
    page.locator("#open-submit").click()
    page.locator("#of").select_option(label=name)
    page.locator("#do-submit").click()
    expect(page.locator("#waits-for")).to_contain_text(name)
    page.wait_for_load_state()
    page.locator("#about-comments").click()
    page.locator("#comment").click()
    page.keyboard.type(f"500 dirhams, @{name[:10].lower()}")
    expect(page.locator("#mentionable li:visible")).to_have_text([name])
    page.keyboard.press("Enter")
    page.keyboard.type("? @Personne")
    page.locator("#do-comment").click()
    expect(page.locator("#strangers")).to_contain_text("Personne")
    expect(page.locator("#comments .said-by")).to_contain_text(f"@{name} ? @Personne")
    other = sign_in(samira)
    other.locator("#view-for_me").click()
    expect(other.locator(".entries .tag.mine")).to_have_count(2)
    other.locator(f"#open-{entry}").click()
    expect(other.locator("#comment")).to_be_visible()
    other.locator("#comment").fill("Oui.")
    other.locator("#do-comment").click()
    expect(other.locator("#comments .said-by li")).to_have_count(2)
    publish(live, entry, samira)
    other.locator("#to-content").click()
    expect(other.locator("#filters")).to_be_visible()
    expect(other.locator("#view-for_me")).to_have_count(0)


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_the_page_of_an_entry_is_sound_and_fits_a_phone(sign_in: SignIn, hire: Hire, lang: str) -> None:
    page = sign_in(hire("Zineb", "manager"), f"/console/language/{lang}?back=/console/content", **PHONE)
    found: dict[str, object] = {}
    for path in ("entry/school_enrol", "entry/school_enrol/revisions", "entry/school_enrol/revisions/1", "new", "settings"):
        page.goto(f"/console/content/{path}")
        wrong = [*axe.faults(page), *seeing.sideways(page), *seeing.small(page)]
        found |= {path: wrong} if wrong else {}
    assert found == {}
