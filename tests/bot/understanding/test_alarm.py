"""The patterns against danger, and the list that every model must pass."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.errors import ModelRefused
from bot.language.forms import FORMS
from bot.settings import ROOT
from bot.understanding import guard
from bot.understanding.alarm import Alarm
from bot.understanding.corpus import load_yaml, seed_sentences
from bot.understanding.danger import KINDS
from bot.understanding.holder import IndexHolder
from bot.understanding.index import Index

DATA = ROOT / "data"
GOLDEN = load_yaml(DATA / "urgency" / "golden.yml")
PATTERNS = load_yaml(DATA / "urgency" / "patterns.yml")


@pytest.fixture(scope="module")
def alarm() -> Alarm:
    return Alarm.load(DATA)


def golden() -> Iterator[tuple[str, str]]:
    yield from ((kind, text) for kind, forms in GOLDEN.items() for texts in forms.values() for text in texts)


def test_every_kind_has_patterns_and_golden_messages_in_every_form() -> None:
    assert set(GOLDEN) == set(PATTERNS) == set(KINDS)
    for kind in KINDS:
        assert set(PATTERNS[kind]) == set(FORMS) and all(len(GOLDEN[kind][form]) >= 8 for form in FORMS)


def test_every_golden_message_rings_by_the_patterns_alone(alarm: Alarm) -> None:
    assert [text for _, text in golden() if not alarm.kind(text)] == []


def test_ordinary_training_sentences_hardly_ring(alarm: Alarm) -> None:
    said = seed_sentences(DATA)
    calm = [s for s in said if not s.label.startswith("urgent:")]
    rang = [s.text for s in calm if alarm.kind(s.text)]
    assert len(rang) <= 0.002 * len(calm), rang


def test_a_message_of_mixed_scripts_is_read_in_both(alarm: Alarm) -> None:
    assert alarm.kind("salam خويا il va me tuer aidez moi")


@pytest.mark.model
def test_a_model_that_lost_a_kind_of_danger_is_refused(index: Index) -> None:
    classes = ["oos" if c == "urgent:arrest" else c for c in index.ridge.classes]
    deaf = replace(index, ridge=replace(index.ridge, classes=classes))
    with pytest.raises(ModelRefused, match="arrest: without the patterns only"):
        guard.check(deaf, DATA)


@pytest.mark.model
def test_a_model_that_understands_too_little_is_refused(index: Index) -> None:
    poor = replace(index, calibration=replace(index.calibration, accuracy=0.5))
    assert "left-out sentences 0.50" in next(guard.faults(poor, {}))


@pytest.mark.model
def test_the_model_in_use_passes(index: Index) -> None:
    assert list(guard.faults(index, GOLDEN)) == []


def test_when_a_model_is_refused_the_one_before_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    holder, good = IndexHolder(), object.__new__(Index)
    holder.put(good, 1)

    def refused() -> Index:
        raise ModelRefused("no")

    with pytest.raises(ModelRefused):
        holder.refresh(2, refused)
    holder.keep(2)
    assert holder.index is good and holder.is_current(2)
    assert holder.refresh(3, lambda: good)
