"""The verb: read, score, print a table, write what was asked for, compare."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import SetupError
from bot.language.forms import FORMS
from bot.settings import Settings
from bot.understanding.corpus import seed_entries, seed_sentences
from bot.understanding.features import Vectors
from bot.understanding.index import Index, index_for
from bot.understanding.noise import Around
from bot.understanding.understand import WARMING, History, understand
from cli.evaluation import report
from cli.evaluation.figures import ALL, figures
from cli.evaluation.robustness import noise, zero_shot
from cli.evaluation.rows import Row, read_rows, score, write_predictions

Say = Callable[[str], None]
NOISE = "noise.yml"  # beside the files of messages


@dataclass(frozen=True)
class Wanted:
    """What `dalil evaluate` was asked for. `before` is the JSON of an earlier report."""

    files: Sequence[Path]
    out: Path | None = None
    report: Path | None = None
    before: Path | None = None


def evaluate(wanted: Wanted, settings: Settings, say: Say) -> int:
    """Works on the content of `data/`. 1 when something became worse than before."""
    rows = [row for file in wanted.files for row in read_rows(file)]
    if not rows:
        raise SetupError("The files hold no messages.")
    index = index_for(seed_entries(settings.data_dir), settings, say)
    understand(WARMING, History(), index)
    scored = score(rows, index)
    if wanted.out:
        write_predictions(wanted.out, scored)
    found = figures(scored)
    for line in table(found):
        say(line)
    if wanted.report:
        for path in report.write(wanted.report, found | robust(rows, index, wanted.files[0].parent / NOISE, settings)):
            say(f"written: {path}")
    return _compare(found, wanted.before, say) if wanted.before else 0


def robust(rows: Sequence[Row], index: Index, words: Path, settings: Settings) -> dict[str, Any]:
    """Noise, and entries written in one form: minutes, so only for a report."""
    vectors = Vectors(settings.var_dir / "understanding")
    matrix = zero_shot(rows, seed_sentences(settings.data_dir), index, vectors)
    return {"noise": noise(rows, index, Around.load(words)), "zero-shot": matrix}


def _compare(found: Mapping[str, Any], before: Path, say: Say) -> int:
    lines = report.worse(found, json.loads(before.read_text(encoding="utf-8")))
    for line in lines:
        say(f"WORSE {line}")
    return 1 if lines else 0


def table(found: Mapping[str, Any]) -> Iterator[str]:
    columns = [*FORMS, ALL]
    yield f"{'':38}" + "".join(f"{name:>10}" for name in columns)
    for name, values in found["shares"].items():
        yield f"{name:38}" + "".join(f"{values[form]:10.3f}" if form in values else f"{'-':>10}" for form in columns)
    for name, value in found["out of scope"].items():
        yield f"{'out of scope, ' + name:38}{'':50}{value:10.3f}"
    yield f"{'macro-F1 of route and id':38}{'':50}{found['macro-F1'] or 0:10.3f}"
    yield f"{'calibration error':38}{'':50}{found['calibration error']:10.3f}"
    times = found["milliseconds"]
    yield f"{found['messages']} messages; milliseconds a message: median {times['median']}, p95 {times['p95']}"
