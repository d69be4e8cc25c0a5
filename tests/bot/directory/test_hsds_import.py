"""Files of others against what people, seeds and other files do here: nothing is overwritten, made up, or left out in silence."""

import io
import json
import threading
import zipfile
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.directory import editing
from bot.directory.editing import Change
from bot.directory.hsds import files, ids, plan, usual
from bot.directory.hsds.apply import apply
from bot.directory.hsds.book import Book
from bot.directory.hsds.plan import EMPTY, Outcome, Plan
from bot.directory.seed import ImportCount, import_directory
from bot.errors import Conflict, NotFound
from bot.exchange import uploads
from bot.exchange.report import Unreadable
from bot.exchange.uploads import File
from bot.tables import Organization, Service
from tests.bot.directory.test_hsds_exchange import DATA, OWNER, SERVICE, foreign, planned, taken
from tests.story import hire

ROW, OWNER_ROW = f"hsds-{SERVICE}", f"hsds-{OWNER}"
TODAY = date(2026, 11, 22)
WEEKLY = {"freq": "WEEKLY", "byday": "MO", "opens_at": "09:00+01:00", "closes_at": "12:00+01:00"}
PLACE = {"id": ids.of("at"), "location_type": "physical", "description": "12 rue X", "latitude": 30.4, "longitude": -9.5, "name": "Agadir"}


def key(*parts: str) -> str:
    return ids.of("test", *parts)


def placed(place: dict[str, Any] = PLACE, **link: Any) -> list[dict[str, Any]]:
    return [{"id": key("link"), "location": place, **link}]


def remarks(found: Plan) -> list[tuple[str, str, str]]:
    return [(each.table, each.state, " ".join(each.remark or ())) for each in found.outcomes if each.remark]


def packed(**tables: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"{name}.csv", text)
    return out.getvalue()


def of_package(session: Session, content: bytes) -> Plan:
    return plan.plan(session, "x", files.read("x.zip", content), Book.of(session, DATA, "en"))


def edit(db: Database, **values: Any) -> None:
    staff = hire(db, "Zineb", "editor")
    with db.begin() as session:
        row = session.get_one(Service, ROW)
        change = Change({name: getattr(row, name) for name in EMPTY} | values, editing.version(row))
        editing.save_service(session, staff, ("", ROW), change, DATA)


@pytest.mark.parametrize("number", [10**400, 1e400, -(10**400), 181])
def test_a_position_that_is_no_place_on_earth_refuses_its_record_only(session: Session, number: float) -> None:
    found = planned(session, [foreign(service_at_locations=placed({**PLACE, "latitude": number}))])
    assert ("services", "refused", "hsds.wrong_field latitude") in remarks(found)


@pytest.mark.parametrize("said", [{"hidden_place": True}, {"offers": {"en": "Typed by the editor"}}])
def test_what_an_editor_saves_after_the_plan_is_never_overwritten(db: Database, said: dict[str, Any]) -> None:
    with db.begin() as session:
        taken(session, [foreign()])
    with db.begin() as session:
        made = planned(session, [foreign(description="From the file", service_at_locations=placed())])
        edit(db, **said)
        again = planned(session, [foreign(description="From the file", service_at_locations=placed())])
        assert again.mark != made.mark
        with pytest.raises(Conflict):
            apply(session, "test", made)
    with db.begin() as session:
        row = session.get_one(Service, ROW)
        assert (row.address, row.latitude) == ("", None) and all(getattr(row, name) == value for name, value in said.items())


def test_what_an_editor_saves_of_another_service_guards_this_one_too(db: Database) -> None:
    with db.begin() as session:
        taken(session, [foreign(), foreign(id=key("other"))])
    with db.begin() as session:
        made = planned(session, [foreign(id=key("other"), description="From the file")])
        edit(db, offers={"en": "Typed"})
        with pytest.raises(Conflict):
            apply(session, "test", made)


def test_two_who_bring_the_same_record_at_once_get_it_once(db: Database) -> None:
    problems = list[str]()

    def other() -> None:
        try:
            with db.begin() as session:
                made = planned(session, [foreign()])
                planned_it.set()
                apply(session, "b", made)
        except Conflict as error:
            problems.append(str(error))

    planned_it, thread = threading.Event(), threading.Thread(target=other)
    with db.begin() as session:
        apply(session, "a", planned(session, [foreign()]))
        thread.start()
        assert planned_it.wait(20)
    thread.join()
    assert problems == ["exchange.plan_changed"]


