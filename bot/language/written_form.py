"""Which of the five written forms a text is in: a linear model over character n-grams, learned from the project's sentences.

Script decides first (Arabic letters cannot be French), the model tells the rest, history is the prior for short messages.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import langdetect
import numpy as np
import numpy.typing as npt
from langdetect.lang_detect_exception import LangDetectException
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.language.forms import FORMS, OTHER
from bot.language.normalize import arabic_share, clean, has_letters

Probabilities = dict[str, float]
_LATIN, _ARABIC = {"ary-Latn", "fr", "en"}, {"ary-Arab", "ar"}
_OURS = {"fr", "en", "ar", "fa", "ur"}
UNIFORM: Probabilities = {form: 1 / len(FORMS) for form in FORMS}


def _prepare(text: str) -> str:
    return clean(text).lower()


@dataclass
class FormModel:
    """Weights as a dictionary: scoring one message takes microseconds, where scikit-learn copies its matrix."""

    weights: dict[str, tuple[float, npt.NDArray[Any]]]
    bias: npt.NDArray[Any]
    words: dict[str, frozenset[str]]

    @staticmethod
    def train(pairs: Iterable[tuple[str, str]]) -> "FormModel":
        texts, labels = zip(*((_prepare(t), f) for t, f in pairs))
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, min_df=2, dtype=np.float32)
        model = LogisticRegression(C=10, solver="liblinear", multi_class="ovr", class_weight="balanced")
        model.fit(vectorizer.fit_transform(texts), labels)
        order = [list(model.classes_).index(form) for form in FORMS]
        weights = {
            gram: (float(vectorizer.idf_[i]), model.coef_[order, i].astype(np.float32)) for gram, i in vectorizer.vocabulary_.items()
        }
        return FormModel(weights, model.intercept_[order], _vocabulary(texts, labels))

    def scores(self, text: str) -> Probabilities:
        """Probability of each form from the text alone; scripts exclude each other."""
        counts = Counter(_grams(_prepare(text)))
        known = [(self.weights[g], n) for g, n in counts.items() if g in self.weights]
        values = [(1 + math.log(n)) * idf for (idf, _), n in known]
        scale = math.sqrt(sum(v * v for v in values)) or 1.0
        total = self.bias.copy()
        for value, ((_, weight), _n) in zip(values, known):
            total += value / scale * weight
        odds = np.exp(total - total.max())
        return _mask(dict(zip(FORMS, (odds / odds.sum()).tolist())), text)

    def detect(self, text: str, prior: Mapping[str, float] = UNIFORM) -> tuple[str, Probabilities]:
        """The likeliest form (or `other`) and the probabilities after the conversation's prior."""
        if not has_letters(clean(text)):
            best = max(FORMS, key=lambda f: prior.get(f, 0.0))
            return best, dict(prior)
        if self.is_other(text):
            return OTHER, dict(UNIFORM)
        joint = {f: p * max(prior.get(f, 0.0), 1e-3) for f, p in self.scores(text).items()}
        total = sum(joint.values())
        posterior = {f: p / total for f, p in joint.items()}
        return max(posterior, key=posterior.__getitem__), posterior

    def is_other(self, text: str) -> bool:
        """A text outside the five: another script, or Latin words we hardly know that langdetect also calls foreign."""
        words = _prepare(text).split()
        letters = [c for c in text if c.isalpha()]
        foreign = sum(1 for c in letters if not ("\u0600" <= c <= "\u06ff" or c < "\u0250" or "\ufb50" <= c <= "\ufeff"))
        if letters and foreign / len(letters) > 0.5:
            return True
        if len(words) < 4 or arabic_share(text) > 0.5:
            return False
        heard = [w for w in words if any(w.strip(".,!?;:'\"") in self.words[f] for f in _LATIN)]
        return len(heard) / len(words) < 0.35 and _foreign_to_langdetect(" ".join(words))


def _grams(text: str) -> Iterable[str]:
    """What scikit-learn's `char_wb` analyser yields for 1-5 characters."""
    for word in text.split():
        padded = f" {word} "
        for n in range(1, 6):
            yield padded[:n]
            for start in range(1, len(padded) - n + 1):
                yield padded[start : start + n]
            if n >= len(padded):
                break


def _vocabulary(texts: Iterable[str], labels: Iterable[str]) -> dict[str, frozenset[str]]:
    words: dict[str, set[str]] = defaultdict(set)
    for text, form in zip(texts, labels):
        words[form] |= {w.strip(".,!?;:'\"") for w in text.split()}
    return {form: frozenset(found) for form, found in words.items()}


def _mask(scores: Probabilities, text: str) -> Probabilities:
    share = arabic_share(text)
    allowed = _ARABIC if share > 0.5 else _LATIN if share < 0.5 else set(FORMS)
    kept = {f: p if f in allowed else 0.0 for f, p in scores.items()}
    total = sum(kept.values()) or 1.0
    return {f: p / total for f, p in kept.items()}


def _foreign_to_langdetect(text: str) -> bool:
    langdetect.DetectorFactory.seed = 0
    try:
        guesses = langdetect.detect_langs(text)
    except LangDetectException:
        return False
    return bool(sum(guess.prob for guess in guesses if guess.lang not in _OURS) > 0.9)
