"""What staff are told stands in the three languages of the console, and names nothing."""

import re
from string import Formatter

import pytest

from bot.handoff.notices import KINDS, LANGUAGES, TEAM_LANGUAGE
from bot.language.normalize import arabic_share
from bot.understanding.corpus import load_yaml
from tests.story import DATA

TEXTS: dict[str, dict[str, str]] = load_yaml(DATA / "texts" / "staff.yml")


OF_AN_ENTRY = ("review_asked", "comment_named")  # these carry its id


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_each_kind_has_a_subject_and_a_text_and_nothing_is_left_over() -> None:
    assert set(TEXTS) == {f"{kind}{part}" for kind in KINDS for part in ("", "_subject")}


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_in_the_three_languages(key: str) -> None:
    assert tuple(TEXTS[key]) == LANGUAGES and all(text.strip() for text in TEXTS[key].values())
    shares = {language: arabic_share(re.sub(r"{\w+}", "", text)) for language, text in TEXTS[key].items()}
    assert shares == {"fr": 0, "ar": 1, "en": 0}
    assert TEAM_LANGUAGE in LANGUAGES


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_can_carry_nothing_but_a_number_and_a_time_or_an_id(key: str) -> None:
    found = {language: placeholders(text) for language, text in TEXTS[key].items()}
    assert found["fr"] == found["ar"] == found["en"]
    assert found["fr"] <= {"entry"} if key.removesuffix("_subject") in OF_AN_ENTRY else {"n"} <= found["fr"] <= {"n", "since"}
    assert "\n" not in "".join(TEXTS[key].values())
