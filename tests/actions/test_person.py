"""What is said when somebody asks for a person, or is in danger: the numbers, and the truth about how long it takes."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import update

from actions import faq, person
from actions.base import DalilAction
from bot.clock import TIME_ZONE
from bot.db import Database
from bot.handoff import urgency
from bot.tables import EntryRow, Staff, Team
from bot.texts import Texts
from tests.story import DATA, hire


@pytest.fixture
def offline(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The actions read this database."""
    for part in (person, faq):
        monkeypatch.setattr(part, "database", lambda: db)
    return db


def of_team(db: Database, **values: object) -> None:
    with db.begin() as session:
        session.execute(update(Team).values(**values))


def there(db: Database) -> None:
    hire(db)
    with db.begin() as session:
        session.execute(update(Staff).values(seen_at=datetime.now(TIME_ZONE)))


def run(action: DalilAction, form: str = "fr", slots: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    """The replies and effects of one run."""
    message = {"intent": {"name": "affirm"}, "metadata": {"form": form, **metadata}}
    dispatcher = CollectingDispatcher()
    action.run(dispatcher, Tracker("x", {"welcomed": True, **(slots or {})}, message, [], False, None, {}, "action_listen"), {})
    return dict(dispatcher.messages[0]["custom"])


def agreed(form: str = "fr", **slots: Any) -> str:
    """What is said after yes to a person."""
    return str(run(person.PersonAnswer(), form, slots, data={"yes": True, "reason": "asked"})["replies"][0]["text"])


def test_open_and_somebody_there(offline: Database, texts: Texts) -> None:
    of_team(offline, hours="24/7", first_answer_minutes=60)
    there(offline)
    assert "Ils essaient de répondre en moins d'une heure." in agreed()


def test_unknown_hours_are_said_to_be_unknown(offline: Database) -> None:
    there(offline)
    assert "Je ne sais pas combien de temps cela prendra." in agreed()


def test_closed_is_said_with_the_day_and_the_hour(offline: Database, texts: Texts) -> None:
    opens = date.today() + timedelta(days=3)
    of_team(offline, hours=f"{opens:%b %d} 09:00-18:00")
    assert f"dès {texts.weekday('fr', opens)}, 9:00." in agreed()


def test_the_numbers_for_who_cannot_wait_stand_there_too(offline: Database) -> None:
    assert "19" in agreed() and "177" in agreed()


def test_it_is_the_team_of_the_entry_that_was_answered_last(offline: Database) -> None:
    there(offline)
    with offline.begin() as session:
        session.add(EntryRow(id="health_cost", topic="health", body={}, seed_hash=""))
        session.add(Team(name="Health", topics=["health"], hours=f"{date.today() + timedelta(days=3):%b %d} 09:00-18:00"))
    of_first = "UPDATE team SET hours = '24/7' WHERE name <> 'Health'"
    with offline.begin() as session:
        session.connection().exec_driver_sql(of_first)
    assert "C'est fermé maintenant." in agreed(entry="health_cost") and "C'est fermé maintenant." not in agreed()


@pytest.mark.parametrize("form", ["fr", "ar", "ary-Latn"])
def test_in_danger_the_numbers_come_first_and_then_the_truth(offline: Database, texts: Texts, form: str) -> None:
    opens = date.today() + timedelta(days=3)
    of_team(offline, hours=f"{opens:%b %d} 09:00-18:00")
    said = [str(r["text"]) for r in run(person.Urgent(), form, understanding={"id": "violence"})["replies"]]
    waiting = [n for n, words in enumerate(said) if texts.weekday(form, opens).split()[0] in words]
    assert said[0] == urgency.replies(texts, DATA, "violence", form)[0].text and waiting == [1]


def test_where_somebody_may_read_along_nothing_is_said_of_caseworkers(offline: Database, texts: Texts) -> None:
    asked = run(person.PersonAnswer(), data={"yes": True}, unsafe=True)
    assert [r["text"] for r in asked["replies"]][1:] == [texts.say("ask_safe", "fr")] and "177" in asked["replies"][0]["text"]
    assert "open_case" in [e["kind"] for e in asked["effects"]]
    told = run(person.Urgent(), understanding={"id": "medical"}), run(person.Urgent(), understanding={"id": "medical"}, unsafe=True)
    assert [len(t["replies"]) for t in told] == [len(told[1]["replies"]) + 1, len(told[1]["replies"])]
    assert not any("conseillers" in r["text"] for r in told[1]["replies"])
