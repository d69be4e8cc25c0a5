"""The index: everything that was learned from the training sentences and the published entries, ready to score a text.

It is built outside the turn, in seconds, and swapped in whole. FAQ entries take part as they are published.
"""

import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from bot.language.lexicon import Glosses
from bot.language.written_form import FormModel, Linear
from bot.settings import Settings
from bot.understanding.alarm import Alarm
from bot.understanding.alignment import Alignment
from bot.understanding.borrowed import Borrowed, missing_forms
from bot.understanding.calibration import Calibration, Judged
from bot.understanding.context import Topics
from bot.understanding.corpus import OUTSIDE, Sentence, entry_sentences, training_sentences
from bot.understanding.features import ENCODER, Grams, Matrix, Vectors, encode
from bot.understanding.gazetteer import Gazetteer
from bot.understanding.guard import check
from bot.understanding.noise import Around, noisy_copies
from bot.understanding.ridge import Features, Ridge, fit

RECIPE = "13"  # grows when features or models change, so that stored indexes are built anew
KEPT = 3  # stored indexes; 150 MB each
SAMPLE = 8000  # sentences whose left-out predictions choose the thresholds
PROGRESS = "index: "  # starts the lines that a training shows to who waits for it
Progress = Callable[[str], None]


class Reading(NamedTuple):
    """Of a text: the calibrated probability of every label, and the probability that it is in scope."""

    found: dict[str, float]
    in_scope: float


@dataclass(repr=False)  # it would be read for minutes
class Index:
    """Everything that reading a text needs. Labels are such as `faq:asylum_apply`. `learned`: the sentences that `ridge.rows` counts;
    `questions`: those of entries, without noise; `trained`: of an amended index, the one that it was made from."""

    version: str
    forms: FormModel
    grams: Grams
    alignment: Alignment
    ridge: Ridge
    borrowed: list[Borrowed]
    calibration: Calibration
    glosses: Glosses
    gazetteer: Gazetteer
    alarm: Alarm
    topics: Topics
    learned: list[Sentence]
    questions: frozenset[Sentence]
    trained: "Index | None" = None

    def read(self, texts: Sequence[str], form: str) -> list[Reading]:
        """All at once: a second text costs half of the first."""
        vectors = self.alignment.of(encode([self.glosses.english(text, form) for text in texts]), [form] * len(texts))
        found = zip(vectors, *self.ridge.scores(Features(self.grams.of(texts), vectors)))
        return [self._reading(vector, scores, close, form) for vector, scores, close in found]

    def _reading(self, vector: Matrix, scores: Matrix, close: Matrix, form: str) -> Reading:
        own = dict(zip(self.ridge.classes, self.calibration.probabilities(scores, form).tolist()))
        in_scope = self.calibration.in_scope(scores, float(close[self.ridge.inside].max()))
        for lent in self.borrowed:
            own = lent.join(own, vector, form)
        return Reading(own, in_scope)


@dataclass(frozen=True)
class Knowledge:
    """What an index is built from, besides the sentences."""

    glosses: Glosses
    gazetteer: Gazetteer
    vectors: Vectors
    form_table: Linear
    around: Around
    alarm: Alarm
    topics: Topics


def build(sentences: Sequence[Sentence], known: Knowledge, say: Progress = lambda _: None) -> Index:
    """Learn from `sentences`. Same input, same index."""
    ordered = sorted(sentences, key=_judged_last)
    arranged = [*noisy_copies(ordered, known.around), *ordered]
    texts, forms = [s.text for s in arranged], [s.form for s in arranged]
    with ThreadPoolExecutor(max_workers=1) as aside:  # liblinear works while BLAS does: neither holds the interpreter
        own = aside.submit(Linear.train, list(zip(texts, forms)))
        reader = _read_labels(arranged, known, say)
        forms_read = FormModel(own.result(), known.form_table)
    questions = frozenset(s for s in sentences if s.label.startswith("faq:"))
    return Index("", forms_read, *reader, known.glosses, known.gazetteer, known.alarm, known.topics, arranged, questions)