def test_a_second_click_waits_and_finds_nothing_to_do(db: Database) -> None:
    person, found, asked = hire(db, "Zineb", "editor"), list[str](), threading.Event()
    with db.begin() as session:
        uploads.keep(session, person, "directory", File("x.json", b"{}"))

    def second() -> None:
        with db.begin() as session:
            asked.set()
            try:
                found.append(uploads.kept(session, person, "directory", lock=True).name)
            except NotFound:
                found.append("")

    thread = threading.Thread(target=second)
    with db.begin() as session:
        assert uploads.kept(session, person, "directory", lock=True).name == "x.json"
        thread.start()
        assert asked.wait(20)
        uploads.drop(session, person, "directory")
    thread.join()
    assert found == [""]


def seeded(db: Database, folder: Path, name: str) -> ImportCount:
    (folder / "directory").mkdir(exist_ok=True)
    service = {"id": "s1", **EMPTY, "names": {"fr": "S"}}
    owner = {"id": "org-a", "names": {"fr": name}, "website": "", "email": "", "services": [service]}
    (folder / "directory" / "a.yml").write_text(yaml.safe_dump([owner]))
    with db.begin() as session:
        return import_directory(session, folder)


def test_what_a_file_brought_outlives_the_starting_directory(db: Database, tmp_path: Path) -> None:
    seeded(db, tmp_path, "A")
    with db.begin() as session:
        owner = ids.of_row("organization", "org-a")
        known = {"id": ids.of_row("service", "s1"), "name": "S", "status": "active", "organization_id": owner}
        new = {"id": SERVICE, "name": "New", "status": "active", "organization_id": owner}
        made = planned(session, [known | {"phones": [{"id": key("p"), "number": "0611"}]}, new], "fr")
        apply(session, "test", made)
    for name in ("A", "B"):
        assert seeded(db, tmp_path, name).removed == 0
    with db.begin() as session:
        assert session.get_one(Service, "s1").phones[0]["number"] == "0611"
        assert session.get_one(Service, ROW).organization_id == "org-a" and session.get_one(Organization, "org-a").names == {"fr": "A"}


@pytest.mark.parametrize(
    ("attribute", "table"),
    [
        ({"id": key("a"), "taxonomy_term": {"id": key("t"), "taxonomy_id": [], "language": "fr"}}, "taxonomy_terms"),
        ({"id": key("a"), "taxonomy_term": {"id": key("t"), "taxonomy_id": ids.of("taxonomy", "kind"), "language": {}}}, "taxonomy_terms"),
        ({"id": key("a"), "taxonomy_term_id": ids.of("term", "record", "phones"), "value": "[" * 100_000}, "services"),
        ({"id": key("a"), "taxonomy_term_id": ids.of("term", "record", "phones"), "value": '[{"number": {}}]'}, "services"),
        ({"id": key("a"), "taxonomy_term_id": ids.of("term", "record", "special_hours"), "value": '[{"first": ""}]'}, "services"),
        ({"id": key("a"), "taxonomy_term_id": [], "value": "x"}, "attributes"),
    ],
)
def test_what_has_another_shape_is_refused_by_name(session: Session, attribute: dict[str, Any], table: str) -> None:
    found = planned(session, [foreign(attributes=[attribute])])
    assert not found.is_whole and table in [each.table for each in found.outcomes if each.state == "refused"]


def hours(*rows: dict[str, Any], today: date = TODAY) -> str:
    return usual.hours(usual.lasting(list(rows), today), today)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "Mo 09:00-12:00"),
        ({"valid_to": "2020-01-01"}, ""),
        ({"until": "2020-01-01"}, ""),
        ({"valid_from": "2099-01-01"}, ""),
        ({"dtstart": "2099-01-01"}, ""),
        ({"valid_from": "2026-11-01", "valid_to": "2026-11-30"}, ""),
        ({"valid_from": "2020-01-01"}, "Mo 09:00-12:00"),
        ({"valid_to": "2027-02-06"}, "Mo 09:00-12:00"),
        ({"interval": 2}, ""),
        ({"interval": 1}, "Mo 09:00-12:00"),
        ({"freq": "MONTHLY"}, ""),
        ({"freq": None}, ""),
        ({"byday": "1MO"}, ""),
        ({"byday": None, "freq": None, "opens_at": None}, ""),
        ({"opens_at": "08:00Z", "closes_at": "11:00Z"}, "Mo 08:00-11:00"),
        ({"opens_at": "11:00+02:00", "closes_at": "14:30:00+0200"}, "Mo 09:00-12:30"),
        ({"opens_at": "08:00", "closes_at": "11:00", "timezone": 0}, "Mo 08:00-11:00"),
        ({"opens_at": "20:00-01:00", "closes_at": "23:30-01:00"}, "Mo 21:00-00:30"),
        ({"opens_at": "23:30-01:00", "closes_at": "23:45-01:00"}, ""),
        ({"opens_at": "09:00", "closes_at": "23:59"}, "Mo 09:00-24:00"),
    ],
)
def test_hours_are_those_that_hold_each_week_from_now_on(said: dict[str, Any], expected: str) -> None:
    assert hours(WEEKLY | said) == expected


