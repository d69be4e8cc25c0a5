"""Sentence vectors without their written form.

Vectors of one form lie around a centre of their own: without it, the same meaning lies in the same place in all forms
(docs/decisions/0008).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.understanding.features import Matrix

ALL = ""
FEWEST = 50  # sentences of a form below which the centre of all is the better guess


@dataclass
class Alignment:
    """`centres`: mean vector by form; that of all sentences under `ALL`."""

    centres: dict[str, Matrix]

    @staticmethod
    def fit(vectors: Matrix, forms: Sequence[str]) -> "Alignment":
        rows = {form: np.flatnonzero(np.array(forms) == form) for form in set(forms)}
        found = {form: vectors[chosen].mean(axis=0) for form, chosen in rows.items() if len(chosen) >= FEWEST}
        return Alignment({**found, ALL: vectors.mean(axis=0)})

    def of(self, vectors: Matrix, forms: Sequence[str]) -> Matrix:
        """One row a text, of length 1 again."""
        moved = vectors - np.stack([self.centres.get(form, self.centres[ALL]) for form in forms])
        return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6), dtype=np.float32)
