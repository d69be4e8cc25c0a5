"""Two tables: the texts, a row for each entry and form, and what is in no form, a row for each entry."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import Refused
from bot.exchange import cells
from bot.exchange.report import Given, Read, Remark, Row, Unreadable
from bot.exchange.slots import FIELDS, FORM_ORDER, RESPONSIBLE, TEXTS, TO_CHECK, Slot, flatten
from bot.faq.entries import Entry
from bot.language.forms import FORMS

TEXTS_TABLE, ENTRIES_TABLE, HELP_TABLE = "texts", "entries", "help"
MOST_ROWS = 20_000
MOST_COLUMNS = 64
COLUMN = {"titles": "title", "answers": "answer"}  # what is in a row once has no plural
_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
ID = re.compile(r"[a-z0-9_]{1,60}")


@dataclass(frozen=True)
class Item:
    """An entry that leaves. `version`: the revision that somebody abroad will have seen. `responsible`: an e-mail address."""

    body: Entry
    version: int
    responsible: str = ""


@dataclass(frozen=True)
class Line:
    """A row of a file as text; `faults`: what is wrong with a cell, by column."""

    number: int
    cells: list[str]
    faults: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """A table of a file. `letters`: columns are called A, B, C."""

    name: str
    lines: list[Line]
    letters: bool = False

    def place(self, number: int, column: int = -1, name: str = "") -> str:
        if self.letters:
            return f"{self.name}!{letter(column)}{number}"
        return f"{self.name}:{number}{f' ({name})' if name else ''}"


def letter(column: int) -> str:
    """A for 0; empty below."""
    return "" if column < 0 else letter(column // 26 - 1) + chr(ord("A") + column % 26)


def columns(table: str) -> dict[str, str]:
    """The heading of each column, with the part of the body that it holds."""
    parts = (*TEXTS, TO_CHECK) if table == TEXTS_TABLE else (*FIELDS, RESPONSIBLE[0])
    keys = ("id", "version", "form") if table == TEXTS_TABLE else ("id", "version")
    return {**{key: "" for key in keys}, **{COLUMN.get(part, part): part for part in parts}}


def write(table: str, items: Iterable[Item]) -> Iterator[list[str]]:
    """The heading, then the rows. `Refused` names the text that no cell can hold."""
    yield list(columns(table))
    for item in items:
        slots = flatten(item.body)
        _must_fit(item.body, slots)
        start = [str(item.body["id"]), str(item.version)]
        if table == ENTRIES_TABLE:
            held = {**slots, RESPONSIBLE: item.responsible or None}
            yield [*start, *(_cell(item.body, (part, ""), held) for part in (*FIELDS, RESPONSIBLE[0]))]
        else:
            for form in FORM_ORDER:
                yield [*start, form, *(_cell(item.body, (part, form), slots) for part in (*TEXTS, TO_CHECK))]


def _must_fit(body: Entry, slots: Mapping[Slot, Any]) -> None:
    for key, form in slots:
        if (form not in FORMS) if key in (*TEXTS, TO_CHECK) else key not in FIELDS:
            raise CannotLeave("unknown_field", f"{body['id']}: {key} {form}".strip())


def _cell(body: Entry, slot: Slot, slots: Mapping[Slot, Any]) -> str:
    try:
        return cells.write(slot[0], slots.get(slot))
    except cells.Unfit as error:
        where = " ".join(part for part in (f"{body['id']}:", slot[0], slot[1]) if part)
        raise CannotLeave(error.key, f"{where}: {error.detail}") from error


class CannotLeave(Refused):
    """An entry holds what no cell can hold: nothing is left out in silence."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(f"exchange.{key}")
        self.remark = Remark(key, "", detail)


def take(grid: Grid, read: Read) -> None:
    """Put what a table says into `read`."""
    lines = [line for line in grid.lines if any(cell.strip() for cell in line.cells) or line.faults]
    if not lines:
        read.remarks.append(Remark("empty_table", grid.name, grave=False))
        return
    if len(lines) > MOST_ROWS + 1:
        raise Unreadable("too_many_rows", grid.name, f"{len(lines) - 1} > {MOST_ROWS}")
    table, where = _heading(grid, lines[0], read)
    for line in lines[1:]:
        _take_line(_Line(grid, line, table, where), read)


