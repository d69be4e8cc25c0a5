"""The phone number: shown to who answers or leads, for a reason, and never without a trace."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import cases, number
from bot.privacy.vault import vault
from bot.tables import AuditRow, Note, Staff, Team
from bot.texts import Texts
from tests.story import Somebody, hire

PHONE = "+212600112233"


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


def taken(db: Database, somebody: Somebody, worker: Staff, texts: Texts) -> int:
    case_id = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, case_id, texts)
    return case_id


def reveal(db: Database, person: Staff, case_id: int, reason: str = "asked", words: str = "") -> str:
    with db.begin() as session:
        return number.reveal(session, person, case_id, (reason, words))


def trail(db: Database) -> list[tuple[str, dict[str, Any]]]:
    with db.begin() as session:
        rows = session.scalars(select(AuditRow).filter_by(action="case.number_revealed"))
        return [(row.actor, row.data) for row in rows]


def promoted(db: Database, person: Staff, role: str) -> Staff:
    with db.begin() as session:
        session.merge(person).role = role
    with db.begin() as session:
        return session.get_one(Staff, person.id)


@pytest.mark.parametrize("reason", ["asked", "danger", "no_other_way"])
def test_who_answers_sees_it_and_the_reason_stays(db: Database, worker: Staff, texts: Texts, reason: str) -> None:
    case_id = taken(db, Somebody(db, "whatsapp", PHONE), worker, texts)
    assert reveal(db, worker, case_id, reason) == PHONE and trail(db) == [(str(worker.id), {"reason": reason})]


def test_another_reason_is_told_in_a_note(db: Database, worker: Staff, texts: Texts) -> None:
    case_id = taken(db, Somebody(db, "whatsapp", PHONE), worker, texts)
    assert reveal(db, worker, case_id, "other", " Awa est à l'hôpital ") == PHONE
    assert trail(db) == [(str(worker.id), {"reason": "other"})]
    with db.begin() as session:
        assert [vault(session).unseal(n.body_sealed) for n in session.scalars(select(Note))] == ["Awa est à l'hôpital"]


@pytest.mark.parametrize(("reason", "words"), [("", ""), ("because", "x"), ("other", "  ")])
def test_without_a_reason_nothing_is_shown(db: Database, worker: Staff, texts: Texts, reason: str, words: str) -> None:
    case_id = taken(db, Somebody(db, "whatsapp", PHONE), worker, texts)
    with pytest.raises(Refused, match="no_reason"):
        reveal(db, worker, case_id, reason, words)
    assert trail(db) == []


def test_a_colleague_does_not_see_it_and_a_supervisor_does(db: Database, worker: Staff, texts: Texts) -> None:
    case_id, other = taken(db, Somebody(db, "whatsapp", PHONE), worker, texts), hire(db, "Yassine")
    with pytest.raises(Conflict, match="not_yours"):
        reveal(db, other, case_id)
    assert reveal(db, promoted(db, other, "supervisor"), case_id) == PHONE


def test_a_supervisor_of_another_team_does_not(db: Database, worker: Staff, texts: Texts) -> None:
    case_id, other = taken(db, Somebody(db, "whatsapp", PHONE), worker, texts), hire(db, "Yassine")
    with db.begin() as session:
        session.add(team := Team(name="Others"))
        session.flush()
        other.team_id = team.id
    with pytest.raises(NotFound):
        reveal(db, promoted(db, other, "supervisor"), case_id)


@pytest.mark.parametrize("end", ["waiting", "closed"])
def test_only_while_the_case_is_taken(db: Database, worker: Staff, texts: Texts, end: str) -> None:
    somebody = Somebody(db, "whatsapp", PHONE)
    case_id = taken(db, somebody, worker, texts)
    with db.begin() as session:
        if end == "closed":
            cases.hand_back(session, worker, case_id, texts)
        else:
            cases.to_queue(session, cases.lock(session, case_id))
    for person in (worker, promoted(db, worker, "administrator")):
        with pytest.raises(Conflict, match="not_yours"):
            reveal(db, person, case_id)
    assert trail(db) == []


@pytest.mark.parametrize(
    ("channel", "address"), [("webchat", PHONE), ("telegram", "600112233"), ("whatsapp", "MA.abc123"), ("practice", PHONE)]
)
def test_where_no_number_is_known_there_is_none(db: Database, worker: Staff, texts: Texts, channel: str, address: str) -> None:
    somebody = Somebody(db, channel, address)
    case_id = taken(db, somebody, worker, texts)
    with db.begin() as session:
        assert not number.is_known(session, somebody.row(session))
    with pytest.raises(NotFound):
        reveal(db, worker, case_id)
    assert trail(db) == []


def test_on_telegram_it_is_the_newest_number_that_they_shared_themselves(db: Database, worker: Staff, texts: Texts) -> None:
    somebody = Somebody(db, "telegram", "77")
    for words in ("+212611000000", PHONE, ""):  # of somebody else's number nothing is kept
        somebody.write(words, "contact")
        somebody.turn()
    somebody.write("+212699999999")  # a text is not a contact
    somebody.turn()
    assert reveal(db, worker, taken(db, somebody, worker, texts)) == PHONE
