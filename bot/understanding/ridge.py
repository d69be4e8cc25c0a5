"""Kernel ridge regression on one-hot labels: a classifier in closed form.

The kernel is linear in the n-grams and Gaussian in the aligned vectors. It is solved once by Cholesky. The
left-out predictions of the last rows come from the last block of the same factor (Rifkin & Lippert, "Notes on regularized
least squares", 2007), so calibration and thresholds cost no second training. Weights were chosen on left-out predictions
(docs/decisions/0003). Beyond `MOST` sentences, landmarks stand for all of them (docs/decisions/0009).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from bot.understanding.corpus import OUTSIDE
from bot.understanding.features import Matrix

RIDGE = 1.0
WEIGHT = 8.0  # of the vectors against the n-grams
SHARPNESS = 2.0  # of the Gaussian
MOST = 30_000  # sentences up to which each of them takes part in the kernel: 3.6 GB while it is solved
LANDMARKS = 12_000
BLOCK = 2000
STRIDE = 3


@dataclass
class Features:
    """One row a sentence: n-grams, and aligned vectors."""

    grams: csr_matrix
    vectors: Matrix

    def __len__(self) -> int:
        return len(self.vectors)

    def at(self, rows: Matrix | slice) -> "Features":
        return Features(self.grams[rows], self.vectors[rows])


@dataclass
class Ridge:
    """`landmarks`: the sentences that the kernel compares with, their n-grams as columns; `dual`: a weight by landmark and class;
    `inside` marks the landmarks that are in scope, `rows` are their places among the sentences of the training."""

    classes: list[str]
    landmarks: Features
    columns: csr_matrix
    dual: Matrix
    prior: Matrix
    inside: Matrix
    rows: Matrix

    def scores(self, texts: Features) -> tuple[Matrix, Matrix]:
        """For each text: a score by class, and its closeness (0-1) to each landmark."""
        close = closeness(texts.vectors, self.landmarks.vectors)
        return _kernel(close, texts.grams, self.columns) @ self.dual + self.prior, close


@dataclass
class LeftOut:
    """Score by class of the last rows, when they are not trained on; for every `STRIDE`th of them, the closeness of the nearest
    other sentence in scope."""

    scores: Matrix
    closest: Matrix


def fit(texts: Features, labels: Sequence[str], sample: int) -> tuple[Ridge, LeftOut]:
    """The last `sample` rows are also predicted as if they were left out."""
    classes = sorted(set(labels))
    target = (np.array(labels)[:, None] == np.array(classes)[None, :]).astype(np.float32)
    solve = _exact if len(texts) <= MOST else _by_landmarks
    return solve(texts, classes, target, min(sample, len(texts) // 2))


def _exact(texts: Features, classes: list[str], target: Matrix, sample: int) -> tuple[Ridge, LeftOut]:
    prior = target.mean(axis=0)
    factor = _cholesky(_kernel_of(texts), RIDGE)
    dual, _ = lapack.spotrs(factor, target - prior)
    columns = texts.grams.T.tocsr()
    ridge = Ridge(classes, texts, columns, np.ascontiguousarray(dual), prior, _inside(classes, target), np.arange(len(texts)))
    block, _ = lapack.spotri(np.asfortranarray(factor[-sample:, -sample:]))
    left_out = target[-sample:] - dual[-sample:] / np.diag(block)[:, None]
    return ridge, LeftOut(left_out, _closest(ridge, texts, np.arange(len(texts) - sample, len(texts), STRIDE)))


def kernel_between(some: Features, others: Features) -> Matrix:
    return _kernel(closeness(some.vectors, others.vectors), some.grams, others.grams.T.tocsr())


def solved(kernel: Matrix, target: Matrix) -> Matrix:
    """Weights of the rows of this kernel that lead to the target; the kernel is overwritten."""
    dual, _ = lapack.spotrs(_cholesky(kernel, RIDGE), target)
    return np.asarray(dual)


def _kernel_of(texts: Features) -> Matrix:
    """Of all sentences with each other. Only the lower triangle is filled: the solver reads no more."""
    kernel = np.zeros((len(texts), len(texts)), dtype=np.float32)
    for start in range(0, len(texts), BLOCK):
        rows, below = texts.at(slice(start, start + BLOCK)), texts.at(slice(start, None))
        close = closeness(below.vectors, rows.vectors)
        kernel[start:, start : start + BLOCK] = _kernel(close, below.grams, rows.grams.T.tocsr())
    return kernel


def _by_landmarks(texts: Features, classes: list[str], target: Matrix, sample: int) -> tuple[Ridge, LeftOut]:
    """Subset of regressors; the sample is really left out."""
    rest, held = texts.at(slice(0, -sample)), texts.at(slice(len(texts) - sample, None))
    rows = np.linspace(0, len(rest) - 1, LANDMARKS).astype(int)
    chosen, prior = rest.at(rows), target[:-sample].mean(axis=0)
    columns = chosen.grams.T.tocsr()
    normal = RIDGE * np.vstack(list(_blocks(chosen, columns, chosen.vectors)))
    right = np.zeros((len(rows), len(classes)), dtype=np.float32)
    for start, block in zip(range(0, len(rest), BLOCK), _blocks(rest, columns, chosen.vectors)):
        normal += block.T @ block
        right += block.T @ (target[start : start + len(block)] - prior)
    dual, _ = lapack.spotrs(_cholesky(normal, 1e-5 * float(np.trace(normal)) / len(rows)), right)
    ridge = Ridge(classes, chosen, columns, np.ascontiguousarray(dual), prior, _inside(classes, target[rows]), rows)
    scores = [ridge.scores(held.at(slice(start, start + BLOCK)))[0] for start in range(0, sample, BLOCK)]
    near = closeness(held.vectors[::STRIDE], chosen.vectors[ridge.inside]).max(axis=1)
    return ridge, LeftOut(np.vstack(scores), near)


def _inside(classes: Sequence[str], target: Matrix) -> Matrix:
    """Which sentences bear a label in scope."""
    return np.asarray(target[:, np.isin(classes, OUTSIDE)].sum(axis=1) == 0)


def _kernel(close: Matrix, grams: csr_matrix, columns: csr_matrix) -> Matrix:
    """Texts in rows against landmarks in columns, from the closeness of their vectors and their n-grams."""
    return np.asarray(WEIGHT * close + (grams @ columns).toarray())


def _blocks(texts: Features, columns: csr_matrix, vectors: Matrix) -> Iterator[Matrix]:
    """The kernel of many texts, `BLOCK` rows at a time."""
    for start in range(0, len(texts), BLOCK):
        rows = texts.at(slice(start, start + BLOCK))
        yield _kernel(closeness(rows.vectors, vectors), rows.grams, columns)


def closeness(some: Matrix, others: Matrix) -> Matrix:
    """Gaussian kernel of aligned vectors, 0-1."""
    near: Matrix = some @ others.T
    near -= 1
    near *= SHARPNESS
    return np.asarray(np.exp(near, out=near))


def _cholesky(matrix: Matrix, ridge: float) -> Matrix:
    """Factor of a symmetric positive definite matrix, which it overwrites: to LAPACK our lower triangle is the upper one."""
    matrix[np.diag_indices_from(matrix)] += ridge
    factor, failed = lapack.spotrf(matrix.T, overwrite_a=True)
    if failed:
        raise np.linalg.LinAlgError("kernel is not positive definite")
    return np.asarray(factor)


def _closest(ridge: Ridge, texts: Features, rows: Matrix) -> Matrix:
    """Closeness of each of these sentences to the nearest other one in scope."""
    near = closeness(texts.vectors[rows], ridge.landmarks.vectors)
    near[np.arange(len(rows)), rows] = 0.0
    return np.asarray(near[:, ridge.inside].max(axis=1))
