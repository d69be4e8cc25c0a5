"""The directory as files, at a browser: take it away, bring it back, read what it would change, let it or leave it."""

import json
import re

import pytest
from sqlalchemy import func, select

from bot.db import Database
from bot.directory.seed import import_directory
from bot.settings import ROOT, Settings
from bot.tables import Service, Upload
from tests.console.conftest import Browser
from tests.hsds import page_faults

KEY = "0b1b54b3-6a3c-4a0e-9a3b-222222222222"
OWNER = {"id": "0b1b54b3-6a3c-4a0e-9a3b-111111111111", "name": "Partner", "description": "Helps"}
OSM = b"osm_type,osm_id,amenity,name,opening_hours,emergency,last_edit,lat,lon\n"
RECORD = {"id": KEY, "name": "Advice", "status": "active", "organization": OWNER}


@pytest.fixture
def settings() -> Settings:
    return Settings(data_dir=ROOT / "data")


@pytest.fixture(autouse=True)
def content(db: Database) -> None:
    with db.begin() as session:
        import_directory(session, ROOT / "data")


def send(who: Browser, found: object, name: str = "x.json"):
    raw = found if isinstance(found, bytes) else json.dumps(found).encode()
    return who.client.post("/console/directory/files/import", data={"csrf": who.csrf, "lang": "en"}, files={"file": (name, raw)})


def agree(who: Browser, page, **more: str):
    return who.post("/directory/files/apply", mark=re.findall(r'name="mark" value="(\w+)"', page.text)[0], **more)


def test_it_is_taken_away_and_changes_nothing_when_it_comes_back(editor: Browser) -> None:
    for whom, kind in (("all", "json"), ("all", "zip"), ("ar", "zip"), ("fr", "json")):
        answer = editor.get(f"/directory/files/export?whom={whom}&kind={kind}")
        assert answer.status_code == 200 and f'.{kind}"' in answer.headers["content-disposition"]
        if kind == "json":
            assert page_faults("service", answer.json()) == []
        if whom == "all":
            assert 'id="do-apply"' not in send(editor, answer.content, f"x.{kind}").text
    assert editor.get("/directory/files/export?kind=pdf").status_code in (404, 422)


def test_a_file_is_read_first_and_changes_the_directory_when_somebody_says_so(editor: Browser, db: Database) -> None:
    page = send(editor, [RECORD])
    assert page.url.path.endswith("/plan") and f"hsds-{KEY}" in page.text
    with db.begin() as session:
        assert session.get(Service, f"hsds-{KEY}") is None
    assert agree(editor, page).url.query == b"done=2"
    with db.begin() as session:
        assert session.get_one(Service, f"hsds-{KEY}").names == {"en": "Advice"}
        assert session.scalar(select(func.count()).select_from(Upload)) == 0


def test_what_is_refused_is_named_and_the_rest_can_be_taken(editor: Browser, db: Database) -> None:
    page = send(editor, [RECORD, RECORD | {"id": "x"}])
    assert "contents/1" in page.text and 'name="others"' in page.text
    assert agree(editor, page).status_code == 422
    assert agree(editor, page, others="yes").url.query == b"done=2"


def test_what_cannot_be_read_is_said(editor: Browser) -> None:
    page = send(editor, b"{")
    assert page.status_code == 422 and 'role="alert"' in page.text
    assert send(editor, b"PK", "x.zip").status_code == 422
    editor.post("/directory/files/drop")
    assert editor.get("/directory/files/plan").url.path == "/console/directory/files"


def test_a_file_of_the_directory_and_one_of_the_answers_wait_side_by_side(editor: Browser, db: Database) -> None:
    answers = "id,revision,form,field,text\nschool_levels,1,en,title,School\n"
    send(editor, [RECORD])
    sent = editor.client.post("/console/content/files/import", data={"csrf": editor.csrf}, files={"file": ("texts.csv", answers.encode())})
    assert "texts.csv" in sent.text
    assert f"hsds-{KEY}" in editor.get("/directory/files/plan").text
    editor.post("/content/files/drop")
    with db.begin() as session:
        assert [(row.kind, row.name, row.lang) for row in session.scalars(select(Upload))] == [("directory", "x.json", "en")]


def test_the_plan_names_records_and_says_each_field_before_and_after(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, [RECORD]))
    newer = RECORD | {"name": "Legal advice", "phones": [{"id": KEY.replace("2", "3"), "number": "0528000000"}], "url": "https://a.example"}
    newer |= {"description": "Free advice. " * 30}
    page = send(editor, [newer, {"id": "x", "name": "Nameless id", "status": "active"}])
    text = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    assert f'<a href="/console/directory/services/hsds-{KEY}"><bdi>Legal advice</bdi></a>' in page.text and "Nameless id" in text
    assert "Noms (Anglais) Ici : Advice → Dans le fichier : Legal advice" in text, text
    assert (
        "Téléphones Ici : rien → Dans le fichier : 0528000000" in text
        and " phones" not in text
        and page.text.count("Voir les deux textes") == 1
    )


def test_of_what_a_person_has_written_both_are_said(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, [RECORD]))
    with db.begin() as session:
        service = session.get_one(Service, f"hsds-{KEY}")
        service.names, service.verified_by = {"en": "Advice, by us"}, "Zineb"
    text = " ".join(re.sub(r"<[^>]+>", " ", send(editor, [RECORD]).text).split())
    assert "une personne l’a écrit" in text and "Ici : Advice, by us ≠ Dans le fichier : Advice" in text


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("health.csv", b"osm_type,osm_id,amenity,name\nnode,1,hospital,A\n", "last_edit, lat, lon, opening_hours"),
        ("health.csv", OSM, "Rien n’est écrit ici"),
        ("health.csv", OSM + b'node,1,pharmacy,"A', "abîmé"),
        ("health.csv", OSM + b"node,1,pharmacy,\xff,,,2019,30.4,-9.5\n", "texte"),
        ("health.csv", OSM + b"node,1,pharmacy,\0,,,2019,30.4,-9.5\n", "texte"),
        ("health.csv", OSM + b"node,1,pharmacy,A,,,2019,30.4,-9.5\n" * 20_001, "20000"),
        ("x.json", b'{"hello":"world"}', "Attendu"),
        ("x.json", b"[]", "Attendu"),
        ("x.csv", b"a,b\n1,2\n", "Attendu"),
        ("x.pdf", b"%PDF-1.4 \xff", "Attendu"),
        ("x.json", b'{"contents": [', "JSON lisible"),
    ],
)
def test_what_is_no_such_file_is_told_with_what_to_do(editor: Browser, name: str, raw: bytes, says: str) -> None:
    alert = re.search(r'role="alert">(.*?)</p>', send(editor, raw, name).text, re.DOTALL)
    assert alert and says in alert[1] and "Error" not in alert[1]


def test_a_row_without_an_id_is_refused_alone(editor: Browser) -> None:
    page = send(editor, [{"name": "No id", "status": "active", "phones": [{"number": "1"}]}, RECORD, 7]).text
    assert "No id" in page and "contents/0" in page and "contents/2" in page and "Advice" in page and 'id="do-apply"' in page
