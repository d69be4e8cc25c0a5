"""The pages to print: nothing that is said is missing from them, and nothing that must stay hidden is on them."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from bot.db import Database
from bot.directory.seed import import_directory
from bot.faq.entries import import_entries
from bot.faq.printing import ON_PAPER, Row, calls, in_pairs, not_to_be_said, services_of_files, services_of_table, sheets
from bot.faq.rules import book
from bot.language.bidi import readable
from bot.language.forms import FORMS, direction
from bot.privacy.vault import make_key
from bot.settings import ROOT, Settings
from bot.tables import Organization, Service
from bot.understanding.corpus import load_yaml, seed_entries
from cli.content import ANSWERS, CALLS, print_pages, report
from tests.content import publish

DATA = ROOT / "data"
TODAY = date(2026, 11, 22)
ENTRIES = seed_entries(DATA)
VOID = {"meta", "br", "col", "link"}


class Cells(HTMLParser):
    """The cells of a page with their language and direction, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "td":
            self.cells.append((dict(attrs).get("lang") or "", dict(attrs).get("dir") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "td" and self.cells:
            form, side, text = self.cells[-1]
            self.cells[-1] = (form, side, text + data)


def without_database() -> Settings:
    return Settings(DATABASE_URL="", data_dir=DATA)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    return {path.name: path.read_text(encoding="utf-8") for path in print_pages(folder, without_database(), TODAY)}


@pytest.fixture
def published(db: Database, config: Settings) -> Settings:
    """The settings of an installation with the starting content in its database."""
    make_key(config.key_path)
    with db.begin() as session:
        import_entries(session, ENTRIES)
        import_directory(session, DATA)
    return config


def in_table(key: str) -> dict[str, Any]:
    """An entry as the table holds it: days as text."""
    entry = next(e for e in ENTRIES if e["id"] == key)
    return {name: str(value) if isinstance(value, date) else value for name, value in entry.items()}


def service(**changed: Any) -> Row:
    plain = next(row for row in services_of_files(DATA) if not row["hidden_place"] and not row["phones"])
    return plain | {"name": "Planted", "town": "agadir", "town_name": "Agadir", "address": "", "hours": "", "offers": {}} | changed


def asked(**changed: Any) -> tuple[str, ...]:
    found = calls([], [service(**changed)], book(DATA), DATA)
    return (*found.with_number, *found.without_number)[0].ask


# The answers


def test_two_whole_pages_are_written(pages: dict[str, str]) -> None:
    assert set(pages) == {ANSWERS, CALLS}
    assert [Cells(page).open for page in pages.values()] == [[], []]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: str(e["id"]))
def test_every_line_of_an_answer_stands_in_a_cell_of_its_form(entry: dict[str, Any], pages: dict[str, str]) -> None:
    cells = set(Cells(pages[ANSWERS]).cells)
    said = {(f, direction(f), line) for f in FORMS for line in readable(entry["answers"][f].strip(), f).split("\n")}
    assert said <= cells


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: str(e["id"]))
def test_every_fact_of_an_answer_is_printed_with_its_source(entry: dict[str, Any], pages: dict[str, str]) -> None:
    section = pages[ANSWERS].split(f'<section class="sheet" id="{entry["id"]}">')[1].split("</section>")[0]
    used = [book(DATA).facts[i] for i in entry["facts"]]
    assert [fact.id for fact in used if escape(fact.text) not in section] == []
    assert [fact.id for fact in used if f'href="{escape(fact.url)}"' not in section] == []


def test_what_a_source_of_an_editor_says_is_printed() -> None:
    own = {"title": "Commune d'Agadir", "url": "", "year": "", "says": "Guichet : 05 28 84 00 01"}
    [sheet] = sheets([ENTRIES[0] | {"sources": [own]}], book(DATA), {})
    assert (sheet.facts[-1].title, sheet.facts[-1].text) == ("Commune d'Agadir", "Guichet : 05 28 84 00 01")


def test_the_forms_stand_side_by_side_line_by_line() -> None:
    sheet = next(iter(sheets([ENTRIES[0]], book(DATA), {})))
    assert [len(row) for row in sheet.lines] == [len(ON_PAPER)] * len(ENTRIES[0]["answers"]["fr"].strip().split("\n"))


def test_forms_of_different_length_are_not_aligned_by_force() -> None:
    uneven = ENTRIES[0] | {"answers": ENTRIES[0]["answers"] | {"en": "One line."}}
    assert [len(sheet.lines) for sheet in sheets([uneven], book(DATA), {})] == [1]


def test_what_could_not_be_verified_on_the_subject_is_printed() -> None:
    entry = next(e for e in ENTRIES if e["id"] == "residence_first_application")
    assert sheets([entry], book(DATA), not_to_be_said(DATA))[0].unverified == not_to_be_said(DATA)["residence_permit"]


def test_a_broken_rule_is_printed() -> None:
    bad = ENTRIES[0] | {"answers": ENTRIES[0]["answers"] | {"fr": "SAMU : 141"}}
    assert "unconfirmed_emergency_number" in {fault.detail for fault in sheets([bad], book(DATA), {})[0].faults}


