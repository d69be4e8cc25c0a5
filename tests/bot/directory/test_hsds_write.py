"""Exports of the starting directory keep to HSDS 3.1, strictly, in each language; of a confidential place nothing says where it is."""

import io
import json
import zipfile
from datetime import date, datetime, timezone
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.directory.hsds import files, ids, package, schedules, write
from bot.directory.hsds.book import LANGS, Book, Lang
from bot.directory.opening import Days, Timetable
from bot.directory.seed import import_directory
from bot.settings import ROOT
from bot.tables import Organization, Service
from tests.hsds import faults, page_faults

DATA = ROOT / "data"
SECRET = "Rue-du-Secret-7"
EMPTY: dict[str, Any] = {
    **{name: {} for name in ("names", "offers", "audience", "warnings", "documents", "cost")},
    **{name: [] for name in ("categories", "languages", "covers", "phones", "sources", "special_hours", "eligible")},
    **{name: "" for name in ("town", "town_name", "address", "hours", "attribution", "verified_by")},
    **{name: None for name in ("latitude", "longitude", "last_checked", "starts_on", "ends_on", "by_appointment", "accessible", "free")},
    **{"verified": "partly", "hidden_place": False, "status": "active", "updated_at": datetime(2026, 11, 1, tzinfo=timezone.utc)},
}
OWNER = Organization(id="o", names={"fr": "Association"}, description={}, website="", email="", edited=False, seed_hash="")


def service(key: str = "s", **said: Any) -> Service:
    return Service(id=key, organization_id="o", **(EMPTY | said))


def hidden(key: str = "shelter") -> Service:
    source = {"url": f"https://example.org/{SECRET}", "page_date": "", "seen": ""}
    where = {"address": SECRET, "latitude": 30.4123456, "longitude": -9.5987654, "town_name": SECRET, "town": "agadir"}
    return service(key, hidden_place=True, sources=[source], attribution=SECRET, names={"fr": "Refuge"}, **where)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("full", [False, True])
def test_every_record_of_the_starting_directory_is_valid(session: Session, lang: Lang, full: bool) -> None:
    import_directory(session, DATA)
    book = Book.of(session, DATA, lang, full)
    rows = [(row, session.get_one(Organization, row.organization_id)) for row in session.query(Service)]
    for row, owner in rows:
        assert faults("service", write.service(row, owner, book)) == []
        assert faults("service", write.listed_service(row, owner, book)) == []
        if write.place_type(row, book):
            assert [
                fault for full in (True, False) for fault in faults("service_at_location", write.at_place(row, owner, book, full))
            ] == []
        assert faults("organization", write.organization(owner, book)) == []
    assert [fault for each in book.taxonomies.values() for fault in faults("taxonomy", each)] == []
    assert [fault for each in book.terms.values() for fault in faults("taxonomy_term", each)] == []
    page = json.loads(files.export(session, book, "json")[0])
    assert page_faults("service", page) == [] and page["total_items"] == len(rows) > 90


def test_a_package_has_every_row_valid_and_no_row_that_refers_to_nothing(session: Session) -> None:
    import_directory(session, DATA)
    content, count = files.export(session, Book.of(session, DATA, full=True), "zip")
    tables = package.read("x.zip", content)
    kinds = {"services": "service", "organizations": "organization", "locations": "location", "attributes": "attribute", "phones": "phone"}
    kinds |= {"schedules": "schedule", "service_areas": "service_area", "taxonomy_terms": "taxonomy_term", "taxonomies": "taxonomy"}
    assert len(tables["services"]) == count
    for table, kind in kinds.items():
        assert [fault for row in tables.rows(table) for fault in faults(kind, row)] == [], table
    described = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("datapackage.json"))
    for resource in described["resources"]:
        for key in resource["schema"].get("foreignKeys", []):
            known = tables[key["reference"]["resource"]]
            assert all(row.get(key["fields"], next(iter(known))) in known for row in tables.rows(resource["name"]))
    assert content == files.export(session, Book.of(session, DATA, full=True), "zip")[0], "the same directory is the same file"


