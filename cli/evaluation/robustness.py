"""Each kind of noise by itself, and entries that are written in one form only."""

from collections.abc import Sequence

import numpy as np

from bot.language.forms import FORMS
from bot.understanding.borrowed import train_abroad
from bot.understanding.corpus import Sentence
from bot.understanding.features import Matrix, Vectors, encode
from bot.understanding.index import Index
from bot.understanding.noise import Around
from cli.evaluation.rows import Row, Scored, score

EVERY = 4  # questions one of which is measured with noise
BEST = 3


def _faq(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.plain and row.route == "faq" and row.form in FORMS]


def noise(rows: Sequence[Row], index: Index, around: Around) -> dict[str, dict[str, float]]:
    """By kind of noise: how many questions it changes, and the share answered right before and after."""
    chosen = _faq(rows)[::EVERY]
    clean = {row.text: scored.right for row, scored in zip(chosen, score(chosen, index))}
    return {kind: _one(kind, chosen, clean, (index, around)) for kind in around.kinds()}


def _one(kind: str, rows: Sequence[Row], clean: dict[str, bool], known: tuple[Index, Around]) -> dict[str, float]:
    index, around = known
    pairs = [(row, text) for row in rows if (text := around.of(kind, row.text, row.form, 1))]
    noisy: list[Scored] = score([Row(text, row.form, row.expected, None, False) for row, text in pairs], index)
    n = max(1, len(pairs))
    before, after = sum(clean[row.text] for row, _ in pairs), sum(s.right for s in noisy)
    return {"messages": len(pairs), "clean": round(before / n, 4), "noisy": round(after / n, 4)}


def zero_shot(rows: Sequence[Row], sentences: Sequence[Sentence], index: Index, vectors: Vectors) -> dict[str, dict[str, float]]:
    """Train form x test form: share of questions whose entry is among the best three, when all entries are written in the first only."""
    forms = [s.form for s in sentences]
    aligned = index.alignment.of(vectors.of([index.glosses.english(s.text, s.form) for s in sentences]), forms)
    trained = aligned, np.array([s.label for s in sentences]), np.array(forms)
    chosen = _faq(rows)
    asked = index.alignment.of(encode([index.glosses.english(r.text, r.form) for r in chosen]), [r.form for r in chosen])
    return {form: _from(form, chosen, asked, trained) for form in FORMS}


def _from(source: str, rows: Sequence[Row], asked: Matrix, trained: tuple[Matrix, Matrix, Matrix]) -> dict[str, float]:
    model = train_abroad(*trained, frozenset({source}))
    found = {form: [_among(model.probabilities(v), row) for v, row in zip(asked, rows) if row.form == form] for form in FORMS}
    return {form: round(sum(hits) / len(hits), 4) for form, hits in found.items() if hits and form != source}


def _among(found: dict[str, float], row: Row) -> bool:
    faq = sorted(((p, label) for label, p in found.items() if label.startswith("faq:")), reverse=True)
    return f"faq:{row.id}" in [label for _, label in faq[:BEST]]
