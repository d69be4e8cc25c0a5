"""The files of messages, and what was understood of each. Every line is a fresh conversation."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from bot.errors import SetupError
from bot.understanding.index import Index
from bot.understanding.understand import History, Understanding, understand


@dataclass(frozen=True)
class Row:
    """One message of a file. `expected` is what the file says, as an object or as a bare string; None when it says nothing.
    `after` is the entry that was answered before, `second` the label of another question in the message."""

    text: str
    form: str
    expected: dict[str, Any] | None
    place: str | None
    has_place: bool
    after: str = ""
    second: str = ""
    mixed: bool = False

    @property
    def route(self) -> str | None:
        return (self.expected or {}).get("route")

    @property
    def id(self) -> str | None:
        return (self.expected or {}).get("id")

    @property
    def plain(self) -> bool:
        """One question in one form, at the start of a conversation."""
        return not (self.after or self.second or self.mixed)


@dataclass(frozen=True)
class Scored:
    row: Row
    seen: Understanding
    milliseconds: float

    @property
    def right(self) -> bool:
        return (self.seen.route, self.seen.id) == (self.row.route, self.row.id)


def read_rows(file: Path) -> Iterator[Row]:
    """Unknown keys and forms never stop it; a line that is no JSON object is named."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SetupError(f"{file} cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _row(line, f"{file}:{number}")


def _row(line: str, where: str) -> Row:
    try:
        raw = json.loads(line)
        text = str(raw["text"])
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{where} is not a JSON object with a `text`.") from error
    expected = _expected(raw.get("expected"))
    place = raw.get("place", (expected or {}).get("place"))
    has_place = "place" in raw or "place" in (expected or {})
    after, second = str(raw.get("after") or ""), str(raw.get("second") or "")
    return Row(text, str(raw.get("form") or ""), expected, place, has_place, after, second, bool(raw.get("mixed")))


def _expected(raw: object) -> dict[str, Any] | None:
    """`{"route": …, "id": …}`, or `faq:asylum_apply`, `service/hospital`, `greet`, `oos` as a string."""
    if isinstance(raw, dict):
        return raw
    if not isinstance(raw, str):
        return None
    route, _, name = raw.replace("/", ":").partition(":")
    return {"route": route, "id": name or None} if name or route in ("oos", "clarify") else {"id": raw}


def score(rows: Iterable[Row], index: Index) -> list[Scored]:
    """On one core, as its time is told."""
    with threadpool_limits(limits=1):
        return [_score(row, index) for row in rows]


def _score(row: Row, index: Index) -> Scored:
    started = time.perf_counter()
    seen = understand(row.text, History(entry=row.after), index)
    return Scored(row, seen, 1000 * (time.perf_counter() - started))


def prediction(scored: Scored) -> dict[str, Any]:
    """The documented line of the predictions file."""
    seen = scored.seen
    return {
        "text": scored.row.text,
        "form": seen.form,
        "route": seen.route,
        "id": seen.id,
        "place": seen.place,
        "language": seen.language,
        "second": seen.second,
        "probability": seen.probability,
        "in_scope": seen.in_scope,
        "candidates": seen.candidates,
        "milliseconds": round(scored.milliseconds, 2),
    }


def write_predictions(file: Path, scored: Iterable[Scored]) -> None:
    with file.open("w", encoding="utf-8") as out:
        for one in scored:
            out.write(json.dumps(prediction(one), ensure_ascii=False) + "\n")
