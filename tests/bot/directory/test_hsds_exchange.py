"""Our own files come back without loss; foreign ones are read row by row, all or nothing, and never over what a person wrote."""

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory.hsds import files, ids, plan, write
from bot.directory.hsds.apply import apply
from bot.directory.hsds.book import LANGS, Book
from bot.directory.hsds.plan import EMPTY, EMPTY_OWNER, Plan
from bot.directory.hsds.write import PLACE
from bot.directory.seed import import_directory
from bot.errors import Refused
from bot.exchange.report import Unreadable
from bot.settings import ROOT
from bot.tables import Holiday, Organization, Service

DATA = ROOT / "data"
EXAMPLES = ROOT / "tests" / "hsds-3.1"
OWNER, SERVICE = "0b1b54b3-6a3c-4a0e-9a3b-111111111111", "0b1b54b3-6a3c-4a0e-9a3b-222222222222"


def foreign(**said: Any) -> dict[str, Any]:
    owner = {"id": OWNER, "name": "Partner", "description": "Helps"}
    return {"id": SERVICE, "name": "Advice", "description": "Free advice", "status": "active", "organization": owner, **said}


def planned(session: Session, found: Any, lang: Any = "en") -> Plan:
    return plan.plan(session, "x", files.read("x.json", json.dumps(found).encode()), Book.of(session, DATA, lang))


def taken(session: Session, found: Any) -> Plan:
    made = planned(session, found)
    apply(session, "test", made)
    session.flush()
    return made


def stored(session: Session) -> dict[str, Any]:
    session.expire_all()
    owners = {row.id: {name: getattr(row, name) for name in EMPTY_OWNER} for row in session.scalars(select(Organization))}
    return owners | {
        f"s {row.id}": {name: getattr(row, name) for name in (*EMPTY, "organization_id")} for row in session.scalars(select(Service))
    }


def empty(session: Session) -> None:
    session.execute(delete(Service))
    session.execute(delete(Organization))


