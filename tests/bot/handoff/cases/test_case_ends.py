"""A case is handed back or closed, also while danger raises it; each step is recorded."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict
from bot.handoff import cases, thread
from bot.handoff.cases import Ending
from bot.messages import Effect
from bot.tables import AuditRow, Case, Staff
from bot.texts import Texts
from tests.story import AtOnce, Somebody, held, hire, result, until, waiting_for_a_lock


def shut(session: Session, worker: Staff, number: int, texts: Texts) -> None:
    cases.close(session, worker, number, Ending(texts, "no_reply"))


# --- Ended


End = Callable[[Session, Staff, int, Texts], None]
BOTH_ENDS = pytest.mark.parametrize(
    ("end", "outcome", "notice"), [(cases.hand_back, "handed_back", "person_left"), (shut, "no_reply", "case_closed")]
)


@BOTH_ENDS
def test_after_the_end_the_bot_speaks_and_says_so(
    db: Database, somebody: Somebody, worker: Staff, taken: int, texts: Texts, end: End, outcome: str, notice: str
) -> None:
    with db.begin() as session:
        end(session, worker, taken, texts)
    assert (somebody.conversation().owner, somebody.conversation().epoch) == ("bot", 3)
    assert somebody.heard()[-1] == texts.say(notice, "fr")


@BOTH_ENDS
def test_an_ended_case_says_how(session: Session, worker: Staff, taken: int, texts: Texts, end: End, outcome: str, notice: str) -> None:
    end(session, worker, taken, texts)
    case = cases.get(session, taken)
    assert (case.state, case.outcome, case.closed_at is not None) == ("closed", outcome, True)


@BOTH_ENDS
def test_only_who_took_the_case_may_end_it(
    session: Session, db: Database, taken: int, texts: Texts, end: End, outcome: str, notice: str
) -> None:
    with pytest.raises(Conflict):
        end(session, hire(db), taken, texts)


def test_the_bot_knows_nothing_of_the_time_before(db: Database, somebody: Somebody, worker: Staff, taken: int, texts: Texts) -> None:
    somebody.change(tracker_sealed=b"what the bot remembered")
    with db.begin() as session:
        cases.hand_back(session, worker, taken, texts)
    assert somebody.conversation().tracker_sealed is None


def test_after_the_end_a_new_case_can_be_opened(db: Database, somebody: Somebody, worker: Staff, taken: int, texts: Texts) -> None:
    with db.begin() as session:
        shut(session, worker, taken, texts)
    assert somebody.asks_for_a_person() != taken


def test_who_goes_back_to_the_bot_leaves_the_queue(db: Database, somebody: Somebody) -> None:
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.leave_queue(session, somebody.row(session))
        case = cases.get(session, number)
        assert (case.state, case.outcome, case.due_at) == ("closed", "withdrawn", None)
    assert somebody.conversation().owner == "bot"


# --- Danger and a caseworker at the same moment


@pytest.fixture
def danger(db: Database) -> Callable[[Somebody], Callable[[], bool]]:
    """A turn that raises the case, and holds the conversation for a moment before it does."""

    def turn(somebody: Somebody) -> Callable[[], bool]:
        somebody.write("au secours")
        work = somebody.load()
        effects = [Effect("feedback", {"entry": "e", "yes": True}), Effect("open_case", {"reason": "urgent", "urgency": "violence"})]
        return lambda: somebody.finish(work, effects=effects)

    return turn


def at_once(db: Database, first: Callable[[], object], second: Callable[[], object]) -> None:
    """`first` is held up in the middle (by the table `feedback`), `second` runs into it; then both must end well."""
    with AtOnce() as both:
        with held(db, "LOCK TABLE feedback"):
            one = both.start(first)
            until(lambda: waiting_for_a_lock(db) == 1)
            two = both.start(second)
            until(lambda: waiting_for_a_lock(db) == 2)
        result(one)
        result(two)


def test_a_case_is_taken_while_danger_raises_it(
    db: Database,
    somebody: Somebody,
    worker: Staff,
    take: Callable[[Staff, int], Case],
    danger: Callable[[Somebody], Callable[[], bool]],
) -> None:
    number = somebody.asks_for_a_person()
    at_once(db, danger(somebody), lambda: take(worker, number))
    case = somebody.case()
    assert case is not None and (case.state, case.urgency, somebody.conversation().owner) == ("taken", "violence", "person")


def test_a_caseworker_replies_while_danger_raises_the_case(
    db: Database, somebody: Somebody, worker: Staff, taken: int, danger: Callable[[Somebody], Callable[[], bool]]
) -> None:
    def reply() -> None:
        with db.begin() as session:
            assert not thread.already_said(session, worker, taken, ("J'arrive.", 0))
            cases.reply(session, worker, taken, "J'arrive.")

    at_once(db, danger(somebody), reply)
    case = somebody.case()
    assert case is not None and case.urgency == "violence" and somebody.heard()[-1] == "J'arrive."


def test_a_caseworker_closes_the_case_while_danger_raises_it(
    db: Database, somebody: Somebody, worker: Staff, taken: int, texts: Texts, danger: Callable[[Somebody], Callable[[], bool]]
) -> None:
    def close() -> None:
        with db.begin() as session:
            shut(session, worker, taken, texts)

    at_once(db, danger(somebody), close)
    assert somebody.conversation().owner == "bot" and somebody.case() is None


# --- The audit trail


def trail(session: Session) -> list[tuple[str, str, str]]:
    query = select(AuditRow).where(AuditRow.action.like("case.%")).order_by(AuditRow.id)
    return [(row.actor, row.action, row.subject) for row in session.scalars(query)]


def test_each_step_of_a_case_is_recorded(db: Database, somebody: Somebody, worker: Staff, taken: int, texts: Texts) -> None:
    somebody.asks_for_a_person("medical")
    with db.begin() as session:
        shut(session, worker, taken, texts)
    with db.begin() as session:
        assert trail(session) == [
            ("bot", "case.opened", f"case:{taken}"),
            (str(worker.id), "case.taken", f"case:{taken}"),
            ("bot", "case.urgent", f"case:{taken}"),
            (str(worker.id), "case.closed", f"case:{taken}"),
        ]


def test_who_tried_in_vain_is_not_recorded_as_having_taken_it(
    db: Database, somebody: Somebody, taken: int, take: Callable[[Staff, int], Case]
) -> None:
    with pytest.raises(Conflict):
        take(hire(db), taken)
    with db.begin() as session:
        assert [action for _, action, _ in trail(session)] == ["case.opened", "case.taken"]
