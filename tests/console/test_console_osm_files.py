"""Extracts of OpenStreetMap at a browser: read first, with names and reasons; taken all at once, or left; their source stays named."""

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from bot.db import Database
from bot.directory.hsds import apply
from bot.directory.osm import ATTRIBUTION
from bot.directory.seed import ImportCount, write
from bot.settings import ROOT, Settings
from bot.tables import AuditRow, DirectoryVersion, Organization, Service
from tests.console.conftest import Browser

HEAD = "osm_type,osm_id,amenity,name,opening_hours,emergency,last_edit,lat,lon\n"
AMAL = "node,1,pharmacy,Pharmacie Amal,Mo-Fr 09:00-20:00,,2019-01-04,30.42,-9.60"
SALAM = "way,2,clinic,Centre Salam,,,2019-01-04,30.43,-9.60"


@pytest.fixture
def settings() -> Settings:
    return Settings(data_dir=ROOT / "data")


def send(who: Browser, *lines: str, name: str = "health.csv") -> Any:
    raw = (HEAD + "".join(f"{line}\n" for line in lines)).encode()
    return who.client.post("/console/directory/files/import", data={"csrf": who.csrf}, files={"file": (name, raw)})


def agree(who: Browser, page: Any, **more: str) -> Any:
    return who.post("/directory/files/apply", mark=re.findall(r'name="mark" value="(\w+)"', page.text)[0], **more)


def sums(page: Any) -> dict[str, int]:
    found = {state: int(n) for state, n in re.findall(r'id="sum-(\w+)">.*?</span> (\d+)<', page.text)}
    return {state: n for state, n in found.items() if n}


def words(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>|[\u2066-\u2069]", " ", page.text).split())


def row(db: Database, key: str) -> Service | None:
    with db.begin() as session:
        return session.get(Service, key)


def edit(db: Database, key: str, **values: Any) -> None:
    with db.begin() as session:
        for name, value in values.items():
            setattr(session.get_one(Organization, key), name, value)


def test_what_is_new_is_named_and_taken_when_somebody_says_so(editor: Browser, db: Database) -> None:
    page = send(editor, AMAL, SALAM, "node,3,dentist,Dr. Dent,,,2019,30.4,-9.6", AMAL)
    assert sums(page) == {"new": 2, "left_out": 2} and row(db, "osm-node-1") is None
    said = words(page)
    assert all(part in said for part in ("Pharmacie Amal", "Centre Salam", "Dr. Dent", "ni une pharmacie", "déjà plus haut", ATTRIBUTION))
    assert "Centre de santé, médecin" in said, "a point without a name is told by its kind"
    assert agree(editor, page).url.query == b"done=2"
    amal = row(db, "osm-node-1")
    assert amal and (amal.attribution, amal.verified, amal.sources[0]["url"]) == (
        ATTRIBUTION,
        "osm",
        "https://www.openstreetmap.org/node/1",
    )
    with db.begin() as session:
        version = session.scalars(select(DirectoryVersion).filter_by(row_id="osm-node-1", kind="service")).one()
        assert (version.why, version.file) == ("imported", "health.csv") and version.by is not None
        assert session.scalar(select(func.count()).select_from(AuditRow).filter_by(action="directory.imported")) == 1
    assert sums(send(editor, AMAL, SALAM)) == {"unchanged": 2} and 'id="do-apply"' not in editor.get("/directory/files/plan").text


def test_a_point_without_a_name_is_told_by_its_kind_and_only_beside_it_by_its_id(editor: Browser, db: Database) -> None:
    nameless = "node,7,pharmacy,,,,2019-01-04,30.42,-9.60"

    def called(page: Any) -> list[str]:
        return [re.sub(r"<[^>]+>", "", said) for said in re.findall(r"<strong>(.*?)</strong>", page.text)]

    page = send(editor, nameless, nameless, "node,8,dentist,,,,2019,30.4,-9.6", "node,9,pharmacy,,,,2019,x,-9.6", SALAM)
    kinds = ["Lieu sans nom", "Pharmacie sans nom", "Centre Salam", "Lieu sans nom", "Pharmacie sans nom"]
    assert sorted(name for name in called(page) if name.endswith("nom") or "Salam" in name) == sorted(kinds)
    assert "Pharmacie sans nom osm-node-7" in words(page) and not any("osm-" in name for name in called(page))
    agree(editor, page, others="yes")
    page = send(editor, nameless.replace(",,,,", ",,24/7,,"))
    assert sums(page) == {"changed": 1, "kept": 1} and "Pharmacie sans nom" in called(page)
    edit(db, "osm-node-7", names={"fr": "Amal"})
    assert "Amal" in called(send(editor, SALAM))


def test_what_changed_is_told_field_by_field_and_goes_on_following(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, AMAL))
    for hours in ("Mo-Sa 09:00-20:00", "24/7"):
        page = send(editor, AMAL.replace("Mo-Fr 09:00-20:00", hours))
        assert sums(page) == {"changed": 1} and "Horaires habituels" in words(page)
        assert agree(editor, page).url.query == b"done=1"
        found = row(db, "osm-node-1")
        assert found and found.hours == hours


def test_what_is_not_in_the_file_stays_and_that_is_told(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, AMAL, SALAM))
    page = send(editor, AMAL.replace("Amal", "Azul"))
    assert sums(page) == {"changed": 1, "kept": 1} and "Centre Salam" in words(page) and "N’est pas dans ce fichier" in words(page)
    agree(editor, page)
    assert row(db, "osm-way-2") is not None


