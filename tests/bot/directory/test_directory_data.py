"""The starting directory: every record is mapped, nothing is invented, places of protection stay hidden."""

import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from bot.clock import TIME_ZONE
from bot.directory.hours import is_open
from bot.directory.osm import ATTRIBUTION
from bot.directory.seed import read_directory
from bot.language.forms import FORMS
from bot.understanding.corpus import load_yaml

DATA = Path(__file__).parents[3] / "data"
KEYS = {
    "id",
    "categories",
    "names",
    "offers",
    "audience",
    "warnings",
    "languages",
    "town",
    "town_name",
    "covers",
    "address",
    "latitude",
    "longitude",
    "phones",
    "hours",
    "verified",
    "hidden_place",
    "sources",
    "last_checked",
}
TOWNS = {"agadir", "inezgane", "ait_melloul", "belfaa", "ait_amira", "biougra", "taroudant", "tiznit"}
UNCONFIRMED = {"150", "112", "141", "190", "0801000180", "080008888", "0800004146"}
INSTITUTIONS = {
    "commune-agadir",
    "wilaya",
    "conseil-regional",
    "commune-belfaa",
    "commune-ait-amira",
    "drs",
    "dr-inclusion-emploi",
    "aref",
    "ads",
    "entraide",
    "anapec",
    "cmc",
    "cgem",
    "crdh",
    "iom-avrr",
    "unhcr-rabat",
}
FOR_MOROCCANS_ABROAD = {"baom-ait-melloul", "baom-tiznit"}

Row = dict[str, Any]


@lru_cache
def services() -> dict[str, Row]:
    return {service["id"]: service for seed in read_directory(DATA) for service in seed["services"]}


@lru_cache
def records() -> dict[str, Row]:
    return {record["id"]: record for record in load_yaml(DATA / "facts" / "services.yaml")["records"]}


@lru_cache
def fact_text() -> str:
    return "".join((DATA / "facts" / name).read_text(encoding="utf-8") for name in ("services.yaml", "rights.yaml"))


def numbers() -> list[str]:
    return [phone["number"] for service in services().values() for phone in service["phones"]]


def test_every_record_is_mapped_once() -> None:
    ids = [service["id"] for seed in read_directory(DATA) for service in seed["services"]]
    assert len(ids) == len(set(ids))
    assert set(records()) <= set(ids)


def test_organisation_ids_are_unique() -> None:
    ids = [seed["id"] for seed in read_directory(DATA)]
    assert len(ids) == len(set(ids))
    assert all(set(seed) == {"id", "names", "website", "email", "services"} and seed["names"]["fr"] for seed in read_directory(DATA))


def test_the_institutions_of_the_citys_project_are_there() -> None:
    assert set(services()) >= INSTITUTIONS


@pytest.mark.parametrize("service", services().values(), ids=lambda s: s["id"])
def test_shape(service: Row) -> None:
    assert set(service) - {"attribution"} == KEYS
    assert set(service["names"]) == {"fr", "en", "ar"} and service["names"]["fr"]
    assert set(service["offers"]) == set(FORMS)
    assert all(set(service[key]) in (set(), set(FORMS)) for key in ("audience", "warnings"))
    assert service["town"] in TOWNS | {""} and set(service["covers"]) <= TOWNS | {"all"}
    assert service["verified"] in {"verified", "partly", "name-only"}
    assert all(set(phone) == {"number", "kind", "note"} and phone["kind"] in {"voice", "whatsapp"} for phone in service["phones"])
    assert all(set(source) == {"url", "page_date", "seen"} for source in service["sources"])


@pytest.mark.parametrize("service", services().values(), ids=lambda s: s["id"])
def test_texts_are_in_all_forms_or_in_none(service: Row) -> None:
    for key in ("offers", "audience", "warnings"):
        filled = {form for form, text in service[key].items() if text}
        assert filled in (set(), set(FORMS)), key
        for form in filled:
            arabic = bool(re.search(r"[\u0621-\u064a]", service[key][form]))
            assert arabic == (form in {"ar", "ary-Arab"}), (key, form)


def test_known_categories() -> None:
    known = {category["id"] for category in load_yaml(DATA / "facts" / "service-categories.yaml")}
    assert all(set(service["categories"]) <= known for service in services().values())


@pytest.mark.parametrize("number", sorted(set(numbers())))
def test_no_invented_number(number: str) -> None:
    """A short number stands as such in the facts; of a long one its last nine digits do, however they are spaced."""
    if len(number) <= 4:
        assert re.search(rf"(?<!\d){number}(?!\d)", fact_text())
    else:
        assert number.startswith("+212") and number[-9:] in re.sub(r"[\s().-]", "", fact_text())


def test_no_unconfirmed_number() -> None:
    assert not UNCONFIRMED & set(numbers())
    assert not [n for n in numbers() for bad in UNCONFIRMED if len(bad) > 4 and n.endswith(bad[1:])]


def test_short_numbers_are_those_of_the_emergency_list() -> None:
    listed = {str(entry["number"]) for entry in load_yaml(DATA / "emergency.yml")}
    assert {number for number in numbers() if len(number) <= 4} <= listed


def test_hidden_places_have_no_place() -> None:
    hidden = [service for service in services().values() if service["hidden_place"]]
    assert {"oum-el-banine", "avfm", "centre-femmes-2005", "anir"} == {service["id"] for service in hidden}
    assert all(s["address"] == "" and s["latitude"] is None and s["longitude"] is None for s in hidden)


def test_positions_from_openstreetmap_are_credited() -> None:
    """ODbL asks for it wherever its data are shown."""
    for key, service in services().items():
        from_osm = any("openstreetmap.org" in source["url"] for source in service["sources"])
        assert service.get("attribution", "") == (ATTRIBUTION if from_osm else ""), key


def test_facts_are_those_of_the_record() -> None:
    for key, record in records().items():
        service = services()[key]
        assert service["verified"] == record["status"], key
        assert service["hours"] in (record["hours_osm"], "24/7"), key
        if not service["hidden_place"]:
            assert service["address"] == record["address"] and service["latitude"] == (record["lat"] or None), key


def test_name_only_entries_without_a_record_say_nothing_more() -> None:
    for key in set(services()) - set(records()) - {"onde-2511"}:
        service = services()[key]
        assert service["verified"] == "name-only" and not any(service["offers"].values())
        assert not (service["sources"] or service["phones"] or service["address"] or service["hours"])


def test_migrants_are_not_sent_to_offices_for_moroccans_abroad() -> None:
    assert all(services()[key]["categories"] == [] for key in FOR_MOROCCANS_ABROAD)


def test_hours_are_readable() -> None:
    now = datetime(2026, 11, 23, 10, tzinfo=TIME_ZONE)
    assert all(is_open(service["hours"], now) is not None for service in services().values() if service["hours"])


def test_last_checked_is_the_newest_look() -> None:
    for key, service in services().items():
        assert service["last_checked"] == max((source["seen"] for source in service["sources"]), default=None), key
