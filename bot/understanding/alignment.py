"""Sentence vectors without their written form, in fewer dimensions.

Vectors of one form lie around a centre of their own: without it, the same meaning lies in the same place in all forms
(docs/decisions/0008). Their main directions tell as much as all 512 and are read three times as fast (docs/decisions/0009).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.understanding.features import Matrix

ALL = ""
KEPT = 192  # dimensions
EVERY = 4  # one sentence in so many tells the main directions
FEWEST = 50  # sentences of a form below which the centre of all is the better guess


@dataclass
class Alignment:
    """`centres`: mean vector by form; that of all sentences under `ALL`. `directions`: a column each, the main one first."""

    centres: dict[str, Matrix]
    directions: Matrix

    @staticmethod
    def fit(vectors: Matrix, forms: Sequence[str]) -> "Alignment":
        rows = {form: np.flatnonzero(np.array(forms) == form) for form in set(forms)}
        found = {form: vectors[chosen].mean(axis=0) for form, chosen in rows.items() if len(chosen) >= FEWEST}
        centres = {**found, ALL: vectors.mean(axis=0)}
        _, _, directions = np.linalg.svd(_moved(vectors[::EVERY], forms[::EVERY], centres), full_matrices=False)
        return Alignment(centres, np.ascontiguousarray(directions[:KEPT].T))

    def of(self, vectors: Matrix, forms: Sequence[str]) -> Matrix:
        """One row a text, of length 1 again."""
        return _unit(_moved(vectors, forms, self.centres) @ self.directions)


def _moved(vectors: Matrix, forms: Sequence[str], centres: dict[str, Matrix]) -> Matrix:
    return _unit(vectors - np.stack([centres.get(form, centres[ALL]) for form in forms]))


def _unit(vectors: Matrix) -> Matrix:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), dtype=np.float32)
