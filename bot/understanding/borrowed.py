"""Write once, understood everywhere: an entry that has no sentences in a form is found by those it has in others.

In the ridge over all sentences such an entry would compete with entries that have sentences in the person's own form, and
lose. Here all labels compete with sentences of the same other forms only (docs/decisions/0010).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from bot.language.forms import FORMS
from bot.understanding.calibration import sharpest, softmax
from bot.understanding.features import Matrix
from bot.understanding.ridge import closeness

RIDGE = 0.6
JUDGED = 2000  # sentences of other forms that choose the sharpness
Missing = dict[str, dict[frozenset[str], list[str]]]


@dataclass
class Abroad:
    """A classifier on the vectors of some forms, for texts in another one."""

    classes: list[str]
    vectors: Matrix
    dual: Matrix
    sharpness: float = 1.0

    def probabilities(self, vector: Matrix) -> dict[str, float]:
        scores = closeness(vector[None, :], self.vectors) @ self.dual
        return dict(zip(self.classes, softmax(self.sharpness * scores)[0].tolist()))


@dataclass
class Borrowed:
    """`missing`: by form, the labels without sentences in it, by the forms they have sentences in."""

    missing: Missing
    models: dict[frozenset[str], Abroad]

    @staticmethod
    def fit(vectors: Matrix, labels: Sequence[str], forms: Sequence[str], missing: Missing) -> "Borrowed":
        wanted = {sources for by_sources in missing.values() for sources in by_sources}
        return Borrowed(missing, {sources: train_abroad(vectors, np.array(labels), np.array(forms), sources) for sources in wanted})

    def without(self, labels: Collection[str]) -> "Borrowed":
        """The same, lending nothing to these labels."""
        left = {
            form: {of: [i for i in wanted if i not in labels] for of, wanted in sources.items()} for form, sources in self.missing.items()
        }
        return Borrowed({form: {of: wanted for of, wanted in sources.items() if wanted} for form, sources in left.items()}, self.models)

    def join(self, found: Mapping[str, float], vector: Matrix, form: str) -> dict[str, float]:
        """Labels that are missing in the form get the probability they have abroad, the others share the rest; danger loses nothing."""
        lent = {
            label: p
            for sources, labels in self.missing.get(form, {}).items()
            for label, p in self.models[sources].probabilities(vector).items()
            if label in labels
        }
        if not lent:
            return dict(found)
        scale = max(1.0, sum(lent.values()))
        own = sum(p for label, p in found.items() if label not in lent) or 1.0
        rest = max(0.0, 1.0 - sum(lent.values())) / own
        others = {label: p if label.startswith("urgent:") else p * rest for label, p in found.items()}
        return others | {label: p / scale for label, p in lent.items()}


def missing_forms(labels: Sequence[str], forms: Sequence[str]) -> Missing:
    """From the label and the form of each sentence."""
    has: dict[str, set[str]] = defaultdict(set)
    for label, form in zip(labels, forms):
        has[label].add(form)
    missing: Missing = {form: defaultdict(list) for form in FORMS}
    for label, sources in sorted(has.items()):
        for form in FORMS:
            if form not in sources and label.startswith("faq:"):
                missing[form][frozenset(sources)].append(label)
    return {form: dict(by_sources) for form, by_sources in missing.items()}


def train_abroad(vectors: Matrix, labels: Matrix, forms: Matrix, sources: frozenset[str]) -> Abroad:
    """Learn from the sentences in these forms. Each label weighs the same, however many sentences it has."""
    here = np.isin(forms, list(sources))
    classes, counts = sorted(set(labels[here])), Counter(labels[here])
    weight = np.array([1 / counts[label] for label in labels[here]], dtype=np.float32)
    kernel = closeness(vectors[here], vectors[here])
    kernel[np.diag_indices_from(kernel)] += RIDGE * weight.mean() / weight
    target = (labels[here][:, None] == np.array(classes)[None, :]).astype(np.float32) - 1 / len(classes)
    model = Abroad(classes, vectors[here], cho_solve(cho_factor(kernel, lower=True), target).astype(np.float32))
    model.sharpness = _sharpness(model, vectors, labels, ~here & np.isin(labels, classes))
    return model


def _sharpness(model: Abroad, vectors: Matrix, labels: Matrix, others: Matrix) -> float:
    rows = np.flatnonzero(others)[:: max(1, int(others.sum()) // JUDGED)]
    if not len(rows):
        return 1.0
    column = {label: i for i, label in enumerate(model.classes)}
    scores = closeness(vectors[rows], model.vectors) @ model.dual
    return sharpest(scores, np.array([column[label] for label in labels[rows]]))
