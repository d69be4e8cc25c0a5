"""What a line of a list says of its case, and what was said last in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from bot.db import Database
from bot.handoff import cases, views
from bot.messages import Button, Reply
from bot.messaging import outbox
from bot.tables import Staff
from bot.texts import Texts
from tests.bot.handoff.views.listed import close, lines, take
from tests.story import Somebody, bot, system


def test_a_line_says_who_has_a_case_and_what_it_is_about(
    db: Database, salma: Staff, ask: Callable[..., int], texts: Texts, entries: None
) -> None:
    take(db, salma, ask("", "telegram", topic="shelter"), texts)
    (line,) = lines(db, salma)
    assert (line.holder, line.channel, line.team, line.titles["fr"]) == ("Salma", "telegram", "Dalil", "Où dormir ce soir")


def last(db: Database, person: Staff, view: str = "all") -> tuple[str, str, str]:
    (line,) = lines(db, person, view=view)
    assert line.last is not None
    return line.last.side, line.last.kind, line.last.text


def test_nothing_was_said_yet(db: Database, salma: Staff, ask: Callable[..., int]) -> None:
    ask()
    assert lines(db, salma)[0].last is None


def test_the_last_words_are_those_of_the_person(db: Database, salma: Staff, somebody: Somebody, texts: Texts) -> None:
    """Not what the guide, the system or a colleague answered: who reads a list looks for what is wanted."""
    somebody.write("je cherche\n un logement")
    somebody.turn(system("Appelez le 15."), *bot("Voici des adresses."))
    number = somebody.asks_for_a_person()
    assert last(db, salma) == ("asker", "text", "je cherche un logement")
    take(db, salma, number, texts)
    with db.begin() as session:
        cases.reply(session, salma, number, "Où êtes-vous ?")
    assert last(db, salma) == ("asker", "text", "je cherche un logement")
    somebody.write("à Inezgane")
    assert last(db, salma) == ("asker", "text", "à Inezgane")


def test_a_button_that_was_pressed_is_its_title(db: Database, salma: Staff, somebody: Somebody) -> None:
    somebody.queue(Reply("Choisissez", "fr", (Button("Santé", "menu"),)))
    somebody.asks_for_a_person()
    somebody.press(somebody.options()[0].token)
    assert last(db, salma) == ("asker", "button", "Santé")


def test_what_has_no_words_is_named(db: Database, salma: Staff, somebody: Somebody) -> None:
    somebody.write("", "location", latitude=30.4, longitude=-9.6)
    somebody.asks_for_a_person()
    assert last(db, salma) == ("asker", "location", "")


def test_what_is_said_after_the_end_is_not_shown(db: Database, salma: Staff, somebody: Somebody, texts: Texts) -> None:
    number = somebody.asks_for_a_person()
    somebody.write("avant la fin")
    close(db, salma, number, texts)
    somebody.write("seulement pour le robot")
    with db.begin() as session:
        outbox.add(session, somebody.row(session), bot("réponse du robot"))
    assert "robot" not in last(db, salma, "closed")[2]


def test_a_long_message_is_one_short_line(db: Database, salma: Staff, somebody: Somebody) -> None:
    somebody.write("mot " * 500)
    somebody.asks_for_a_person()
    assert len(last(db, salma)[2]) <= 110


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield said
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_long_list_asks_no_more_than_a_short_one(db: Database, salma: Staff, entries: None) -> None:
    asked = []
    for people in (1, 12):
        for _ in range(people):
            somebody = Somebody(db)
            somebody.queue(Reply("Choisissez", "fr", (Button("Santé", "menu"),)))
            somebody.press(somebody.options()[0].token)
            somebody.asks_for_a_person()
        with counted(db) as said:
            assert len(lines(db, salma)) >= people
        asked.append(len(said))
    assert asked[0] == asked[1] <= 8


def test_places_are_those_of_the_cases_that_one_may_see(db: Database, salma: Staff, ask: Callable[..., int], other_team: int) -> None:
    ask(place="agadir")
    ask(place="agadir")
    ask(place="taroudant", team_id=other_team)
    ask()
    with db.begin() as session:
        assert views.places(session, salma) == ["agadir"]
