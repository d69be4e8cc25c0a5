"""`dalil evaluate`: the running bot's understanding, measured on files of messages. Each line is a fresh conversation."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sklearn.metrics import f1_score

from bot.errors import SetupError
from bot.language.forms import FORMS
from bot.settings import Settings
from bot.understanding.corpus import seed_entries
from bot.understanding.index import Index, index_for
from bot.understanding.understand import History, Understanding, understand

Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """One message of a file. `expected` is what the file says, as an object or as a bare string; None when it says nothing."""

    text: str
    form: str
    expected: dict[str, Any] | None
    place: str | None
    has_place: bool


@dataclass(frozen=True)
class Scored:
    row: Row
    seen: Understanding
    milliseconds: float


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
    return Row(text, str(raw.get("form") or ""), expected, place, "place" in raw or "place" in (expected or {}))


def _expected(raw: object) -> dict[str, Any] | None:
    """`{"route": …, "id": …}`, or `faq:asylum_apply`, `service/hospital`, `greet`, `oos` as a string."""
    if isinstance(raw, dict):
        return raw
    if not isinstance(raw, str):
        return None
    route, _, name = raw.replace("/", ":").partition(":")
    return {"route": route, "id": name or None} if name or route in ("oos", "clarify") else {"id": raw}


def score(rows: Iterable[Row], index: Index) -> list[Scored]:
    scored = []
    for row in rows:
        started = time.perf_counter()
        seen = understand(row.text, History(), index)
        scored.append(Scored(row, seen, 1000 * (time.perf_counter() - started)))
    return scored


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
        "probability": seen.probability,
        "in_scope": seen.in_scope,
        "candidates": seen.candidates,
        "milliseconds": round(scored.milliseconds, 2),
    }


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits) / len(hits):6.3f}" if hits else "     -"


def _is(route: str, scored: Sequence[Scored]) -> list[Scored]:
    return [s for s in scored if s.row.expected and s.row.expected.get("route") == route]


def _figures(scored: Sequence[Scored]) -> list[str]:
    """One cell a column of the table."""
    labelled = [s for s in scored if s.row.expected]
    faq, service, urgent, other = (
        _is("faq", scored),
        _is("service", scored),
        _is("urgent", scored),
        [s for s in labelled if _route(s) != "urgent"],
    )
    return [
        f"{len(scored):5}",
        _share([s.seen.form == s.row.form for s in scored if s.row.form in FORMS]),
        _share([s.seen.form == s.row.form for s in scored if s.row.form in FORMS and len(s.row.text.split()) >= 3]),
        _share([s.seen.route == _route(s) for s in labelled if _route(s)]),
        _macro_f1(labelled),
        _share([s.seen.route == "faq" and s.seen.id == _id(s) for s in faq]),
        _share([_id(s) in [name for name, _ in s.seen.candidates] for s in faq]),
        _share([s.seen.id == _id(s) for s in service]),
        _share([s.seen.place == s.row.place for s in scored if s.row.has_place]),
        _share([s.seen.id == _id(s) for s in _is("dialog", scored)]),
        _share([s.seen.route == "urgent" for s in urgent]),
        _share([s.seen.route == "urgent" for s in other]),
        _share([s.seen.route == "oos" for s in _is("oos", scored)]),
    ]


COLUMNS = ("  n  ", "  form", "form3+", " route", "out.F1", "faq@1 ", "faq@3 ", "servic", "place ", "dialog", "urg.re", "alarms", " oos  ")


def _route(scored: Scored) -> str | None:
    return (scored.row.expected or {}).get("route")


def _id(scored: Scored) -> str | None:
    return (scored.row.expected or {}).get("id")


def _macro_f1(scored: Sequence[Scored]) -> str:
    """Macro-F1 of route and id together."""
    if not scored:
        return "     -"
    truth = [f"{_route(s) or s.seen.route}:{_id(s)}" for s in scored]
    guess = [f"{s.seen.route}:{s.seen.id}" for s in scored]
    return f"{f1_score(truth, guess, labels=sorted(set(truth)), average='macro', zero_division=0):6.3f}"


def table(scored: Sequence[Scored]) -> Iterator[str]:
    yield f"{'':9} " + " ".join(COLUMNS)
    present = [f for f in dict.fromkeys([*FORMS, *(s.row.form for s in scored)]) if any(s.row.form == f for s in scored)]
    for form in present:
        yield f"{form or '(none)':9} " + " ".join(_figures([s for s in scored if s.row.form == form]))
    yield f"{'all':9} " + " ".join(_figures(scored))
    times = sorted(s.milliseconds for s in scored)
    yield f"milliseconds a message: median {times[len(times) // 2]:.1f}, p95 {times[int(len(times) * 0.95)]:.1f}"


def evaluate_files(files: Sequence[Path], out: Path | None, settings: Settings, say: Say) -> None:
    """Print the table; write one prediction a line. Works on the content of `data/`."""
    rows = [row for file in files for row in read_rows(file)]
    if not rows:
        raise SetupError("The files hold no messages.")
    index = index_for(seed_entries(settings.data_dir), settings, say)
    understand("bonjour", History(), index)  # the encoders load at their first use
    scored = score(rows, index)
    for line in table(scored):
        say(line)
    if out:
        with out.open("w", encoding="utf-8") as file:
            write(file, scored)


def write(file: TextIO, scored: Iterable[Scored]) -> None:
    for one in scored:
        file.write(json.dumps(prediction(one), ensure_ascii=False) + "\n")
