"""Texts are found by a few of their words, in any form and quickly."""

import time

import pytest

from bot.handoff.words import SOME, Text, Words
from bot.understanding.corpus import seed_entries
from tests.story import DATA

ENTRIES = [
    Text(entry["id"], list(entry["titles"].values()), [line for lines in entry["questions"].values() for line in lines])
    for entry in seed_entries(DATA)
]


@pytest.fixture(scope="module")
def faq() -> Words:
    return Words.of(ENTRIES)


def few() -> Words:
    return Words.of(
        [
            Text("card", ["Renouveler la carte", "نجدد لاكارط"], ["ma carte expire bientôt"]),
            Text("school", ["Inscrire à l'école", "نسجل فالمدرسة"], ["quelle carte pour l'école"]),
            Text("rent", ["Le loyer"], []),
        ]
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("loyer", ["rent"]),
        ("LOYER", ["rent"]),
        ("loy", ["rent"]),
        ("loyyer", ["rent"]),
        ("carte", ["card", "school"]),
        ("لاكارط", ["card"]),
        ("renouvelle carte", ["card"]),
        ("xyz", []),
        ("", []),
        (" / ? ", []),
    ],
)
def test_a_text_is_found_by_its_words(asked: str, found: list[str]) -> None:
    assert few().find(asked, 3) == found


def test_a_question_is_found_by_some_of_its_words() -> None:
    assert few().find("renouveler carte svp", 3) == []
    assert few().find("renouveler carte svp", 3, SOME) == ["card"]


def test_no_more_are_found_than_are_wanted() -> None:
    assert few().find("carte", 1) == ["card"]


def test_only_the_last_word_may_be_a_beginning() -> None:
    known = Words.of([Text("bus", ["car rouge"]), Text("card", ["carte rouge"])])
    assert known.find("car", 2) == ["bus", "card"]
    assert known.find("car rouge", 1) == ["bus"]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("renouveler carte", "residence_renewal"),
        ("renew card", "residence_renewal"),
        ("نجدد لاكارط", "residence_renewal"),
        ("njedded la carte", "residence_renewal"),
        ("salaire", "work_unpaid_wages"),
        ("naissance", "birth_register"),
    ],
)
def test_an_entry_of_the_faq_is_found_in_every_form(faq: Words, asked: str, first: str) -> None:
    assert first in faq.find(asked, 3, SOME)


def test_among_a_thousand_entries_one_is_found_in_less_than_fifty_milliseconds() -> None:
    many = [Text(f"{text.key}-{n}", text.titles, text.lines) for n in range(12) for text in ENTRIES][:1000]
    known = Words.of(many)

    def seconds(asked: str) -> float:
        started = time.perf_counter()
        assert known.find(asked, 6, SOME)
        return time.perf_counter() - started

    for asked in ("r", "renouvellment", "الوراق ديال المدرسة", "je veux renouveler ma carte de séjour et je ne sais pas quoi faire"):
        assert min(seconds(asked) for _ in range(5)) < 0.05, asked
