"""From scores to probabilities and thresholds, all chosen on left-out predictions of training sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from bot.language.forms import FORMS
from bot.understanding.corpus import OUTSIDE
from bot.understanding.features import Matrix
from bot.understanding.ridge import STRIDE, LeftOut

RECALL, ALARMS = 0.97, 0.015  # of danger: wanted, and accepted among all other sentences
WRONG = 0.03  # share of questions that may get the answer to another one
ANSWER_RANGE = (0.35, 0.7)
LOST = 0.02  # share of sentences in scope that may be taken for others
FEWEST = 200  # left-out sentences of a form below which it shares what all forms learned


@dataclass(frozen=True)
class Judged:
    """The left-out sentences. `truth`: column of the right label."""

    scores: Matrix
    closest: Matrix
    truth: Matrix
    forms: Matrix
    classes: list[str]

    @staticmethod
    def of(left_out: LeftOut, classes: list[str], labels: Sequence[str], forms: Sequence[str]) -> "Judged":
        column, last = {c: i for i, c in enumerate(classes)}, len(left_out.scores)
        truth = np.array([column[label] for label in labels[-last:]])
        return Judged(left_out.scores, left_out.closest, truth, np.array(forms[-last:]), classes)

    def marked(self, prefix: str) -> Matrix:
        """Which sentences bear a label of this kind."""
        return np.array([self.classes[i].startswith(prefix) for i in self.truth])

    def rows(self, form: str) -> Matrix:
        """Sentences in this form; all of them when they are too few."""
        own = np.asarray(self.forms == form)
        return own if own.sum() >= FEWEST else np.ones(len(self.truth), dtype=bool)


@dataclass
class Calibration:
    """`sharpness` multiplies scores before the softmax, `answer` is the probability from which an entry is answered, both by form;
    `scope` are weights of (best score inside, best score outside, closeness of the nearest, 1), `outside` the columns of what is out of
    scope (look-alikes of danger too), `floor` the `in_scope` below which nothing is answered; `accuracy` is that of left-out sentences."""

    sharpness: Mapping[str, float]
    answer: Mapping[str, float]
    scope: Matrix
    outside: list[int]
    floor: float
    urgent: float
    accuracy: float

    @staticmethod
    def fit(judged: Judged) -> "Calibration":
        sharpness: dict[str, float] = {
            form: sharpest(judged.scores[rows], judged.truth[rows]) for form in FORMS for rows in [judged.rows(form)]
        }
        found = _probabilities(judged, sharpness)
        outside = [i for i, label in enumerate(judged.classes) if label in OUTSIDE]
        answer: dict[str, float] = {form: _answer_threshold(judged, found, judged.rows(form)) for form in FORMS}
        scope, floor = _scope(judged, outside)
        accuracy = float((judged.scores.argmax(axis=1) == judged.truth).mean())
        return Calibration(sharpness, answer, scope, outside, floor, _urgent_threshold(judged, found), accuracy)

    def probabilities(self, scores: Matrix, form: str) -> Matrix:
        return softmax(self.sharpness.get(form, min(self.sharpness.values())) * scores)

    def in_scope(self, scores: Matrix, closest: float) -> float:
        features = np.append(_scope_features(scores, self.outside, closest), 1.0)
        return float(1 / (1 + np.exp(-features @ self.scope)))


def softmax(scores: Matrix) -> Matrix:
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def sharpest(scores: Matrix, truth: Matrix) -> float:
    """The sharpness with the least surprise at the truth."""
    rows = np.arange(len(truth))

    def loss(log_sharpness: float) -> float:
        return float(-np.log(softmax(np.exp(log_sharpness) * scores)[rows, truth] + 1e-9).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(0.0, 5.0), method="bounded", options={"xatol": 0.01}).x))


def _probabilities(judged: Judged, sharpness: Mapping[str, float]) -> Matrix:
    own = np.array([sharpness[form] for form in judged.forms])
    return softmax(own[:, None] * judged.scores)


def _scope(judged: Judged, outside: list[int]) -> tuple[Matrix, float]:
    """The weights, and the value below which `LOST` of the sentences in scope lie."""
    inside = ~np.isin(judged.truth[::STRIDE], outside)
    features = np.stack([_scope_features(s, outside, c) for s, c in zip(judged.scores[::STRIDE], judged.closest)])
    model = LogisticRegression(class_weight="balanced", C=10).fit(features, inside)
    floor = float(np.quantile(model.predict_proba(features[inside])[:, 1], LOST))
    return np.append(model.coef_[0], model.intercept_[0]), floor


def _scope_features(scores: Matrix, outside: list[int], closest: float) -> Matrix:
    return np.array([np.delete(scores, outside).max(), scores[outside].max(), closest])


def _answer_threshold(judged: Judged, found: Matrix, rows: Matrix) -> float:
    """The lowest probability at which at most `WRONG` of all questions get the answer to another one."""
    asked = rows & judged.marked("faq:")
    faq = np.array([c.startswith("faq:") for c in judged.classes])
    best = np.where(faq[None, :], found[asked], 0.0)
    wrong = np.sort(best.max(axis=1)[best.argmax(axis=1) != judged.truth[asked]])[::-1]
    allowed = int(WRONG * asked.sum())
    return float(np.clip(wrong[allowed] if len(wrong) > allowed else 0.0, *ANSWER_RANGE))


def _urgent_threshold(judged: Judged, found: Matrix) -> float:
    """Low enough for the recall; not so low that more than `ALARMS` of all other sentences ring."""
    mass = found[:, [c.startswith("urgent:") for c in judged.classes]].sum(axis=1)
    urgent = judged.marked("urgent:")
    for_recall, for_alarms = float(np.quantile(mass[urgent], 1 - RECALL)), float(np.quantile(mass[~urgent], 1 - ALARMS))
    return min(max(for_recall, for_alarms), 0.5)