def test_old_hours_are_not_mixed_with_new_ones_and_half_of_a_week_is_none() -> None:
    old, new = WEEKLY | {"valid_to": "2020-01-01"}, WEEKLY | {"opens_at": "14:00", "closes_at": "16:00", "valid_from": "2020-01-02"}
    assert hours(old, new) == "Mo 14:00-16:00"
    assert hours(new, WEEKLY | {"byday": "SA", "interval": 2}) == ""


@pytest.mark.parametrize("today", [date(2026, 3, 1), TODAY, date(2027, 2, 20)])
def test_the_clock_of_today_and_the_one_before_are_taken_as_they_are_written(today: date) -> None:
    assert hours(WEEKLY, today=today) == "Mo 09:00-12:00"
    assert hours(WEEKLY | {"opens_at": "08:00Z", "closes_at": "11:00Z"}, today=today) == "Mo 08:00-11:00"


def test_until_september_2026_the_clock_was_an_hour_ahead() -> None:
    assert hours(WEEKLY | {"opens_at": "08:00Z", "closes_at": "11:00Z"}, today=date(2026, 7, 1)) == "Mo 09:00-12:00"


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["valid_from", "valid_to", "until", "dtstart"]), st.dates(date(2024, 1, 1), date(2029, 1, 1))),
    st.integers(0, 3),
    st.times().map(lambda at: at.strftime("%H:%M")),
    st.integers(-5, 5),
)
def test_hours_are_never_made_up(dates: dict[str, date], interval: int, opens: str, offset: int) -> None:
    row = WEEKLY | {name: day.isoformat() for name, day in dates.items()} | {"interval": interval, "opens_at": f"{opens}{offset:+03d}:00"}
    found = hours(row | {"closes_at": f"23:00{offset:+03d}:00"})
    over = any(dates[name] < TODAY for name in ("valid_to", "until") if name in dates)
    early = any(dates[name] > TODAY for name in ("valid_from", "dtstart") if name in dates)
    if over or early or interval != 1:
        assert found == ""
    elif found:
        at = datetime.fromisoformat(f"2026-11-23T{opens}{offset:+03d}:00").astimezone(timezone(timedelta(hours=1 if offset == 1 else 0)))
        assert found.startswith(f"Mo {at:%H:%M}-") and at.day == 23


def test_hours_that_are_not_taken_are_named_and_change_nothing(session: Session) -> None:
    taken(session, [foreign(schedules=[WEEKLY | {"id": key("h")}])])
    made = planned(session, [foreign(schedules=[WEEKLY | {"id": key("h"), "interval": 2}])])
    assert made.to_do == [] and remarks(made) == [("schedules", "left_out", "hsds.hours_left_out schedules")]


def test_what_belongs_to_the_place_is_taken_with_the_service(session: Session) -> None:
    place = PLACE | {"name": "Agadir", "phones": [{"id": key("p1"), "number": "111"}]}
    address = {"id": key("ad"), "address_1": "12 rue X", "address_2": "1er", "city": "Agadir", "postal_code": "80000", "country": "MA"}
    link = {"phones": [{"id": key("p2"), "number": "222"}], "schedules": [WEEKLY | {"id": key("h")}]}
    link |= {"service_areas": [{"id": key("sa"), "name": "Tiznit"}]}
    made = taken(session, [foreign(service_at_locations=placed(place | {"addresses": [address]}, **link))])
    row = session.get_one(Service, ROW)
    assert [phone["number"] for phone in row.phones] == ["222", "111"] and row.hours == "Mo 09:00-12:00" and row.covers == ["tiznit"]
    assert (row.town, row.address) == ("agadir", "12 rue X, 1er, 80000") and remarks(made) == []


