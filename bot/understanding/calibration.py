"""From scores to probabilities and thresholds, all chosen on left-out predictions of the training sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from bot.understanding.features import Matrix
from bot.understanding.ridge import Ridge, closest_other


@dataclass
class Calibration:
    """`sharpness` multiplies scores before the softmax; `scope` are weights of (best score, oos score, closeness of the nearest, 1)."""

    sharpness: float
    scope: Matrix
    oos: int
    urgent: float

    @staticmethod
    def fit(ridge: Ridge, labels: Sequence[str], inside: Matrix) -> "Calibration":
        column = {c: i for i, c in enumerate(ridge.classes)}
        truth = np.array([column[label] for label in labels])
        sharpness = _sharpness(ridge.left_out, truth)
        oos = column["oos"]
        features = np.stack([_scope_features(s, oos, c) for s, c in zip(ridge.left_out, closest_other(ridge, inside))])
        scope = LogisticRegression(class_weight="balanced", C=10).fit(features, inside)
        weights = np.append(scope.coef_[0], scope.intercept_[0])
        return Calibration(sharpness, weights, oos, _urgent_threshold(ridge, labels, sharpness))

    def probabilities(self, scores: Matrix) -> Matrix:
        return _softmax(self.sharpness * scores)

    def in_scope(self, scores: Matrix, closest: float) -> float:
        features = np.append(_scope_features(scores, self.oos, closest), 1.0)
        return float(1 / (1 + np.exp(-features @ self.scope)))


def _softmax(scores: Matrix) -> Matrix:
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def _sharpness(left_out: Matrix, truth: Matrix) -> float:
    rows = np.arange(len(truth))

    def loss(log_sharpness: float) -> float:
        return float(-np.log(_softmax(np.exp(log_sharpness) * left_out)[rows, truth] + 1e-9).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(0.0, 5.0), method="bounded").x))


def _scope_features(scores: Matrix, oos: int, closest: float) -> Matrix:
    return np.array([np.delete(scores, oos).max(), scores[oos], closest])


def urgent_mass(probabilities: Matrix, classes: Sequence[str]) -> Matrix:
    return np.asarray(probabilities[..., [c.startswith("urgent:") for c in classes]].sum(axis=-1))


def _urgent_threshold(ridge: Ridge, labels: Sequence[str], sharpness: float, recall: float = 0.97, alarms: float = 0.015) -> float:
    """Low enough for the recall; not so low that more than `alarms` of all other sentences ring."""
    mass = urgent_mass(_softmax(sharpness * ridge.left_out), ridge.classes)
    urgent = np.array([label.startswith("urgent:") for label in labels])
    for_recall = float(np.quantile(mass[urgent], 1 - recall))
    for_alarms = float(np.quantile(mass[~urgent], 1 - alarms))
    return min(max(for_recall, for_alarms), 0.5)
