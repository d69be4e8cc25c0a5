"""Words of Darija and Arabic become English: as written, as read, by their consonants, and without a glued preposition."""

import re
from pathlib import Path

import pytest

from bot.language.lexicon import Glosses, Lexicon
from bot.settings import ROOT

DARIJA = """# Darija word -> English gloss
الوراق\tthe papers
وراق\tpapers
طبيب\tdoctor
خدمة\twork
سبيطار\thospital
باب\tdoor
واش\twhether
ولد\tboy
فهم\tunderstand
no tab in this line
"""
ARABIC = "مدرسة\tschool\nمستشفى\thospital (Arabic)\nطبيب\tphysician\n"


@pytest.fixture
def glosses(tmp_path: Path) -> Glosses:
    folder = tmp_path / "lexicon"
    folder.mkdir()
    (folder / "ary.tsv").write_text(DARIJA, encoding="utf-8")
    (folder / "ar.tsv").write_text(ARABIC, encoding="utf-8")
    return Glosses.load(tmp_path)


@pytest.fixture(scope="module")
def ours() -> Glosses:
    return Glosses.load(ROOT / "data")


@pytest.mark.parametrize("spelling", ["wra9", "WRA9", "wraq", "wraa9", "ouraq"])
def test_latin_spellings_of_a_word_are_found(glosses: Glosses, spelling: str) -> None:
    assert glosses.english(spelling, "ary-Latn") == "papers"


@pytest.mark.parametrize("spelling", ["khidma", "khedme", "5odma", "khdm"])
def test_other_vowels_are_found_by_the_consonants(glosses: Glosses, spelling: str) -> None:
    assert glosses.english(spelling, "ary-Latn") == "work"


def test_a_sentence_becomes_english_word_by_word(glosses: Glosses) -> None:
    assert glosses.english("wach tbib f sbitar?", "ary-Latn") == "whether doctor f hospital"


def test_an_unknown_word_stays(glosses: Glosses) -> None:
    assert glosses.english("Xylophone طبيب", "ary-Arab") == "xylophone doctor"


@pytest.mark.parametrize("word", ["خدمة", "خدمه", "خِدْمة", "خدمـــة"])
def test_arabic_letters_are_folded_before_the_look_up(glosses: Glosses, word: str) -> None:
    assert glosses.english(word, "ary-Arab") == "work"


@pytest.mark.parametrize(
    ("word", "gloss"),
    [
        ("فالوراق", "in the papers"),
        ("فوراق", "in papers"),
        ("بالطبيب", "with doctor"),
        ("لسبيطار", "to hospital"),
        ("والخدمة", "and work"),
        ("كالطبيب", "like doctor"),
    ],
)
def test_a_glued_preposition_is_read(glosses: Glosses, word: str, gloss: str) -> None:
    assert glosses.english(word, "ary-Arab") == gloss


@pytest.mark.parametrize(("word", "gloss"), [("باب", "door"), ("واش", "whether"), ("ولد", "boy"), ("فهم", "understand")])
def test_a_first_letter_that_belongs_to_the_word_is_no_preposition(glosses: Glosses, word: str, gloss: str) -> None:
    assert glosses.english(word, "ary-Arab") == gloss


def test_what_is_left_of_a_preposition_must_be_a_word(glosses: Glosses) -> None:
    assert glosses.english("فزززقق", "ary-Arab") == "فزقق"


@pytest.mark.parametrize(("form", "gloss"), [("ar", "physician"), ("ary-Arab", "doctor")])
def test_the_lexicon_of_the_form_is_asked_first(glosses: Glosses, form: str, gloss: str) -> None:
    assert glosses.english("طبيب", form) == gloss


@pytest.mark.parametrize(("word", "form", "gloss"), [("مدرسة", "ary-Arab", "school"), ("سبيطار", "ar", "hospital")])
def test_the_other_lexicon_is_asked_second(glosses: Glosses, word: str, form: str, gloss: str) -> None:
    assert glosses.english(word, form) == gloss


@pytest.mark.parametrize("form", ["fr", "en", "other"])
def test_other_forms_stay_whole(glosses: Glosses, form: str) -> None:
    assert glosses.english("Où est Wra9 ?", form) == "ou est wra9"


@pytest.mark.parametrize("form", ["ary-Arab", "ary-Latn", "ar", "fr"])
def test_nothing_stays_nothing(glosses: Glosses, form: str) -> None:
    assert glosses.english(" ?! ", form) == ""


def test_comments_and_lines_without_a_meaning_are_skipped(glosses: Glosses) -> None:
    assert len(glosses.darija.written) == 9


def test_the_first_meaning_of_a_word_stays(tmp_path: Path) -> None:
    file = tmp_path / "twice.tsv"
    file.write_text("دار\thouse\nدار\tdid\n", encoding="utf-8")
    assert Lexicon.load(file).exact("دار") == "house"


def test_short_skeletons_are_not_compared(tmp_path: Path) -> None:
    file = tmp_path / "short.tsv"
    file.write_text("باب\tdoor\n", encoding="utf-8")
    assert Lexicon.load(file).near("bouba") is None


@pytest.mark.parametrize(
    ("text", "form", "gloss"),
    [
        ("fin kayn tbib", "ary-Latn", "where there is doctor"),
        ("فين كاين طبيب", "ary-Arab", "where there is doctor"),
        ("أين المستشفى", "ar", "where the hospital"),
        ("فالسبيطار", "ary-Arab", "in hospital"),
        ("والمدرسة", "ar", "and the school"),
    ],
)
def test_our_lexicon_reads_everyday_words(ours: Glosses, text: str, form: str, gloss: str) -> None:
    assert ours.english(text, form) == gloss


@pytest.mark.parametrize("name", ["ary.tsv", "ar.tsv"])
def test_each_line_of_our_lexicon_is_a_word_and_a_meaning(name: str) -> None:
    lines = (ROOT / "data" / "lexicon" / name).read_text(encoding="utf-8").splitlines()
    odd = [n for n, line in enumerate(lines, 1) if not line.startswith("#") and not re.fullmatch(r"[^\t]*\S[^\t]*\t[^\t]*\S[^\t]*", line)]
    assert odd == []
