"""What leaves as a file comes back as it was, whatever people write; what a file cannot hold is refused by its name."""

import io
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.exchange import cells, csv_files, leaving, reading, xlsx_files, yaml_files
from bot.exchange.report import Given
from bot.exchange.slots import FORM_ORDER, RESPONSIBLE, Slots, flatten, unflatten
from bot.exchange.tables import CannotLeave, Item
from bot.language.forms import FORMS
from bot.settings import ROOT
from bot.understanding.corpus import load_yaml, seed_entries
from tests.story import DATA

SEEDS: list[dict[str, Any]] = json.loads(json.dumps(list(seed_entries(DATA)), default=str))
HARD = [
    "=1+1",
    "+33 5",
    "-",
    "@home",
    "'=x",
    "''",
    "\u200f\u202eعربي\u2069",
    "👩‍👧",
    'a"b',
    "a;b,c\td",
    " x ",
    "No",
    "null",
    "~",
    "2026-01-01",
    "1e5",
]
HARD += ["# x", "- x", "| x", "a: b", "\u2028", "\u0085x", "\ufeffx", "_x", "x005", "&amp;<b>", "'", "=HYPERLINK(1)"]
HELD = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\t\x85")
ANY = st.characters(exclude_categories=("Cs",))
IDS = st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True)
DAYS = st.dates().map(str)
ADDRESSES = st.sampled_from(["", "https://a.example/?x=1|2", "http://b.example"])
LINES = ("questions", "golden")


def in_forms(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(FORMS), values, max_size=2)


def bodies_of(characters: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    few = st.text(characters, max_size=5)
    word = st.one_of(few, st.builds("".join, st.tuples(few, st.sampled_from(HARD), few)), st.sampled_from(HARD))
    line, ids = word.map(lambda text: text.replace("\n", " ")), st.lists(IDS, max_size=2)
    text = st.one_of(word, st.lists(word, min_size=2, max_size=3).map("\n".join))
    said = {"year": st.sampled_from(["2026", "c. 2013"]), "says": line.map("s{}".format)}
    sources = st.lists(st.fixed_dictionaries({"title": line.map("t{}".format), "url": ADDRESSES}, optional=said), max_size=2)
    parts = {part: in_forms(st.lists(line, max_size=3) if part in LINES else text) for part in ("titles", "answers", *LINES)}
    dated = {key: st.one_of(st.none(), DAYS) for key in cells.DAYS}
    other = {"facts": ids, "sources": sources, "related": ids, "categories": ids, "checked_by": st.one_of(st.none(), line)}
    return st.fixed_dictionaries(
        {"id": IDS, "topic": IDS, **parts, **dated, **other, "to_check": st.lists(st.sampled_from(FORMS), unique=True)},
        optional={"source_form": st.sampled_from(FORMS), "services": ids},
    )


BODIES, WILD = bodies_of(HELD), bodies_of(ANY)


def came_back(name: str, content: bytes, entry: str) -> Slots:
    read = reading.read(name, content)
    assert [r for r in read.remarks if r.grave] == [] and read.nameless == []
    found = read.given[entry]
    assert found.remarks == []
    return said(found)


def said(found: Given) -> Slots:
    return {slot: value for slot, value in found.values.items() if value and slot != RESPONSIBLE}


def fits(body: dict[str, Any]) -> bool:
    """Whether cells can hold all of it."""
    try:
        for (part, _), value in flatten(body).items():
            cells.write(part, value)
    except cells.Unfit:
        return False
    return True


@given(WILD)
def test_slots_are_all_of_a_body(body: dict[str, Any]) -> None:
    assert flatten(unflatten(body["id"], flatten(body))) == flatten(body)


@given(BODIES)
def test_a_workbook_brings_back_what_left(body: dict[str, Any]) -> None:
    assume(fits(body))
    assert came_back("x.xlsx", leaving.file("xlsx", [Item(body, 3)], DATA), body["id"]) == flatten(body)


@given(BODIES, st.sampled_from(csv_files.SEPARATORS))
def test_tables_bring_back_what_left(body: dict[str, Any], separator: str) -> None:
    assume(fits(body))
    assert came_back("x.zip", leaving.file("csv", [Item(body, 3)], DATA, separator), body["id"]) == flatten(body)


@given(WILD)
def test_yaml_brings_back_what_left_also_what_no_cell_can_hold(body: dict[str, Any]) -> None:
    assert came_back("x.yml", yaml_files.write([body]).encode(), body["id"]) == flatten(body)


@given(BODIES, st.sampled_from(["\x00", "\x07", "\x0b", "\x1f", "\r", "\ufffe", "\uffff"]), st.integers(0, 3))
def test_a_character_without_a_place_in_a_cell_is_named(body: dict[str, Any], character: str, where: int) -> None:
    part = ("titles", "answers", "questions", "checked_by")[where]
    bad = f"a{character}b"
    body = {**body, part: bad if part == "checked_by" else {"fr": [bad] if part == "questions" else bad}}
    for kind in ("xlsx", "csv"):
        with pytest.raises(CannotLeave) as refused:
            leaving.file(kind, [Item(body, 1)], DATA)
        if fits({**body, part: None}):
            assert refused.value.remark.detail.endswith(f"U+{ord(character):04X}") and part in refused.value.remark.detail


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"questions": {"fr": ["a\nb"]}}, "line_in_item"),
        ({"answers": {"fr": "x" * 32_768}}, "long_cell"),
        ({"answers": {"fr": "👩" * 16_400}}, "long_cell"),
        ({"titles": {"fr": "_x000D_"}}, "code"),
        ({"titles": {"es": "hola"}}, "unknown_field"),
        ({"colour": "red"}, "unknown_field"),
        ({"sources": [{"title": "a | https://b.example | 2020", "url": ""}]}, "not_in_cell"),
    ],
)
def test_what_no_cell_can_hold_is_refused_not_changed(body: dict[str, Any], key: str) -> None:
    for kind in ("xlsx", "csv"):
        with pytest.raises(CannotLeave, match=key):
            leaving.file(kind, [Item({"id": "x", "topic": "y", **body}, 1)], DATA)


