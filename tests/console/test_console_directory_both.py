"""Two people change the same service or organisation: nobody's work is undone, and who wrote what is told."""

import html
import re
from typing import Any

import pytest

from bot.db import Database
from bot.settings import Settings
from bot.tables import Organization, Service
from tests.console.conftest import Browser, Enter

PATH = "/directory/services/svc"
PHONES = [{"number": "0528330001", "kind": "voice", "note": "accueil"}]


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture(autouse=True)
def service(db: Database) -> None:
    texts: dict[str, Any] = {name: {} for name in ("offers", "audience", "warnings")}
    lists = {"categories": ["legal_help"], "languages": ["fr", "wo"], "covers": [], "sources": []}
    with db.begin() as session:
        session.add(Organization(id="org", names={"fr": "Amal"}, website="https://amal.example"))
        session.flush()
        more = {"names": {"fr": "Accueil"}, "offers": {"fr": "Aide"}, "phones": PHONES, "hours": "Mo-Fr 09:00-17:00"}
        session.add(Service(id="svc", organization_id="org", town="agadir", verified="partly", **{**texts, **lists, **more}))


@pytest.fixture
def youssef(enter: Enter) -> Browser:
    return enter("Youssef", "editor")


def shown(page: str) -> dict[str, Any]:
    """The fields of the form, as a browser would send them."""
    form = re.findall(r'<form id="(?:service|organization)".*?</form>', page, re.DOTALL)[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    for name, text in re.findall(r'<textarea [^>]*?name="(\w+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(text)
    for name, options in re.findall(r'<select [^>]*?name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[0] if chosen else re.findall(r'<option value="([^"]*)"', options)[0]
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in found.items() if key != "csrf"}


