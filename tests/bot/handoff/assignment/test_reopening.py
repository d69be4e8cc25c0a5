"""A case is closed with how it ended, and reopened: it waits again, or goes to who reopens it."""

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.errors import Conflict, Refused
from bot.handoff import assignment, cases
from bot.handoff.cases import Ending
from bot.tables import AuditRow, EntryRow, Staff
from bot.texts import Texts
from tests.bot.handoff.assignment.who_has_it import do, state, trail
from tests.story import AtOnce, Hire, Somebody, result, until, waiting_for_a_lock

# --- Closed


@pytest.mark.parametrize("outcome", cases.OUTCOMES)
def test_a_case_is_closed_with_an_outcome_and_its_topics(db: Database, taken: int, salma: Staff, texts: Texts, outcome: str) -> None:
    _entries(db)
    do(db, salma, cases.close, taken, Ending(texts, outcome, ("health", "housing", "health")))
    assert state(db, taken)[0] == "closed"
    with db.begin() as session:
        case = cases.get(session, taken)
        assert (case.outcome, case.topics, case.due_at) == (outcome, ["health", "housing"], None)
        row = session.scalars(select(AuditRow).filter_by(action="case.closed")).one()
        assert row.data == {"outcome": outcome, "topics": ["health", "housing"]}


@pytest.mark.parametrize("outcome", ["", "closed", "withdrawn", "handed_back"])
def test_only_known_outcomes_end_a_case(db: Database, taken: int, salma: Staff, texts: Texts, outcome: str) -> None:
    with pytest.raises(Refused, match=r"case\.no_outcome"):
        do(db, salma, cases.close, taken, Ending(texts, outcome))
    assert state(db, taken)[0] == "taken"


def test_only_topics_of_the_content_are_kept(db: Database, taken: int, salma: Staff, texts: Texts) -> None:
    _entries(db)
    with pytest.raises(Refused, match=r"case\.no_such_topic"):
        do(db, salma, cases.close, taken, Ending(texts, "answered", ("health", "what I typed")))
    assert state(db, taken)[0] == "taken"


# --- Reopened


@pytest.fixture
def closed(db: Database, taken: int, salma: Staff, texts: Texts) -> int:
    do(db, salma, cases.close, taken, Ending(texts, "no_reply"))
    return taken


def test_a_closed_case_waits_again(db: Database, somebody: Somebody, closed: int, hire: Hire, texts: Texts) -> None:
    before = state(db, closed)[3]
    yassine = hire("Yassine")
    do(db, yassine, assignment.reopen, closed, texts)
    assert state(db, closed) == ("waiting", None, "waiting", before + 1)
    assert somebody.heard()[-1] == texts.say("case_reopened", "fr") and trail(db)[-1] == (str(yassine.id), "case.reopened")
    with db.begin() as session:
        assert cases.get(session, closed).due_at is not None


def test_a_closed_case_goes_straight_to_who_reopens_it(db: Database, somebody: Somebody, closed: int, hire: Hire, texts: Texts) -> None:
    yassine = hire("Yassine")
    do(db, yassine, assignment.reopen_and_take, closed, texts)
    assert state(db, closed)[:3] == ("taken", yassine.id, "person")
    assert somebody.heard()[-1] == texts.say("person_joined", "fr", name="Yassine")


def test_a_case_is_not_reopened_beside_another_one(db: Database, somebody: Somebody, closed: int, salma: Staff, texts: Texts) -> None:
    second = somebody.asks_for_a_person()
    for again in (assignment.reopen, assignment.reopen_and_take):
        with pytest.raises(Conflict, match=r"case\.other_open"):
            do(db, salma, again, closed, texts)
    with db.begin() as session:
        assert (cases.get(session, closed).state, cases.get(session, second).state) == ("closed", "waiting")


def test_an_open_case_is_not_reopened(db: Database, taken: int, salma: Staff, texts: Texts) -> None:
    for again in (assignment.reopen, assignment.reopen_and_take):
        with pytest.raises(Conflict, match=r"case\.not_closed"):
            do(db, salma, again, taken, texts)


def test_a_case_of_somebody_who_said_no_stays_closed(db: Database, somebody: Somebody, closed: int, salma: Staff, texts: Texts) -> None:
    somebody.change(agreed=False)
    before = state(db, closed)
    for again in (assignment.reopen, assignment.reopen_and_take):
        with pytest.raises(Refused, match=r"case\.said_no"):
            do(db, salma, again, closed, texts)
    assert state(db, closed) == before


@pytest.mark.parametrize("safe, told", [(None, False), (False, False), (True, True)])
def test_nothing_is_written_first_where_somebody_else_may_read_the_phone(
    db: Database, somebody: Somebody, salma: Staff, texts: Texts, safe: bool | None, told: bool
) -> None:
    number = somebody.asks_for_a_person("violence")
    somebody.change(safe=safe)
    do(db, salma, cases.take, number, texts)
    do(db, salma, cases.close, number, Ending(texts, "no_reply"))
    heard = len(somebody.heard())
    do(db, salma, assignment.reopen, number, texts)
    assert len(somebody.heard()) == heard + told


def test_a_person_who_asks_again_while_their_case_is_reopened_has_one_open_case(
    db: Database, somebody: Somebody, closed: int, salma: Staff, texts: Texts
) -> None:
    with AtOnce() as both, db.begin() as first:
        assignment.reopen(first, salma, closed, texts)
        again = both.start(somebody.asks_for_a_person)
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        error = again.exception()
    assert error is not None or result(again) == closed
    case = somebody.case()
    assert case is not None and case.id == closed


# --- What the page offers is what is allowed


def _entries(db: Database) -> None:
    with db.begin() as session:
        for topic in ("health", "housing"):
            session.add(EntryRow(id=topic, topic=topic, body={"titles": {"fr": topic}}, seed_hash=""))