LEFT = [
    ({"url": "https://x.org"}, ("services", "hsds.fields_left_out url")),
    ({"x_tags": ["a"]}, ("services", "hsds.fields_left_out x_tags")),
    ({"languages": [{"id": key("l"), "name": "Klingon", "code": "tlh"}]}, ("languages", "hsds.row_left_out languages")),
    ({"cost_options": [{"id": key("c"), "amount": 200}]}, ("cost_options", "hsds.row_left_out cost_options")),
    ({"service_areas": [{"id": key("s"), "name": "Mars"}]}, ("service_areas", "hsds.row_left_out service_areas")),
    ({"phones": [{"id": key("p"), "number": "1", "extension": 5}]}, ("phones", "hsds.fields_left_out extension")),
    (
        {"service_at_locations": placed(schedules=[WEEKLY | {"id": key("h"), "interval": 2}])},
        ("schedules", "hsds.hours_left_out schedules"),
    ),
    ({"service_at_locations": placed(PLACE | {"schedules": [WEEKLY | {"id": key("h")}]})}, ("schedules", "hsds.hours_left_out schedules")),
    ({"service_at_locations": placed(PLACE | {"transportation": "bus 5"})}, ("locations", "hsds.fields_left_out transportation")),
    ({"attributes": [{"id": key("a"), "taxonomy_term": {"id": key("t")}}]}, ("attributes", "hsds.row_left_out attributes")),
    ({"attributes": [{"id": key("a"), "taxonomy_term": {"id": key("t")}}]}, ("taxonomy_terms", "hsds.left_out taxonomy_terms: 1")),
    ({"organization": {"id": OWNER, "name": "P", "phones": [{"id": key("p"), "number": "3"}]}}, ("phones", "hsds.row_left_out phones")),
    ({"organization": {"id": OWNER, "name": "P", "legal_status": "NGO"}}, ("organizations", "hsds.fields_left_out legal_status")),
    ({"contacts": [{"id": key("c"), "name": "A"}]}, ("contacts", "hsds.left_out contacts: 1")),
]


@pytest.mark.parametrize(("said", "told"), LEFT)
def test_each_row_and_field_that_is_not_taken_is_told(session: Session, said: dict[str, Any], told: tuple[str, str]) -> None:
    found = planned(session, [foreign(**said)])
    assert told in [(table, text) for table, state, text in remarks(found) if state == "left_out"] and found.is_whole


def test_a_second_place_is_told_row_by_row(session: Session) -> None:
    second = {"id": key("second"), "location": {"id": key("l2"), "location_type": "physical", "name": "Tiznit"}}
    found = planned(session, [foreign(service_at_locations=[*placed(), second])])
    assert [(table, text) for table, _, text in remarks(found)] == [
        ("locations", "hsds.row_left_out locations"),
        ("service_at_location", "hsds.row_left_out service_at_location"),
    ]


def test_what_costs_something_for_some_is_not_called_free(session: Session) -> None:
    costs = [{"id": key("c"), "amount": 0, "option": "children"}, {"id": key("c2"), "amount": 200, "option": "adults"}]
    found = taken(session, [foreign(cost_options=costs)])
    assert session.get_one(Service, ROW).free is None and [text for *_, text in remarks(found)] == ["hsds.row_left_out cost_options"] * 2


def test_a_service_stays_with_its_organisation_and_that_is_told(session: Session) -> None:
    taken(session, [foreign()])
    found = planned(session, [foreign(organization={"id": key("other"), "name": "Other"})])
    assert remarks(found) == [("services", "left_out", "hsds.fields_left_out organization_id")] and found.outcomes[1].state == "unchanged"


HEAD = f"id,name,description\n{OWNER},P,d\n"


@pytest.mark.parametrize("second", [SERVICE, SERVICE.upper(), SERVICE.replace("-", "")])
def test_an_id_that_comes_twice_with_other_values_is_refused(session: Session, second: str) -> None:
    rows = f"id,organization_id,name,status\n{SERVICE},{OWNER},First,active\n{second},{OWNER.upper()},Second,active\n"
    found = of_package(session, packed(organizations=HEAD, services=rows))
    assert not found.is_whole and ("services", "refused", "hsds.twice name") in remarks(found)
    assert apply(session, "test", found, others=True) == 1


