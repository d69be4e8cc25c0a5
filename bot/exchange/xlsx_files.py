"""The tables as a workbook. Nothing in it is ever run: what looks like a formula leaves as text and comes back as text."""

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser  # streams rows, and knows merged cells: the read-only sheet knows none

from bot.exchange.limits import plain_xml, unpacked
from bot.exchange.report import Read, Remark, Unreadable
from bot.exchange.tables import ENTRIES_TABLE, HELP_TABLE, MOST_COLUMNS, MOST_ROWS, TEXTS_TABLE, Grid, Item, Line, columns, letter, take
from bot.exchange.tables import write as write_table
from bot.language.forms import RTL
from bot.texts import Texts

LANGUAGES = ("fr", "ar", "en")
LOCKED = ("id", "version", "form")
WIDTHS = {"id": 26, "version": 9, "form": 10, "title": 26, "answer": 70, "questions": 60, "golden": 40, "to_check": 10}
MOST_MERGED = 1000
WORKBOOK = "xl/workbook.xml"
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s")
_CODE = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Whatever is in a workbook that is not as it must be: the package checks little itself.
_WRONG: tuple[type[Exception], ...] = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, AssertionError)
_BROKEN = (ParseError, InvalidFileException, TokenizerError, EOFError, OSError, RuntimeError, *_WRONG)


def write(items: Iterable[Item], data_dir: Path) -> bytes:
    items = list(items)
    tables = {table: list(write_table(table, items)) for table in (TEXTS_TABLE, ENTRIES_TABLE)}  # all is refused before all is written
    book = Workbook(write_only=True)
    for table, rows in tables.items():
        _sheet(book, table, rows)
    _help(book, Texts.load(data_dir, "exchange"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Any, table: str, rows: list[list[str]]) -> None:
    sheet, names = book.create_sheet(table), list(columns(table))
    _columns(sheet, [WIDTHS.get(name, 24) for name in names])
    sheet.freeze_panes = f"{letter(len([name for name in names if name in LOCKED]))}2"
    sheet.append([_cell(sheet, name, bold=True, locked=True) for name in rows[0]])
    for row in rows[1:]:
        form = row[2] if table == TEXTS_TABLE else ""
        sheet.append([_cell(sheet, text, form, locked=name in LOCKED) for name, text in zip(names, row)])
    _protect(sheet.protection)


def _columns(sheet: Any, widths: list[int]) -> None:
    """Below the rows too, so that new entries can be written there."""
    for n, width in enumerate(widths):
        column = sheet.column_dimensions[letter(n)]
        column.width, column.protection, column.alignment = width, Protection(locked=False), Alignment(wrap_text=True, vertical="top")


def _protect(protection: Any) -> None:
    """Against a slip of the hand, without a password: only ids, versions and headings are locked."""
    protection.sheet = True
    for allowed in ("insertRows", "deleteRows", "sort", "autoFilter", "formatCells", "formatColumns", "formatRows"):
        setattr(protection, allowed, False)


def _cell(sheet: Any, text: str, form: str = "", bold: bool = False, locked: bool = False) -> Any:
    """Always a text, also after somebody typed in it."""
    cell = WriteOnlyCell(sheet, "")
    cell.value = text
    cell.data_type, cell.quotePrefix = "s", text.startswith(("=", "+", "-", "@"))
    cell.alignment = _ALIGNED.get(form, _ALIGNED[""])
    cell.protection = _LOCKED if locked else _FREE
    if bold:
        cell.font = _BOLD
    return cell


_LOCKED, _FREE, _BOLD = Protection(locked=True), Protection(locked=False), Font(bold=True)
_ALIGNED = {form: Alignment(wrap_text=True, vertical="top", readingOrder=2, horizontal="right") for form in RTL}
_ALIGNED[""] = Alignment(wrap_text=True, vertical="top")


def _help(book: Any, texts: Texts) -> None:
    """What each column is, in the languages of the console."""
    sheet = book.create_sheet(HELP_TABLE)
    _columns(sheet, [18, 60, 60, 60])
    keys = ["name", "intro", "formulas", *dict.fromkeys((*columns(TEXTS_TABLE), *columns(ENTRIES_TABLE)))]
    for n, key in enumerate(keys):
        cells = [_cell(sheet, texts.get(key, lang), lang, bold=n == 0) for lang in LANGUAGES]
        sheet.append([_cell(sheet, key if n > 2 else "", bold=True), *cells])
    _protect(sheet.protection)


def read(name: str, content: bytes, found: Read) -> None:
    with unpacked(name, content) as archive:
        plain_xml(name, archive)
        named = len(_SHEET.findall(archive.read(WORKBOOK)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # on what it leaves out: charts, dropdowns
            grids = list(_grids(name, content, found, named))
    except _BROKEN as error:
        raise Unreadable("broken_workbook", name, type(error).__name__) from error
    if not grids:
        raise Unreadable("no_table", name)
    for grid in grids:
        take(grid, found)


def _grids(name: str, content: bytes, found: Read, named: int) -> Iterator[Grid]:
    """`named`: how many sheets there must be; the package leaves out what it does not find."""
    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    if len(book.sheetnames) != named:
        raise Unreadable("broken_workbook", name, f"{len(book.sheetnames)} < {named}")
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            found.remarks.append(Remark("hidden_sheet", name, sheet.title[:80], grave=False))
        elif sheet.title != HELP_TABLE:
            yield Grid(sheet.title[:80], _lines(book, sheet), letters=True)


def _lines(book: Any, sheet: Any) -> list[Line]:
    with sheet._get_source() as source:
        formats = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}
        parser = WorkSheetParser(source, sheet._shared_strings, epoch=book.epoch, **formats)
        lines = []
        for number, cells in parser.parse():
            if any(cell["value"] is not None for cell in cells):
                lines.append(_line(number, cells))
            if len(lines) > MOST_ROWS + 1:
                raise Unreadable("too_many_rows", sheet.title[:80], f"> {MOST_ROWS}")
    return _with_merged(lines, parser.merged_cells, sheet.title)


def _line(number: int, cells: list[dict[str, Any]]) -> Line:
    texts, faults = [""] * min(MOST_COLUMNS, max(cell["column"] for cell in cells)), {}
    for cell in cells:
        column = cell["column"] - 1
        if 0 <= column < MOST_COLUMNS:
            texts[column] = _said(cell["value"])
            if cell["data_type"] == "e":
                faults[column] = "error_value"
    return Line(number, texts, faults)


def _said(value: Any) -> str:
    """As somebody would have typed it. A formula is its own text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = value if isinstance(value, str) else str(getattr(value, "text", None) or value)
    return _CODE.sub(lambda code: chr(int(code.group(1), 16)), text)


def _with_merged(lines: list[Line], merged: Any, sheet: str) -> list[Line]:
    """Rows that share a cell with another row or column: nobody can say to which of them it belongs."""
    areas = list(merged.mergeCell) if merged else []
    if len(areas) > MOST_MERGED:
        raise Unreadable("merged", sheet[:80], f"> {MOST_MERGED}")
    if not areas:
        return lines
    marked = []
    for line in lines:
        hit = [area for area in areas if area.min_row <= line.number <= area.max_row]
        faults = {column: "merged" for area in hit for column in range(area.min_col - 1, min(area.max_col, MOST_COLUMNS))}
        marked.append(Line(line.number, line.cells, {**line.faults, **faults}))
    return marked