def round_trip(session: Session, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    before = stored(session)
    book = Book.of(session, DATA, full=True)
    content, _ = files.export(session, book, kind)
    same = plan.plan(session, "x", files.read(f"x.{kind}", content), book)
    assert same.to_do == [] and same.is_whole, [(each.key, each.fields, each.remark) for each in same.outcomes if each.state != "unchanged"]
    empty(session)
    back = plan.plan(session, "x", files.read(f"x.{kind}", content), book)
    assert back.is_whole, [(each.where, each.remark) for each in back.outcomes if each.state == "refused"]
    if back.to_do:
        apply(session, "test", back)
    after = stored(session)
    return tuple({key: _without_place(row) for key, row in rows.items()} for rows in (before, after))  # type: ignore[return-value]


def _without_place(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not row.get("hidden_place") or name not in (*PLACE, "attribution")}


@pytest.mark.parametrize("kind", files.KINDS)
def test_the_starting_directory_comes_back_as_it_was(session: Session, kind: str) -> None:
    import_directory(session, DATA)
    before, after = round_trip(session, kind)
    assert before == after and len(after) > 180


@pytest.mark.parametrize("lang", LANGS)
def test_what_we_give_to_partners_changes_nothing_here(session: Session, lang: Any) -> None:
    import_directory(session, DATA)
    content, _ = files.export(session, Book.of(session, DATA, lang), "zip")
    found = plan.plan(session, "x", files.read("x.zip", content), Book.of(session, DATA, lang))
    assert [(each.key, each.fields, each.remark) for each in found.outcomes if each.state != "unchanged"] == []


@pytest.mark.parametrize("kind", files.KINDS)
@pytest.mark.parametrize("full", [True, False])
def test_of_our_own_file_nothing_is_left_out(session: Session, kind: str, full: bool) -> None:
    import_directory(session, DATA)
    today = datetime.now(TIME_ZONE).date()
    session.add(Holiday(kind="ramadan", first=today + timedelta(40), last=today + timedelta(69), names={}))
    row = session.scalars(select(Service).where(Service.hours != "")).first()
    assert row
    row.special_hours = [{"first": f"{today + timedelta(3)}", "last": f"{today + timedelta(5)}", "hours": "", "name": "x"}]
    row.by_appointment, row.accessible, row.free = True, False, True
    session.flush()
    content, _ = files.export(session, Book.of(session, DATA, full=full), kind)
    book = Book.of(session, DATA)
    for emptied in (False, True)[: 1 + full]:
        if emptied:
            empty(session)
        found = plan.plan(session, "x", files.read(f"x.{kind}", content), book)
        assert [(each.where, each.remark) for each in found.outcomes if each.remark] == [] and bool(found.to_do) is emptied


def nameless(session: Session, key: str, **place: Any) -> None:
    session.add(Organization(id=key, **EMPTY_OWNER))
    session.flush()
    session.add(Service(id=key, organization_id=key, **{**EMPTY, "categories": ["pharmacy"], **place}))
    session.flush()


@pytest.mark.parametrize("kind", files.KINDS)
@pytest.mark.parametrize("lang", LANGS)
def test_what_has_no_name_leaves_by_its_kind_and_comes_back_without_one(session: Session, kind: str, lang: Any) -> None:
    import_directory(session, DATA)
    nameless(session, "osm-node-1")
    nameless(session, "o")
    book = Book.of(session, DATA, lang)
    row = session.get_one(Service, "osm-node-1")
    record = write.service(row, session.get_one(Organization, "osm-node-1"), book)
    assert record["name"] == record["organization"]["name"] == book.kinds["pharmacy"]
    content, _ = files.export(session, book, kind)
    row.categories = ["hospital"]
    session.flush()
    found = plan.plan(session, "x", files.read(f"x.{kind}", content), Book.of(session, DATA, lang))
    assert all(each.row_id == "osm-node-1" and each.table == "services" for each in found.to_do)
    row.categories = ["pharmacy"]
    session.flush()
    before, after = round_trip(session, kind)
    assert before == after


def test_an_organisation_that_a_partner_has_named_is_named_here_too(session: Session) -> None:
    nameless(session, "osm-node-1")
    record = write.service(
        session.get_one(Service, "osm-node-1"), session.get_one(Organization, "osm-node-1"), Book.of(session, DATA, "en")
    )

    def called(name: str) -> list[dict[str, Any]]:
        return [record | {"organization": record["organization"] | {"name": name, "description": name}}]

    assert planned(session, called("osm-node-1")).to_do == [] == planned(session, called("Pharmacy")).to_do
    taken(session, called("Amal pharmacy"))
    session.expire_all()
    assert session.get_one(Organization, "osm-node-1").names == {"en": "Amal pharmacy"}


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)
TEXTS = st.dictionaries(st.sampled_from(["fr", "en", "ar", "ary-Arab", "ary-Latn"]), WORDS, max_size=5)
DAY = st.dates(date(2020, 1, 1), date(2030, 1, 1))
TOWNS = ["agadir", "inezgane", "tiznit"]
PHONE = st.fixed_dictionaries(
    {"number": st.sampled_from(["19", "+212528000000"]), "kind": st.sampled_from(["voice", "whatsapp"]), "note": WORDS}
)
SOURCE = st.fixed_dictionaries({"url": st.just("https://x.org/a"), "page_date": WORDS, "seen": WORDS})
OTHER = st.sampled_from(
    [
        {"first": "", "last": "", "hours": "Mo 09:00-12:00", "name": ""},
        {"first": "2026-12-24", "last": "2026-12-26", "hours": "", "name": "x"},
    ]
)
MAYBE = st.none() | st.booleans()
POINT = st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180))
SERVICES = st.fixed_dictionaries(
    {
        **{name: TEXTS for name in ("names", "offers", "audience", "warnings", "documents", "cost")},
        "categories": st.lists(st.sampled_from(["hospital", "pharmacy", "legal_help"]), unique=True),
        "languages": st.lists(st.sampled_from(["ary", "fr", "wo"]), unique=True),
        "eligible": st.lists(st.sampled_from(["women", "no_papers"]), unique=True),
        "covers": st.lists(st.sampled_from([*TOWNS, "all"]), unique=True),
        "town": st.sampled_from(["", *TOWNS]),
        **{name: WORDS for name in ("town_name", "attribution", "verified_by")},
        "address": WORDS | WORDS.map("80000 {}".format),
        "phones": st.lists(PHONE, max_size=2),
        "sources": st.lists(SOURCE, max_size=2),
        "hours": st.sampled_from(["", "24/7", "Mo-Fr 09:00-12:00,14:00-18:00; PH off", "Jan-Mar Mo 10:00-12:00"]),
        "special_hours": st.lists(OTHER, max_size=2),
        "verified": st.sampled_from(["verified", "partly", "osm", "name-only"]),
        "status": st.sampled_from(["active", "paused", "ended"]),
        **{name: MAYBE for name in ("by_appointment", "accessible", "free")},
        "hidden_place": st.booleans(),
        "last_checked": st.none() | DAY,
        "point": POINT,
        "starts_on": st.none() | DAY,
        "ends_on": st.none() | DAY,
    }
)


def test_every_directory_comes_back_as_it_was(session: Session) -> None:
    import_directory(session, DATA)  # the files of words are read once
    kinds = st.sampled_from(files.KINDS)

    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(SERVICES, max_size=3), TEXTS.filter(lambda names: any(names.values())), st.booleans(), kinds)
    def check(services: list[dict[str, Any]], names: dict[str, str], edited: bool, kind: str) -> None:
        empty(session)
        session.add_all(Organization(id=key, **{**EMPTY_OWNER, "names": names, "edited": edited}) for key in ("o", "alone"))
        session.flush()
        for n, said in enumerate(services):
            values = {name: value for name, value in said.items() if name != "point"}
            latitude, longitude = (None, None) if said["hidden_place"] or not said["point"] else said["point"]
            values |= {"address": "" if said["hidden_place"] else said["address"]}
            values |= {"ends_on": max(filter(None, (said["starts_on"], said["ends_on"])))} if said["ends_on"] else {}
            session.add(Service(id=f"s-{n}", organization_id="o", latitude=latitude, longitude=longitude, **values))
        session.flush()
        before, after = round_trip(session, kind)
        assert before == after

    check()