def test_an_id_in_large_letters_is_the_same_id(session: Session) -> None:
    for word in ("First", "Second"):
        taken(session, [foreign(id=SERVICE.upper() if word == "Second" else SERVICE, name=word)])
    assert [row.names for row in session.scalars(select(Service))] == [{"en": "Second"}]


def test_cells_beyond_the_headings_and_headings_that_come_twice_are_refused(session: Session) -> None:
    found = of_package(session, packed(organizations=HEAD, services=f"id,organization_id,name,status\n{SERVICE},{OWNER},A,active,more\n"))
    assert ("services", "refused", "hsds.more_cells ") in remarks(found)
    with pytest.raises(Unreadable):
        files.read("x.zip", packed(organizations="id,name,name\n"))


def test_files_of_a_package_that_are_no_tables_are_told(session: Session) -> None:
    content = io.BytesIO(packed(organizations=HEAD))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("phones.json", "[]")
        archive.writestr("datapackage.json", "{}")
    assert remarks(of_package(session, content.getvalue())) == [("phones.json", "left_out", "hsds.left_out phones.json: 1")]


def noted(session: Session, moment: str) -> tuple[list[Outcome], list[tuple[str, str, str]]]:
    note = {"id": key("m"), "resource_id": SERVICE, "resource_type": "service", "last_action_date": moment, "field_name": "name"}
    found = planned(session, [foreign(name="Other", metadata=[note | {"last_action_type": "update"}])])
    return found.to_do, remarks(found)


@pytest.mark.parametrize("moment", ["soon", "31/12/2020", "2999-01-01", "", "9999-12-31T23:59:59-14:00"])
def test_a_note_whose_moment_cannot_be_is_refused_and_overwrites_nothing(session: Session, moment: str) -> None:
    taken(session, [foreign()])
    session.get_one(Service, ROW).verified_by = "Amina"
    assert noted(session, moment) == ([], [("metadata", "refused", "hsds.wrong_field last_action_date")])


@pytest.mark.parametrize(
    ("moment", "is_newer"),
    [("2026-03-01", False), ("2026-03-01T12:59:00Z", False), ("2026-03-01T13:01:00Z", True), ("2026-03-01T13:30:00+01:00", False)],
)
def test_a_note_counts_by_its_full_moment(session: Session, moment: str, is_newer: bool) -> None:
    taken(session, [foreign()])
    row = session.get_one(Service, ROW)
    row.verified_by, row.updated_at = "Amina", datetime(2026, 3, 1, 13, tzinfo=timezone.utc)
    assert (bool(noted(session, moment)[0]), noted(session, moment)[1]) == (is_newer, [])


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x")', "@x", "-x", "'=1", "''+x", "'quoted", "+212 528-00 00 00", "-9.5", "+"])
def test_no_cell_of_a_package_is_a_formula_and_it_comes_back_the_same(session: Session, text: str) -> None:
    session.add(Organization(id="o", names={"fr": text}, website="", email=""))
    session.flush()
    phone = {"number": "+212528000000", "kind": "voice", "note": text}
    session.add(
        Service(id="s", organization_id="o", **EMPTY | {"names": {"fr": text}, "phones": [phone], "longitude": -9.5, "latitude": 30.0})
    )
    session.flush()
    book = Book.of(session, DATA, full=True)
    content, _ = files.export(session, book, "zip")
    cells = [
        line
        for name in ("services", "organizations")
        for line in zipfile.ZipFile(io.BytesIO(content)).read(f"{name}.csv").decode().split(",")
    ]
    phones = zipfile.ZipFile(io.BytesIO(content)).read("phones.csv").decode()
    assert not any(cell.strip('"').startswith(("=", "@", "-x")) for cell in cells) and ",+212528000000," in phones
    found = plan.plan(session, "x", files.read("x.zip", content), book)
    assert found.to_do == [] and [each.remark for each in found.outcomes if each.remark] == []


def test_json_is_read_with_all_lists_that_stand_beside_its_contents(session: Session) -> None:
    page = {"contents": [foreign()], "phones": [{"id": key("p"), "number": "1", "service_id": SERVICE}], "budgets": [{"id": key("b")}]}
    found = taken(session, json.loads(json.dumps(page)))
    assert session.get_one(Service, ROW).phones[0]["number"] == "1" and remarks(found) == [
        ("budgets", "left_out", "hsds.left_out budgets: 1")
    ]
