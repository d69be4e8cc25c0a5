"""What editors publish is understood within a second or two: an index takes changed questions in without learning all anew.

Kernel ridge regression takes new sentences in closed form: the old solution stays, and what it gets wrong on them is put right by a
second, small system over them and the sentences nearest to them, whose scores must stay. If those were all sentences, the result
would be that of a new training (block elimination). Vocabulary, thresholds and the model of forms stay those of the last training.
docs/decisions/0014 says how near it comes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import vstack

from bot.understanding.borrowed import Borrowed, missing_forms
from bot.understanding.context import Topics
from bot.understanding.corpus import OUTSIDE, Sentence, entry_sentences
from bot.understanding.features import Matrix, encode
from bot.understanding.index import Index
from bot.understanding.ridge import Features, Ridge, kernel_between, solved

NEAREST = 3000  # sentences whose scores must stay
Entry = dict[str, Any]
MOST = 4000  # changed sentences from which learning all anew is the better way
SAME = 0.9999  # cosine of a sentence with itself


@dataclass(frozen=True)
class Change:
    """Questions of entries as they are now, and those that came and went since the index was trained."""

    now: frozenset[Sentence]
    added: tuple[Sentence, ...]
    removed: tuple[Sentence, ...]

    @staticmethod
    def since(index: Index, entries: Iterable[Entry]) -> "Change":
        now = frozenset(entry_sentences(entries))
        return Change(now, tuple(sorted(now - index.questions, key=_order)), tuple(sorted(index.questions - now, key=_order)))

    @property
    def touched(self) -> frozenset[str]:
        return frozenset(s.label for s in (*self.added, *self.removed))

    @property
    def gone(self) -> frozenset[str]:
        """Labels that no entry bears any more."""
        return self.touched - {s.label for s in self.now}

    def __len__(self) -> int:
        return len(self.added) + len(self.removed)


def _order(sentence: Sentence) -> tuple[str, str, str]:
    return sentence.label, sentence.form, sentence.text


def amend(trained: Index, entries: Sequence[Entry]) -> Index:
    """The index with these entries instead of those that it was trained on; the old one stays as it is."""
    change, topics = Change.since(trained, entries), Topics.of(entries)
    if not len(change):
        return replace(trained, topics=topics)
    system = _System.around(trained, change)
    ridge = _without(system.solve(trained.ridge), change.gone)
    outside = [i for i, label in enumerate(ridge.classes) if label in OUTSIDE]
    return replace(
        trained,
        version=f"{trained.version}+{len(change)}",
        trained=trained,
        ridge=ridge,
        learned=[*trained.learned, *change.added],
        questions=change.now,
        borrowed=[*(lent.without(change.touched) for lent in trained.borrowed), system.lent(trained)],
        calibration=replace(trained.calibration, outside=outside),
        topics=topics,
    )


@dataclass(frozen=True)
class _System:
    """The second, small system: `kept` are landmarks of the ridge."""

    change: Change
    added: Features
    removed: Features
    kept: Matrix

    @staticmethod
    def around(index: Index, change: Change) -> "_System":
        """With the sentences of the entries that changed, and those nearest to the change."""
        added, removed = features_of(index, change.added), features_of(index, change.removed)
        near = kernel_between(_joined(added, removed), index.ridge.landmarks).max(axis=0)
        near[[index.learned[i].label in change.touched for i in index.ridge.rows]] = np.inf
        return _System(change, added, removed, np.sort(np.argsort(-near, kind="stable")[:NEAREST]))

    def solve(self, ridge: Ridge) -> Ridge:
        """The ridge that knows what was added, and for which what was removed speaks no longer."""
        classes = [*ridge.classes, *sorted({s.label for s in self.change.added} - set(ridge.classes))]
        together = _joined(ridge.landmarks.at(self.kept), self.added)
        weights = solved(kernel_between(together, together), self._missing(ridge, classes))
        dual = np.zeros((len(ridge.landmarks) + len(self.added), len(classes)), dtype=np.float32)
        dual[: len(ridge.landmarks), : len(ridge.classes)] = ridge.dual
        dual[[*self.kept, *range(len(ridge.landmarks), len(dual))]] += weights
        landmarks, new = _joined(ridge.landmarks, self.added), len(self.added)
        prior = np.append(ridge.prior, np.zeros(len(classes) - len(ridge.classes), dtype=np.float32))
        inside, rows = np.append(ridge.inside, np.ones(new, dtype=bool)), np.append(ridge.rows, ridge.rows.max() + 1 + np.arange(new))
        return Ridge(classes, landmarks, landmarks.grams.T.tocsr(), dual, prior, inside, rows)

    def _missing(self, ridge: Ridge, classes: Sequence[str]) -> Matrix:
        """What the old scores lack: of landmarks nothing, unless they are a removed sentence, whose label loses its score there."""
        column, known = {label: i for i, label in enumerate(classes)}, len(self.kept)
        missing = np.zeros((known + len(self.added), len(classes)), dtype=np.float32)
        own = ridge.landmarks.at(self.kept)
        for row, sentence in np.argwhere(own.vectors @ self.removed.vectors.T > SAME):
            label = column[self.change.removed[sentence].label]
            missing[row, label] = -ridge.scores(own.at(slice(row, row + 1)))[0][0, label]
        if len(self.added):
            missing[known:, : len(ridge.classes)] = -ridge.scores(self.added)[0]
            missing[np.arange(known, len(missing)), [column[s.label] for s in self.change.added]] += 1
        return missing

    def lent(self, index: Index) -> Borrowed:
        """For changed labels that lack a form: they compete with the sentences nearest to them."""
        sentences = [*(index.learned[i] for i in index.ridge.rows[self.kept]), *self.change.added]
        vectors = np.vstack([index.ridge.landmarks.vectors[self.kept], self.added.vectors])
        touched = [s for s in self.change.now if s.label in self.change.touched]
        missing = missing_forms([s.label for s in touched], [s.form for s in touched])
        return Borrowed.fit(vectors, [s.label for s in sentences], [s.form for s in sentences], missing)


def features_of(index: Index, sentences: Sequence[Sentence]) -> Features:
    """As the index reads them."""
    if not sentences:
        return index.ridge.landmarks.at(slice(0, 0))
    raw = encode([index.glosses.english(s.text, s.form) for s in sentences])
    return Features(index.grams.of([s.text for s in sentences]), index.alignment.of(raw, [s.form for s in sentences]))


def _without(ridge: Ridge, gone: frozenset[str]) -> Ridge:
    left = [i for i, label in enumerate(ridge.classes) if label not in gone]
    return replace(ridge, classes=[ridge.classes[i] for i in left], dual=np.ascontiguousarray(ridge.dual[:, left]), prior=ridge.prior[left])


def _joined(some: Features, more: Features) -> Features:
    return Features(vstack([some.grams, more.grams], format="csr"), np.vstack([some.vectors, more.vectors]))