def test_what_a_person_or_another_file_wrote_stays(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, AMAL, SALAM))
    edit(db, "osm-node-1", edited=True)
    edit(db, "osm-way-2", seed_hash="")
    page = send(editor, AMAL.replace("Amal", "Azul"), SALAM.replace("Salam", "Sousse"))
    assert sums(page) == {"kept": 2} and 'id="do-apply"' not in page.text
    assert "Pharmacie Amal ≠ Dans le fichier : Pharmacie Azul" in words(page) and "un autre fichier" in words(page)


def test_where_a_place_became_confidential_the_file_says_no_position(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, AMAL))
    edit(db, "osm-node-1", edited=True)
    with db.begin() as session:
        service = session.get_one(Service, "osm-node-1")
        service.hidden_place, service.latitude, service.longitude, service.sources = True, None, None, []
    page = send(editor, AMAL)
    assert "30.42" not in page.text and "openstreetmap.org" not in page.text


def test_what_the_directory_knows_better_is_left_out(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, AMAL))
    with db.begin() as session:
        session.execute(delete(Service))
        lists: dict[str, Any] = {"offers": {}, "audience": {}, "warnings": {}, "languages": [], "covers": [], "phones": []}
        source = {"url": "https://www.openstreetmap.org/node/1", "page_date": "", "seen": ""}
        session.add(
            Service(
                id="ours", organization_id="osm-node-1", names={"fr": "Amal"}, verified="partly", sources=[source], categories=[], **lists
            )
        )
    page = send(editor, AMAL)
    assert sums(page) == {"left_out": 1} and "une autre source" in words(page)
    assert '<a href="/console/directory/services/ours"><bdi>Amal</bdi></a>' in page.text


def test_what_is_hardly_right_is_marked_and_what_is_new_can_be_read(editor: Browser) -> None:
    page = send(
        editor, AMAL, SALAM.replace("30.43,-9.60", "48.85,2.35"), "node,3,pharmacy,Pharmacie Atlas,n'importe quoi,,2019,30.43,-9.61"
    )
    assert sums(page) == {"new": 3, "doubtful": 2}
    names = re.findall(r'id="record-(\S+?)"', page.text)
    assert names == ["osm-way-2", "osm-node-3", "osm-node-1"], "what is doubtful stands first"
    assert "pas au Maroc" in words(page) and "Ces horaires ne se lisent pas" in words(page)
    folded = dict(re.findall(r'id="record-(\S+?)".*?<details>(.*?)</details>', page.text, re.DOTALL))
    assert all(said in folded["osm-node-1"] for said in ("30.42, -9.6", "09:00", "openstreetmap.org/node/1", ATTRIBUTION))


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("planet,1,pharmacy,A,,,2019,30.4,-9.6", "osm_type"),
        ("node,x,pharmacy,A,,,2019,30.4,-9.6", "osm_id"),
        (f"node,{'9' * 5000},pharmacy,A,,,2019,30.4,-9.6", "osm_id"),
        ("node,1,pharmacy,A,,,2019,north,-9.6", "lat, lon"),
        ("node,1,pharmacy,A,,,2019,nan,-9.6", "lat, lon"),
        ("node,1,pharmacy,A,,,2019,91,-9.6", "lat, lon"),
        (f"node,1,pharmacy,{'A' * 161},,,2019,30.4,-9.6", "name"),
        (f"node,1,pharmacy,A,{'h' * 301},,2019,30.4,-9.6", "opening_hours"),
        ("node,1,pharmacy", "lat, lon"),
        ("node,1,pharmacy,A,,,2019,30.4,-9.6,more", ""),
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_the_rest_can_be_taken(editor: Browser, db: Database, line: str, column: str) -> None:
    page = send(editor, line, SALAM)
    assert sums(page) == {"refused": 1, "new": 1} and "health.csv:2" in page.text and f"Colonne : {column}".strip() in words(page)
    assert agree(editor, page).status_code == 422 and row(db, "osm-way-2") is None
    assert agree(editor, page, others="yes").url.query == b"done=1" and row(db, "osm-way-2") is not None


def test_nothing_is_half_applied(editor: Browser, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two could not be written: somebody edited it at this moment."""
    page = send(editor, AMAL, SALAM)

    def short(*args: Any) -> ImportCount:
        return replace(write(*args), added=1)

    monkeypatch.setattr(apply, "write", short)
    answer = agree(editor, page)
    assert answer.status_code == 409 and row(db, "osm-node-1") is None and row(db, "osm-way-2") is None
    assert editor.get("/directory/files/plan").status_code == 200, "the file waits"


def test_what_somebody_edits_after_the_plan_is_not_overwritten(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, AMAL, SALAM))
    page = send(editor, AMAL.replace("Amal", "Azul"), SALAM.replace("Salam", "Sousse"))
    edit(db, "osm-node-1", edited=True)
    answer = agree(editor, page)
    found = row(db, "osm-node-1"), row(db, "osm-way-2")
    assert answer.status_code == 409 and [each.names["fr"] for each in found if each] == ["Pharmacie Amal", "Centre Salam"]


def test_an_extract_of_a_region_is_read_whole(editor: Browser) -> None:
    lines = [f"node,{n},{kind},{kind} {n},,,2019-01-04,30.{n},-9.{n}" for n in range(100, 230) for kind in ("pharmacy",)]
    assert sums(send(editor, *lines)) == {"new": 130}