def _read_labels(
    arranged: Sequence[Sentence], known: Knowledge, say: Progress
) -> tuple[Grams, Alignment, Ridge, list[Borrowed], Calibration]:
    texts, labels, forms = [s.text for s in arranged], [s.label for s in arranged], [s.form for s in arranged]
    say(f"{len(texts)} sentences, {len(set(labels))} labels")
    say("sentence vectors (new sentences take about 3 ms each)")
    raw = known.vectors.of([known.glosses.english(s.text, s.form) for s in arranged])
    say("classifier")
    grams, alignment = Grams(), Alignment.fit(raw, forms)
    vectors = alignment.of(raw, forms)
    ridge, left_out = fit(Features(grams.fit(texts), vectors), labels, SAMPLE)
    calibration = Calibration.fit(Judged.of(left_out, ridge.classes, labels, forms))
    return grams, alignment, ridge, [Borrowed.fit(vectors, labels, forms, missing_forms(labels, forms))], calibration


def _judged_last(sentence: Sentence) -> tuple[bool, bytes]:
    """Danger and its look-alikes come last, where thresholds are chosen; the order is else that of a hash, not of the files."""
    kind = sentence.label.split(":")[0]
    return kind in ("urgent", *OUTSIDE), hashlib.sha256(f"{sentence.label}\n{sentence.text}".encode()).digest()


def index_for(entries: Iterable[dict[str, Any]], settings: Settings, say: Progress = lambda _: None) -> Index:
    """The index of these entries: from the store when the same one was built before, else built, checked and stored.

    `ModelRefused`: it would miss danger, or understand too little. Nothing is stored then."""
    chosen = sorted(entries, key=lambda e: str(e["id"]))
    stored = place_of(chosen, settings)
    if stored.exists():
        return load(stored)
    sentences, topics = [*training_sentences(settings.data_dir), *entry_sentences(chosen)], Topics.of(chosen)
    known = knowledge(settings, topics)
    with threadpool_limits(limits=2):
        index = build(sentences, known, say)
    index.version = stored.stem
    say("the list of dangers that must ring")
    check(index, settings.data_dir)
    _write(stored, index)
    return index


def place_of(entries: Iterable[dict[str, Any]], settings: Settings) -> Path:
    """Where the index that was trained on exactly these entries is stored, if it was."""
    chosen = sorted(entries, key=lambda e: str(e["id"]))
    return folder_of(settings) / f"{basis(settings.data_dir)}-{_hash_of(entry_sentences(chosen), Topics.of(chosen))}.pickle"


def folder_of(settings: Settings) -> Path:
    return settings.var_dir / "understanding"


def knowledge(settings: Settings, topics: Topics) -> Knowledge:
    """All but the sentences: the topics of the entries, and the files of `data/`."""
    folder = settings.data_dir
    vectors, table = Vectors(settings.var_dir / "understanding"), Linear.read(folder / "forms" / "weights.tsv")
    return Knowledge(
        Glosses.load(folder), Gazetteer.load(folder), vectors, table, Around.load(folder / "noise.yml"), Alarm.load(folder), topics
    )


def basis(data_dir: Path) -> str:
    """Hash of all that an index depends on, but the entries."""
    digest = hashlib.sha256(f"{RECIPE} {ENCODER}".encode())
    digest.update(_text_of(training_sentences(data_dir)))
    named = (data_dir / f"{name}.yml" for name in ("places", "categories", "languages", "noise", "urgency/patterns"))
    for file in sorted([*data_dir.glob("*/*.tsv"), *named]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _hash_of(sentences: Sequence[Sentence], topics: Topics) -> str:
    near = json.dumps({name: sorted(near) for name, near in sorted(topics.near.items())})
    return hashlib.sha256(_text_of(sentences) + near.encode()).hexdigest()[:12]


def _text_of(sentences: Sequence[Sentence]) -> bytes:
    return json.dumps([[s.text, s.form, s.label] for s in sentences], ensure_ascii=False).encode()


def load(file: Path) -> Index:
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
