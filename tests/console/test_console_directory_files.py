"""The directory as files, at a browser: take it away, bring it back, read what it would change, let it or leave it."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.db import Database
from bot.directory import editing
from bot.directory.editing import Change
from bot.directory.hsds.plan import EMPTY
from bot.directory.seed import import_directory
from bot.settings import ROOT, Settings
from bot.tables import Service, Staff, Upload
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


def words(page) -> str:
    return " ".join(re.sub(r"<[^>]+>|[\u2066-\u2069]", " ", page.text).split())


PHONE, LINK, SPOT = (KEY.replace("2", digit) for digit in "345")


def placed(latitude: float, longitude: float, number: str) -> dict[str, Any]:
    """The record with an address, a position and a phone."""
    place = {"id": SPOT, "location_type": "physical", "name": "Agadir", "latitude": latitude, "longitude": longitude}
    place |= {"addresses": [{"id": PHONE, "address_1": "12 rue X", "city": "Agadir", "country": "MA"}]}
    return RECORD | {
        "service_at_locations": [{"id": LINK, "location": place}],
        "phones": [{"id": PHONE, "number": number}],
        "description": "Free advice",
        "fees_description": "20 MAD",
    }


def test_all_that_is_said_of_a_new_record_can_be_read_before_it_is_taken(editor: Browser) -> None:
    page = send(editor, [placed(30.42, -9.59, "0528000000")])
    folded = re.search(rf'id="record-hsds-{KEY}".*?<details><summary>(.*?)</summary>(.*?)</details>', page.text, re.DOTALL)
    assert folded
    for said in ("Free advice", "12 rue X", "30.42, -9.59", "0528000000", "20 MAD", "Agadir"):
        assert said in folded[2], said
    assert "à regarder" not in words(page)


def test_what_the_form_would_refuse_is_marked_and_counted_and_may_be_taken(editor: Browser, db: Database) -> None:
    page = send(editor, [placed(-9.59, 30.42, "pas un numéro")])
    said = words(page)
    assert re.search(r'id="sum-doubtful">.*?</span> 1<', page.text)
    assert "Position sur la carte , à regarder : Les deux nombres sont inversés" in said and "Ce n’est pas un numéro" in said
    agree(editor, page)
    again = send(editor, [placed(-9.59, 30.42, "pas un numéro") | {"name": "Other"}])
    assert "sum-doubtful" not in again.text and "changé" in words(again), "what stands here already is no news"
    assert "pas au Maroc" in words(send(editor, [placed(48.85, 2.35, "177")]))


def test_a_service_that_is_taken_out_of_a_file_is_named(editor: Browser, db: Database) -> None:
    other = RECORD | {"id": LINK, "name": "Night shelter"}
    agree(editor, send(editor, [RECORD, other]))
    said = words(send(editor, [RECORD | {"name": "Other"}]))
    assert "Night shelter" in said and said.count("N’est pas dans ce fichier") == 1, "the rest of the directory is none of this partner's"
    whole = editor.get("/directory/files/export?whom=fr").json()
    [gone] = [each for each in whole["contents"] if each["id"] == LINK]
    whole["contents"].remove(gone)
    page = send(editor, whole)
    owners = [each["organization_id"] for each in whole["contents"]]
    alone = next(each for each in whole["contents"] if owners.count(each["organization_id"]) == 1)
    both = words(send(editor, whole | {"contents": [each for each in whole["contents"] if each is not alone]}))
    assert both.count("N’est pas dans ce fichier") == 2 and alone["name"] in both
    assert words(page).count("N’est pas dans ce fichier") == 1 and f'href="/console/directory/services/hsds-{LINK}"' in page.text


def test_of_what_nobody_wrote_it_is_not_said_that_a_person_did(editor: Browser, db: Database) -> None:
    agree(editor, send(editor, [RECORD | {"description": "Older advice"}]))
    with db.begin() as session:
        row = session.get_one(Service, f"hsds-{KEY}")
        values = {name: getattr(row, name) for name in EMPTY} | {"names": {"en": "Advice, by us"}}
        change = Change(values, editing.version(row))
        staff = session.scalars(select(Staff).where(Staff.role == "editor")).one()
        editing.save_service(session, staff, ("", row.id), change, ROOT / "data")
    said = words(send(editor, [placed(30.42, -9.59, "0528000000")]))
    by_person, other = said.split("Reste, car une personne l’a écrit ou vérifié :")[1].split(
        "Pas repris, car une personne tient cette fiche :"
    )
    assert "Advice, by us ≠ Dans le fichier : Advice" in by_person and "0528000000" not in by_person
    assert "Téléphones Ici : rien ≠ Dans le fichier : 0528000000" in other and "Noms" not in other
    assert "Older advice ≠ Dans le fichier : Free advice" in other, "a file wrote it"
    french = editor.client.post(
        "/console/directory/files/import",
        data={"csrf": editor.csrf, "lang": "fr"},
        files={"file": ("x.json", json.dumps([RECORD]).encode())},
    )
    assert "Pas repris, car une personne tient cette fiche : Noms (Français) Ici : rien ≠ Dans le fichier : Advice" in words(french)
    assert "l’a écrit" not in words(french), "in this language nobody did"


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