def panel(page: str) -> str:
    """What is told of the other's work, without marks."""
    found = re.search(r'<section id="theirs".*?</section>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>|[\u2066-\u2069]", "", html.unescape(found[0]))) if found else ""


def row(db: Database) -> Service:
    with db.begin() as session:
        return session.get_one(Service, "svc")


def both(youssef: Browser, editor: Browser, theirs: dict[str, Any], mine: dict[str, Any], path: str = PATH) -> str:
    """Both look; Youssef saves; then I do. The page that I read."""
    before = shown(editor.get(path).text)
    assert youssef.post(path, **{**before, **theirs}).history[0].status_code == 303
    answer = editor.post(path, **{**before, **mine})
    assert answer.status_code == 409
    return answer.text


def test_what_i_never_touched_is_not_undone(youssef: Browser, editor: Browser, db: Database) -> None:
    theirs = {"languages": ["fr", "wo", "bm"], "closes_0_0": "18:00", "phone_number_0": "0528339999", "offers_fr": "Aide (Youssef)"}
    page = both(youssef, editor, theirs, {"phone_number_0": "0528330000", "offers_fr": "Aide (Sara)", "names_en": "Welcome"})
    back = shown(page)
    assert back["languages"] == ["fr", "wo", "bm"] and back["closes_0_0"] == "18:00"
    assert (back["phone_number_0"], back["offers_fr"], back["names_en"]) == ("0528330000", "Aide (Sara)", "Welcome")
    assert editor.post(PATH, **back).history[0].status_code == 303
    kept = row(db)
    assert kept.languages == ["fr", "wo", "bm"] and kept.hours == "Mo 09:00-18:00; Tu-Fr 09:00-17:00"
    assert kept.phones[0]["number"] == "0528330000" and kept.offers == {"fr": "Aide (Sara)"} and kept.names["en"] == "Welcome"


def test_the_other_is_told_in_the_words_of_the_page(youssef: Browser, editor: Browser) -> None:
    theirs = {"languages": ["fr", "wo", "bm"], "closes_0_0": "18:00", "phone_number_0": "0528339999", "closes_1_0": "19:00"}
    page = both(youssef, editor, theirs, {"phone_number_0": "0528330000", "closes_1_0": "16:00"})
    said = panel(page)
    assert "Youssef" in said and re.search(r"\d\d:\d\d", said) and "quelqu’un d’autre" not in page.lower()
    assert "Langues parlées, Horaires habituels · Lundi" in said and "phone_number" not in said
    assert "Horaires habituels · Mardi" in said and "09:00-16:00" in said and "19:00" in said
    assert "0528330000 · accueil · appel" in said and "0528339999" in said


def test_i_can_take_theirs_where_both_wrote(youssef: Browser, editor: Browser, db: Database) -> None:
    theirs = {"phone_number_0": "0528339999", "phone_number_1": "8350", "offers_fr": "Aide (Youssef)"}
    page = both(youssef, editor, theirs, {"phone_number_0": "0528330000", "offers_fr": "Aide (Sara)"})
    assert 'value="phones" form="service"' in page and 'value="offers_fr" form="service"' in page
    assert editor.post(PATH, **shown(page), take="phones").history[0].status_code == 303
    kept = row(db)
    assert [phone["number"] for phone in kept.phones] == ["0528339999", "8350"] and kept.offers == {"fr": "Aide (Sara)"}


def test_what_i_chose_is_not_forgotten_when_a_third_saves_too(youssef: Browser, editor: Browser, enter: Enter, db: Database) -> None:
    page = both(youssef, editor, {"offers_fr": "Deux"}, {"offers_fr": "Trois", "names_en": "Welcome"})
    third = enter("Hind", "editor")
    assert third.post(PATH, **{**shown(third.get(PATH).text), "address": "1, rue X"}).history[0].status_code == 303
    again = editor.post(PATH, **shown(page), take="offers_fr")
    assert again.status_code == 409 and "Hind" in panel(again.text) and "Youssef" not in panel(again.text)
    assert editor.post(PATH, **shown(again.text)).history[0].status_code == 303
    kept = row(db)
    assert (kept.offers["fr"], kept.names["en"], kept.address) == ("Deux", "Welcome", "1, rue X")


def test_each_tick_counts_alone(youssef: Browser, editor: Browser, db: Database) -> None:
    page = both(youssef, editor, {"languages": ["fr", "wo", "bm"]}, {"languages": ["wo", "ar"]})
    editor.post(PATH, **shown(page))
    assert sorted(row(db).languages) == ["ar", "bm", "wo"]


def test_a_place_that_became_confidential_meanwhile_stays_so(youssef: Browser, editor: Browser, db: Database) -> None:
    before = shown(editor.get(PATH).text) | {"address": "7, rue des Orangers", "point": "30.4, -9.6"}
    assert editor.post(PATH, **before).history[0].status_code == 303
    page = both(youssef, editor, {"hidden_place": "1", "erase": "1"}, {"names_en": "Shelter"})
    assert "Orangers" not in page and shown(page)["hidden_place"] == "1"
    assert editor.post(PATH, **shown(page)).history[0].status_code == 303
    kept = row(db)
    assert (kept.hidden_place, kept.address, kept.latitude, kept.names["en"]) == (True, "", None, "Shelter")


def test_hours_that_the_table_cannot_show_are_one_place(youssef: Browser, editor: Browser, db: Database) -> None:
    with db.begin() as session:
        session.get_one(Service, "svc").hours = "Jan-Mar Mo-Fr 09:00-17:00"
    page = both(youssef, editor, {"hours": "Jan-Apr Mo-Fr 09:00-17:00"}, {"names_en": "Welcome"})
    assert shown(page)["hours"] == "Jan-Apr Mo-Fr 09:00-17:00" and "Horaires habituels" in panel(page)


def test_of_an_organisation_too(youssef: Browser, editor: Browser, db: Database) -> None:
    path = "/directory/organizations/org"
    page = both(youssef, editor, {"names_fr": "Amal A", "website": "https://new.example"}, {"names_fr": "Amal B"}, path)
    assert shown(page)["website"] == "https://new.example" and shown(page)["names_fr"] == "Amal B"
    assert "Youssef" in panel(page) and "Site web" in panel(page) and "Amal B" in panel(page)
    assert editor.post(path, **shown(page), take="names_fr").history[0].status_code == 303
    with db.begin() as session:
        kept = session.get_one(Organization, "org")
    assert (kept.names["fr"], kept.website) == ("Amal A", "https://new.example")


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_it_is_told_in_each_language(youssef: Browser, editor: Browser, lang: str) -> None:
    editor.get(f"/language/{lang}?back=/console/")
    said = panel(both(youssef, editor, {"town": "tiznit", "free": "yes"}, {"town": "inezgane", "free": "no"}))
    words = {"ar": ("المدينة", "تيزنيت", "مجاني"), "en": ("Town", "Tiznit", "Inezgane", "Free")}[lang]
    assert [word for word in words if word not in said] == []
