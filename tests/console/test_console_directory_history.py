"""What became of a service or an organisation: every version with its author, what it changed, and the way back."""

import html
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.directory.seed import import_directory
from bot.settings import ROOT, Settings
from bot.tables import DirectoryVersion, Organization, Service
from tests.bot.directory.test_directory_import import folder, service
from tests.console.conftest import Browser, Enter
from tests.console.test_console_directory_both import shown

PATH = "/directory/services/svc"
OWNER = {"id": "0b1b54b3-6a3c-4a0e-9a3b-111111111111", "name": "Partner", "description": "Helps"}
RECORD = {"id": "0b1b54b3-6a3c-4a0e-9a3b-222222222222", "name": "Advice", "status": "active", "organization": OWNER}


@pytest.fixture
def settings() -> Settings:
    return Settings(data_dir=ROOT / "data")


@pytest.fixture(autouse=True)
def content(db: Database, tmp_path: Path) -> None:
    with db.begin() as session:
        import_directory(session, folder(tmp_path, ("org", [service("svc", offers={"fr": "Aide pour les papiers"}, languages=["fr"])])))


def save(who: Browser, path: str = PATH, **changed: object) -> None:
    answer = who.post(path, **{**shown(who.get(path).text), **changed})  # type: ignore[arg-type]
    assert answer.history and answer.history[0].status_code == 303, re.findall(r'id="problem".*?</', answer.text, re.DOTALL)


def numbers(page: str) -> list[str]:
    """Of versions, the newest first."""
    return re.findall(r'<li id="version-(\d+)"', page)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>|[\u2066-\u2069]", "", html.unescape(page.split("<main")[1])))


def restore(who: Browser, number: str, path: str = PATH):
    found = re.search(r'name="seen" value="([^"]+)"', who.get(f"{path}/versions/{number}").text)
    assert found
    return who.post(f"{path}/versions/{number}/restore", seen=html.unescape(found[1]))


def row(db: Database) -> Service:
    with db.begin() as session:
        return session.get_one(Service, "svc")


def test_every_version_is_listed_with_who_and_what(editor: Browser) -> None:
    assert 'href="/console/directory/services/svc/versions"' in editor.get(PATH).text
    save(editor, offers_fr="Aide pour les familles", languages=["fr", "bm"])
    page = editor.get(f"{PATH}/versions").text
    said = plain(page)
    assert len(numbers(page)) == 2 and said.index("Version 2") < said.index("Version 1")
    assert "Zineb Modification Version actuelle" in said and "Contenu de départ" in said
    assert "Ce qu’il offre · " in said or "Langues parlées · Ce qu’il offre" in said


def test_what_a_version_changed_is_told_word_by_word_and_by_name(editor: Browser) -> None:
    save(editor, offers_fr="Aide pour les familles", languages=["fr", "bm"])
    newest, first = numbers(editor.get(f"{PATH}/versions").text)
    page = editor.get(f"{PATH}/versions/{newest}").text
    said = plain(page)
    assert "Ce qu’il offre · Français" in said and "Aide pour les [supprimé : papiers][ajouté : familles]" in said
    assert "bambara" in said and "languages" not in said and 'id="do-restore"' not in page
    then = plain(editor.get(f"{PATH}/versions/{first}").text)
    assert "Ce qui changerait maintenant" in then and "[supprimé : familles][ajouté : papiers]" in then


def test_a_version_is_made_so_again(editor: Browser, enter: Enter, db: Database) -> None:
    save(editor, offers_fr="Faux", languages=["bm"])
    first = numbers(editor.get(f"{PATH}/versions").text)[-1]
    answer = restore(enter("Youssef", "editor"), first)
    assert answer.history[0].status_code == 303 and 'id="saved"' in answer.text
    assert row(db).offers == {"fr": "Aide pour les papiers"} and row(db).languages == ["fr"]
    assert "Youssef Version rétablie" in plain(editor.get(f"{PATH}/versions").text)
    assert "Rien : tout y est déjà ainsi." in plain(editor.get(f"{PATH}/versions/{first}").text)


