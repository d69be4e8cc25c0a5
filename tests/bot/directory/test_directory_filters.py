"""Filters, words in any script, why a hit stands where it stands, what is hidden in time, and that nobody reads an old directory."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.db import Database
from bot.directory import search, snapshot
from bot.directory.hours_text import typed
from bot.directory.kinds import kinds_by_word
from bot.directory.place import Point
from bot.directory.search import Query, by_words
from bot.errors import Refused
from bot.faq.days import today
from bot.settings import ROOT
from bot.tables import Organization, Service

DATA = ROOT / "data"
KIND = "legal_help"
LISTS = {"offers": {}, "audience": {}, "warnings": {}, "languages": [], "covers": [], "phones": [], "sources": [], "categories": [KIND]}


def add(session: Session, key: str, **changed: Any) -> None:
    session.add(Organization(id=f"org-{key}", names={}))
    session.flush()
    session.add(Service(id=key, organization_id=f"org-{key}", **{"names": {"fr": key}, "verified": "partly", **LISTS, **changed}))
    session.flush()


def ids(session: Session, **query: Any) -> list[str]:
    return [hit.service.id for hit in search.search(session, Query(KIND, **query))[0]]


def words(session: Session, typed: str) -> list[str]:
    return [hit.service.id for hit in by_words(session, typed, Query(), kinds_by_word(DATA))]


@pytest.mark.parametrize(
    ("asked", "has"),
    [
        ({"language": "wo"}, {"languages": ["fr", "wo"]}),
        ({"eligible": frozenset({"women", "no_papers"})}, {"eligible": ["no_papers", "women", "minors"]}),
        ({"accessible": True}, {"accessible": True}),
        ({"free": True}, {"free": True}),
        ({"point": Point(30.42, -9.6), "within_km": 5}, {"latitude": 30.43, "longitude": -9.6}),
        ({"open_at": datetime(2027, 4, 5, 10, tzinfo=TIME_ZONE)}, {"hours": "Mo-Fr 09:00-15:00"}),
    ],
)
def test_each_filter_keeps_what_is_known_to_fit(session: Session, asked: dict[str, Any], has: dict[str, Any]) -> None:
    add(session, "fits", **has)
    add(session, "unknown")
    add(
        session,
        "other",
        languages=["fr"],
        eligible=["women"],
        accessible=False,
        free=False,
        latitude=30.9,
        longitude=-9.6,
        hours="Sa 09:00-10:00",
    )
    assert ids(session, **asked) == ["fits"]


def test_filters_are_combined(session: Session) -> None:
    add(session, "both", languages=["wo"], free=True)
    add(session, "one", languages=["wo"])
    add(session, "two", free=True)
    assert ids(session, language="wo", free=True) == ["both"]


@pytest.mark.parametrize("asked", ["agadir pharmacie", "صيدلية أكادير", "sbitar l'agadir", "AGADIR", "أكادير", "الأكادير"])
def test_a_town_is_found_by_its_name_in_any_form(session: Session, asked: str) -> None:
    add(session, "here", town="agadir", categories=["pharmacy", "hospital"], hidden_place=True)
    add(session, "there", town="ait_melloul", categories=["pharmacy", "hospital"])
    assert words(session, asked) == ["here"]
    assert words(session, "pharmacie ait melloul") == words(session, "صيدلية آيت ملول") == ["there"]


@pytest.mark.parametrize(
    "asked", ["الأمل", "امل", "amal", "AMAL", "el amal", "l'Amal", "hassan", "الحسن", "sbitar", "سبيطار", "hopital", "hôpital", "السبيطار"]
)
def test_words_in_any_script_with_or_without_article(session: Session, asked: str) -> None:
    add(session, "wanted", names={"fr": "Centre Hassan II Amal", "ar": "مركز الأمل الحسن الثاني"}, categories=["hospital"])
    add(session, "other", names={"fr": "Pharmacie du port"}, categories=["pharmacy"])
    assert words(session, asked) == ["wanted"]


def test_a_name_in_one_script_is_found_in_the_other(session: Session) -> None:
    add(session, "latin", names={"fr": "Association Tadamoun"})
    add(session, "arabic", names={"ar": "جمعية التضامن"})
    assert set(words(session, "tadamoun")) == set(words(session, "تضامن")) == {"latin", "arabic"}


def test_what_is_in_the_name_comes_first_and_is_said(session: Session) -> None:
    add(session, "a", names={"fr": "Maison"}, offers={"fr": "un abri"}, verified="verified")
    add(session, "b", names={"fr": "Abri"})
    hits = by_words(session, "abri", Query())
    assert [(hit.service.id, hit.why) for hit in hits] == [("b", ("named", "partly")), ("a", ("verified",))]


def test_every_hit_says_why_it_stands_there(session: Session) -> None:
    add(session, "near", latitude=30.43, longitude=-9.6)
    add(session, "everywhere", covers=["all"], verified="verified")
    add(session, "far", latitude=33.9, longitude=-6.8)
    hits = search.search(session, Query(KIND, point=Point(30.42, -9.6)))[0]
    assert [hit.why for hit in hits] == [("nearby", "partly"), ("covers_it", "verified"), ("far", "partly")]


@pytest.mark.parametrize(
    "gone",
    [{"status": "ended"}, {"status": "paused"}, {"ends_on": -1}, {"starts_on": 1}],
)
def test_what_is_over_or_has_not_begun_is_hidden_from_people_not_from_editors(session: Session, gone: dict[str, Any]) -> None:
    add(session, "gone", **{key: today() + timedelta(told) if isinstance(told, int) else told for key, told in gone.items()})
    add(session, "there", starts_on=today(), ends_on=today())
    assert ids(session) == ["there"] and words(session, "gone") == []
    assert {hit.service.id for hit in search.listed(session, Query(KIND, hidden=True), 9)[0]} == {"gone", "there"}


def test_it_is_hidden_when_the_day_has_come(session: Session) -> None:
    last = today() + timedelta(3)
    add(session, "s", ends_on=last, hours="24/7")
    for day, expected in ((last, ["s"]), (last + timedelta(1), [])):
        assert ids(session, open_at=datetime(day.year, day.month, day.day, 12, tzinfo=TIME_ZONE)) == expected


def test_by_appointment_is_not_open_but_is_listed(session: Session) -> None:
    add(session, "s", by_appointment=True, hours="24/7")
    hit = search.search(session, Query(KIND))[0][0]
    assert hit.opening.state == "appointment" and ids(session, open_at=datetime.now(TIME_ZONE)) == []


def test_a_change_is_seen_at_once_and_a_rolled_back_one_never(db: Database) -> None:
    with db.begin() as session:
        add(session, "s")
    with db.begin() as session:
        assert ids(session) == ["s"]
        held = snapshot.of(session)
        assert snapshot.of(session) is held
        session.execute(text("UPDATE service SET categories = '[\"other\"]'"))
        assert ids(session) == []
        session.rollback()
    with db.begin() as session:
        assert ids(session) == ["s"]
        session.execute(text("DELETE FROM organization"))
        assert ids(session) == []


def test_only_what_changed_is_read_again(db: Database) -> None:
    with db.begin() as session:
        for key in ("a", "b"):
            add(session, key)
    with db.begin() as session:
        before = snapshot.of(session).known
        session.get_one(Service, "b").names = {"fr": "autre"}
        session.flush()
        after = snapshot.of(session).known
    assert after[0] is before[0] and after[1] is not before[1]


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("Mo-Fr 09:00-15:00", "Mo-Fr 09:00-15:00"),
        ("Lu-Ve 9h-15h30", "Mo-Fr 09:00-15:30"),
        ("lundi - vendredi 9h à 15h", "Mo-Fr 09:00-15:00"),
        ("9h-12h", "09:00-12:00"),
        ("Sam 9.30 - 12", "Sa 09:30-12:00"),
        ("le matin", None),
        ("", ""),
    ],
)
def test_hours_as_people_write_them(said: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(Refused):
            typed(said)
    else:
        assert typed(said) == stored


@pytest.mark.parametrize("asked", ["0537770332", "+212 5 37 77 03 32", "05-37-77-03-32", "00212537770332", "777033"])
def test_a_number_is_found_however_it_is_written(session: Session, asked: str) -> None:
    add(session, "wanted", phones=[{"number": "+212 (0)537 770332", "kind": "voice", "note": ""}])
    add(session, "other", phones=[{"number": "0528000000", "kind": "voice", "note": ""}])
    assert words(session, asked) == ["wanted"]


@pytest.mark.parametrize(
    ("asked", "has"),
    [
        ("bghit mo7ami", {"categories": ["legal_help"]}),
        ("je cherche un avocat", {"categories": ["legal_help"]}),
        ("khdma", {"categories": ["job_office"]}),
        ("apprendre le français", {"categories": ["language_course"]}),
        ("refuge femme battue", {"categories": ["women_support"]}),
        ("wolof", {"languages": ["fr", "wo"]}),
        ("mineurs", {"eligible": ["minors"]}),
        ("القاصرين", {"eligible": ["minors"]}),
    ],
)
def test_words_of_asking_are_left_out_and_what_they_mean_is_found(session: Session, asked: str, has: dict[str, Any]) -> None:
    add(session, "wanted", **{"categories": ["pharmacy"]} | has)
    add(session, "other", categories=["pharmacy"], languages=["ar"], eligible=["women"] if "femme" not in asked else [])
    assert words(session, asked) == ["wanted"]


def test_what_a_place_is_counts_more_than_what_its_description_says(session: Session) -> None:
    add(
        session,
        "centre",
        names={"fr": "Centre Inezgane"},
        offers={"ary-Latn": "9rib mn sbitar"},
        categories=["health_centre"],
        verified="verified",
    )
    add(session, "hospital", names={"fr": "Hôpital d'Inezgane"}, categories=["hospital"])
    hits = by_words(session, "sbitar inezgan", Query(), kinds_by_word(DATA))
    assert [hit.service.id for hit in hits] == ["hospital", "centre"] and hits[0].why == ("kind:hospital", "partly")
