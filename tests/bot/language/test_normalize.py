"""Texts are brought to one shape before anything compares them."""

import random
import unicodedata

import pytest

from bot.language.normalize import MAX_LENGTH, arabic_share, clean, has_letters, normalize, strip_marks

SEED = 7
ALPHABET = "aàçœZ9٤۴ ةأىؤڭپـ'’\u200f\u2066\u0651\u064b\n\t!؟-_ﻻＡ👍"


@pytest.mark.parametrize(
    ("raw", "shape"),
    [
        ("  Où   EST-ce ?! ", "ou est ce"),
        ("l’école d'été", "l'ecole d'ete"),
        ("cœur", "coeur"),
        ("Ａｇａｄｉｒ", "agadir"),
        ("bzzzaaaaf", "bzaf"),
        ("3afak!", "3afak"),
        ("", ""),
        ("?!…", ""),
    ],
)
def test_latin_words(raw: str, shape: str) -> None:
    assert normalize(raw) == shape


@pytest.mark.parametrize(
    ("raw", "shape"),
    [
        ("الإقامة", "الاقامه"),
        ("أُرِيدُ", "اريد"),
        ("مستشفى", "مستشفي"),
        ("مـــرحبا", "مرحبا"),
        ("بزااااف", "بزاف"),
        ("پاسبور", "باسبور"),
        ("أݣادير", "اكادير"),
        ("ﻼ", "لا"),
        ("أين؟", "اين"),
    ],
)
def test_arabic_letters_are_folded(raw: str, shape: str) -> None:
    assert normalize(raw) == shape


@pytest.mark.parametrize("g", "گڭݣ")
def test_every_way_to_write_g_is_one_letter(g: str) -> None:
    assert normalize(f"أ{g}ادير") == normalize("أكادير")


@pytest.mark.parametrize("digits", ["٠٥٢٨", "۰۵۲۸", "０５２８"])
def test_digits_become_european(digits: str) -> None:
    assert clean(digits) == "0528"


def test_repeated_digits_are_no_elongation() -> None:
    assert normalize("10000 dh") == "10000 dh"


def test_a_double_letter_is_no_elongation() -> None:
    assert normalize("adresse") == "adresse"


def test_invisible_marks_are_removed() -> None:
    assert clean("\u202bA\u200fB\u2066c\u2069\u200d\ufeff") == "ABc"


def test_control_characters_separate_words() -> None:
    assert clean("a\x00b\x07c\x7fd") == "a b c d"


def test_line_breaks_survive_cleaning() -> None:
    assert clean("a\nb") == "a\nb"


def test_cleaning_cuts_at_the_longest_message() -> None:
    assert clean("é" * (3 * MAX_LENGTH)) == "é" * MAX_LENGTH


def test_a_character_that_grows_by_unfolding_is_cut_too() -> None:
    assert len(clean("\ufdfa" * MAX_LENGTH)) == MAX_LENGTH


def test_marks_are_stripped_in_both_scripts() -> None:
    assert strip_marks("éà سَلَام") == "ea سلام"


def _random_texts() -> list[str]:
    dice = random.Random(SEED)
    return ["".join(dice.choices(ALPHABET, k=dice.randrange(1, 40))) for _ in range(300)]


def test_normalising_twice_changes_nothing() -> None:
    assert [t for t in _random_texts() if normalize(normalize(t)) != normalize(t)] == []


def test_nothing_but_words_and_single_spaces_is_left() -> None:
    odd = [t for t in _random_texts() if not all(c.isalnum() or c in " '_" for c in normalize(t)) or "  " in normalize(t)]
    assert odd == []


def test_normalised_text_has_no_marks() -> None:
    assert [t for t in _random_texts() if any(unicodedata.combining(c) for c in normalize(t))] == []


@pytest.mark.parametrize(
    ("text", "share"), [("سلام", 1.0), ("salut", 0.0), ("سلام abcd", 0.5), ("salut à tous سلام", 4 / 14), ("123", 0.5), ("", 0.5)]
)
def test_share_of_arabic_letters(text: str, share: float) -> None:
    assert arabic_share(text) == pytest.approx(share)


@pytest.mark.parametrize(("text", "letters"), [("a1", True), ("ع", True), ("你", True), ("06 12", False), ("👍🏾", False), ("", False)])
def test_letters_of_any_script_count(text: str, letters: bool) -> None:
    assert has_letters(text) is letters
