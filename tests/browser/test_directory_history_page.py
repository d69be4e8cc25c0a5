"""Two editors save the same service; one takes what the other wrote, and looks at its versions. Both directions, and a phone."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.db import Database
from bot.tables import Organization, Service, Staff
from console.language import read
from tests.browser import axe, seeing
from tests.browser.conftest import PHONE, Watch

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture
def path(live: Database) -> str:
    """The page of a service of its own."""
    key = f"own-{uuid.uuid4().hex[:6]}"
    texts: dict[str, object] = {name: {} for name in ("audience", "warnings")}
    lists = {"categories": ["legal_help"], "languages": ["fr", "wo"], "covers": [], "sources": []}
    more = {"names": {"fr": "Accueil"}, "offers": {"fr": "Aide"}, "phones": [{"number": "0528330001", "kind": "voice", "note": "accueil"}]}
    with live.begin() as session:
        session.add(Organization(id=key, names={"fr": "Amal"}))
        session.flush()
        session.add(
            Service(id=key, organization_id=key, town="agadir", verified="partly", hours="Mo-Fr 09:00-17:00", **texts, **lists, **more)
        )
    return f"/console/directory/services/{key}"


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_nobody_is_overwritten_and_any_version_comes_back(
    sign_in: Callable[..., Page], hire: Callable[..., Staff], path: str, watch: Watch, lang: str
) -> None:
    watch.expected.append("status of 409")
    mine = sign_in(hire("Sara", "editor"), f"/console/language/{lang}?back={path}", **(PHONE if lang == "ar" else {}))
    theirs = sign_in(hire("Youssef", "editor"), path)
    for page, number, text in ((theirs, "0528339999", "Aide pour les papiers"), (mine, "0528330000", "Aide pour tous")):
        page.goto(path)
        page.locator("#f-phone_number_0").fill(number)
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        page.locator("#f-offers_fr").fill(text)
    theirs.locator("#languages-bm").check()
    theirs.locator("#save").click()
    expect(theirs.locator("#saved")).to_be_visible()
    mine.locator("#save").click()
    panel = mine.locator("#theirs")
    expect(panel).to_contain_text("Youssef")
    expect(panel.locator("#taken")).to_contain_text(read(lang).named("field", "languages"))
    assert [*axe.faults(mine), *seeing.sideways(mine), *seeing.small(mine)] == []
    mine.locator("#take-phones").check()
    mine.locator("#save").click()
    expect(mine.locator("#saved")).to_be_visible()
    expect(mine.locator("#f-phone_number_0")).to_have_value("0528339999")
    mine.locator("#to-history").click()
    expect(mine.locator(".entries > li")).to_have_count(3)
    assert [*axe.faults(mine), *seeing.sideways(mine), *seeing.small(mine)] == []
    mine.locator(".entries > li .button").last.click()
    assert [*axe.faults(mine), *seeing.sideways(mine), *seeing.small(mine)] == []
    mine.locator("#do-restore").click()
    expect(mine.locator("#saved")).to_be_visible()
    expect(mine.locator("#f-phone_number_0")).to_have_value("0528330001")
