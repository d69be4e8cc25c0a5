"""The index: everything that was learned from the training sentences and the published entries, ready to score a text.

It is built outside the turn, in seconds, and swapped in whole. FAQ entries take part as they are published.
"""

import hashlib
import json
import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bot.language.written_form import FormModel
from bot.settings import Settings
from bot.understanding.calibration import Calibration
from bot.understanding.corpus import Sentence, entry_sentences, training_sentences
from bot.understanding.features import Grams, Matrix, Vectors, spoken
from bot.understanding.gazetteer import Gazetteer
from bot.understanding.ridge import Ridge, fit

RECIPE = "1"  # grows when features or models change, so that stored indexes are built anew
Progress = Callable[[str], None]


@dataclass
class Index:
    """`classes` are labels such as `faq:asylum_apply`; `nearest` are the vectors of the sentences in scope."""

    version: str
    forms: FormModel
    grams: Grams
    ridge: Ridge
    calibration: Calibration
    nearest: Matrix
    gazetteer: Gazetteer
    titles: dict[str, dict[str, str]]

    def probabilities(self, text: str, darija_latin: float) -> tuple[dict[str, float], float]:
        """Calibrated probability of every label, and the probability that the text is in scope."""
        vector = _FOR_ONE.of([spoken(text, darija_latin)])
        scores = self.ridge.scores(self.grams.of([text]), vector)[0]
        found = self.calibration.probabilities(scores)
        closest = float((self.nearest @ vector[0]).max())
        return dict(zip(self.ridge.classes, found.tolist())), self.calibration.in_scope(scores, closest)


class _NoCache(Vectors):
    """People's messages are encoded and forgotten."""

    def of(self, texts: Sequence[str]) -> Matrix:
        fresh = Vectors()
        return Vectors.of(fresh, texts)


_FOR_ONE = _NoCache()


def build(sentences: Sequence[Sentence], titles: dict[str, dict[str, str]], gazetteer: Gazetteer, vectors: Vectors,
          say: Progress = lambda _: None) -> Index:
    """Learn from `sentences`. Same input, same index."""
    texts, labels = [s.text for s in sentences], [s.label for s in sentences]
    say(f"written form: {len(texts)} sentences")
    forms = FormModel.train((s.text, s.form) for s in sentences)
    say("sentence vectors")
    dense = vectors.of([spoken(s.text, 1.0 if s.form == "ary-Latn" else 0.0) for s in sentences])
    say(f"classifier: {len(set(labels))} labels")
    grams = Grams()
    ridge = fit(grams.fit(texts), dense, labels)
    inside = np.array([label != "oos" for label in labels])
    calibration = Calibration.fit(ridge, labels, dense, inside)
    return Index("", forms, grams, ridge, calibration, dense[inside], gazetteer, titles)


def index_for(entries: Iterable[dict[str, Any]], settings: Settings, say: Progress = lambda _: None) -> Index:
    """The index of these entries: from the store when the same one was built before, else built and stored."""
    chosen = sorted(entries, key=lambda e: str(e["id"]))
    sentences = [*training_sentences(settings.data_dir), *entry_sentences(chosen)]
    gazetteer = Gazetteer.load(settings.data_dir)
    version = _version(sentences, gazetteer)
    file = settings.var_dir / "understanding" / f"{version}.pickle"
    if file.exists():
        return _read(file)
    titles = {e["id"]: e["titles"] for e in chosen}
    with threadpool_limits(limits=2):
        index = build(sentences, titles, gazetteer, Vectors(settings.var_dir / "understanding"), say)
    index.version = version
    _write(file, index)
    return index


def _version(sentences: Sequence[Sentence], gazetteer: Gazetteer) -> str:
    content = json.dumps([[s.text, s.form, s.label] for s in sentences], ensure_ascii=False)
    return hashlib.sha256(f"{RECIPE}\n{gazetteer.version}\n{content}".encode()).hexdigest()[:16]


def _read(file: Path) -> Index:
    """Our own file in our own folder: nothing from outside is ever unpickled."""
    with file.open("rb") as stored:
        index = pickle.load(stored)
    assert isinstance(index, Index)
    return index


def _write(file: Path, index: Index) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    with partial.open("wb") as out:
        pickle.dump(index, out, protocol=5)
    partial.replace(file)
