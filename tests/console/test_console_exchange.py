"""Content as files, at a browser: take it away, bring it back, read what it would change, let it or leave it."""

import html
import re

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import func, select

from bot.db import Database
from bot.exchange import reading
from bot.exchange.limits import MOST_BYTES
from bot.exchange.slots import flatten
from bot.faq import entries, workflow
from bot.privacy import forget
from bot.settings import ROOT, Settings
from bot.tables import EntryRow, Revision, Staff, Upload
from bot.understanding.corpus import seed_entries
from tests.console.conftest import Browser, Enter
from web.app import MAX_UPLOAD, UPLOADS, build_app

ID = "school_enrol"
FILE = f"id,version,form,title,answer\n{ID},1,en,School,Yes. It is free.\n"


@pytest.fixture
def settings() -> Settings:
    return Settings(data_dir=ROOT / "data")


@pytest.fixture(autouse=True)
def content(db: Database) -> None:
    with db.begin() as session:
        entries.import_entries(session, [seed for seed in seed_entries(ROOT / "data") if seed["topic"] == "schooling"])


def send(who: Browser, content: str | bytes, name: str = "texts.csv") -> Response:
    raw = content.encode() if isinstance(content, str) else content
    return who.client.post("/console/content/files/import", data={"csrf": who.csrf}, files={"file": (name, raw)})


def agree(who: Browser, page: Response, **more: str) -> Response:
    return who.post("/content/files/apply", mark=re.findall(r'name="mark" value="(\w+)"', page.text)[0], **more)


def head(db: Database) -> Revision:
    with db.begin() as session:
        return workflow.head(session, ID)


def test_what_was_taken_away_is_read_back(editor: Browser, db: Database) -> None:
    for kind, ending in (("xlsx", "xlsx"), ("csv", "zip"), ("yml", "zip")):
        answer = editor.get(f"/content/files/export?kind={kind}&topic=schooling")
        assert answer.status_code == 200 and f'.{ending}"' in answer.headers["content-disposition"]
        found = reading.read(f"x.{ending}", answer.content)
        assert {k: v for k, v in found.given[ID].values.items() if v} == flatten(head(db).body)
    assert editor.get("/content/files/export?kind=pdf").status_code == 404
    assert not reading.read("x.zip", editor.get("/content/files/export?kind=csv&lacks=en").content).given


def test_a_file_is_read_first_and_makes_drafts_when_somebody_says_so(editor: Browser, db: Database) -> None:
    page = send(editor, FILE)
    assert page.url.path.endswith("/plan") and ID in page.text and "texts.csv:2" in page.text and head(db).number == 1
    done = agree(editor, page)
    assert done.url.query == b"done=1" and 'role="status"' in done.text
    with db.begin() as session:
        assert (head(db).body["answers"]["en"], entries.published(session, ID) != head(db).body) == ("Yes. It is free.", True)
        assert session.scalar(select(func.count()).select_from(Upload)) == 0, "the file is gone"
    assert editor.get("/content/files/plan").url.path == "/console/content/files"


def test_the_report_names_the_answer_and_shows_what_would_be_taken_out_and_put_in(editor: Browser, db: Database) -> None:
    page = send(editor, FILE).text
    assert f'href="/console/content/entry/{ID}"' in page and head(db).body["titles"]["fr"] in html.unescape(page)
    assert "It is free" in page.partition("<ins>")[2] and "<del>" in page


def test_nothing_is_taken_by_halves_unless_somebody_chooses_so(editor: Browser, db: Database) -> None:
    page = send(editor, f"{FILE}school_levels,1,xx,a,b\n")
    refused = agree(editor, page)
    assert refused.status_code == 422 and 'role="alert"' in refused.text and head(db).number == 1
    assert agree(editor, refused, others="yes").url.query == b"done=1" and head(db).number == 2


