"""The read API of HSDS: valid pages, filters that narrow, nothing sent twice, nothing of a confidential place."""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select, update

from bot.clock import TIME_ZONE
from bot.db import Database
from bot.directory import holidays
from bot.directory.holidays import Span
from bot.directory.hsds import ids, query, write
from bot.directory.hsds.book import Book
from bot.directory.seed import import_directory
from bot.settings import ROOT, Settings
from bot.tables import Organization, Service
from tests.hsds import faults, page_faults
from tests.site import site
from tests.story import hire

DATA = ROOT / "data"
SECRET = "Rue-du-Secret-7"


@pytest.fixture
def api(db: Database) -> TestClient:
    with db.begin() as session:
        import_directory(session, DATA)
        session.add(Organization(id="o", names={"fr": "Refuges"}, website="", email=""))
        session.flush()
        lists = {name: [] for name in ("categories", "languages", "covers", "phones")}
        texts = {name: {} for name in ("offers", "audience", "warnings")}
        where = {"address": SECRET, "latitude": 30.4123456, "longitude": -9.5987654, "town_name": SECRET, "town": "agadir"}
        shelter = {
            "names": {"fr": "Le refuge"},
            "verified": "partly",
            "hidden_place": True,
            "sources": [{"url": f"https://x.org/{SECRET}"}],
        }
        session.add_all(Service(id=key, organization_id="o", **lists, **texts, **where, **shelter) for key in ("shelter", "osm-node-4242"))
    return TestClient(site(db, Settings(data_dir=DATA)))


