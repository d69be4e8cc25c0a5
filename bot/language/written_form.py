"""Which of the five written forms a text is in: two linear models over character n-grams, added up.

One is learned from the project's sentences each time they change; the other is a table of weights learned once from public
corpora too (`data/forms`, `dalil forms`), and knows words that no migrant has written to us yet. Script decides first (Arabic
letters cannot be French), history is the prior for short messages.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
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
Scores = npt.NDArray[Any]
Counts = Mapping[str, int]
_LATIN, _ARABIC = {"ary-Latn", "fr", "en"}, {"ary-Arab", "ar"}
_OURS = {"fr", "en", "ar", "fa", "ur"}
UNIFORM: Probabilities = {form: 1 / len(FORMS) for form in FORMS}
STRANGE = 2.0  # the table's best score of 98.5 % of unseen sentences in our forms is above it, of two thirds of other tongues below
SCALE = 100  # weights stand in the table as whole hundredths
_BIAS = "bias"


def _prepare(text: str) -> str:
    return clean(text).lower()


@dataclass
class Linear:
    """Weights as a dictionary: scoring one message takes microseconds, where scikit-learn copies its matrix.

    `weights`: inverse document frequency and one weight a form, in the order of FORMS, by n-gram.
    """

    weights: dict[str, tuple[float, Scores]]
    bias: Scores

    @staticmethod
    def train(pairs: Iterable[tuple[str, str]]) -> "Linear":
        """From (text, form)."""
        texts, labels = zip(*((_prepare(t), f) for t, f in pairs))
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, min_df=2, dtype=np.float32)
        model = LogisticRegression(C=10, solver="liblinear", multi_class="ovr", class_weight="balanced")
        model.fit(vectorizer.fit_transform(texts), labels)
        order = [list(model.classes_).index(form) for form in FORMS]
        idf, weight = vectorizer.idf_, model.coef_[order].T.astype(np.float32)
        return Linear({gram: (float(idf[i]), weight[i]) for gram, i in vectorizer.vocabulary_.items()}, model.intercept_[order])

    def scores(self, counts: Counts) -> Scores:
        """One score a form, above 0 where the text looks like it. `counts`: its n-grams."""
        known = [(self.weights[g], n) for g, n in counts.items() if g in self.weights]
        values = [(1 + math.log(n)) * idf for (idf, _), n in known]
        scale = math.sqrt(sum(v * v for v in values)) or 1.0
        total = self.bias.copy()
        for value, ((_, weight), _n) in zip(values, known):
            total += value / scale * weight
        return total

    def strongest(self, grams: int) -> "Linear":
        """Only the n-grams that tell the forms apart most."""
        spread = {gram: float(np.ptp(weight)) for gram, (_, weight) in self.weights.items()}
        kept = sorted(spread, key=lambda gram: (-spread[gram], gram))[:grams]
        return Linear({gram: self.weights[gram] for gram in kept}, self.bias)

    def write(self, file: Path) -> None:
        """Tab-separated: n-gram, idf, then a weight a form; the blanks of an n-gram are written as `_`."""
        rows = [(_BIAS, 1.0, self.bias), *((gram.replace(" ", "_"), idf, weight) for gram, (idf, weight) in sorted(self.weights.items()))]
        lines = ["\t".join([gram, f"{idf:.2f}", *(str(round(SCALE * float(w))) for w in weight)]) for gram, idf, weight in rows]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @staticmethod
    def read(file: Path) -> "Linear":
        bias, *rows = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines())
        return Linear({row[0].replace("_", " "): (float(row[1]), _weights(row)) for row in rows}, _weights(bias))


def _weights(row: list[str]) -> Scores:
    return np.array([int(cell) / SCALE for cell in row[2:]], dtype=np.float32)


@dataclass
class FormModel:
    own: Linear
    corpora: Linear

    def _read(self, text: str, counts: Counts, table: Scores) -> Probabilities:
        """Probability of each form from the text alone; scripts exclude each other."""
        total = (self.own.scores(counts) + table) / 2
        odds = np.exp(total - total.max())
        return _mask(dict(zip(FORMS, (odds / odds.sum()).tolist())), text)

    def detect(self, text: str, prior: Mapping[str, float] = UNIFORM, names: int = 0) -> tuple[str, Probabilities]:
        """The likeliest form (or `other`) and the probabilities after the conversation's prior. `names`: how many of the words are names
        of towns and kinds of places, which say little of the language."""
        if not has_letters(clean(text)):
            best = max(FORMS, key=lambda f: prior.get(f, 0.0))
            return best, dict(prior)
        counts = Counter(_grams(_prepare(text)))
        table = self.corpora.scores(counts)
        if _is_other(text, float(table.max()), names):
            return OTHER, dict(UNIFORM)
        joint = {f: p * max(prior.get(f, 0.0), 1e-3) for f, p in self._read(text, counts, table).items()}
        total = sum(joint.values())
        posterior = {f: p / total for f, p in joint.items()}
        return max(posterior, key=posterior.__getitem__), posterior


def _is_other(text: str, known: float, names: int) -> bool:
    """A text outside the five: another script, or Latin letters that look like none of ours and are foreign to langdetect.

    `known`: the best score of the table."""
    letters = [c for c in text if c.isalpha()]
    foreign = sum(1 for c in letters if not ("\u0600" <= c <= "\u06ff" or c < "\u0250" or "\ufb50" <= c <= "\ufeff"))
    if letters and foreign / len(letters) > 0.5:
        return True
    if len(text.split()) < 4 or 2 * names >= len(text.split()) or arabic_share(text) > 0.5:
        return False
    return known < STRANGE and _foreign_to_langdetect(_prepare(text))


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
