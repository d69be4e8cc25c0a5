"""Practice: a scenario answers each message with its next line; nobody but who practises sees it, and it counts nowhere."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, update

from bot.db import Database
from bot.errors import NotFound
from bot.handoff import cases, practice, thread, undelivered, views
from bot.handoff.cases import Ending
from bot.language.forms import FORMS
from bot.messages import PRACTICE
from bot.messaging import health, inbox
from bot.privacy import forget
from bot.tables import AuditRow, Case, Conversation, InboundRow, Notice, OutboundRow, Staff
from bot.texts import Texts
from bot.understanding.danger import KINDS
from channels.practice import Practice
from channels.sender import send_one
from console.language import LOCALES
from tests.story import DATA, AtOnce, hire, result

Talk = Callable[..., None]


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


@pytest.fixture
def started(db: Database, worker: Staff) -> Callable[[str], int]:
    def start(name: str) -> int:
        with db.begin() as session:
            return practice.start(session, worker, name, DATA).id

    return start


@pytest.fixture
def taken(db: Database, worker: Staff, texts: Texts, started: Callable[[str], int]) -> Callable[[str], int]:
    def take(name: str) -> int:
        number = started(name)
        with db.begin() as session:
            cases.take(session, worker, number, texts)
        deliver(db)
        return number

    return take


def deliver(db: Database) -> None:
    while send_one(db, {PRACTICE: Practice(db, DATA)}):
        pass


def reply(db: Database, worker: Staff, number: int, words: str = "bonjour") -> None:
    with db.begin() as session:
        cases.reply(session, worker, number, words)


def heard(db: Database, number: int) -> list[str]:
    """What the person of the scenario has said: words, or where they are."""
    with db.begin() as session:
        return [b.text or b.place for b in thread.read(session, cases.get(session, number)) if b.side == "asker"]


def lines(name: str) -> list[str]:
    raw = practice.scenario(DATA, name).lines
    return [line["text"] if "text" in line else f"{line['place'][0]:.5f}, {line['place'][1]:.5f}" for line in raw]


# --- The scenarios


def test_there_is_what_caseworkers_must_have_met_once() -> None:
    found = practice.scenarios(DATA)
    assert {s.form for s in found} == set(FORMS) and len(found) == 5
    urgencies = [line["urgency"] for s in found for line in s.lines if "urgency" in line]
    assert set(urgencies) <= set(KINDS) and any(s.urgency for s in found)
    assert any("place" in line for s in found for line in s.lines)


@pytest.mark.parametrize("scenario", practice.scenarios(DATA), ids=lambda s: s.id)
def test_a_scenario_is_told_in_every_language_of_the_pages(scenario: practice.Scenario) -> None:
    assert set(scenario.titles) == set(scenario.goal) == set(scenario.hints) == set(LOCALES)
    assert len({len(hints) for hints in scenario.hints.values()}) == 1 and len(scenario.lines) >= 6
    assert all({"text", "place"} & set(line) for line in scenario.lines) and "text" in scenario.lines[0]


# --- The conversation


def test_a_scenario_waits_and_has_said_its_first_line(db: Database, started: Callable[[str], int]) -> None:
    number = started("wages")
    with db.begin() as session:
        case = cases.get(session, number)
        found = (case.state, case.scenario, case.form, session.get_one(Conversation, case.conversation_id).owner)
    assert found == ("waiting", "wages", "ary-Latn", "waiting") and heard(db, number) == lines("wages")[:1]


def test_each_message_of_the_caseworker_gets_the_next_line_until_there_is_none(
    db: Database, worker: Staff, taken: Callable[[str], int]
) -> None:
    number, wanted = taken("pregnant"), lines("pregnant")
    for said in range(1, len(wanted) + 2):
        assert heard(db, number) == wanted[:said]
        reply(db, worker, number)
        deliver(db)
    assert heard(db, number) == wanted


def test_two_messages_in_a_row_get_two_lines(db: Database, worker: Staff, taken: Callable[[str], int]) -> None:
    number = taken("school")
    reply(db, worker, number, "bonjour")
    reply(db, worker, number, "je vous lis")
    deliver(db)
    assert heard(db, number) == lines("school")[:3]


def test_what_only_the_system_says_is_not_answered(db: Database, taken: Callable[[str], int]) -> None:
    assert heard(db, taken("rent")) == lines("rent")[:1]


def test_a_sender_that_died_before_it_noted_the_sending_does_not_bring_a_line_twice(
    db: Database, worker: Staff, taken: Callable[[str], int]
) -> None:
    number = taken("wages")
    reply(db, worker, number)
    deliver(db)
    with db.begin() as session:
        session.execute(update(OutboundRow).where(OutboundRow.actor == "person").values(state="queued", next_at=datetime.now(timezone.utc)))
    deliver(db)
    assert heard(db, number) == lines("wages")[:2]


def test_a_scenario_whose_case_is_over_is_silent(db: Database, worker: Staff, taken: Callable[[str], int], texts: Texts) -> None:
    number = taken("wages")
    reply(db, worker, number)
    with db.begin() as session:
        cases.close(session, worker, number, Ending(texts, "no_reply"))
    deliver(db)
    assert heard(db, number) == lines("wages")[:1]


def test_who_closes_while_the_line_comes_waits_for_it(db: Database, worker: Staff, taken: Callable[[str], int], texts: Texts) -> None:
    """The sender holds the conversation in one transaction and files the line in another: neither blocks the other for ever."""

    def close() -> None:
        with db.begin() as session:
            cases.close(session, worker, number, Ending(texts, "no_reply"))

    number = taken("wages")
    reply(db, worker, number)
    with AtOnce() as both:
        done = [both.start(deliver, db), both.start(close)]
        for each in done:
            result(each)
    assert len(heard(db, number)) in (1, 2)


def test_danger_raises_the_case_and_the_numbers_are_said(db: Database, worker: Staff, taken: Callable[[str], int]) -> None:
    number = taken("pregnant")
    for _ in range(2):
        reply(db, worker, number)
        deliver(db)
    with db.begin() as session:
        case = cases.get(session, number)
        said = [b.text for b in thread.read(session, case) if b.side == "system"]
    assert case.urgency == "medical" and case.urgent_at and any("15" in words for words in said)


def test_a_scenario_that_begins_with_danger_is_urgent_at_once(db: Database, started: Callable[[str], int]) -> None:
    with db.begin() as session:
        case = cases.get(session, started("violence"))
    assert (case.reason, case.urgency) == ("urgent", "violence")


def test_an_unknown_scenario_is_refused(db: Database, started: Callable[[str], int]) -> None:
    with pytest.raises(NotFound):
        started("nothing")


# --- Nobody else


def test_the_bot_never_has_anything_to_do(db: Database, worker: Staff, taken: Callable[[str], int]) -> None:
    number = taken("wages")
    reply(db, worker, number)
    deliver(db)
    with db.begin() as session:
        assert inbox.due(session) == []
        assert set(session.scalars(select(InboundRow.state))) == {"done"} and set(session.scalars(select(OutboundRow.state))) == {"sent"}


def test_only_who_practises_sees_it(db: Database, worker: Staff, started: Callable[[str], int]) -> None:
    number, other = started("violence"), hire(db, "Yassine")
    boss = Staff(email="boss@example.org", name="Boss", role="administrator", password_hash="")
    with db.begin() as session:
        assert [c.id for c in practice.own(session, worker)] == [number] and practice.own(session, other) == []
        assert [views.read(session, who, views.Wanted()).lines for who in (worker, other, boss)] == [[], [], []]
        assert [cases.visible_ids(session, who, [number]) for who in (worker, other, boss)] == [{number}, set(), set()]


def test_it_alerts_nobody(db: Database, started: Callable[[str], int]) -> None:
    started("violence")
    with db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 0


def test_it_counts_nowhere(db: Database, worker: Staff, taken: Callable[[str], int]) -> None:
    number = taken("wages")
    reply(db, worker, number)
    with db.begin() as session:
        session.execute(update(OutboundRow).where(OutboundRow.actor == "person").values(state="dead"))
    with db.begin() as session:
        assert undelivered.count(session) == 0 and undelivered.lines(session, hire(db, "Yassine")) == []
        assert health.channels(session) == {}


def test_it_is_deleted_after_a_week_open_or_not(db: Database, started: Callable[[str], int]) -> None:
    started("wages"), started("rent")
    with db.begin() as session:
        first = session.scalars(select(Conversation).limit(1)).one()
        first.created_at = datetime.now(timezone.utc) - timedelta(days=7, minutes=1)
    with db.begin() as session:
        assert forget.expire(session) == 1
        assert session.scalar(select(func.count()).select_from(Case)) == 1


def test_who_practised_what_is_audited_without_a_word_of_it(db: Database, worker: Staff, started: Callable[[str], int]) -> None:
    number = started("wages")
    with db.begin() as session:
        row = session.scalars(select(AuditRow).filter_by(action="practice.started")).one()
    assert (row.actor, row.subject, row.data) == (str(worker.id), f"case:{number}", {"scenario": "wages"})