def contents(api: TestClient, path: str, **asked: object) -> list[dict[str, Any]]:
    answer = api.get(f"/hsds/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["contents"]
    return found


def test_it_says_what_it_is(api: TestClient) -> None:
    about = api.get("/hsds/").json()
    assert about["version"] == "3.1" and about["openapi_url"].endswith("/hsds/openapi.json") and about["profile"].startswith("https://")
    described = api.get("/hsds/openapi.json").json()
    assert "/services/{id}" in described["paths"] and not any("console" in path for path in described["paths"])


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("services", "service"),
        ("service_at_locations", "service_at_location"),
        ("organizations", "organization"),
        ("taxonomies", "taxonomy"),
        ("taxonomy_terms", "taxonomy_term"),
    ],
)
def test_every_page_and_every_record_is_valid_and_says_nothing_secret(api: TestClient, path: str, kind: str, full: bool) -> None:
    seen, number = list[str](), 1
    while True:
        answer = api.get(f"/hsds/{path}", params={"full": full, "page": number, "per_page": 40, "lang": "ar"})
        page = answer.json()
        assert page_faults(kind, page) == [] and page["first_page"] is (number == 1) and page["size"] == len(page["contents"])
        assert not any(secret in answer.text for secret in (SECRET, "30.4123456", "-9.5987654", "4242"))
        seen += [each["id"] for each in page["contents"]]
        number += 1
        if page["last_page"]:
            break
    assert len(set(seen)) == len(seen) == page["total_items"] and number - 1 == page["total_pages"]
    for key in seen[:: max(1, len(seen) // 8)]:
        one = api.get(f"/hsds/{path}/{key}")
        assert faults(kind, one.json()) == [] and SECRET not in one.text
    assert api.get(f"/hsds/{path}/{uuid4()}").status_code == api.get(f"/hsds/{path}/x").status_code == 404


def test_no_search_tells_where_a_confidential_place_is(api: TestClient) -> None:
    assert contents(api, "services", search=SECRET) == [] and contents(api, "services", search="refuge")


def test_a_point_of_the_open_map_that_is_confidential_is_not_there(api: TestClient) -> None:
    key = ids.of_row("service", "osm-node-4242")
    assert key not in {each["id"] for each in contents(api, "services", minimal=True)}
    assert api.get(f"/hsds/services/{key}").status_code == 404
    assert api.get(f"/hsds/service_at_locations/{ids.of('service_at_location', key)}").status_code == 404
    assert "4242" not in str(contents(api, "services", search="refuge"))


def test_a_confidential_service_whose_organisation_is_a_point_of_the_open_map_is_not_there(api: TestClient, db: Database) -> None:
    with db.begin() as session:
        session.add(Organization(id="osm-node-4243", names={"fr": "Maison"}, website="", email=""))
        session.flush()
        session.get_one(Service, "shelter").organization_id = "osm-node-4243"
    owner = ids.of_row("organization", "osm-node-4243")
    for key in (ids.of_row("service", "shelter"), owner):
        assert key not in "".join(api.get(f"/hsds/{path}?per_page=100&full=true").text for path in ("services", "organizations"))
    assert api.get(f"/hsds/services/{ids.of_row('service', 'shelter')}").status_code == 404
    assert api.get(f"/hsds/organizations/{owner}").status_code == 404


def test_the_minimal_list_says_the_same_and_reads_no_more_than_it_shows(api: TestClient, db: Database) -> None:
    listed = {each["id"]: each for each in contents(api, "services", per_page=100)}
    short = contents(api, "services", per_page=100, minimal=True)
    assert [set(each) for each in short[:1]] == [{"id", "name", "status", "last_modified"}] and len(short) >= len(listed) > 50
    assert all({name: listed[each["id"]][name] for name in each} == each for each in short if each["id"] in listed)
    with db.begin() as session:
        book = Book.of(session, DATA)
        row, owner = query.services(session, query.Asked(minimal=True), book, query.Keys())[0][0]
        write.minimal_service(row, owner, book)
        assert {"offers", "phones", "sources"} <= inspect(row).unloaded and "description" in inspect(owner).unloaded
        session.expunge_all()


def test_filters_are_combined(api: TestClient, db: Database) -> None:
    term = ids.of("term", "kind", "hospital")
    hospitals = contents(api, "services", taxonomy_term_id=term, full=True, per_page=100)
    with db.begin() as session:
        known = {ids.of_row("service", row.id) for row in session.scalars(select(Service)) if "hospital" in row.categories}
    assert {each["id"] for each in hospitals} == known != set()
    owner = hospitals[0]["organization_id"]
    both = contents(api, "services", taxonomy_term_id=term, organization_id=owner)
    assert both and all(each["organization_id"] == owner for each in both) and len(both) < len(hospitals)
    assert contents(api, "services", taxonomy_term_id=term, organization_id=uuid4()) == []
    named = contents(api, "services", search="hassan", taxonomy_term_id=term)
    assert 0 < len(named) < len(hospitals) and len(contents(api, "services", search="hassan")) >= len(named)
    everything = api.get("/hsds/services").json()["total_items"]
    assert len(contents(api, "services", taxonomy_id=ids.of("taxonomy", "kind"), minimal=True)) < everything
    assert contents(api, "services", modified_after=(datetime.now(timezone.utc) + timedelta(days=1)).isoformat()) == []
    assert len(contents(api, "services", modified_after="2020-01-01", minimal=True)) == everything
    owners = contents(api, "organizations", taxonomy_term_id=term)
    assert {each["id"] for each in owners} == {each["organization_id"] for each in hospitals}
    terms = contents(api, "taxonomy_terms", taxonomy_id=ids.of("taxonomy", "kind"), search="hosp")
    assert [each["code"] for each in terms if each["code"] == "hospital"] == ["hospital"]


def test_what_changes_without_being_written_is_modified_too(api: TestClient, db: Database) -> None:
    today = datetime.now(TIME_ZONE).date()
    old, since = datetime.now(timezone.utc) - timedelta(days=60), (datetime.now(timezone.utc) - timedelta(days=30)).isoformat()
    days = {
        "over": {"ends_on": today - timedelta(1)},
        "begun": {"starts_on": today},
        "last-day": {"ends_on": today},
        "over-before": {"ends_on": today - timedelta(40)},
        "begins": {"starts_on": today + timedelta(1)},
        "open": {"hours": "Mo-Fr 09:00-17:00"},
    }
    lists = {name: [] for name in ("categories", "languages", "covers", "phones", "sources")}
    texts = {name: {} for name in ("offers", "audience", "warnings")}
    with db.begin() as session:
        session.execute(update(Service).values(updated_at=old))
        session.execute(update(Organization).values(updated_at=old))
        more = {"names": {"fr": "x"}, "verified": "partly", "updated_at": old, "organization_id": "o", **lists, **texts}
        session.add_all(Service(id=key, **more, **said) for key, said in days.items())

    def modified() -> set[str]:
        return {each["id"] for each in contents(api, "services", modified_after=since, minimal=True)}

    def keys(*names: str) -> set[str]:
        return {ids.of_row("service", name) for name in names}

    assert modified() == keys("over", "begun")
    zineb = hire(db, "Zineb", "editor")
    with db.begin() as session:
        holidays.add(session, zineb, Span("holiday", today, today, {"fr": "Fête"}))
    assert modified() >= keys("over", "begun", "open") and not modified() & keys("last-day", "begins")
    with db.begin() as session:
        session.get_one(Organization, "o").updated_at = datetime.now(timezone.utc)
    assert modified() >= keys(*days)


def test_one_record_in_three_languages(api: TestClient) -> None:
    key = ids.of_row("service", "unhcr-rabat")
    said = {lang: api.get(f"/hsds/services/{key}", params={"lang": lang}) for lang in ("fr", "en", "ar")}
    assert {lang: answer.headers["content-language"] for lang, answer in said.items()} == {lang: lang for lang in said}
    assert len({answer.json()["name"] for answer in said.values()}) == 3 and {answer.json()["id"] for answer in said.values()} == {key}


def test_what_is_known_is_not_sent_again_until_it_changes(api: TestClient, db: Database) -> None:
    key = ids.of_row("service", "unhcr-rabat")
    first = api.get(f"/hsds/services/{key}", headers={"Origin": "https://partner.example"})
    assert first.headers["access-control-allow-origin"] == "*"
    again = api.get(f"/hsds/services/{key}", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    with db.begin() as session:
        session.get_one(Service, "unhcr-rabat").town_name = "Salé"
    assert api.get(f"/hsds/services/{key}", headers={"If-None-Match": first.headers["etag"]}).status_code == 200
    asked_first = {"Origin": "https://partner.example", "Access-Control-Request-Method": "GET"}
    assert api.options("/hsds/services", headers=asked_first).status_code == 200


EARLY, LATE = ("0001-01-01", "0001-01-01T00:00:00+14:00"), ("9999-12-31", "9999-12-31T23:59:59-14:00")


@pytest.mark.parametrize("path", ["services", "service_at_locations"])
def test_since_the_first_of_days_is_everything_and_after_the_last_nothing(api: TestClient, path: str) -> None:
    def many(**asked: str) -> int:
        answer = api.get(f"/hsds/{path}", params=asked)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["total_items"])

    assert {many(modified_after=since) for since in EARLY} == {many()} != {0} == {many(modified_after=since) for since in LATE}


@pytest.mark.parametrize("path", ["", "services", "service_at_locations?full=true", "organizations", "taxonomies", "taxonomy_terms"])
def test_head_is_answered_as_get_without_the_body(api: TestClient, path: str) -> None:
    asked, whole = api.head(f"/hsds/{path}"), api.get(f"/hsds/{path}")
    assert (asked.status_code, asked.content) == (200, b"") and asked.headers == whole.headers
    assert api.head(f"/hsds/{path}", headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert api.head(f"/hsds/services/{uuid4()}").status_code == 404 and api.delete("/hsds/services").status_code == 405


@pytest.mark.parametrize("path", ["services", "service_at_locations", "organizations", "taxonomies", "taxonomy_terms"])
def test_an_id_is_found_in_any_spelling(api: TestClient, path: str) -> None:
    key = contents(api, path, per_page=1)[0]["id"]
    for spelling in (key.upper(), key.replace("-", "")):
        assert api.get(f"/hsds/{path}/{spelling}").json()["id"] == key


@pytest.mark.parametrize("asked", ["postcode=80000", "proximity=500", "postcode=80000&proximity=500"])
def test_a_distance_that_cannot_be_counted_is_refused(api: TestClient, asked: str) -> None:
    answer = api.get(f"/hsds/service_at_locations?{asked}")
    assert answer.status_code == 400 and all(each.split("=")[0] in answer.json()["detail"] for each in asked.split("&"))
    assert answer.headers["access-control-allow-origin"] == "*" and api.get("/hsds/service_at_locations?postcode=").status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        "modified_after=0.5",
        "page=0",
        "page=x",
        "per_page=0",
        "per_page=101",
        "lang=de",
        "format=xml",
        "taxonomy_id=1",
        "modified_after=soon",
        "full=maybe",
    ],
)
def test_what_makes_no_sense_is_told_in_json(api: TestClient, asked: str) -> None:
    answer = api.get(f"/hsds/services?{asked}")
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"][-1] == asked.split("=")[0]
    assert api.post("/hsds/services").status_code == 405


def test_a_page_behind_the_last_is_empty(api: TestClient) -> None:
    page = api.get("/hsds/services?page=1000000").json()
    assert page["empty"] is True and page["last_page"] is True and page["contents"] == []


PATHS = ("services", "organizations", "service_at_locations", "taxonomies", "taxonomy_terms", "services/x", "organizations/é")
NAMES = ("search", "page", "per_page", "format", "taxonomy_term_id", "taxonomy_id", "organization_id", "modified_after", "minimal", "full")
VALUES = st.text(max_size=30) | st.sampled_from(["1", "true", "9999-12-31T23:59:59-14:00", "0001-01-01", "json", str(uuid4())])


def test_no_question_breaks_it(api: TestClient) -> None:
    @settings(deadline=None)
    @given(st.sampled_from(PATHS), st.dictionaries(st.sampled_from((*NAMES, "lang", "parent_id")), VALUES, max_size=4))
    def ask(path: str, asked: dict[str, str]) -> None:
        answer = api.get(f"/hsds/{path}", params={k: v.encode("utf-8", "replace").decode() for k, v in asked.items()})
        assert answer.status_code in (200, 404, 422) and answer.json() is not None

    ask()