@pytest.mark.parametrize("kind", leaving.KINDS)
def test_the_whole_content_comes_back(kind: str) -> None:
    content = leaving.file(kind, [Item(body, 2, "a@example.org") for body in SEEDS], DATA)
    read = reading.read(f"x.{'xlsx' if kind == 'xlsx' else 'zip'}", content)
    assert (read.remarks, read.nameless) == ([], []) and all(found.remarks == [] for found in read.given.values())
    assert {entry: said(found) for entry, found in read.given.items()} == {body["id"]: flatten(body) for body in SEEDS}


@pytest.mark.parametrize("path", sorted((DATA / "faq").glob("*.yml")), ids=lambda path: path.stem)
def test_a_file_of_git_is_written_as_it_stands(path: Any) -> None:
    """To the letter: else every export would be a difference."""
    text = path.read_text(encoding="utf-8")
    bodies = json.loads(json.dumps(load_yaml(path), default=str))
    assert yaml_files.write(bodies, yaml_files.head(text)) == text


def test_a_workbook_is_made_for_hands(tmp_path: Any) -> None:
    body = {**SEEDS[0], "titles": {"fr": "=1+1", "ar": "عنوان"}}
    book = load_workbook(io.BytesIO(xlsx_files.write([Item(body, 7)], DATA)))
    sheet = book["texts"]
    rows = {row[2].value: row for row in sheet.iter_rows(min_row=2)}
    assert book.sheetnames == ["texts", "entries", "help"] and tuple(rows) == FORM_ORDER
    formula, arabic = rows["fr"][3], rows["ar"][3]
    assert formula.value == "=1+1" and formula.data_type == "s" and formula.quotePrefix
    assert arabic.alignment.readingOrder == 2 and arabic.alignment.wrap_text and rows["ary-Arab"][4].alignment.readingOrder == 2
    assert sheet.protection.sheet and rows["fr"][0].protection.locked and not arabic.protection.locked
    said = [[cell.value for cell in row] for row in book["help"].iter_rows()]
    assert {row[0] for row in said[3:]} == {cell.value for name in ("texts", "entries") for cell in book[name][1]}
    assert all(all(row[1:]) for row in said)


def test_what_tables_say_begins_no_formula() -> None:
    body = {"id": "x", "topic": "y", "titles": {"fr": "=1+1", "en": "+1", "ar": "@x", "ary-Latn": "-1", "ary-Arab": "\tx"}}
    lines = csv_files.write([Item(body, 1)])["texts.csv"].decode("utf-8-sig").splitlines()
    assert [line.split(",")[3] for line in lines[1:]] == ["'=1+1", "'+1", "'@x", "'\tx", "'-1"]


@pytest.mark.parametrize(("encoding", "told"), [("utf-16", False), ("utf-8", False), ("windows-1256", True)])
def test_tables_are_read_however_a_spreadsheet_saved_them(encoding: str, told: bool) -> None:
    text = "id;version;form;title\r\nx;1;ar;أين أجد طبيبا؟\r\nx;1;fr;Où trouver un médecin ?\r\n"
    read = reading.read("x.csv", text.encode(encoding))
    assert read.given["x"].values["titles", "ar"] == "أين أجد طبيبا؟" and read.given["x"].remarks == []
    assert [r.detail for r in read.remarks if r.key == "encoding"] == ([encoding] if told else [])


def test_french_tables_of_windows_are_read_and_told() -> None:
    read = reading.read("x.csv", "id;version;form;title\r\nx;1;fr;ÉTÉ À L’ÉCOLE\r\n".encode("windows-1252"))
    assert read.given["x"].values["titles", "fr"] == "ÉTÉ À L’ÉCOLE"
    assert [(r.key, r.detail, r.grave) for r in read.remarks if r.key == "encoding"] == [("encoding", "windows-1252", False)]


def test_the_starting_content_is_where_it_was() -> None:
    assert len(SEEDS) == 85 and (ROOT / "data" / "faq").is_dir()
