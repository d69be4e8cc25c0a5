"""Latin Darija is read as Arabic script, and both scripts meet in the consonant skeleton."""

import pytest

from bot.language.normalize import normalize
from bot.language.transliterate import skeleton, to_arabic


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("fin kayn tbib", "فين كاين تبيب"),
        ("3afak", "عافاك"),
        ("9rib", "قريب"),
        ("7it", "حيت"),
        ("choufou", "شوفو"),
        ("shnou", "شنو"),
        ("kheddam", "خدام"),
        ("ghadi", "غادي"),
        ("8adi", "غادي"),
        ("4adi", "غادي"),
        ("5dma", "خدما"),
        ("djaj", "جاج"),
        ("i9ama", "ايقاما"),
        ("tchekk", "تشك"),
    ],
)
def test_letters_and_digits_are_read_as_sounds(latin: str, arabic: str) -> None:
    assert to_arabic(latin) == arabic


@pytest.mark.parametrize("number", ["19", "2511", "0528"])
def test_a_number_stays_a_number(number: str) -> None:
    assert to_arabic(f"nemra {number}").endswith(f" {number}")


@pytest.mark.parametrize("text", ["الإقامة", "بغيت نمشي", "أݣادير"])
def test_arabic_script_is_only_normalised(text: str) -> None:
    assert to_arabic(text) == normalize(text)


@pytest.mark.parametrize("double", ["flouss", "fllous", "FLOUSS"])
def test_double_letters_are_one_sound(double: str) -> None:
    assert to_arabic(double) == to_arabic("flous")


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("wra9", "وراق"),
        ("lwra9", "لوراق"),
        ("tbib", "طبيب"),
        ("fin kayn tbib", "فين كاين طبيب"),
        ("khedma", "خدمة"),
        ("i9ama", "إقامة"),
        ("chnou", "شنو"),
        ("bghit", "بغيت"),
        ("3afak", "عافاك"),
        ("sbitar", "سبيطار"),
        ("mrid", "مريض"),
        ("sghir", "صغير"),
        ("flous", "فلوس"),
        ("9bel", "قبل"),
        ("mou7ami", "محامي"),
        ("mdrasa", "مدرسة"),
        ("s7a", "صحة"),
        ("drari", "دراري"),
        ("3tini", "عطيني"),
    ],
)
def test_both_scripts_share_a_skeleton(latin: str, arabic: str) -> None:
    assert skeleton(latin) == skeleton(arabic)


@pytest.mark.parametrize(
    "spellings",
    [
        ("wra9", "wraq", "wrak", "wera9", "ouraq"),
        ("khedma", "khdma", "5edma", "khadma"),
        ("bghit", "b8it", "bghiit", "brit"),
        ("chnou", "shno", "chno", "shnu"),
        ("tbib", "tabib", "ttbib"),
        ("ikama", "i9ama", "iqama"),
    ],
)
def test_every_spelling_shares_a_skeleton(spellings: tuple[str, ...]) -> None:
    assert len({skeleton(word) for word in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), [("tbib", "bit"), ("dar", "drari"), ("khedma", "mdrasa"), ("وراق", "سوق")])
def test_different_consonants_stay_different(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize("text", ["", "aeiou", "!?"])
def test_no_consonants_no_skeleton(text: str) -> None:
    assert skeleton(text) == ""
