"""The classifier against its definition."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bot.understanding import ridge
from bot.understanding.ridge import RIDGE, STRIDE, WEIGHT, Features, closeness, fit

CLASSES = ("faq:a", "faq:b", "oos")


def sentences(n: int = 60) -> tuple[Features, list[str]]:
    rng = np.random.RandomState(0)
    labels = [CLASSES[i % 3] for i in range(n)]
    grams = rng.rand(n, 12) * (rng.rand(n, 12) < 0.3) + np.eye(3)[np.arange(n) % 3].repeat(4, axis=1) * 0.5
    vectors = rng.randn(n, 8)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Features(csr_matrix(grams.astype(np.float32)), unit.astype(np.float32)), labels


def by_definition(texts: Features, labels: list[str], without: int) -> np.ndarray:
    """Scores of one sentence by a ridge over all the others; the prior stays that of all."""
    target = np.array([[label == c for c in CLASSES] for label in labels], dtype=float)
    kernel = (texts.grams @ texts.grams.T).toarray() + WEIGHT * closeness(texts.vectors, texts.vectors)
    rest = [i for i in range(len(labels)) if i != without]
    dual = np.linalg.solve(kernel[np.ix_(rest, rest)] + RIDGE * np.eye(len(rest)), target[rest] - target.mean(axis=0))
    return np.asarray(kernel[without, rest] @ dual + target.mean(axis=0))


def test_what_is_left_out_is_scored_as_if_it_had_never_been_seen() -> None:
    texts, labels = sentences()
    _, left_out = fit(texts, labels, sample=10)
    for row in range(10):
        assert left_out.scores[row] == pytest.approx(by_definition(texts, labels, 50 + row), abs=2e-3)


def test_the_nearest_other_sentence_is_in_scope_and_not_itself() -> None:
    texts, labels = sentences()
    _, left_out = fit(texts, labels, sample=10)
    inside = np.array([label != "oos" for label in labels])
    for place, row in enumerate(range(50, 60, STRIDE)):
        near = closeness(texts.vectors[row : row + 1], texts.vectors)[0]
        near[row] = 0
        assert left_out.closest[place] == pytest.approx(near[inside].max(), abs=1e-5)


def test_trained_sentences_get_their_own_label() -> None:
    texts, labels = sentences()
    model, _ = fit(texts, labels, sample=10)
    scores, close = model.scores(texts)
    assert np.mean([model.classes[i] == label for i, label in zip(scores.argmax(axis=1), labels)]) > 0.9
    assert np.allclose(np.diag(close), 1.0, atol=1e-5)


def test_many_sentences_are_read_through_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = sentences(300)
    exact, _ = fit(texts, labels, sample=30)
    monkeypatch.setattr(ridge, "MOST", 100)
    monkeypatch.setattr(ridge, "LANDMARKS", 150)
    model, left_out = fit(texts, labels, sample=30)
    assert len(model.landmarks) == 150 and left_out.scores.shape == (30, 3)
    agree = model.scores(texts)[0].argmax(axis=1) == exact.scores(texts)[0].argmax(axis=1)
    assert agree.mean() > 0.9
