"""A case is found by the words that are known of it."""

from collections.abc import Callable

import pytest

from bot.db import Database
from bot.handoff import cases, notes
from bot.tables import Staff
from bot.texts import Texts
from tests.bot.handoff.views.listed import close, numbers, take
from tests.story import Hire


@pytest.fixture
def told_apart(db: Database, hire: Hire, ask: Callable[..., int], texts: Texts, entries: None) -> dict[str, int]:
    """Two cases that have nothing in common."""
    one = take(db, hire("Hélène Benali"), ask("violence", "telegram", topic="shelter", place="ait_melloul"), texts)
    return {"one": one, "two": ask("", "webchat", topic="doctor", place="agadir")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dormir", "one"),
        ("OU  dormir", "one"),
        ("médecin", "two"),
        ("طبيب", "two"),
        ("logement", "one"),
        ("ait melloul", "one"),
        ("Agadir", "two"),
        ("telegram", "one"),
        ("chat", "two"),
        ("helene", "one"),
        ("Benali violence dormir", "one"),
        ("Benali médecin", ""),
        ("nothing of this", ""),
        ("%", "both"),
        ("  ", "both"),
    ],
)
def test_a_case_is_found_by_what_is_known_of_it(db: Database, salma: Staff, told_apart: dict[str, int], text: str, found: str) -> None:
    wanted = {"": [], "both": [told_apart["one"], told_apart["two"]]}.get(found) if found in ("", "both") else [told_apart[found]]
    assert numbers(db, salma, text=text) == wanted


def test_a_case_is_found_by_its_number(db: Database, salma: Staff, told_apart: dict[str, int]) -> None:
    for number in told_apart.values():
        assert numbers(db, salma, text=f" {number} ") == [number]
    assert numbers(db, salma, text="999999999999999999999") == []


def test_a_closed_case_is_found_by_its_outcome(db: Database, salma: Staff, ask: Callable[..., int], texts: Texts) -> None:
    number = close(db, salma, ask(), texts)
    assert numbers(db, salma, view="closed", text="repond plus") == [number]
    assert numbers(db, salma, view="closed", text="orientée") == []


def test_a_case_is_found_by_the_words_of_a_note(db: Database, salma: Staff, told_apart: dict[str, int]) -> None:
    with db.begin() as session:
        notes.add(session, salma, cases.get(session, told_apart["two"]), "Le passeport est chez son employeur.")
    assert numbers(db, salma, text="passeport employeur") == [told_apart["two"]]
    assert numbers(db, salma, text="passeport perdu") == []


def test_the_notes_of_another_team_are_not_searched(
    db: Database, salma: Staff, boss: Staff, ask: Callable[..., int], other_team: int
) -> None:
    number = ask(team_id=other_team)
    with db.begin() as session:
        notes.add(session, boss, cases.get(session, number), "passeport")
    assert numbers(db, salma, text="passeport") == [] and numbers(db, boss, text="passeport") == [number]
