"""The index: everything that was learned from the training sentences and the published entries, ready to score a text.

It is built outside the turn, in seconds, and swapped in whole. FAQ entries take part as they are published.
"""

import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bot.language.lexicon import Glosses
from bot.language.written_form import FormModel
from bot.settings import Settings
from bot.understanding.calibration import Calibration
from bot.understanding.corpus import Sentence, entry_sentences, training_sentences
from bot.understanding.features import ENCODERS, Grams, Matrix, Vectors, encode
from bot.understanding.gazetteer import Gazetteer
from bot.understanding.ridge import Ridge, fit

RECIPE = "4"  # grows when features or models change, so that stored indexes are built anew
KEPT = 3  # stored indexes; 100 MB each
PROGRESS = "index: "  # starts the lines that a training shows to who waits for it
Progress = Callable[[str], None]


@dataclass
class Index:
    """`classes` are labels such as `faq:asylum_apply`; `inside` marks the sentences in scope."""

    version: str
    forms: FormModel
    grams: Grams
    ridge: Ridge
    calibration: Calibration
    inside: Matrix
    glosses: Glosses
    gazetteer: Gazetteer

    def probabilities(self, text: str, form: str) -> tuple[dict[str, float], float]:
        """Calibrated probability of every label, and the probability that the text is in scope."""
        scores, close = self.ridge.scores(self.grams.of([text]), encode([self.glosses.english(text, form)])[0])
        found = self.calibration.probabilities(scores)
        return dict(zip(self.ridge.classes, found.tolist())), self.calibration.in_scope(scores, float(close[self.inside].max()))


@dataclass(frozen=True)
class Knowledge:
    """What an index is built from, besides the sentences."""

    glosses: Glosses
    gazetteer: Gazetteer
    vectors: Vectors


def build(sentences: Sequence[Sentence], known: Knowledge, say: Progress = lambda _: None) -> Index:
    """Learn from `sentences`. Same input, same index."""
    texts, labels = [s.text for s in sentences], [s.label for s in sentences]
    say(f"written form: {len(texts)} sentences")
    forms = FormModel.train((s.text, s.form) for s in sentences)
    say("sentence vectors (new sentences take about 9 ms each)")
    vectors = known.vectors.of([known.glosses.english(s.text, s.form) for s in sentences])
    say(f"classifier: {len(set(labels))} labels")
    grams = Grams()
    ridge = fit(grams.fit(texts), vectors, labels)
    inside = np.array([label != "oos" for label in labels])
    return Index("", forms, grams, ridge, Calibration.fit(ridge, labels, inside), inside, known.glosses, known.gazetteer)


def index_for(entries: Iterable[dict[str, Any]], settings: Settings, say: Progress = lambda _: None) -> Index:
    """The index of these entries: from the store when the same one was built before, else built and stored."""
    chosen = sorted(entries, key=lambda e: str(e["id"]))
    sentences = [*training_sentences(settings.data_dir), *entry_sentences(chosen)]
    gazetteer = Gazetteer.load(settings.data_dir)
    version = _version(sentences, settings.data_dir)
    file = settings.var_dir / "understanding" / f"{version}.pickle"
    if file.exists():
        return _read(file)
    known = Knowledge(Glosses.load(settings.data_dir), gazetteer, Vectors(settings.var_dir / "understanding"))
    with threadpool_limits(limits=2):
        index = build(sentences, known, say)
    index.version = version
    _write(file, index)
    return index


def _version(sentences: Sequence[Sentence], data_dir: Path) -> str:
    """Hash of all that an index depends on."""
    digest = hashlib.sha256(f"{RECIPE} {ENCODERS}".encode())
    digest.update(json.dumps([[s.text, s.form, s.label] for s in sentences], ensure_ascii=False).encode())
    for file in sorted(
        [*(data_dir / "lexicon").glob("*.tsv"), *(data_dir / f"{name}.yml" for name in ("places", "categories", "languages"))]
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _read(file: Path) -> Index:
    """Our own file in our own folder: nothing from outside is ever unpickled."""
    with file.open("rb") as stored:
        index = pickle.load(stored)
    assert isinstance(index, Index)
    return index


def _write(file: Path, index: Index) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as out:
        pickle.dump(index, out, protocol=5)
    partial.replace(file)
    for old in sorted(file.parent.glob("*.pickle"), key=lambda f: f.stat().st_mtime)[:-KEPT]:
        old.unlink()