def test_with_a_database_what_is_published_is_printed_and_cannot_inject(published: Settings, db: Database, tmp_path: Path) -> None:
    with db.begin() as session:
        publish(session, "lost_passport", in_table("lost_passport") | {"answers": dict.fromkeys(FORMS, "Edited <script>")})
    page = print_pages(tmp_path, published, TODAY)[0].read_text(encoding="utf-8")
    assert "Edited &lt;script&gt;" in page and "<script" not in page


# The calls


def test_each_emergency_number_is_in_the_list(pages: dict[str, str]) -> None:
    numbers = re.findall(r'class="number">([^<]+)<', pages[CALLS])
    assert numbers[:5] == [row["number"] for row in load_yaml(DATA / "emergency.yml")]


def test_nobody_is_asked_to_try_an_emergency_number_as_a_service() -> None:
    emergency = {row["number"] for row in load_yaml(DATA / "emergency.yml")}
    assert not emergency & {call.number for call in calls(ENTRIES, services_of_files(DATA), book(DATA), DATA).with_number}


def test_each_number_of_the_answers_is_called_once() -> None:
    numbers = [call.number for call in calls(ENTRIES, [], book(DATA), DATA).answers]
    assert sorted(numbers) == ["05 37 54 54 00", "05 37 80 54 35", "06 61 57 43 54", "06 66 04 56 06", "06 66 58 43 61", "08 00 00 25 11"]


def test_a_number_names_the_answers_that_show_it() -> None:
    call = next(c for c in calls(ENTRIES, [], book(DATA), DATA).answers if c.number == "05 37 80 54 35")
    assert call.said_in == ("Naissance : trop tard ?",)


def test_every_other_service_is_in_the_list() -> None:
    services = services_of_files(DATA)
    found = calls([], services, book(DATA), DATA)
    emergency = [row for row in services if row["phones"] and all(len(phone["number"]) <= 4 for phone in row["phones"])]
    assert len(found.with_number) + len(found.without_number) == len(services) - len(emergency)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"phones": []}, "number"),
        ({"phones": [{"number": "+212537545400", "kind": "voice", "note": ""}]}, "still"),
        ({"address": ""}, "address"),
        ({"address": "1 rue"}, "address_still"),
        ({"hours": ""}, "hours"),
        ({"hours": "Mo-Fr 09:00-15:00"}, "hours_still"),
        ({"offers": {}}, "offer"),
        ({"offers": {"fr": "Cours"}}, "offer_still"),
    ],
)
def test_what_is_unknown_is_asked_and_what_is_known_is_confirmed(changed: dict[str, Any], expected: str) -> None:
    assert expected in asked(**changed)


def test_the_place_of_a_protected_shelter_is_neither_asked_nor_printed() -> None:
    hidden = service(hidden_place=True, address="1 rue secrète")
    found = calls([], [hidden], book(DATA), DATA).without_number[0]
    assert {"address", "address_still"} & set(found.ask) == set() and "hidden" in found.ask
    assert found.place == "Agadir"


def test_places_of_openstreetmap_are_not_called_one_by_one(db: Database) -> None:
    with db.begin() as session:
        import_directory(session, DATA)
        session.add(Organization(id="osm-1", names={"fr": "Pharmacie"}))
        session.flush()
        session.add(Service(**_empty("osm-1")))
    with db.begin() as session:
        ids = {row["id"] for row in services_of_table(session)}
    assert ids == {row["id"] for row in services_of_files(DATA)}


def _empty(key: str) -> dict[str, Any]:
    lists: dict[str, Any] = {name: [] for name in ("categories", "languages", "covers", "phones", "sources")}
    texts: dict[str, Any] = {name: {} for name in ("names", "offers", "audience", "warnings")}
    return {"id": key, "organization_id": key, "verified": "osm"} | lists | texts


@pytest.mark.parametrize(("number", "shown"), [("+212537545400", "05 37 54 54 00"), ("0666045606", "06 66 04 56 06"), ("8350", "8350")])
def test_numbers_are_printed_as_they_are_read_aloud(number: str, shown: str) -> None:
    assert in_pairs(number) == shown


# The report


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_report_is_quiet_while_nothing_is_due(said: list[str]) -> None:
    assert report(without_database(), said.append, TODAY) == 0
    assert said == [f"nothing is due on 2026-11-22: {len(seed_entries(DATA))} entries"]


def test_the_report_names_entries_and_emergency_numbers_past_their_day(said: list[str]) -> None:
    assert report(without_database(), said.append, date(2027, 2, 22)) == 1
    assert "asylum_contact: look again, due since 2027-02-21" in said
    assert "emergency number 19: call, due since 2027-02-21" in said
    assert not [line for line in said if line.startswith("birth_register")]


def test_the_report_reads_what_is_published(published: Settings, db: Database, said: list[str]) -> None:
    with db.begin() as session:
        publish(session, "lost_passport", in_table("lost_passport") | {"facts": []})
    assert report(published, said.append, TODAY) == 1
    assert "lost_passport: fact_missing" in said