def test_a_report_that_is_no_longer_true_is_shown_again(editor: Browser, db: Database) -> None:
    page = send(editor, FILE)
    with db.begin() as session:
        body = workflow.head(session, ID).body
        omar = session.scalars(select(Staff).filter_by(email="zineb@example.org")).one()
        workflow.save(session, omar, ID, workflow.Change({**body, "related": []}, "minor", 1))
    again = agree(editor, page)
    assert again.status_code == 409 and head(db).number == 2 and "Zineb" in again.text
    agree(editor, again)
    assert head(db).number == 3 and (head(db).body["related"], head(db).body["answers"]["en"]) == ([], "Yes. It is free.")


def test_a_file_can_be_left_and_belongs_to_one_person(editor: Browser, enter: Enter, db: Database) -> None:
    send(editor, FILE)
    other = enter("Yasmine", "manager")
    assert other.get("/content/files/plan").url.path == "/console/content/files"
    assert other.post("/content/files/apply", mark="x").url.path == "/console/content/files" and head(db).number == 1
    editor.post("/content/files/drop")
    assert editor.get("/content/files/plan").url.path == "/console/content/files"


def test_a_file_that_nobody_decides_on_is_gone_after_a_day(editor: Browser, db: Database) -> None:
    send(editor, FILE)
    with db.begin() as session:
        row = session.scalars(select(Upload)).one()
        assert b"School" not in row.content_sealed
        forget.expire(session)
        assert session.scalar(select(func.count()).select_from(Upload)) == 1
        row.at -= forget.UPLOAD_KEPT
        session.flush()
        forget.expire(session)
        assert session.scalar(select(func.count()).select_from(Upload)) == 0


@pytest.mark.parametrize(
    ("name", "content"), [("x.csv", b""), ("x.xlsx", b"PK\x03\x04"), ("x.exe", b"MZ"), ("", b"x"), ("<pwn>.yml", b"[")]
)
def test_a_file_that_cannot_be_read_is_told(editor: Browser, name: str, content: bytes) -> None:
    answer = send(editor, content, name)
    assert answer.status_code in (200, 422) and "<pwn>" not in answer.text and 'name="mark"' not in answer.text


def test_a_file_of_fifty_megabytes_is_refused_with_a_sentence(editor: Browser, db: Database) -> None:
    answer = send(editor, b"x" * (50 * 2**20))
    assert answer.status_code == 422 and "trop grand" in answer.text and MOST_BYTES < 50 * 2**20 < MAX_UPLOAD
    with db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 0


def test_only_this_form_takes_large_bodies(db: Database, settings: Settings) -> None:
    http = TestClient(build_app(db, settings))
    sizes = {path: http.post(path, content=b"x" * 300_000).status_code for path in (UPLOADS[0], "/console/content/files/apply")}
    assert sizes[UPLOADS[0]] != 413 and sizes["/console/content/files/apply"] == 413
    assert http.post(UPLOADS[0], content=b"x" * (MAX_UPLOAD + 1)).status_code == 413


def test_caseworkers_take_nothing_away(amina: Browser) -> None:
    assert amina.get("/content/files").status_code == 403 and amina.get("/content/files/export").status_code == 403


def test_a_text_that_no_cell_can_hold_is_named(editor: Browser, db: Database) -> None:
    with db.begin() as session:
        row = session.get_one(EntryRow, ID)
        session.get_one(Revision, (ID, row.head)).body = {**row.body, "titles": {"fr": "a\u0007b"}}
    answer = editor.get("/content/files/export?kind=xlsx")
    assert answer.status_code == 422 and "U+0007" in answer.text and ID in answer.text
    assert editor.get("/content/files/export?kind=yml").status_code == 200


def test_the_list_of_answers_leads_here(editor: Browser) -> None:
    assert 'href="/console/content/files"' in editor.get("/content").text


def test_a_long_report_is_cut(editor: Browser) -> None:
    rows = "".join(f"e{n},,fr\n" for n in range(600))
    page = send(editor, f"id,version,form\n{rows}").text
    assert page.count('class="card reported refused"') == 500 and "\u2068100\u2069" in page
