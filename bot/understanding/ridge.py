"""Kernel ridge regression on one-hot labels: a linear classifier in closed form.

Solved once by Cholesky; the left-out prediction of every training sentence comes from the same inverse
(Rifkin & Lippert, "Notes on regularized least squares", 2007), so calibration and thresholds cost no second training.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from bot.understanding.features import DENSE_WEIGHT, Matrix


@dataclass
class Ridge:
    """`sparse` and `dense` are weights by class; `left_out` the score of each training sentence when it is not trained on."""

    classes: list[str]
    sparse: Matrix
    dense: Matrix
    prior: Matrix
    left_out: Matrix

    def scores(self, grams: csr_matrix, vectors: Matrix) -> Matrix:
        """One row a text, one column a class."""
        return np.asarray(grams @ self.sparse + DENSE_WEIGHT * vectors @ self.dense + self.prior)


def fit(grams: csr_matrix, vectors: Matrix, labels: Sequence[str], strength: float = 0.6) -> Ridge:
    """`strength` is the ridge; classes are weighted alike however many sentences they have."""
    classes = sorted(set(labels))
    column = {c: i for i, c in enumerate(classes)}
    target = np.zeros((len(labels), len(classes)), dtype=np.float32)
    target[np.arange(len(labels)), [column[label] for label in labels]] = 1.0
    prior = target.mean(axis=0)
    kernel = (grams @ grams.T).toarray() + DENSE_WEIGHT**2 * (vectors @ vectors.T)
    inverse = _inverse(kernel + strength * np.eye(len(labels), dtype=np.float32))
    dual = inverse @ (target - prior)
    left_out = target - dual / np.diag(inverse)[:, None]
    return Ridge(classes, grams.T @ dual, DENSE_WEIGHT * (vectors.T @ dual), prior, left_out)


def _inverse(matrix: Matrix) -> Matrix:
    """Inverse of a symmetric positive definite matrix, in place, by LAPACK."""
    factor, failed = lapack.spotrf(matrix.astype(np.float32), lower=True, overwrite_a=True)
    if failed:
        raise np.linalg.LinAlgError("kernel is not positive definite")
    inverse, failed = lapack.spotri(factor, lower=True, overwrite_c=True)
    lower = np.tril(inverse)
    return lower + np.tril(lower, -1).T
