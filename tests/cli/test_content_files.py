"""`dalil content export` and `import`: files for git and for translators, and back."""

import shutil
from pathlib import Path

import pytest

from bot.db import Database
from bot.errors import Refused, SetupError
from bot.exchange.leaving import Wanted
from bot.faq import entries, workflow
from bot.settings import Settings
from bot.tables import EntryRow
from bot.understanding.corpus import seed_entries
from cli.__main__ import parser
from cli.content_files import Import, export, take_in
from tests.story import DATA, hire

ID = "school_enrol"
EMAIL = "nadia@example.org"


@pytest.fixture(autouse=True)
def content(db: Database) -> None:
    hire(db, "Nadia", "editor", email=EMAIL)
    with db.begin() as session:
        entries.import_entries(session, seed_entries(DATA))


def taken(db: Database, config: Settings, path: Path, **more: bool) -> tuple[int, list[str]]:
    lines: list[str] = []
    return take_in(db, config, Import(path, EMAIL, **more), lines.append), lines


def test_a_folder_of_git_is_left_as_it_is(db: Database, config: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "faq"
    shutil.copytree(DATA / "faq", folder)
    assert export(db, config, folder, Wanted()) == "85 entries, 0 files are others than before"
    for path in (DATA / "faq").glob("*.yml"):
        assert (folder / path.name).read_bytes() == path.read_bytes()
    assert taken(db, config, folder) == (0, ["0 refused, 0 new, 0 changed, 85 unchanged", "nothing was changed: add --apply"])


def test_a_new_folder_is_the_starting_content(db: Database, config: Settings, tmp_path: Path) -> None:
    export(db, config, tmp_path / "new", Wanted())
    assert {path.name for path in (tmp_path / "new").iterdir()} == {path.name for path in (DATA / "faq").glob("*.yml")}
    assert taken(db, config, tmp_path / "new")[0] == 0


def test_what_git_changed_becomes_a_draft(db: Database, config: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "faq"
    shutil.copytree(DATA / "faq", folder)
    file = folder / "schooling.yml"
    with db.begin() as session:
        title = workflow.head(session, ID).body["titles"]["en"]
    file.write_text(file.read_text(encoding="utf-8").replace(f"    en: {title}\n", "    en: School\n"), encoding="utf-8")
    code, lines = taken(db, config, folder, apply=True)
    assert code == 0 and lines[-1] == "1 drafts" and [line for line in lines if ID in line and "titles en" in line]
    with db.begin() as session:
        row, body = session.get_one(EntryRow, ID), workflow.head(session, ID).body
        assert (row.head, row.live, body["titles"]["en"]) == (2, 1, "School") and entries.published(session, ID) != body
    export(db, config, folder, Wanted(live=True))
    assert file.read_bytes() == (DATA / "faq" / "schooling.yml").read_bytes()


def test_a_topic_whose_entries_are_gone_leaves_an_empty_file(db: Database, config: Settings, tmp_path: Path) -> None:
    export(db, config, tmp_path, Wanted())
    with db.begin() as session:
        person = hire(db, "Omar", "manager")
        for row in session.query(EntryRow).filter_by(topic="return"):
            workflow.archive(session, person, row.id, 1)
    export(db, config, tmp_path, Wanted())
    assert (tmp_path / "return.yml").read_text().splitlines()[1:] == ["[]"]
    assert [line for line in taken(db, config, tmp_path)[1] if line.startswith("return.yml: Nothing is written here")]


@pytest.mark.parametrize("name", ["x.xlsx", "x.zip", "x.yml"])
def test_one_file_goes_and_comes(db: Database, config: Settings, tmp_path: Path, name: str) -> None:
    assert export(db, config, tmp_path / name, Wanted(topic="schooling")).endswith(" entries")
    code, lines = taken(db, config, tmp_path / name)
    assert code == 0 and "0 changed" in lines[-2]


def test_a_refused_row_is_said_in_words_and_nothing_is_changed(db: Database, config: Settings, tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    file.write_text(f"id,version,form,title\n{ID},1,en,School\n{ID},1,es,Escuela\n,1,en,x\n", encoding="utf-8")
    code, lines = taken(db, config, file, apply=True)
    assert code == 1 and lines[-1] == "nothing was changed: correct the file, or add --others to take in the rest"
    assert any(
        line.startswith("texts.csv:3:") and "unknown written form: texts.csv:3 (form)" not in line and "es" in line for line in lines
    )
    assert any("The name of the entry (id) is missing" in line for line in lines) and "1 rows without a name" in lines[-2]
    with db.begin() as session:
        assert workflow.head(session, ID).number == 1


def test_the_rest_is_taken_with_others(db: Database, config: Settings, tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    file.write_text(f"id,version,form,title\n{ID},1,en,School\nschool_levels,1,es,x\n", encoding="utf-8")
    assert taken(db, config, file, apply=True, others=True)[1][-1] == "1 drafts"


def test_drafts_need_somebody_who_keeps_content(db: Database, config: Settings, tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    file.write_text(f"id,version,form,title\n{ID},1,en,School\n", encoding="utf-8")
    with pytest.raises(SetupError, match="keeps no content"):
        take_in(db, config, Import(file, "nobody@example.org", True), print)


def test_paths_that_say_nothing_are_refused(db: Database, config: Settings, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is needed"):
        export(db, config, tmp_path / "x.pdf", Wanted())
    with pytest.raises(Refused, match="There is no file"):
        take_in(db, config, Import(tmp_path / "none.csv", EMAIL), print)


def test_the_verbs_are_there_beside_the_old_ones() -> None:
    for line in ("content export x --topic health --live", "content import x --apply --others", "content check", "content print x"):
        assert callable(parser().parse_args(line.split()).verb)
