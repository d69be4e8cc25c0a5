"""Alignment of forms, and entries that have sentences in one form only."""

import numpy as np
import pytest

from bot.understanding.alignment import ALL, FEWEST, Alignment
from bot.understanding.borrowed import Borrowed, missing_forms

TOPICS = ("faq:a", "faq:b", "faq:c")


def said(forms: dict[str, tuple[str, ...]], each: int = 60) -> tuple[np.ndarray, list[str], list[str]]:
    """Sentences around one direction a topic, moved by an offset of their form. `forms`: which topics each form has."""
    rng = np.random.RandomState(0)
    centre = {topic: rng.randn(24) for topic in TOPICS}
    offset = {form: 3 * rng.randn(24) for form in forms}
    rows = [(centre[t] + offset[f] + 0.6 * rng.randn(24), t, f) for f, topics in forms.items() for t in topics for _ in range(each)]
    vectors = np.stack([v for v, _, _ in rows])
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit, [t for _, t, _ in rows], [f for _, _, f in rows]


def fit(vectors: np.ndarray, labels: list[str], forms: list[str]) -> Borrowed:
    return Borrowed.fit(vectors, labels, forms, missing_forms(labels, forms))


def test_the_same_meaning_lies_in_the_same_place_in_two_forms() -> None:
    vectors, labels, forms = said({"fr": TOPICS, "ar": TOPICS})
    aligned = Alignment.fit(vectors, forms).of(vectors, forms)
    french = [i for i, (t, f) in enumerate(zip(labels, forms)) if (t, f) == ("faq:a", "fr")]
    arabic = [i for i, (t, f) in enumerate(zip(labels, forms)) if (t, f) == ("faq:a", "ar")]
    other = [i for i, (t, f) in enumerate(zip(labels, forms)) if (t, f) == ("faq:b", "fr")]
    assert (aligned[french] @ aligned[arabic].T).mean() > (aligned[french] @ aligned[other].T).mean() + 0.3
    assert np.allclose(np.linalg.norm(aligned, axis=1), 1, atol=1e-5)


def test_a_form_with_few_sentences_uses_the_centre_of_all() -> None:
    vectors, _, forms = said({"fr": TOPICS, "ar": TOPICS}, each=(FEWEST - 3) // 3)
    assert set(Alignment.fit(vectors, forms).centres) == {ALL}


def test_an_entry_without_sentences_in_a_form_is_found_from_it() -> None:
    vectors, labels, forms = said({"fr": TOPICS, "ar": TOPICS})
    aligned = Alignment.fit(vectors, forms).of(vectors, forms)
    kept = [i for i, (t, f) in enumerate(zip(labels, forms)) if (t, f) != ("faq:c", "ar")]
    borrowed = fit(aligned[kept], [labels[i] for i in kept], [forms[i] for i in kept])
    lost = [i for i in range(len(labels)) if i not in set(kept)]
    unaware = {"faq:a": 0.6, "faq:b": 0.4, "faq:c": 0.0, "urgent:arrest": 0.0}
    best = [max(found, key=found.__getitem__) for i in lost for found in [borrowed.join(unaware, aligned[i], "ar")]]
    assert best.count("faq:c") / len(best) > 0.9


def test_an_entry_with_all_its_forms_borrows_nothing() -> None:
    vectors, labels, forms = said({"fr": TOPICS, "ar": TOPICS, "en": TOPICS, "ary-Arab": TOPICS, "ary-Latn": TOPICS}, each=5)
    borrowed = fit(vectors, labels, forms)
    assert borrowed.models == {} and borrowed.join({"faq:a": 1.0}, vectors[0], "fr") == {"faq:a": 1.0}


def test_danger_keeps_its_probability_beside_what_is_lent() -> None:
    vectors, labels, forms = said({"fr": TOPICS, "ar": TOPICS[:2]})
    joined = fit(vectors, labels, forms).join({"faq:a": 0.5, "urgent:arrest": 0.5}, vectors[0], "ar")
    assert joined["urgent:arrest"] == 0.5 and joined["faq:a"] == pytest.approx(0.5 * (1 - joined["faq:c"]), abs=1e-6)


def test_labels_can_be_lent_nothing_any_more() -> None:
    vectors, labels, forms = said({"fr": TOPICS, "ar": TOPICS[:1]})
    left = fit(vectors, labels, forms).without(["faq:b"])
    found = left.join({"faq:a": 0.5, "faq:b": 0.2, "faq:c": 0.3}, vectors[0], "ar")
    assert found["faq:b"] == pytest.approx(0.2 * (1 - found["faq:c"]) / 0.7)
