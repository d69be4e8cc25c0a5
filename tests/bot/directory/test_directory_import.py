"""Imports into the tables: what people edited is never touched, bad lines do not stop the others."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.directory.osm import ATTRIBUTION, import_osm
from bot.directory.seed import ImportCount, import_directory, read_directory
from bot.errors import ContentError
from bot.tables import Organization, Service

DATA = Path(__file__).parents[3] / "data"
HEADER = "osm_type,osm_id,amenity,name,opening_hours,emergency,last_edit,lat,lon\n"


def service(key: str, **changed: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "id": key,
        "categories": ["hospital"],
        "names": {"fr": key, "en": "", "ar": ""},
        "offers": {},
        "audience": {},
        "warnings": {},
        "languages": [],
        "town": "",
        "town_name": "",
        "covers": [],
        "address": "",
        "latitude": None,
        "longitude": None,
        "phones": [],
        "hours": "",
        "verified": "partly",
        "hidden_place": False,
        "sources": [],
        "last_checked": date(2026, 11, 21),
    }
    return empty | changed


def folder(path: Path, *organisations: tuple[str, list[dict[str, Any]]]) -> Path:
    """A data folder with these organisations."""
    (path / "directory").mkdir(exist_ok=True)
    seeds = [{"id": key, "names": {"fr": key}, "website": "", "email": "", "services": services} for key, services in organisations]
    (path / "directory" / "all.yml").write_text(yaml.safe_dump(seeds), encoding="utf-8")
    return path


def row(session: Session, key: str) -> Service | None:
    session.expire_all()
    return session.get(Service, key)


def csv_file(path: Path, *lines: str) -> Path:
    file = path / "osm.csv"
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def test_the_starting_directory_is_imported_and_importing_again_changes_nothing(session: Session) -> None:
    import_directory(session, DATA)
    expected = {s["id"] for seed in read_directory(DATA) for s in seed["services"]}
    assert expected <= set(session.scalars(select(Service.id)))
    again = import_directory(session, DATA)
    assert (again.added, again.updated, again.removed, again.kept) == (0, 0, 0, len(read_directory(DATA)))


def test_a_changed_file_is_followed(session: Session, tmp_path: Path) -> None:
    import_directory(session, folder(tmp_path, ("org-a", [service("s1"), service("s2")])))
    count = import_directory(session, folder(tmp_path, ("org-a", [service("s1", address="12 rue"), service("s3")])))
    assert count == ImportCount(updated=1, removed=1)
    s1 = row(session, "s1")
    assert s1 and s1.address == "12 rue" and s1.last_checked == date(2026, 11, 21)
    assert row(session, "s2") is None and row(session, "s3")


def test_what_people_edited_is_left_alone(session: Session, tmp_path: Path) -> None:
    import_directory(session, folder(tmp_path, ("org-a", [service("s1"), service("s2")])))
    session.get_one(Organization, "org-a").edited = True
    session.get_one(Service, "s1").address = "by hand"
    count = import_directory(session, folder(tmp_path, ("org-a", [service("s1", address="file")])))
    s1 = row(session, "s1")
    assert s1 and s1.address == "by hand" and row(session, "s2") and count.kept == 1


def test_an_edited_organisation_gone_from_the_files_stays(session: Session, tmp_path: Path) -> None:
    import_directory(session, folder(tmp_path, ("org-a", [service("s1")]), ("org-b", [service("s2")])))
    session.get_one(Organization, "org-a").edited = True
    import_directory(session, folder(tmp_path, ("org-c", [service("s3")])))
    assert row(session, "s1") and row(session, "s2") is None
    assert session.get(Organization, "org-b") is None


def test_a_service_may_move_to_another_organisation(session: Session, tmp_path: Path) -> None:
    import_directory(session, folder(tmp_path, ("org-a", [service("s1")]), ("org-b", [service("s2")])))
    import_directory(session, folder(tmp_path, ("org-a", [service("s2")]), ("org-b", [service("s1")])))
    moved = row(session, "s1")
    assert moved and moved.organization_id == "org-b"


def test_a_service_is_not_taken_from_an_edited_organisation(session: Session, tmp_path: Path) -> None:
    import_directory(session, folder(tmp_path, ("org-a", [service("s1")])))
    session.get_one(Organization, "org-a").edited = True
    import_directory(session, folder(tmp_path, ("org-b", [service("s1")])))
    kept = row(session, "s1")
    assert kept and kept.organization_id == "org-a"


def test_an_empty_folder_does_not_empty_the_tables(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no organisation"):
        import_directory(session, tmp_path)


def test_an_unknown_key_names_the_service(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="s1"):
        import_directory(session, folder(tmp_path, ("org-a", [service("s1", adress="typo")])))


def test_osm_rows_become_services(session: Session, tmp_path: Path) -> None:
    lines = ("node,1,pharmacy,Pharmacie A,Mo-Fr 09:00-20:00,,2019-01-04,10.0,10.0", "way,2,clinic,,,,2019-01-04,10.1,10.1")
    assert import_osm(session, csv_file(tmp_path, *lines)).added == 2
    pharmacy, clinic = row(session, "osm-node-1"), row(session, "osm-way-2")
    assert pharmacy and pharmacy.categories == ["pharmacy"] and pharmacy.verified == "osm" and pharmacy.attribution == ATTRIBUTION
    assert (pharmacy.latitude, pharmacy.hours, pharmacy.town, pharmacy.last_checked) == (10.0, "Mo-Fr 09:00-20:00", "", None)
    assert clinic and clinic.categories == ["health_centre"] and clinic.names["fr"] == ""


def test_bad_osm_rows_are_named_by_line(session: Session, tmp_path: Path) -> None:
    lines = (
        "node,1,pharmacy,A,,,2019,10,10",
        "node,2,pharmacy,B,,,2019,north,10",
        "node,x,pharmacy,C,,,2019,10,10",
        "node,4,pharmacy",
        "node,5,pharmacy,D,,,2019,100,10",
        "planet,6,pharmacy,E,,,2019,10,10",
        "node,7,pharmacy,F,,,2019,nan,10",
        "node,8,dentist,G,,,2019,10,10",
    )
    count = import_osm(session, csv_file(tmp_path, *lines))
    assert [text.split(":")[0] for text in count.bad] == [f"line {n}" for n in (3, 4, 5, 6, 7, 8)]
    assert (count.added, count.skipped) == (1, 1)


def test_a_bad_osm_line_removes_nothing(session: Session, tmp_path: Path) -> None:
    """Of one the number can be read, of the other not: then nobody knows which place it is about."""
    one, two, three = (f"node,{n},pharmacy,A,,,2019,10,10" for n in (1, 2, 3))
    import_osm(session, csv_file(tmp_path, one, two, three))
    assert import_osm(session, csv_file(tmp_path, one, "node,2,pharmacy,A,,,2019,north,10")).removed == 1
    assert row(session, "osm-node-2") and row(session, "osm-node-3") is None
    assert import_osm(session, csv_file(tmp_path, one, "node,x2,pharmacy,A,,,2019,10,10")).removed == 0
    assert row(session, "osm-node-2")
    assert import_osm(session, csv_file(tmp_path, one)).removed == 1


def test_an_osm_place_on_a_good_and_on_a_bad_line_is_imported(session: Session, tmp_path: Path) -> None:
    good = "node,1,pharmacy,A,,,2019,10,10"
    import_osm(session, csv_file(tmp_path, good))
    session.get_one(Organization, "osm-node-1").edited = True
    count = import_osm(session, csv_file(tmp_path, good.replace(",A,", ",B,"), good.replace("10,10", "10,x")))
    kept = row(session, "osm-node-1")
    assert (count.added, count.kept) == (0, 1) and kept and kept.names["fr"] == "A"


@pytest.mark.parametrize("lines", [(), ("node,1,pharmacy,A,,,2019,north,10",)])
def test_an_osm_file_without_places_does_not_empty_the_tables(session: Session, tmp_path: Path, lines: tuple[str, ...]) -> None:
    import_osm(session, csv_file(tmp_path, "node,1,pharmacy,A,,,2019,10,10"))
    with pytest.raises(ContentError, match="no place"):
        import_osm(session, csv_file(tmp_path, *lines))
    assert row(session, "osm-node-1")


def test_an_osm_file_without_its_columns_is_refused(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "osm.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ContentError, match="amenity"):
        import_osm(session, file)


def test_osm_does_not_repeat_what_the_directory_has(session: Session, tmp_path: Path) -> None:
    source = {"url": "https://www.openstreetmap.org/node/1", "page_date": "", "seen": ""}
    known = service("h1", town="t", latitude=10.0, longitude=10.0, sources=[source])
    import_directory(session, folder(tmp_path, ("org-a", [known])))
    lines = ("node,1,hospital,Same,,,2019,10.0,10.0", "way,2,hospital,,,,2019,10.0,10.0001", "way,3,hospital,Other,,,2019,10.0,10.0001")
    import_osm(session, csv_file(tmp_path, *lines))
    assert row(session, "osm-node-1") is None and row(session, "osm-way-2") is None and row(session, "osm-way-3")


def test_the_name_tells_a_health_centre(session: Session, tmp_path: Path) -> None:
    lines = ("node,1,hospital,Centre de Santé X,,,2019,10,10", "node,2,hospital,Institut de Formation aux Carrières de Santé,,,2019,10,10")
    import_osm(session, csv_file(tmp_path, *lines))
    centre = row(session, "osm-node-1")
    assert centre and centre.categories == ["health_centre"] and row(session, "osm-node-2") is None


def test_a_town_only_where_there_is_no_doubt(session: Session, tmp_path: Path) -> None:
    one = service("h1", town="one", latitude=10.0, longitude=10.0)
    two = service("h2", town="two", latitude=10.0, longitude=10.02)  # 2.2 km further
    import_directory(session, folder(tmp_path, ("org-a", [one, two])))
    lines = ("node,1,pharmacy,A,,,2019,10.0,10.001", "node,2,pharmacy,B,,,2019,10.0,10.009", "node,3,pharmacy,C,,,2019,10.5,10.0")
    import_osm(session, csv_file(tmp_path, *lines))
    towns = [found.town for key in ("osm-node-1", "osm-node-2", "osm-node-3") if (found := row(session, key))]
    assert towns == ["one", "", ""]


def test_the_two_sources_leave_each_other_alone(session: Session, tmp_path: Path) -> None:
    data = folder(tmp_path, ("org-a", [service("s1")]))
    import_directory(session, data)
    import_osm(session, csv_file(tmp_path, "node,1,pharmacy,A,,,2019,10,10"))
    import_directory(session, data)
    assert row(session, "osm-node-1") and row(session, "s1")
    assert import_osm(session, csv_file(tmp_path, "node,2,pharmacy,B,,,2019,10,10")).removed == 1
    assert row(session, "s1") and session.scalar(select(func.count()).where(Organization.id == "osm-node-1")) == 0


def test_all_that_a_service_may_say_is_imported_and_taken_back(session: Session, tmp_path: Path) -> None:
    said: dict[str, Any] = {"eligible": ["women"], "free": True, "by_appointment": True, "accessible": False, "cost": {"fr": "20 MAD"}}
    said |= {"documents": {"fr": "passeport"}, "ends_on": date(2030, 1, 1), "status": "paused"}
    said["special_hours"] = [{"first": "2027-03-10", "last": "2027-03-10", "hours": "", "name": ""}]
    import_directory(session, folder(tmp_path, ("org-a", [service("s1", **said)])))
    kept = row(session, "s1")
    assert kept and {key: getattr(kept, key) for key in said} == said
    import_directory(session, folder(tmp_path, ("org-a", [service("s1")])))
    kept = row(session, "s1")
    assert kept and (kept.eligible, kept.free, kept.ends_on, kept.status, kept.special_hours) == ([], None, None, "active", [])
