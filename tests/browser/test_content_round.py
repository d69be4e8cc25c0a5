"""The whole way of an answer, in a browser: written in two forms, three added, tried, a collision mended, published, asked for in the chat
and answered with the new words, its meaning changed, rolled back."""

import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.faq import entries
from bot.language.forms import FORMS
from bot.tables import EntryRow, Staff
from cli.client import Chat
from tests.browser.conftest import Watch
from tests.browser.test_content_page import save, step, unfold
from tests.journeys.test_journeys import all_text
from tests.story import until

pytestmark = [pytest.mark.browser, pytest.mark.journey]
LONG = 120_000  # milliseconds: the first trial loads the index
TITLES = {"fr": "Ruches", "en": "Beehives", "ar": "خلايا النحل", "ary-Arab": "النحل", "ary-Latn": "N7el"}
ANSWERS = {
    "fr": "Oui. Posez les ruches loin des maisons.",
    "en": "Yes. Put the hives far from houses.",
    "ar": "نعم. ضعوا خلايا النحل بعيدا عن المنازل.",
    "ary-Arab": "إييه. حط النحل بعيد على الديور.",
    "ary-Latn": "Iyyeh. 7et n7el b3id 3la dyour.",
}
QUESTIONS = {
    "fr": ["où poser mes ruches d'abeilles ?", "je veux élever des abeilles", "distance entre une ruche et les voisins", "faire du miel"],
    "en": ["where may I put my beehives?", "I want to keep bees", "how far from the neighbours must a hive be"],
    "ar": ["أين أضع خلايا النحل؟", "أريد تربية النحل"],
    "ary-Arab": ["فين نحط النحل", "بغيت نربي النحل"],
    "ary-Latn": ["fin n7ett n7el", "bghit nrebbi n7el"],
}
ASKED = {
    "fr": "mon oncle a des abeilles, à quelle distance de la maison on met la ruche ?",
    "ary-Latn": "khoya bgha yrebbi n7el, fin n7ettou",
}


@pytest.fixture
def entry(live: Database) -> Iterator[str]:
    """The id of an entry that the test makes; afterwards it is gone, and nobody is answered with it."""
    found = f"bees_{uuid.uuid4().hex[:8]}"
    yield found
    with live.begin() as session:
        row = session.get(EntryRow, found)
        if row is not None:
            session.delete(row)
        entries.bump(session)


def write(page: Page, *forms: str) -> None:
    unfold(page)
    for form in forms:
        page.locator(f"#title-{form}").fill(TITLES[form])
        page.locator(f"#answer-{form}").fill(ANSWERS[form])
        page.locator(f"#questions-{form}").fill("\n".join(QUESTIONS[form]))


def made(page: Page, entry: str) -> None:
    page.locator("#new-entry").click()
    page.locator("#title").fill(TITLES["fr"])
    page.locator("#topic").select_option("work")
    page.locator("#open-id").click()
    page.locator("#id").fill(entry)
    page.locator("#create").click()
    expect(page.locator("#answer-fr")).to_be_visible()
    write(page, "fr", "en")
    page.locator("#questions-fr").fill("\n".join([*QUESTIONS["fr"], "je peux voir un médecin sans papiers ??"]))
    page.locator("#find-facts").fill("work")
    page.locator("#find-facts").press("Enter")
    page.locator("#picked-facts input").first.check()
    for name, day in (("read_on", "2026-11-22"), ("check_again_on", "2027-11-22")):
        page.locator(f"#{name}").fill(day)
    save(page, "minor")


def answered_after(chat: Callable[[], Chat], asked: str, words: str) -> float:
    """Seconds until somebody who asks is answered with these words."""
    started = time.monotonic()

    def heard() -> bool:
        person = chat()
        try:
            return words in all_text(person.say(asked))
        finally:
            person.close()

    until(heard, 60)
    return time.monotonic() - started


def test_an_answer_is_written_translated_tried_published_and_rolled_back(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], live: Database, entry: str, watch: Watch
) -> None:
    zineb, omar = hire("Zineb", "editor"), hire("Omar", "editor")
    page = sign_in(zineb)
    made(page, entry)
    other = sign_in(omar, f"/console/content/entry/{entry}")
    write(other, "ar", "ary-Arab", "ary-Latn")
    save(other, "minor")
    page.reload()
    step(page, "submit")
    expect(page.locator("#done")).to_be_visible()

    other.reload()
    step(other, "try")
    expect(other.locator(".misses")).to_contain_text("je peux voir un médecin sans papiers ??", timeout=LONG)
    expect(other.locator(".misses")).to_contain_text("Soins sans papiers")
    other.locator("#q").fill(ASKED["fr"])
    other.locator("#ask").click()
    expect(other.locator("#understood")).to_contain_text(entry)
    expect(other.locator(".says").first).to_contain_text(ANSWERS["fr"])

    other.locator("#to-entry").click()
    unfold(other)
    other.locator("#questions-fr").fill("\n".join(QUESTIONS["fr"]))
    save(other, "minor")
    other.locator("#do-publish").click()
    expect(other.locator("#done")).to_be_visible(timeout=LONG)
    took: dict[str, float] = {}
    new = partial(Chat, watch.base)
    took["new entry: seconds until answered"] = answered_after(new, ASKED["fr"], ANSWERS["fr"])
    took["in Darija"] = answered_after(new, ASKED["ary-Latn"], ANSWERS["ary-Latn"])

    other.locator("#answer-fr").fill("Non. Il faut d'abord une autorisation.")
    save(other, "meaning")
    for form in set(FORMS) - {"fr"}:
        expect(other.locator(f"#looked-{form}")).to_be_visible()
    other.locator("#do-publish").click()
    expect(other.locator("#done")).to_be_visible(timeout=LONG)
    took["new words: seconds until answered"] = answered_after(new, ASKED["fr"], "Il faut d'abord une autorisation")

    step(other, "roll-back")
    expect(other.locator("#done")).to_be_visible()
    took["rolled back: seconds until answered"] = answered_after(new, ASKED["fr"], ANSWERS["fr"])
    print({what: round(seconds, 1) for what, seconds in took.items()})
