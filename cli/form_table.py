"""`dalil forms FOLDER`: learn the table of the written form from public corpora and the project's sentences.

The corpora are not ours and stay outside; only the weights are kept, with their provenance in `data/forms/README.md`.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.errors import SetupError
from bot.language.written_form import Linear
from bot.settings import Settings
from bot.understanding.corpus import seed_sentences

GRAMS = 17000  # of 90,000: a table of half a megabyte loses nothing that can be measured (docs/decisions/0007)
A_SOURCE = 2500  # sentences of one form from one corpus, so that none of them outweighs the others
Pair = tuple[str, str]


def _column(name: str, form: str) -> Callable[[Path], Iterator[Pair]]:
    def read(file: Path) -> Iterator[Pair]:
        with file.open(encoding="utf-8", newline="") as rows:
            yield from ((row[name], form) for row in csv.DictReader(rows))

    return read


def _pairs(file: Path) -> Iterator[Pair]:
    for line in file.read_text(encoding="utf-8").splitlines():
        english, arabic, *_ = line.split("\t")
        yield from ((english, "en"), (arabic, "ar"))


def _lines(form: str, start: str = "") -> Callable[[Path], Iterator[Pair]]:
    def read(file: Path) -> Iterator[Pair]:
        lines = file.read_text(encoding="utf-8").splitlines()
        yield from ((line.removeprefix(start), form) for line in lines if line.startswith(start))

    return read


CORPORA: tuple[tuple[str, Callable[[Path], Iterator[Pair]]], ...] = (
    ("doda-sentences-mit.csv", _column("darija", "ary-Latn")),
    ("doda-sentences-mit.csv", _column("english", "en")),
    ("arbanking77-moroccan.csv", _column("text", "ary-Arab")),
    ("arbanking77-msa.csv", _column("text", "ar")),
    ("tatoeba-en-ar.tsv", _pairs),
    ("tatoeba-fr.txt", _lines("fr")),
    ("xsid-ar.conll", _lines("ar", "# text = ")),
    ("xsid-en.conll", _lines("en", "# text = ")),
)


def corpora(folder: Path) -> Iterator[Pair]:
    """At most `A_SOURCE` different sentences of each form from each file, chosen with a fixed seed."""
    for name, read in CORPORA:
        by_form: dict[str, set[str]] = defaultdict(set)
        for text, form in read(_existing(folder / name)):
            if text.strip():
                by_form[form].add(text.strip())
        for form, texts in by_form.items():
            chosen = random.Random(0).sample(sorted(texts), min(A_SOURCE, len(texts)))
            yield from ((text, form) for text in chosen)


def _existing(file: Path) -> Path:
    if not file.exists():
        raise SetupError(f"{file} is missing. data/forms/README.md says where each corpus comes from.")
    return file


def learn(folder: Path, settings: Settings) -> Path:
    """Write the table; the same corpora and sentences give the same table."""
    own = seed_sentences(settings.data_dir)
    file = settings.data_dir / "forms" / "weights.tsv"
    file.parent.mkdir(exist_ok=True)
    Linear.train([*corpora(folder), *((s.text, s.form) for s in own)]).strongest(GRAMS).write(file)
    return file
