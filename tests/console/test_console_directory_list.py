"""The lists of the directory: services, organisations, what an editor finds with words or a number, and addresses that lead nowhere."""

import html
import re
from typing import Any

import pytest

from bot.db import Database
from bot.settings import Settings
from bot.tables import Organization, Service
from console.language import read_all
from tests.console.conftest import Browser


@pytest.fixture
def settings() -> Settings:
    """All texts and lists."""
    return Settings()


@pytest.fixture
def add(db: Database) -> Any:
    def service(key: str, **changed: Any) -> str:
        values: dict[str, Any] = {
            **{"names": {"fr": key}, "offers": {}, "audience": {}, "warnings": {}, "categories": [], "languages": [], "covers": []},
            **{"town": "", "town_name": "", "address": "", "phones": [], "hours": "", "verified": "partly", "sources": []},
        }
        with db.begin() as session:
            if session.get(Organization, "org") is None:
                session.add(Organization(id="org", names={"fr": "Association Amal", "ar": "جمعية الأمل"}))
                session.flush()
            session.add(Service(id=key, organization_id=changed.pop("organization_id", "org"), **values | changed))
        return key

    return service


def keys(page: str) -> list[str]:
    return re.findall(r'id="service-([^"]+)"', page)


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>|[\u2066-\u2069]", " ", page)).split())


def test_times_are_isolated_one_by_one_in_arabic(editor: Browser, add: Any) -> None:
    key = add("a", hours="Mo-Fr 09:00-12:30,14:00-17:00")
    editor.get("/language/ar")
    said = re.search(r'id="hours-said">(.*?)</p>', editor.get(f"/directory/services/{key}").text)
    assert said and re.findall(r"<bdi[^>]*>([^<]*)</bdi>", said[1]) == ["09:00", "12:30", "14:00", "17:00"]


def test_the_list_says_which_page_it_is_and_a_page_too_far_is_the_last(editor: Browser, add: Any) -> None:
    for n in range(31):
        add(f"s{n:02}")
    first = editor.get("/directory").text
    assert "Page 1 sur 2" in words(first) and 'id="later"' in first and 'id="earlier"' not in first
    for page in ("1", "999", "99999999999"):
        far = editor.get(f"/directory?page={page}")
        assert ("Page 2 sur 2" in words(far.text)) is (len(page) < 10) and far.status_code == 200
    assert keys(editor.get("/directory?page=999").text) == ["s30"] and keys(editor.get("/directory?page=-1").text)[0] == "s00"


def test_whatever_an_address_says_a_list_is_shown(editor: Browser, add: Any) -> None:
    for path in ("/directory", "/directory/organizations", "/directory/used"):
        assert editor.get(path, params={"q": "x" * 5000, "page": "a", "kind": "nothing", "only": "?"}).status_code == 200


def test_an_empty_list_says_what_to_try(editor: Browser, add: Any) -> None:
    add("a", town="agadir", categories=["legal_help"])
    page = editor.get("/directory?q=amal&kind=legal_help&town=tiznit&only=free").text
    assert "moins de filtres" in words(page)
    links = {key: html.unescape(link) for key, link in re.findall(r'id="without-(\w+)" class="button" href="([^"]+)"', page)}
    assert links["kind"] == "/console/directory?q=amal&town=tiznit&only=free" and links["all"] == "/console/directory"
    assert set(links) == {"q", "kind", "town", "only", "all"}
    assert "without" not in editor.get("/directory").text


def test_open_now_tells_of_those_whose_hours_nobody_knows(editor: Browser, add: Any) -> None:
    add("open", town="agadir", hours="24/7")
    add("closed", town="agadir", hours="2020 Mo 09:00-10:00")
    for n in range(2):
        add(f"unknown{n}", town="agadir")
    add("elsewhere", town="tiznit")
    page = editor.get("/directory?town=agadir&only=open").text
    assert keys(page) == ["open"] and "horaires : 2" in words(page)
    link = re.search(r'id="unknown-hours" class="button" href="([^"]+)"', page)
    assert link and html.unescape(link[1]) == "/console/directory?town=agadir&only=unknown"
    others = editor.get("/directory?town=agadir&only=unknown").text
    assert keys(others) == ["unknown0", "unknown1"] and 'id="unknown-hours"' not in others and 'id="without-only"' in others
    assert 'id="unknown-hours"' not in editor.get("/directory?town=agadir").text


def test_near_a_town_or_a_position_the_nearest_comes_first_with_its_distance(editor: Browser, add: Any) -> None:
    add("tiznit", town="tiznit", latitude=29.70, longitude=-9.74, verified="verified")
    add("far", town="agadir", latitude=30.47, longitude=-9.60, verified="verified")
    add("close", town="agadir", latitude=30.43, longitude=-9.60, verified="name-only")
    add("middle", town="agadir", latitude=30.44, longitude=-9.60)
    add("nowhere", town="agadir", verified="verified")
    add("hidden", town="agadir", hidden_place=True, latitude=31.42, longitude=-8.60)
    typed = {near: ["close", "middle", "far"] for near in ("30.42, -9.60", "30,42 ; -9,60", "٣٠٫٤٢، -٩٫٦")}
    for near, order in (typed | {town: ["middle", "close", "far"] for town in ("Agadir", "اكادير", "hay mohammadi")}).items():
        page = editor.get("/directory", params={"near": near}).text
        assert keys(page)[:4] == [*order, "tiznit"] and set(keys(page)[4:]) == {"nowhere", "hidden"}, near
        assert page.count('class="km"') == 4, "a confidential place has no distance"
    assert "1,1 km" in words(editor.get("/directory", params={"near": "30.42, -9.60"}).text)
    assert keys(editor.get("/directory", params={"near": "tiznit", "town": "agadir"}).text)[:3] == ["close", "middle", "far"]
    assert keys(editor.get("/directory", params={"near": "tiznit"}).text)[0] == "tiznit"
    assert 'class="km"' not in editor.get("/directory").text