def test_who_looked_at_an_older_page_overwrites_nobody(editor: Browser, enter: Enter, db: Database) -> None:
    save(editor, offers_fr="Deux")
    first = numbers(editor.get(f"{PATH}/versions").text)[-1]
    found = re.search(r'name="seen" value="([^"]+)"', editor.get(f"{PATH}/versions/{first}").text)
    save(enter("Youssef", "editor"), offers_fr="Trois")
    assert found
    answer = editor.post(f"{PATH}/versions/{first}/restore", seen=html.unescape(found[1]))
    assert answer.status_code == 409 and 'id="problem"' in answer.text and "[supprimé : Trois]" in plain(answer.text)
    assert row(db).offers["fr"] == "Trois"
    assert restore(editor, first).history[0].status_code == 303


def test_what_breaks_a_rule_is_refused_and_named(editor: Browser, db: Database) -> None:
    save(editor, offers_fr="Deux")
    first = numbers(editor.get(f"{PATH}/versions").text)[-1]
    with db.begin() as session:
        version = session.get_one(DirectoryVersion, int(first))
        version.values = {**version.values, "categories": ["a kind that is gone"]}
    answer = restore(editor, first)
    assert answer.status_code == 422 and "Types de lieux" in answer.text.split('id="problem"')[1][:200]
    assert row(db).offers["fr"] == "Deux"


def test_a_confidential_place_stays_so_and_its_address_is_nowhere(editor: Browser, db: Database) -> None:
    save(editor, address="7, rue des Orangers", offers_fr="Avant")
    save(editor, hidden_place="1", erase="1", offers_fr="Après")
    listed = editor.get(f"{PATH}/versions").text
    for number in numbers(listed):
        assert "Orangers" not in editor.get(f"{PATH}/versions/{number}").text
    restore(editor, numbers(listed)[1])
    assert (row(db).hidden_place, row(db).address, row(db).offers["fr"]) == (True, "", "Avant")


def test_an_organisation_has_versions_too(editor: Browser, db: Database) -> None:
    path = "/directory/organizations/org"
    save(editor, path, website="https://wrong.example")
    page = editor.get(f"{path}/versions").text
    assert "Site web" in plain(page) and f'href="/console{path}/versions"' in editor.get(path).text
    assert restore(editor, numbers(page)[-1], path).url.path == f"/console{path}"
    with db.begin() as session:
        assert session.get_one(Organization, "org").website == ""


def test_versions_belong_to_their_row_only(editor: Browser) -> None:
    save(editor, "/directory/organizations/org", website="https://a.example")
    number = numbers(editor.get("/directory/organizations/org/versions").text)[0]
    assert editor.get(f"{PATH}/versions/{number}").status_code == 404
    assert editor.get("/directory/services/none/versions").status_code == 404
    assert editor.get(f"/directory/imports/{number}").status_code == 404


def test_what_a_file_changed_is_one_click_away(editor: Browser, db: Database) -> None:
    form = {"data": {"csrf": editor.csrf, "lang": "en"}, "files": {"file": ("partner.json", json.dumps([RECORD]).encode())}}
    page = editor.client.post("/console/directory/files/import", **form)  # type: ignore[arg-type]
    done = editor.post("/directory/files/apply", mark=re.findall(r'name="mark" value="(\w+)"', page.text)[0])
    link = re.findall(r'id="see-import" href="/console([^"]+)"', done.text)[0]
    assert "partner.json" in done.text and "Zineb" in done.text.split('id="imports"')[1]
    told = editor.get(link).text
    assert "Partner" in told and "Advice" in told and "Import de partner.json" in plain(told) and "Zineb" in plain(told)
    version = re.findall(r'href="/console(/directory/services/[^"]+)"', told)[0]
    assert "Advice" in plain(editor.get(version).text)
    with db.begin() as session:
        assert len(session.scalars(select(DirectoryVersion).filter_by(file="partner.json")).all()) == 2


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_it_reads_in_each_language(editor: Browser, lang: str) -> None:
    save(editor, offers_fr="Deux")
    editor.get(f"/language/{lang}?back=/console/")
    page = editor.get(f"{PATH}/versions").text
    assert {"ar": "محتوى البداية", "en": "Start content"}[lang] in plain(page)
    assert editor.get(f"{PATH}/versions/{numbers(page)[0]}").status_code == 200


def test_caseworkers_have_no_way_in(amina: Browser) -> None:
    assert amina.get(f"{PATH}/versions").status_code == 403
    assert amina.post(f"{PATH}/versions/1/restore", seen="x").status_code == 403
