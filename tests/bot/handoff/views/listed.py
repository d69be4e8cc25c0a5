"""What the tests of the lists do: read one, and let a case be taken or closed."""

from typing import Any

from bot.db import Database
from bot.handoff import cases, views
from bot.handoff.cases import Ending
from bot.handoff.views import Line, Wanted
from bot.tables import Staff
from bot.texts import Texts

CALLED = {
    "topic": {"housing": "Logement", "health": "Santé"},
    "place": {"agadir": "Agadir", "ait_melloul": "Aït Melloul"},
    "outcome": {"no_reply": "Ne répond plus", "referred": "Orientée"},
    "channel": {"webchat": "Chat du site", "telegram": "Telegram"},
    "urgency": {"violence": "Violence"},
}


def lines(db: Database, person: Staff, **wanted: Any) -> list[Line]:
    with db.begin() as session:
        return views.read(session, person, Wanted(called=CALLED, **wanted)).lines


def numbers(db: Database, person: Staff, **wanted: Any) -> list[int]:
    return [line.case.id for line in lines(db, person, **wanted)]


def take(db: Database, person: Staff, number: int, texts: Texts) -> int:
    with db.begin() as session:
        return cases.take(session, person, number, texts).id


def close(db: Database, person: Staff, number: int, texts: Texts, outcome: str = "no_reply") -> int:
    take(db, person, number, texts)
    with db.begin() as session:
        cases.close(session, person, number, Ending(texts, outcome))
    return number
