"""A draft is tried: what it would break is named, and what it says too like another entry."""

from typing import Any

import pytest

from bot.errors import Refused
from bot.faq import trial
from bot.faq.trial import Miss
from bot.understanding.corpus import seed_entries
from bot.understanding.index import Index
from tests.story import DATA

pytestmark = pytest.mark.model
ENTRIES = list(seed_entries(DATA))
BEES: dict[str, Any] = {
    "id": "beehive_permit", "topic": "beehives", "titles": {"fr": "Ruches"}, "answers": {"fr": "Loin des maisons."},
    "questions": {"fr": ["où poser mes ruches d'abeilles ?", "je veux élever des abeilles", "à quelle distance des voisins", "le miel"]},
    "golden": {"fr": ["quelle distance entre mes abeilles et la maison ?"]},
    "facts": [], "related": [], "categories": [],
}  # fmt: skip


def entry(key: str, **changed: Any) -> dict[str, Any]:
    return {**next(e for e in ENTRIES if e["id"] == key), **changed}


def asking(body: dict[str, Any], *french: str) -> dict[str, Any]:
    return {**body, "questions": {**body["questions"], "fr": [*body["questions"]["fr"], *french]}}


def test_a_good_draft_passes_and_answers_in_its_side_chat(index: Index) -> None:
    steps: list[tuple[int, int]] = []
    found = trial.run(index, ENTRIES, BEES, DATA, lambda done, of: steps.append((done, of)))
    assert found.passed and found.golden == 1 and found.collisions == []
    assert steps[0] == (0, 3) and steps[-1] == (3, 3) and steps == sorted(steps)
    assert "faq:beehive_permit" in found.index.ridge.classes and "faq:beehive_permit" not in index.ridge.classes


def test_a_golden_question_of_its_own_that_is_not_found_prevents_it(index: Index) -> None:
    found = trial.run(index, ENTRIES, {**BEES, "golden": {"fr": ["je cherche un avocat gratuit"]}}, DATA)
    assert not found.passed
    assert [(miss.entry, miss.form, miss.text) for miss in found.misses] == [("beehive_permit", "fr", "je cherche un avocat gratuit")]


def test_a_draft_that_takes_the_golden_question_of_another_is_refused(index: Index) -> None:
    asked = "mon fils aime les animaux de la ferme, dans quelle école l'inscrire ?"
    others = [entry("school_enrol", golden={"fr": [asked]}) if e["id"] == "school_enrol" else e for e in ENTRIES]
    assert trial.run(index, others, BEES, DATA).passed
    said = (
        asked,
        f"{asked} svp",
        "mon fils aime les animaux",
        "mon fils aime la ferme",
        "animaux de la ferme",
        "une école à la ferme avec des animaux",
    )
    thief = asking({**BEES, "golden": {}}, *said)
    found = trial.run(index, others, thief, DATA)
    assert Miss("school_enrol", "fr", asked, "beehive_permit") in found.misses and not found.passed


def test_what_was_broken_before_is_not_the_fault_of_this_draft(index: Index) -> None:
    others = [entry("school_enrol", golden={"fr": ["où trouver un avocat"]}) if e["id"] == "school_enrol" else e for e in ENTRIES]
    assert trial.run(index, others, BEES, DATA).passed


def test_an_example_that_is_nearer_to_another_entry_is_shown_with_it(index: Index) -> None:
    stolen = entry("school_enrol")["questions"]["fr"][3]
    found = trial.run(index, ENTRIES, asking(BEES, f"{stolen} !"), DATA)
    assert [(c.form, c.entry, c.example) for c in found.collisions if c.text == f"{stolen} !"] == [("fr", "school_enrol", stolen)]


def test_a_draft_that_would_silence_a_danger_is_refused(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "faults", lambda index, golden: iter(["suicide: does not ring for x."]))
    found = trial.run(index, ENTRIES, BEES, DATA)
    assert found.dangers == ["suicide: does not ring for x."] and not found.passed


def test_what_would_make_the_bot_learn_all_anew_is_refused_at_once(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST", 3)
    with pytest.raises(Refused, match=r"trial\.learning"):
        trial.run(index, ENTRIES, BEES, DATA)


def test_a_draft_without_questions_is_tried_too(index: Index) -> None:
    assert trial.run(index, ENTRIES, {**BEES, "questions": {}, "golden": {}}, DATA).passed
