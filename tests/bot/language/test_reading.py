"""The reading aid: Darija in the other letters, with everything that is no word left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.reading import reading, to_latin
from bot.language.transliterate import skeleton
from tests.conftest import DATA


@pytest.mark.parametrize(
    ("arabic", "latin"),
    [
        ("طبيب", "tbib"),
        ("الوراق", "lwra9"),
        ("شنو", "chnou"),
        ("كاين", "kayn"),
        ("مزيان", "mzyan"),
        ("خويا", "khouya"),
        ("اليوم", "lyoum"),
        ("وليدي", "wlidi"),
        ("دوا", "dwa"),
        ("ماكاينش", "makaynch"),
        ("كيقولو", "ki9oulou"),
        ("فالدار", "fldar"),
        ("والو", "walou"),
        ("بلاصه", "blasa"),
        ("راه", "rah"),
        ("بزّاف", "bzzaf"),
        ("أݣادير", "agadir"),
        ("حق", "7e9"),
    ],
)
def test_a_word_is_written_as_people_do(arabic: str, latin: str) -> None:
    assert to_latin(arabic) == latin


def test_latin_darija_is_read_in_arabic_letters_with_its_numbers_and_lines() -> None:
    text = "Salam, bghit tbib!\nNemra 06 12 34 56 78, 24h, https://a.ma/x3 ?"
    assert reading(text, "ary-Latn") == "سالام، بغيت تبيب!\nنمرا 06 12 34 56 78, 24h, https://a.ma/x3 ؟"


def test_arabic_darija_is_read_in_latin_letters_with_its_numbers() -> None:
    assert reading("بغيت طبيب، فين كاين؟ 0612", "ary-Arab") == "bghit tbib, fin kayn? 0612"


@pytest.mark.parametrize("form", ["fr", "en", "ar", "other", ""])
def test_other_forms_have_no_reading(form: str) -> None:
    assert reading("bonjour سلام", form) == ""


@pytest.mark.parametrize(("text", "form"), [("123", "ary-Latn"), ("سلام", "ary-Latn"), ("ok!", "ary-Arab"), ("", "ary-Arab")])
def test_what_would_not_change_has_no_reading(text: str, form: str) -> None:
    assert reading(text, form) == ""


def test_almost_every_word_of_the_lexicon_keeps_its_consonants() -> None:
    """Exact inverses do not exist: `sh` is one letter or two."""
    words = [line.split("\t")[0] for line in (DATA / "lexicon" / "ary.tsv").read_text(encoding="utf-8").splitlines()]
    arabic = [word for word in words if word and "\u0600" <= word[0] <= "\u06ff" and " " not in word]
    kept = [word for word in arabic if skeleton(to_latin(word)) == skeleton(word)]
    assert len(arabic) > 2000 and len(kept) / len(arabic) > 0.95


@given(st.text(max_size=60), st.sampled_from(["ary-Latn", "ary-Arab"]))
def test_no_text_breaks_it_and_lines_stay_lines(text: str, form: str) -> None:
    found = reading(text, form)
    assert not found or found.count("\n") == text.count("\n")
