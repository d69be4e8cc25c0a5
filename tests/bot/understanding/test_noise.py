"""Noise is seeded, fits its form, and keeps the words that matter."""

import pytest

from bot.language.forms import FORMS
from bot.settings import ROOT
from bot.understanding.corpus import Sentence, load_yaml
from bot.understanding.noise import EVERY, Around, noisy_copies

TRAINED, MEASURED = ROOT / "data" / "noise.yml", ROOT / "tests" / "evaluation" / "noise.yml"
AROUND = Around.load(TRAINED)
TEXTS = {
    "fr": "Où est-ce que je peux renouveler ma carte de séjour périmée ?",
    "en": "where can I renew my expired residence card",
    "ar": "أين يمكنني تجديد بطاقة الإقامة المنتهية؟",
    "ary-Arab": "فين نقدر نجدد الوراق ديال الإقامة",
    "ary-Latn": "fin n9der njedded lwra9 dyal la carte séjour",
}


@pytest.mark.parametrize("kind", sorted(AROUND.kinds()))
def test_each_kind_changes_some_form_and_the_same_seed_gives_the_same_text(kind: str) -> None:
    once = [AROUND.of(kind, TEXTS[form], form, 3) for form in FORMS]
    assert once == [AROUND.of(kind, TEXTS[form], form, 3) for form in FORMS]
    assert any(once) and not set(once) & set(TEXTS.values())


def test_a_kind_for_one_form_leaves_the_others_alone() -> None:
    assert AROUND.of("arabizi spelling", TEXTS["fr"], "fr", 1) is None
    assert AROUND.of("arabic keyboard", TEXTS["ary-Latn"], "ary-Latn", 1) is None


@pytest.mark.parametrize("kind", ["emoji", "greeting before", "story before"])
def test_what_is_put_around_keeps_the_question(kind: str) -> None:
    assert all(TEXTS[form] in str(AROUND.of(kind, TEXTS[form], form, 1)) for form in FORMS)


def test_copies_bear_the_label_of_their_sentence() -> None:
    sentences = [Sentence(f"{TEXTS['fr']} {n}", "fr", f"faq:{n}") for n in range(10 * EVERY)]
    copies = noisy_copies(sentences, AROUND)
    assert [c.label for c in copies] == [f"faq:{n}" for n in range(0, 10 * EVERY, EVERY)]


def test_noise_is_measured_with_other_words_than_those_trained_on() -> None:
    trained, measured = load_yaml(TRAINED), load_yaml(MEASURED)
    for key in ("greetings", "circumstances"):
        assert set(trained[key]) == set(measured[key]) == set(FORMS)
        assert not any(set(trained[key][form]) & set(measured[key][form]) for form in FORMS)