@pytest.mark.parametrize(
    ("near", "wrong"),
    [
        ("Casablancaa", "Écrivez une ville"),
        ("Tiznit", "D’aucun lieu de cette ville"),
        ("rue 12", "Écrivez une ville"),
        ("30.42", "La position s’écrit ainsi"),
        ("30.42, -9.60, 5", "La position s’écrit ainsi"),
        ("99999999, 1", "La position s’écrit ainsi"),
        ("-9.60, 30.42", "Les deux nombres sont inversés"),
        ("48.85, 2.35", "Cette position n’est pas au Maroc"),
        ("nan, inf", "Écrivez une ville"),
        ("\0", "La position s’écrit ainsi"),
    ],
)
def test_what_is_wrong_with_a_position_stands_beside_the_field(editor: Browser, add: Any, near: str, wrong: str) -> None:
    add("a", town="agadir", latitude=30.43, longitude=-9.60)
    page = editor.get("/directory", params={"near": near}).text
    said = re.search(r'id="wrong-near"[^>]*>([^<]*)<', page)
    assert said and said[1].startswith(wrong) and 'aria-describedby="wrong-near"' in page and html.escape(near, quote=False) in page
    assert keys(page) == ["a"] and 'class="km"' not in page, "the list stands there as it was"


def test_a_line_says_which_kind_language_or_people_a_word_meant(editor: Browser, add: Any) -> None:
    add("a", categories=["legal_help"], languages=["wo"], eligible=["minors"])
    for word, why in (("mo7ami", "genre : Avocat, aide juridique"), ("wolof", "on y parle : wolof"), ("mineurs", "pour : mineurs")):
        assert why in words(editor.get(f"/directory?q={word}").text), word


def test_a_town_among_the_words_is_offered_as_a_filter(editor: Browser, add: Any) -> None:
    add("a", town="inezgane", categories=["hospital"])
    near = re.search(r'id="near" class="button" href="([^"]+)"', editor.get("/directory?q=sbitar inezgan").text)
    assert near and html.unescape(near[1]) == "/console/directory?q=sbitar&town=inezgane"
    assert keys(editor.get(near[1].removeprefix("/console")).text) == ["a"]


def test_services_of_one_name_are_told_apart_by_their_address(editor: Browser, add: Any) -> None:
    for n in (1, 2):
        add(f"s{n}", names={"fr": "Permanence"}, address=f"{n}, rue de la Paix")
    add("other", address="3, rue de la Paix")
    page = words(editor.get("/directory").text)
    assert "1, rue de la Paix" in page and "2, rue de la Paix" in page and "3, rue de la Paix" not in page
    assert "1, rue de la Paix" in words(editor.get("/directory/organizations/org").text)


def test_an_organisation_without_services_is_found_by_name(editor: Browser, db: Database, add: Any) -> None:
    add("a")
    with db.begin() as session:
        session.add(Organization(id="empty", names={"fr": "Maison Azul", "ar": "دار أزول"}))
    page = editor.get("/directory/organizations").text
    assert "Association Amal Services : 1" in words(page) and "Maison Azul Services : 0" in words(page)
    for name in ("azul", "أزول", "maison azul"):
        assert re.findall(r'id="organization-(\w+)"', editor.get("/directory/organizations", params={"q": name}).text) == ["empty"]
    assert 'href="/console/directory/organizations"' in editor.get("/directory").text


def test_where_a_number_is_used_stands_at_the_top(editor: Browser) -> None:
    page = editor.get("/directory").text
    assert (
        page.index('id="view-used"') < page.index('id="found"') and 'lang="en"' in editor.get("/directory/used?q=residence_permit.1").text
    )
    assert "en anglais" in editor.get("/directory/used?q=residence_permit.1").text


def test_a_wrong_address_leads_an_editor_back_to_their_list(editor: Browser) -> None:
    came = {"referer": "http://testserver/console/directory?q=amal&page=1"}
    for path in ("/directory/services/nothing", "/directory/organizations/nothing", "/directory/services/" + "x" * 300):
        answer = editor.get(path, headers=came)
        said = words(answer.text)
        assert answer.status_code == 404 and "conversation" not in said and "Retour à la file" not in said
        assert 'href="/console/directory?q=amal&amp;page=1"' in answer.text and 'id="to-directory"' in answer.text
    assert 'id="go-back"' not in editor.get("/directory/services/nothing", headers={"referer": "https://elsewhere.example/x"}).text


@pytest.mark.parametrize("code", ["fr", "ar", "en"])
def test_list_and_page_have_the_same_word_for_how_sure_it_is(code: str) -> None:
    said = read_all()[code]
    for trust in ("verified", "partly", "name-only"):
        assert said.named("why", trust) == said.named("verified", trust)


def test_a_service_has_one_word_in_arabic(editor: Browser, add: Any) -> None:
    add("a")
    editor.get("/language/ar")
    for path in ("/directory", "/directory/organizations", "/directory?q=xyzxyz"):
        page = editor.get(path).text
        assert "الخدمات" in page and "مصلحة" not in page and "مصالح" not in page, path
