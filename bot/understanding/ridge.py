"""Kernel ridge regression on one-hot labels: a classifier in closed form.

The kernel is linear in the n-grams and Gaussian in the vectors of each encoder. It is solved once by Cholesky; the left-out
prediction of every training sentence comes from the same inverse (Rifkin & Lippert, "Notes on regularized least squares",
2007), so calibration and thresholds cost no second training. Weights were chosen on left-out predictions (docs/decisions/0003).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from bot.understanding.features import USE_WIDTH, Matrix

RIDGE = 1.5
WEIGHT = 4.0  # of each encoder against the n-grams
SHARPNESS = (2.0, 1.4)  # of the Gaussian, by encoder


@dataclass
class Ridge:
    """`left_out`: the score of each training sentence, by class, when it is not trained on."""

    classes: list[str]
    grams: Matrix
    vectors: Matrix
    centre: Matrix
    dual: Matrix
    prior: Matrix
    left_out: Matrix

    def scores(self, grams: csr_matrix, vector: Matrix) -> tuple[Matrix, Matrix]:
        """For one text: a score by class, and its closeness (0-1) to each training sentence."""
        close = _closeness(_centred(vector[None, :], self.centre), self.vectors)[0]
        linear = np.asarray(grams @ self.grams)[0]
        return linear + WEIGHT * 2 * close @ self.dual + self.prior, close


def fit(grams: csr_matrix, vectors: Matrix, labels: Sequence[str]) -> Ridge:
    """`vectors`: one row a sentence, as `features.encode` gives them."""
    classes = sorted(set(labels))
    column = {c: i for i, c in enumerate(classes)}
    target = np.zeros((len(labels), len(classes)), dtype=np.float32)
    target[np.arange(len(labels)), [column[label] for label in labels]] = 1.0
    prior, centre = target.mean(axis=0), vectors[:, USE_WIDTH:].mean(axis=0)
    centred = _centred(vectors, centre)
    kernel = (grams @ grams.T).toarray() + WEIGHT * 2 * _closeness(centred, centred)
    kernel[np.diag_indices_from(kernel)] += RIDGE
    inverse = _inverse(kernel)
    dual = inverse @ (target - prior)
    left_out = target - dual / np.diag(inverse)[:, None]
    return Ridge(classes, np.asarray(grams.T @ dual), centred, centre, dual, prior, left_out)


def _centred(vectors: Matrix, centre: Matrix) -> Matrix:
    """E5 puts all sentences into a narrow cone: without its mean, the rest tells them apart."""
    rest: Matrix = vectors[:, USE_WIDTH:] - centre
    return np.hstack([vectors[:, :USE_WIDTH], rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-6)])


def _closeness(some: Matrix, others: Matrix) -> Matrix:
    """Mean of the Gaussian kernels of the two encoders, 0-1."""
    use = np.exp(SHARPNESS[0] * (some[:, :USE_WIDTH] @ others[:, :USE_WIDTH].T - 1))
    e5 = np.exp(SHARPNESS[1] * (some[:, USE_WIDTH:] @ others[:, USE_WIDTH:].T - 1))
    return np.asarray(0.5 * (use + e5))


def _inverse(matrix: Matrix) -> Matrix:
    """Inverse of a symmetric positive definite matrix by LAPACK."""
    factor, failed = lapack.spotrf(matrix.astype(np.float32), lower=True, overwrite_a=True)
    if failed:
        raise np.linalg.LinAlgError("kernel is not positive definite")
    inverse, failed = lapack.spotri(factor, lower=True, overwrite_c=True)
    lower = np.tril(inverse)
    return np.asarray(lower + np.tril(lower, -1).T)


def closest_other(ridge: Ridge, chosen: Matrix) -> Matrix:
    """Closeness of each training sentence to the nearest other one among `chosen` (a mask)."""
    closest = np.zeros(len(ridge.vectors))
    for start in range(0, len(closest), 1000):
        block = _closeness(ridge.vectors[start : start + 1000], ridge.vectors)
        block[np.arange(len(block)), np.arange(start, start + len(block))] = 0.0
        closest[start : start + 1000] = np.where(chosen[None, :], block, 0.0).max(axis=1)
    return closest
