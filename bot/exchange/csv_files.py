"""The tables as CSV: written with the mark of UTF-8; read however a spreadsheet saved them."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator

from bot.exchange.report import Read, Remark, Unreadable
from bot.exchange.tables import ENTRIES_TABLE, MOST_ROWS, TEXTS_TABLE, Grid, Item, Line, take
from bot.exchange.tables import write as write_table

SEPARATORS = ";,\t"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_RUN = "'*[=+@\t\uff0b\uff0d\uff1d\uff20-]"  # what a spreadsheet takes for a formula, perhaps behind our own mark
_HOT, _MARKED = re.compile(_RUN), re.compile(f"'{_RUN}")
_ARABIC_WORD = re.compile("[\u0621-\u063a\u0641-\u064a]{3}")


def write(items: Iterable[Item], separator: str = ",") -> dict[str, bytes]:
    """Two files by name."""
    items = list(items)
    return {f"{table}.csv": _file(write_table(table, items), separator) for table in (TEXTS_TABLE, ENTRIES_TABLE)}


def _file(rows: Iterable[list[str]], separator: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([[marked(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def marked(cell: str) -> str:
    """A quote before what would be run; reading takes away just this one."""
    return f"'{cell}" if _HOT.match(cell) else cell


def unmarked(cell: str) -> str:
    return cell[1:] if _MARKED.match(cell) else cell


def read(name: str, content: bytes, found: Read) -> None:
    text = _decoded(name, content, found)
    if "\0" in text:
        raise Unreadable("not_text", name)
    take(Grid(name, list(_lines(name, text, _separator(text)))), found)


def _decoded(name: str, content: bytes, found: Read) -> str:
    """Without a mark and no UTF-8: as Windows saves it in Morocco, Arabic or French, which is told."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise Unreadable("not_text", name, encoding) from error
    try:
        arabic = content.decode("windows-1256")
        encoding, text = ("windows-1256", arabic) if _ARABIC_WORD.search(arabic) else ("windows-1252", content.decode("windows-1252"))
    except UnicodeDecodeError as error:
        raise Unreadable("not_text", name) from error
    found.remarks.append(Remark("encoding", name, encoding, grave=False))
    return text


def _separator(text: str) -> str:
    heading = text.lstrip("\r\n").split("\n", 1)[0]
    return max(SEPARATORS, key=heading.count)


def _lines(name: str, text: str, separator: str) -> Iterator[Line]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start, count = 1, 0
    try:
        for cells in rows:
            if any(cells):
                yield Line(start, [unmarked(cell) for cell in cells])
                count += 1
            if count > MOST_ROWS + 1:
                raise Unreadable("too_many_rows", name, f"> {MOST_ROWS}")
            start = rows.line_num + 1
    except csv.Error as error:
        raise Unreadable("broken_table", f"{name}:{start}", str(error)[:80]) from error
