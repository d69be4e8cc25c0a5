"""The value of a slot as the text of one cell, and back."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.exchange.slots import TO_CHECK
from bot.faq.facts import SOURCE
from bot.language.forms import FORMS, RTL

LONGEST_CELL = 32_767  # of a spreadsheet, in UTF-16 units
LINES = ("questions", "golden")
IDS = ("facts", "related", "categories", "services")
DAYS = ("read_on", "check_again_on", "checked_on")
MARK = "x"
_SOURCE = re.compile(r"(?P<title>.*?\S.*?)(?: \| (?P<url>https?://\S+|)(?: \| (?P<year>[^|]*?)(?: \| (?P<says>.+))?)?)?", re.ASCII)
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # XML has no place for them, or a spreadsheet drops them
CODE = re.compile(r"_x([0-9A-Fa-f]{4})_|x005F_")  # spreadsheets write control characters like this
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3]")


class Unfit(ValueError):
    """A text that no cell can hold, or a cell that holds no such value."""

    def __init__(self, key: str, detail: str = "") -> None:
        super().__init__(key)
        self.key, self.detail = key, detail


def write(part: str, value: Any) -> str:
    """`Unfit` when it would not come back the same."""
    text = _joined(part, value)
    check(text)
    if read(part, text) != value:
        raise Unfit("not_in_cell", text[:80])
    return text


def read(part: str, text: str) -> Any:
    """None for an empty cell."""
    check(text)
    if not text.strip():
        return None
    if part in LINES:
        return [line for line in text.split("\n") if line.strip()]
    if part in IDS:
        return [line.strip() for line in text.split("\n") if line.strip()]
    if part == "sources":
        return [_source(line) for line in text.split("\n") if line.strip()]
    if part == TO_CHECK:
        return MARK
    return word(part, text)


def check(text: str) -> None:
    if found := _UNFIT.search(text):
        raise Unfit("control_character", f"U+{ord(found.group()):04X}")
    if found := CODE.search(text):
        raise Unfit("code", found.group())
    if len(text) > LONGEST_CELL or len(text.encode("utf-16-le")) // 2 > LONGEST_CELL:
        raise Unfit("long_cell", f"> {LONGEST_CELL}")


def lost(text: str, form: str) -> bool:
    """Whether the letters went when the file was saved: a sign in their place."""
    return "\ufffd" in text or (form in RTL and "??" in text and not _ARABIC.search(text))


def _joined(part: str, value: Any) -> str:
    if value is None:
        return ""
    if part == "sources":
        return "\n".join(_lines([" | ".join(_source_parts(source)) for source in value]))
    if part in (*LINES, *IDS):
        return "\n".join(_lines(value))
    return str(value)


def _source_parts(source: Mapping[str, str]) -> list[str]:
    parts = [source.get(key, "") for key in SOURCE]
    return parts[: max(n for n, part in enumerate(parts, 1) if part or n == 1)]


def _lines(value: Sequence[str]) -> Sequence[str]:
    if any("\n" in item for item in value):
        raise Unfit("line_in_item", next(item for item in value if "\n" in item)[:80])
    return value


def _source(line: str) -> dict[str, str]:
    found = _SOURCE.fullmatch(line)
    if found is None:
        raise Unfit("source", line[:80])
    return {key: value for key, value in found.groupdict().items() if value}


def word(part: str, text: str) -> str:
    """A single value, when it is one."""
    if part in ("topic", "source_form", "responsible", *DAYS):
        text = text.strip()
    if part in DAYS and not _is_day(text):
        raise Unfit("day", text[:40])
    if part == "source_form" and text not in FORMS:
        raise Unfit("unknown_form", text[:40])
    return text


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
