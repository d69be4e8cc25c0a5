"""Every change of the directory leaves a version; it can be made so again; of a confidential place none says where it is."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.directory import editing, versions
from bot.directory.editing import Change, WrongField
from bot.directory.hsds import files, plan
from bot.directory.hsds.apply import apply
from bot.directory.hsds.book import Book
from bot.directory.osm import import_osm
from bot.directory.seed import import_directory
from bot.errors import Conflict, NotFound
from bot.tables import DirectoryVersion, Organization, Service, Staff
from tests.bot.directory.saved import DATA, EMPTY, OWNER, save
from tests.bot.directory.test_directory_import import HEADER, folder, service
from tests.story import hire

SECRET = "7, rue des Orangers"


def kept(session: Session, row_id: str, kind: versions.Kind = "service") -> list[DirectoryVersion]:
    """The oldest first."""
    return versions.history(session, kind, row_id)[::-1]


def told(session: Session, row_id: str, kind: versions.Kind = "service") -> list[tuple[str, str]]:
    return [(version.why, version.file) for version in kept(session, row_id, kind)]


def again(db: Database, by: Staff, key: str, n: int) -> None:
    """Make the n-th version of a service so again."""
    with db.begin() as session:
        seen = editing.version(session.get_one(Service, key))
        editing.restore(session, by, (kept(session, key)[n], seen), DATA)


def test_whatever_an_editor_does_leaves_a_version(db: Database, zineb: Staff, key: str) -> None:
    save(db, zineb, key, hours="24/7")
    with db.begin() as session:
        editing.checked(session, zineb, key, editing.version(session.get_one(Service, key)))
    with db.begin() as session:
        editing.end(session, zineb, key, editing.version(session.get_one(Service, key)))
    with db.begin() as session:
        found = kept(session, key)
        assert [version.why for version in found] == ["new", "changed", "checked", "ended"] and {v.by for v in found} == {zineb.id}
        assert [version.values["hours"] for version in found] == ["", "24/7", "24/7", "24/7"]
        row = session.get_one(Service, key)
        assert found[-1].at == row.updated_at and versions.columns(found[-1])["ends_on"] == row.ends_on
        assert versions.row_of(found[1]).names == EMPTY["names"]


def test_saving_what_stands_there_leaves_none(db: Database, zineb: Staff, key: str) -> None:
    save(db, zineb, key)
    with db.begin() as session:
        assert len(kept(session, key)) == 1


def test_what_stood_there_before_the_first_change_is_kept_too(db: Database, zineb: Staff) -> None:
    with db.begin() as session:
        session.add(Organization(id="old", names={"fr": "Amal"}, website="https://old.example"))
    with db.begin() as session:
        seen = editing.version(session.get_one(Organization, "old"))
        editing.save_organization(session, zineb, "old", Change(OWNER, seen))
    with db.begin() as session:
        first, second = kept(session, "old", "organization")
        assert (first.why, first.by, first.values["website"]) == ("found", None, "https://old.example")
        assert (second.why, second.by, second.values["website"]) == ("changed", zineb.id, "")


def test_what_an_editor_saw_is_found_by_its_time(db: Database, zineb: Staff, key: str) -> None:
    with db.begin() as session:
        seen = editing.version(session.get_one(Service, key))
    save(db, zineb, key, hours="24/7")
    save(db, zineb, key, address="1, rue X")
    with db.begin() as session:
        row = session.get_one(Service, key)
        before, since = versions.seen(session, row, seen)
        assert before and before.values["hours"] == "" and [version.values["address"] for version in since] == ["1, rue X", ""]
        assert versions.seen(session, row, editing.version(row)) == (kept(session, key)[-1], [])
        for nonsense in ("", "x", "2026-01-01", "2020-01-01T00:00:00"):
            assert versions.seen(session, row, nonsense)[0] is None


def test_start_content_and_its_changes_leave_versions(session: Session, tmp_path: Path) -> None:
    import_directory(session, folder(tmp_path, ("org", [service("a"), service("b")])))
    import_directory(session, folder(tmp_path, ("org", [service("a", hours="24/7"), service("b")])))
    assert told(session, "a") == [("seeded", ""), ("seeded", "")] and told(session, "b") == [("seeded", "")]
    assert told(session, "org", "organization") == [("seeded", "")]
    first, second = kept(session, "a")
    assert (first.values["hours"], second.values["hours"]) == ("", "24/7") and first.at < second.at


def test_an_import_from_openstreetmap_names_its_file(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "osm.csv"
    file.write_text(HEADER + "node,1,pharmacy,Ibn Sina,,,2024-01-01,30.4,-9.6\n", encoding="utf-8")
    import_osm(session, file)
    assert told(session, "osm-node-1") == [("imported", "osm.csv")]


def test_all_that_an_import_changed_is_listed(db: Database, zineb: Staff, key: str) -> None:
    owner = {"id": "0b1b54b3-6a3c-4a0e-9a3b-111111111111", "name": "Partner", "description": "Helps"}
    record = {"id": "0b1b54b3-6a3c-4a0e-9a3b-222222222222", "name": "Advice", "status": "active", "organization": owner}
    for name in ("first.json", "second.json"):
        with db.begin() as session:
            tables = files.read(name, json.dumps([record]).encode())
            apply(session, str(zineb.id), plan.plan(session, name, tables, Book.of(session, DATA, "en")))
        record["name"] = "Counsel"
    with db.begin() as session:
        second, first = versions.imports(session, 5)
        assert (first.file, first.by, first.many, second.many) == ("first.json", zineb.id, 2, 1)
        assert [(v.kind, v.values["names"]) for v in versions.of_import(session, second.id)] == [("service", {"en": "Counsel"})]
        assert [version.kind for version in versions.of_import(session, first.id)] == ["organization", "service"]
        with pytest.raises(NotFound):
            versions.of_import(session, kept(session, key)[0].id)


def test_a_text_that_is_not_written_is_no_change(db: Database, zineb: Staff, key: str) -> None:
    """A file names the languages that it has; a form sends all of them."""
    with db.begin() as session:
        session.get_one(Service, key).names = {"en": "Advice"}
        session.get_one(Organization, "org").names = {"fr": "Amal"}
        versions.keep(session, [session.get_one(Service, key), session.get_one(Organization, "org")])
    with db.begin() as session:
        before = len(kept(session, key)), len(kept(session, "org", "organization"))
        names = {"fr": "Amal", "en": "", "ar": ""}
        change = Change({**OWNER, "names": names}, editing.version(session.get_one(Organization, "org")))
        editing.save_organization(session, zineb, "org", change)
    save(db, zineb, key, names={"fr": "", "en": "Advice", "ar": ""})
    with db.begin() as session:
        assert (len(kept(session, key)), len(kept(session, "org", "organization"))) == before
    save(db, zineb, key, names={"fr": "Conseil", "en": "", "ar": ""})
    with db.begin() as session:
        assert kept(session, key)[-1].values["names"] == {"fr": "Conseil", "en": "", "ar": ""}


def test_an_old_version_is_made_so_again_as_a_new_one(db: Database, zineb: Staff, key: str) -> None:
    sara = hire(db, "Sara", "editor")
    save(db, zineb, key, hours="24/7", names={"fr": "Un", "en": "", "ar": ""})
    save(db, zineb, key, hours="", names={"fr": "Deux", "en": "", "ar": ""})
    again(db, sara, key, 1)
    with db.begin() as session:
        row, last = session.get_one(Service, key), kept(session, key)[-1]
        assert (row.hours, row.names["fr"]) == ("24/7", "Un")
        assert (last.why, last.by, last.at, len(kept(session, key))) == ("restored", sara.id, row.updated_at, 4)
        assert session.get_one(Organization, "org").edited


def test_nobody_is_overwritten_by_an_old_version(db: Database, zineb: Staff, key: str) -> None:
    with db.begin() as session:
        seen = editing.version(session.get_one(Service, key))
    save(db, zineb, key, hours="24/7")
    with db.begin() as session, pytest.raises(Conflict):
        editing.restore(session, zineb, (kept(session, key)[0], seen), DATA)


def test_an_organisation_is_made_so_again(db: Database, zineb: Staff, key: str) -> None:
    for website in ("https://a.example", "https://b.example"):
        with db.begin() as session:
            row = session.get_one(Organization, "org")
            editing.save_organization(session, zineb, "org", Change({**OWNER, "website": website}, editing.version(row)))
    with db.begin() as session:
        row, old = session.get_one(Organization, "org"), kept(session, "org", "organization")[1]
        editing.restore(session, zineb, (old, editing.version(row)), DATA)
        assert row.website == "https://a.example" and kept(session, "org", "organization")[-1].why == "restored"


def test_an_old_version_is_held_to_the_rules_of_today(db: Database, zineb: Staff, key: str) -> None:
    with db.begin() as session:
        session.get_one(Service, key).categories = ["a kind that is gone"]
    save(db, zineb, key, categories=[])
    with db.begin() as session, pytest.raises(WrongField):
        editing.restore(session, zineb, (kept(session, key)[1], editing.version(session.get_one(Service, key))), DATA)


def everything(session: Session) -> str:
    return str([version.values for version in session.scalars(select(DirectoryVersion).execution_options(populate_existing=True))])


@pytest.mark.parametrize("by", ["an editor", "a file"])
def test_where_a_place_was_is_forgotten_when_it_becomes_confidential(
    session: Session, db: Database, zineb: Staff, tmp_path: Path, by: str
) -> None:
    open_, secret = service("a", address=SECRET, latitude=30.4, longitude=-9.6, town_name="Talborjt"), service("a", hidden_place=True)
    import_directory(session, folder(tmp_path, ("org", [open_])))
    assert SECRET in everything(session)
    if by == "a file":
        import_directory(session, folder(tmp_path, ("org", [secret | {"address": SECRET}])))
    else:
        row = session.get_one(Service, "a")
        values = {**{name: getattr(row, name) for name in EMPTY}, **versions.PLACE, "hidden_place": True, "covers": []}
        editing.save_service(session, zineb, ("", "a"), Change(values, editing.version(row)), DATA)
    said = everything(session)
    assert not [word for word in (SECRET, "30.4", "-9.6", "Talborjt") if word in said]
    assert [version.values["hidden_place"] for version in kept(session, "a")] == [False, True]


def test_no_old_version_makes_a_confidential_place_public(db: Database, zineb: Staff, key: str) -> None:
    save(db, zineb, key, address=SECRET, hours="24/7")
    save(db, zineb, key, address="", hidden_place=True, hours="")
    again(db, zineb, key, 1)
    with db.begin() as session:
        row = session.get_one(Service, key)
        assert (row.hidden_place, row.address, row.hours) == (True, "", "24/7")


def test_no_file_that_leaves_carries_old_versions(db: Database, zineb: Staff, key: str) -> None:
    save(db, zineb, key, offers={"fr": "Ancien texte"})
    save(db, zineb, key, offers={"fr": "Nouveau texte"})
    with db.begin() as session:
        content, _ = files.export(session, Book.of(session, DATA, "fr", full=True), "json")
    assert b"Nouveau texte" in content and b"Ancien texte" not in content