def test_a_foreign_record_is_new_then_the_same_then_changed(session: Session) -> None:
    phones = [{"id": ids.of("p"), "number": "+212528111111", "description": "WhatsApp"}]
    hours = {"id": ids.of("h"), "freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00+01:00", "closes_at": "12:00+01:00"}
    first = foreign(phones=phones, schedules=[hours], languages=[{"id": ids.of("l"), "code": "wo"}], contacts=[{"id": ids.of("c")}])
    made = taken(session, [first])
    assert [each.state for each in made.outcomes] == ["new", "new", "left_out"]
    row = session.get_one(Service, f"hsds-{SERVICE}")
    assert (row.names, row.hours, row.languages) == ({"en": "Advice"}, "Mo-Tu 09:00-12:00", ["wo"])
    assert row.phones == [{"number": "+212528111111", "kind": "whatsapp", "note": ""}]
    assert planned(session, [first]).to_do == []
    taken(session, [first | {"name": "Legal advice"}])
    session.expire_all()
    assert session.get_one(Service, f"hsds-{SERVICE}").names == {"en": "Legal advice"}


def test_what_a_person_checked_stays_unless_the_file_says_that_it_is_newer(session: Session) -> None:
    taken(session, [foreign()])
    row = session.get_one(Service, f"hsds-{SERVICE}")
    row.verified_by, row.updated_at = "Amina", datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    session.flush()
    found = planned(session, [foreign(name="Other")])
    assert found.to_do == [] and [each.kept for each in found.outcomes] == [(), ("names",)]
    note = {"id": ids.of("m"), "resource_id": SERVICE, "resource_type": "service", "last_action_date": "2026-03-02", "field_name": "name"}
    note |= {"last_action_type": "update", "previous_value": "Advice", "replacement_value": "Other", "updated_by": "Partner"}
    assert planned(session, [foreign(name="Other", metadata=[note])]).to_do[0].fields == ("names",)


def test_a_confidential_place_stays_one(session: Session) -> None:
    secret = "Rue-du-Secret-7"
    taken(session, [foreign()])
    session.get_one(Service, f"hsds-{SERVICE}").hidden_place = True
    session.flush()
    place = {"id": ids.of("at"), "location_type": "physical", "description": secret, "latitude": 30.4, "longitude": -9.5, "name": secret}
    made = planned(session, [foreign(service_at_locations=[{"id": ids.of("sal"), "location": place}])])
    assert made.to_do == [] and secret not in str(made.outcomes)
    taken(session, [foreign(description="More", service_at_locations=[{"id": ids.of("sal"), "location": place}])])
    session.expire_all()
    row = session.get_one(Service, f"hsds-{SERVICE}")
    assert (row.hidden_place, row.address, row.latitude, row.town_name, row.offers) == (True, "", None, "", {"en": "More"})


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ({"id": "x"}, "id"),
        ({"status": "open"}, "status"),
        ({"assured_date": "soon"}, "assured_date"),
        ({"name": 5}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "x" * 500}, "names"),
        ({"phones": [{"id": "p"}]}, "phones.number"),
        ({"schedules": [{"id": "h", "freq": "WEEKLY", "byday": "XX", "opens_at": "09:00", "closes_at": "10:00"}]}, "schedules.byday"),
    ],
)
def test_a_row_that_is_wrong_is_named_and_nothing_is_half_applied(session: Session, said: dict[str, Any], about: str) -> None:
    found = planned(session, [foreign(**said)])
    wrong = next(each for each in found.outcomes if each.state == "refused")
    assert wrong.remark and wrong.remark[1] == about and wrong.where.startswith("contents/0")
    with pytest.raises(Refused):
        apply(session, "test", found)
    assert session.scalars(select(Service)).all() == [] and apply(session, "test", found, others=True) == 1


def test_a_row_must_belong_to_something(session: Session) -> None:
    lost = {"services": [foreign(organization=None, organization_id=ids.of("nobody"))], "contents": []}
    assert planned(session, lost).outcomes[0].remark == ("hsds.no_organization", "organization_id")
    phone = {"id": ids.of("p"), "number": "19", "service_id": ids.of("nobody")}
    found = planned(session, [foreign(phones=[phone])])
    assert found.outcomes[-1].remark == ("hsds.no_parent", "service_id")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"[1]", b'{"contents": [[]]}', b"null", b'"x"', b"NaN"])
def test_what_is_no_directory_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        files.read("x.json", content)
    with pytest.raises(Unreadable):
        files.read("x.zip", content)