def _heading(grid: Grid, line: Line, read: Read) -> tuple[str, dict[str, int]]:
    """Which table it is, and in which column a heading stands; in any order."""
    named = [(cell.strip().lower(), n) for n, cell in enumerate(line.cells) if cell.strip()]
    names = [name for name, _ in named]
    table = TEXTS_TABLE if "form" in names else ENTRIES_TABLE
    known = columns(table)
    if twice := sorted({name for name in names if name in known and names.count(name) > 1}):
        raise Unreadable("column_twice", grid.place(line.number), ", ".join(twice))
    if missing := [name for name, part in known.items() if not part and name not in names]:
        raise Unreadable("no_key_column", grid.place(line.number), ", ".join(missing))
    absent, strange = [name for name in known if name not in names], [name[:40] for name in names if name not in known]
    for key, found in (("column_missing", absent), ("column_unknown", strange)):
        read.remarks += [Remark(key, grid.place(line.number), ", ".join(found[:20]), grave=False)] if found else []
    return table, {name: n for name, n in named if name in known}


@dataclass(frozen=True)
class _Line:
    """A line under its headings."""

    grid: Grid
    line: Line
    table: str
    columns: Mapping[str, int]

    def text(self, name: str) -> str:
        n = self.columns[name]
        return self.line.cells[n] if n < len(self.line.cells) else ""

    def place(self, name: str = "") -> str:
        return self.grid.place(self.line.number, self.columns.get(name, -1), name)

    def fault(self, name: str) -> str:
        return self.line.faults.get(self.columns[name], "")

    def remark(self, key: str, name: str, detail: str) -> Remark:
        return Remark(key, self.place(name), detail[:80], row=self.place())


def _take_line(line: _Line, read: Read) -> None:
    entry, form = line.text("id").strip(), line.text("form").strip() if line.table == TEXTS_TABLE else ""
    row = Row(line.place(), entry[:80], form[:40], frozenset((part, form) for part in _parts(line).values()))
    if line.fault("id") or not ID.fullmatch(entry):
        key = line.fault("id") or ("bad_id" if entry else "no_id")
        read.nameless.append((row, Remark(key, line.place("id"), entry[:80])))
        return
    given = read.of(entry)
    twice = [slot for slot in row.slots if slot in given.places]
    given.rows.append(row)
    if line.table == TEXTS_TABLE and form not in FORMS:
        given.remarks.append(line.remark("unknown_form", "form", form))
    elif twice:
        given.remarks.append(line.remark("row_twice", "id", " ".join(filter(None, (entry, form)))))
    else:
        _take_version(line, given)
        for name, part in _parts(line).items():
            _take_cell(line, given, name, (part, form))


def _parts(line: _Line) -> dict[str, str]:
    """The columns that are there and hold something of the entry."""
    return {name: part for name, part in columns(line.table).items() if part and name in line.columns}


def _take_version(line: _Line, given: Given) -> None:
    text = line.text("version").strip()
    if line.fault("version") or (text and not _VERSION.fullmatch(text)):
        given.remarks.append(line.remark(line.fault("version") or "bad_version", "version", text))
    elif text and given.seen is not None and given.seen != int(text):
        given.remarks.append(line.remark("two_versions", "version", f"{given.seen}, {text}"))
    elif text:
        given.seen = int(text)


def _take_cell(line: _Line, given: Given, name: str, slot: Slot) -> None:
    text = line.text(name).replace("\r\n", "\n")
    given.places[slot] = line.place(name)
    if fault := line.fault(name) or ("letters_lost" if cells.lost(text, slot[1]) else ""):
        given.remarks.append(line.remark(fault, name, text))
        return
    try:
        given.values[slot] = cells.read(slot[0], text)
    except cells.Unfit as error:
        given.remarks.append(line.remark(error.key, name, error.detail))
