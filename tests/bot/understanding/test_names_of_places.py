"""A message that is the name of a place is in no foreign tongue."""

import pytest

from bot.understanding.index import Index
from bot.understanding.understand import History, understand

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("written", "chosen"),
    [
        ("hopital hassan II agadir", "fr"),
        ("Hôpital Hassan II Agadir", "fr"),
        ("Hassan II hospital Agadir", "en"),
        ("sbitar hassan 2 agadir", "ary-Latn"),
    ],
)
def test_the_name_of_a_hospital_leads_to_hospitals(index: Index, written: str, chosen: str) -> None:
    found = understand(written, History(chosen=chosen), index)
    assert (found.form, found.route, found.id, found.place) == (chosen, "service", "hospital", "agadir")


@pytest.mark.parametrize(
    "written", ["¿dónde está el hospital en Agadir?", "onde fica o hospital em Agadir", "gdzie jest najbliższy szpital w Agadir"]
)
def test_a_foreign_sentence_with_such_a_name_stays_foreign(index: Index, written: str) -> None:
    assert understand(written, History(), index).form == "other"


def test_what_stands_beside_names(index: Index) -> None:
    assert index.gazetteer.besides("Où est la pharmacie de garde, Anza ?") == ["ou", "est", "la"]
    assert index.gazetteer.besides("clinique Tifawin f Agadir", kinds=False) == ["clinique", "tifawin", "f"]