@pytest.mark.parametrize("full", [False, True])
def test_where_a_confidential_place_is_never_leaves(session: Session, full: bool) -> None:
    session.add(Organization(id="o", names={"fr": "Association"}, website="", email=""))
    session.flush()
    session.add_all([hidden(), hidden("osm-node-4242")])
    session.add(Organization(id="osm-node-4242", names={"fr": "Maison"}, website="", email=""))
    session.flush()
    of_a_point = hidden("own-1")
    of_a_point.organization_id = "osm-node-4242"
    session.add(of_a_point)
    session.flush()
    for kind in files.KINDS:
        content, count = files.export(session, Book.of(session, DATA, full=full), kind)
        said = content.decode("latin-1") if kind == "json" else str(package.read("x.zip", content))
        assert count == 1 and "Refuge" in said and ids.of_row("service", "shelter") in said
        keys = [ids.of_row(kind, "osm-node-4242") for kind in ("service", "organization")]
        assert not any(secret in said for secret in (SECRET, "30.4123456", "-9.5987654", "4242", *keys))


def test_an_address_needs_all_that_an_address_must_have() -> None:
    book = Book(DATA)
    whole = write.service(service(town="agadir", address="3 rue X, 80000 Agadir"), OWNER, book)["service_at_locations"][0]["location"]
    assert whole["addresses"][0]["postal_code"] == "80000" and whole["addresses"][0]["city"] == "Agadir"
    bare = write.service(service(town="agadir", address="rue X"), OWNER, book)["service_at_locations"][0]["location"]
    assert "addresses" not in bare and bare["description"] == "rue X"


def test_ids_are_the_same_each_time_and_what_came_from_elsewhere_keeps_its_own() -> None:
    assert ids.of_row("service", "migdev") == "6d253cde-790d-5103-badc-89c53af433c6" != ids.of_row("organization", "migdev")
    foreign = "ac148810-d857-441c-9679-408f346de14b"
    assert ids.of_row("service", f"hsds-{foreign}") == foreign


def test_ramadan_is_rows_with_dates() -> None:
    ramadan = frozenset(date.fromordinal(n) for n in range(date(2027, 2, 8).toordinal(), date(2027, 3, 9).toordinal() + 1))
    times = Timetable("Mo-Fr 09:00-12:00,14:00-18:00; PH off", (), "Mo-Fr 10:00-15:00")
    found = schedules.rows(times, date(2026, 11, 22), Days(ramadan=ramadan))
    assert [(r.why, str(r.first), str(r.last), r.opens, r.closes, r.offset) for r in found] == [
        ("usual", "None", "2027-02-07", "09:00", "12:00", 0),
        ("usual", "None", "2027-02-07", "14:00", "18:00", 0),
        ("ramadan", "2027-02-08", "2027-03-09", "10:00", "15:00", 0),
        ("usual", "2027-03-10", "None", "09:00", "12:00", 0),
        ("usual", "2027-03-10", "None", "14:00", "18:00", 0),
    ]
    before = schedules.rows(times, date(2026, 9, 1), Days())
    assert [(str(r.last), r.offset) for r in before if r.opens == "09:00"][:2] == [("2026-09-19", 1), ("2027-02-05", 0)], "two clocks"
    unknown = schedules.rows(Timetable("Mo-Fr 09:00-18:00"), date(2026, 11, 22), Days(ramadan=ramadan))
    assert [(r.why, r.opens, r.known) for r in unknown if r.why == "ramadan"] == [("ramadan", "", False)]
    week_off = schedules.rows(Timetable("24/7", ((date(2026, 12, 24), date(2026, 12, 26), ""),)), date(2026, 11, 22), Days())
    assert [(r.why, str(r.first), r.opens, r.closes) for r in week_off][:2] == [
        ("usual", "None", "00:00", "23:59"),
        ("special", "2026-12-24", "", ""),
    ]
