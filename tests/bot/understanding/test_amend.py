"""An index that takes changed entries in, beside one that was trained on them: what was published is found, the rest stays as it was."""

from typing import Any

import numpy as np
import pytest

from bot.language.forms import FORMS
from bot.settings import Settings
from bot.understanding import guard, ready
from bot.understanding.amend import Change, amend
from bot.understanding.corpus import Sentence, load_yaml, seed_entries
from bot.understanding.index import Index, index_for, place_of
from bot.understanding.ready import at_hand, is_trained, ready_index
from bot.understanding.ridge import kernel_between, solved
from bot.understanding.understand import History, Understanding, understand
from tests.story import DATA

pytestmark = pytest.mark.model
ENTRIES = list(seed_entries(DATA))
BEES: dict[str, Any] = {
    "id": "beehive_permit", "topic": "beehives", "titles": {"fr": "Ruches", "en": "Beehives"}, "answers": {"fr": "Loin des maisons."},
    "questions": {
        "fr": ["où poser mes ruches d'abeilles ?", "je veux élever des abeilles", "distance entre ruche et voisins", "faire du miel"],
        "en": ["where may I put my beehives?", "I want to keep bees", "how far from the neighbours must a hive be", "making honey"],
    },
    "facts": [], "related": [], "categories": [],
}  # fmt: skip
ASKED = "mon oncle a des abeilles, à quelle distance de la maison on met la ruche ?"


def read(index: Index, text: str) -> Understanding:
    return understand(text, History(), index)


@pytest.fixture(scope="module")
def with_bees(index: Index) -> Index:
    return amend(index, [*ENTRIES, BEES])


def test_a_new_entry_is_found_by_questions_it_does_not_have(index: Index, with_bees: Index) -> None:
    assert read(index, ASKED).id != "beehive_permit"
    found = read(with_bees, ASKED)
    assert (found.route, found.id) == ("faq", "beehive_permit") and found.probability > 0.6
    assert read(with_bees, "my neighbour has bees and honey, is it allowed?").id == "beehive_permit"


def test_a_new_entry_is_found_from_a_form_it_is_not_written_in(with_bees: Index) -> None:
    found = read(with_bees, "أين أضع خلايا النحل؟ أريد تربية النحل")
    assert "beehive_permit" in [name for name, _ in found.candidates]


def test_nothing_else_changes(index: Index, with_bees: Index) -> None:
    said = [text for entry in ENTRIES for form in FORMS for text in entry["questions"][form][:2]][::4]
    before, after = ([(u.route, u.id) for text in said for u in [read(which, text)]] for which in (index, with_bees))
    assert len(said) > 150 and sum(a != b for a, b in zip(before, after)) <= len(said) // 100


def test_danger_still_rings(with_bees: Index) -> None:
    assert list(guard.faults(with_bees, load_yaml(DATA / "urgency" / "golden.yml"))) == []


def test_an_entry_that_went_is_no_answer(index: Index) -> None:
    without = amend(index, [entry for entry in ENTRIES if entry["id"] != "school_enrol"])
    question = next(e for e in ENTRIES if e["id"] == "school_enrol")["questions"]["fr"][0]
    assert read(index, question).id == "school_enrol"
    found = read(without, question)
    assert found.id != "school_enrol" and "school_enrol" not in [name for name, _ in found.candidates]
    assert "faq:school_enrol" not in without.ridge.classes


def test_a_question_that_moved_finds_its_new_entry(index: Index) -> None:
    asked = "comment on fait pour le carnet rouge de la maternelle"
    here, there = ({**e, "questions": {**e["questions"]}} for e in ENTRIES if e["id"] in ("school_enrol", "lost_passport"))
    first = amend(index, [e for e in ENTRIES if e["id"] != there["id"]] + [_asking(there, asked)])
    assert read(first, asked).id == there["id"]
    second = amend(first.trained or first, [e for e in ENTRIES if e["id"] != here["id"]] + [_asking(here, asked)])
    assert read(second, asked).id == here["id"]


def _asking(entry: dict[str, Any], text: str) -> dict[str, Any]:
    return {**entry, "questions": {**entry["questions"], "fr": [*entry["questions"]["fr"], text, f"{text} ?", f"svp {text}"]}}


def test_without_changed_questions_nothing_is_learned(index: Index) -> None:
    same = amend(index, [{**entry, "answers": {"fr": "Autre"}} for entry in ENTRIES])
    assert same.ridge is index.ridge and same.trained is None


def test_what_changed_is_what_differs(index: Index) -> None:
    change = Change.since(index, [*ENTRIES[1:], BEES])
    assert {s.label for s in change.added} == {"faq:beehive_permit"} and change.gone == {f"faq:{ENTRIES[0]['id']}"}
    assert Sentence("faire du miel", "fr", "faq:beehive_permit") in change.added and len(change.added) == 10


def test_over_all_sentences_it_is_the_training_itself(index: Index) -> None:
    """What the small system promises: with every old sentence in it, the new scores are those of one solution over old and new."""
    rows = index.ridge.landmarks.at(slice(0, 400))
    rng = np.random.RandomState(3)
    target = rng.rand(400, 3).astype(np.float32)
    old, new = rows.at(slice(0, 360)), rows.at(slice(360, 400))
    alpha = solved(kernel_between(old, old), target[:360])
    missing = np.vstack([np.zeros((360, 3)), target[360:] - kernel_between(new, old) @ alpha]).astype(np.float32)
    gamma = solved(kernel_between(rows, rows), missing)
    gamma[:360] += alpha
    assert np.allclose(gamma, solved(kernel_between(rows, rows), target), atol=2e-3)


def test_what_was_trained_is_taken_from_the_store(index: Index) -> None:
    settings = Settings()
    assert is_trained(ENTRIES, settings) and not is_trained([*ENTRIES, BEES], settings)
    assert ready_index(ENTRIES, settings).version == index_for(ENTRIES, settings).version == place_of(ENTRIES, settings).stem


def test_where_only_a_whole_training_helps_nothing_is_at_hand(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    assert at_hand([*ENTRIES, BEES], Settings(), index)
    monkeypatch.setattr(ready, "MOST", 3)
    assert at_hand([*ENTRIES, BEES], Settings(), index) is None


def test_what_was_not_trained_is_amended_from_the_training_in_use(index: Index, with_bees: Index) -> None:
    found = ready_index([*ENTRIES, {**BEES, "id": "bees"}], Settings(), with_bees)
    assert found.trained is index and read(found, ASKED).id == "bees" and "faq:beehive_permit" not in found.ridge.classes
