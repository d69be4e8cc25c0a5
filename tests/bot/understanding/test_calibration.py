"""Thresholds keep what they promise on the sentences they were chosen on."""

import numpy as np
import pytest

from bot.language.forms import FORMS
from bot.understanding.calibration import ALARMS, ANSWER_RANGE, RECALL, WRONG, Calibration, Judged, sharpest, softmax
from bot.understanding.ridge import STRIDE, LeftOut

CLASSES = ["faq:a", "faq:b", "oos", "urgent:arrest"]


def judged(noise: float, n: int = 1500) -> Judged:
    rng = np.random.RandomState(1)
    truth = rng.randint(0, len(CLASSES), n)
    scores = np.eye(len(CLASSES))[truth] + noise * rng.randn(n, len(CLASSES))
    closest = np.where(truth == 2, 0.3, 0.7)[::STRIDE] + 0.1 * rng.randn(len(range(0, n, STRIDE)))
    labels, forms = [CLASSES[i] for i in truth], [FORMS[i % 5] for i in range(n)]
    return Judged.of(LeftOut(scores, closest), CLASSES, labels, forms)


def test_the_sharpest_softmax_is_the_true_one() -> None:
    rng = np.random.RandomState(0)
    scores = rng.randn(20_000, 5)
    truth = np.array([rng.choice(5, p=p) for p in softmax(4.0 * scores)])
    assert sharpest(scores, truth) == pytest.approx(4.0, rel=0.1)


def test_at_most_the_allowed_share_of_questions_gets_a_wrong_answer() -> None:
    found = judged(0.45)
    calibration = Calibration.fit(found)
    p = np.stack([calibration.probabilities(s, f) for s, f in zip(found.scores, found.forms)])
    asked = found.marked("faq:")
    for form in FORMS:
        rows = asked & (found.forms == form)
        best = p[rows][:, :2]
        wrong = (best.max(axis=1) > calibration.answer[form]) & (best.argmax(axis=1) != found.truth[rows])
        assert wrong.mean() <= WRONG or calibration.answer[form] == ANSWER_RANGE[1]


def test_danger_rings_often_enough_and_else_hardly_ever() -> None:
    found = judged(0.3)
    calibration = Calibration.fit(found)
    mass = np.stack([calibration.probabilities(s, f) for s, f in zip(found.scores, found.forms)])[:, 3]
    urgent = found.marked("urgent:")
    assert (mass[urgent] >= calibration.urgent).mean() >= RECALL - 0.02
    assert (mass[~urgent] >= calibration.urgent).mean() <= ALARMS + 0.02


def test_scope_tells_inside_from_outside() -> None:
    found = judged(0.3)
    calibration = Calibration.fit(found)
    value = np.array([calibration.in_scope(s, c) for s, c in zip(found.scores[::STRIDE], found.closest)])
    outside = found.truth[::STRIDE] == 2
    assert value[~outside].mean() > 0.8 > 0.2 > value[outside].mean()


def test_a_form_with_few_sentences_shares_what_all_learned() -> None:
    found = judged(0.3, n=300)
    calibration = Calibration.fit(found)
    assert len(set(calibration.sharpness.values())) == 1
