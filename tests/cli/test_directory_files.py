"""The directory as files, at the command line: out, and back in."""

from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from bot.db import Database
from bot.directory.seed import import_directory
from bot.errors import Refused
from bot.settings import ROOT, Settings
from bot.tables import Organization, Service
from cli.__main__ import parser
from cli.directory_files import Import, export, take_in

CONFIG = Settings(data_dir=ROOT / "data")


@pytest.mark.parametrize("name", ["all.json", "all.zip"])
def test_the_directory_goes_out_and_comes_back(db: Database, tmp_path: Path, name: str) -> None:
    with db.begin() as session:
        import_directory(session, CONFIG.data_dir)
        count = session.scalar(select(func.count()).select_from(Service))
    assert export(db, CONFIG, tmp_path / name, None) == f"{tmp_path / name}: {count} services"
    with db.begin() as session:
        session.execute(delete(Service))
        session.execute(delete(Organization))
    said = list[str]()
    assert take_in(db, CONFIG, Import(tmp_path / name), said.append) == 0 and said[-1] == "nothing was changed: add --apply"
    assert take_in(db, CONFIG, Import(tmp_path / name, apply=True), said.append) == 0 and said[-1].endswith("records")
    with db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Service)) == count
    assert take_in(db, CONFIG, Import(tmp_path / name), said.append) == 0 and said[-2].startswith("0 refused, 0 new, 0 changed, 0 kept")


def test_an_extract_of_openstreetmap_is_read_first_as_well(db: Database, tmp_path: Path) -> None:
    file, said = tmp_path / "osm.csv", list[str]()
    file.write_text(
        "osm_type,osm_id,amenity,name,opening_hours,last_edit,lat,lon\nnode,1,pharmacy,A,,2019,30.4,-9.6\nnode,x,pharmacy,B,,,1,1\n"
    )
    assert take_in(db, CONFIG, Import(file), said.append) == 1 and "osm.csv:2: services osm-node-1 new" in said[0] and "osm_id" in said[1]
    assert take_in(db, CONFIG, Import(file, apply=True, others=True), said.append) == 1 and said[-1] == "1 records"


def test_what_is_hardly_right_is_marked_in_its_line(db: Database, tmp_path: Path) -> None:
    file, said = tmp_path / "osm.csv", list[str]()
    file.write_text("osm_type,osm_id,amenity,name,opening_hours,last_edit,lat,lon\nnode,1,pharmacy,A,,2019,48.85,2.35\n")
    assert take_in(db, CONFIG, Import(file), said.append) == 0 and " new " in said[0] and "! This position is not in Morocco" in said[0]


def test_what_cannot_be_read_is_said(db: Database, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    for name in ("x.json", "y.json"):
        with pytest.raises(Refused, match=name):
            take_in(db, CONFIG, Import(tmp_path / name), print)
    with pytest.raises(Refused, match=r"\.json or \.zip"):
        export(db, CONFIG, tmp_path / "x.csv", "fr")
    assert parser().parse_args(["directory", "import", "x.zip", "--apply"]).apply is True
