"""Who has a case: released, assigned, taken over, transferred, closed, reopened; of two who try, one gets it; other teams see nothing."""

import random
import uuid
from collections.abc import Callable
from concurrent.futures import Future

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import assignment, cases, notes
from bot.handoff.assignment import Move
from bot.handoff.cases import Ending
from bot.messaging import outbox
from bot.tables import AuditRow, Conversation, EntryRow, Staff
from bot.texts import Texts
from tests.story import AtOnce, Hire, Somebody, bot, listening, result, until, waiting_for_a_lock

Do = Callable[[Session, Staff, int], object]


@pytest.fixture
def salma(hire: Hire) -> Staff:
    return hire("Salma")


@pytest.fixture
def lead(hire: Hire) -> Staff:
    return hire("Karima", "supervisor")


@pytest.fixture
def number(somebody: Somebody) -> int:
    """A case that waits."""
    return somebody.asks_for_a_person()


@pytest.fixture
def taken(db: Database, number: int, salma: Staff, texts: Texts) -> int:
    """A case that Salma has."""
    with db.begin() as session:
        cases.take(session, salma, number, texts)
    return number


def do(db: Database, person: Staff, what: Callable[..., object], *args: object) -> None:
    with db.begin() as session:
        what(session, person, *args)


def state(db: Database, number: int) -> tuple[str, uuid.UUID | None, str, int]:
    """Of the case and of its conversation; what must always hold is checked on the way."""
    with db.begin() as session:
        case = cases.get(session, number)
        mine = session.get_one(Conversation, case.conversation_id)
        assert mine.owner == {"waiting": "waiting", "taken": "person", "closed": "bot"}[case.state]
        assert (case.assignee_id is not None, case.lease_until is not None) == ((case.state != "waiting"), case.state == "taken")
        assert (case.closed_at is not None) == (case.state == "closed") == bool(case.outcome)
        return case.state, case.assignee_id, mine.owner, mine.epoch


def trail(db: Database) -> list[tuple[str, str]]:
    """Who did what; only keys and ids."""
    with db.begin() as session:
        rows = list(session.scalars(select(AuditRow).where(AuditRow.action.like("case.%")).order_by(AuditRow.id)))
        return [(row.actor, row.action) for row in rows]


# --- Released


def test_a_released_case_waits_again_and_the_person_is_not_told(db: Database, somebody: Somebody, salma: Staff, taken: int) -> None:
    heard = somebody.heard()
    do(db, salma, assignment.release, taken)
    assert state(db, taken) == ("waiting", None, "waiting", 3)
    assert somebody.heard() == heard and trail(db)[-1] == (str(salma.id), "case.released")


def test_only_who_has_it_releases_a_case(db: Database, hire: Hire, taken: int, lead: Staff) -> None:
    for person in (hire("Yassine"), lead):
        with pytest.raises(Conflict, match=r"case\.not_yours"):
            do(db, person, assignment.release, taken)
    assert state(db, taken)[0] == "taken"


def test_a_released_case_can_be_taken_by_somebody_else(db: Database, hire: Hire, salma: Staff, taken: int, texts: Texts) -> None:
    do(db, salma, assignment.release, taken)
    yassine = hire("Yassine")
    do(db, yassine, cases.take, taken, texts)
    assert state(db, taken) == ("taken", yassine.id, "person", 4)


def test_who_released_a_case_no_longer_speaks(db: Database, salma: Staff, taken: int) -> None:
    do(db, salma, assignment.release, taken)
    with pytest.raises(Conflict):
        do(db, salma, cases.reply, taken, "Bonjour.")


def test_the_first_time_that_a_case_was_taken_is_kept(db: Database, salma: Staff, taken: int, texts: Texts) -> None:
    with db.begin() as session:
        first = cases.get(session, taken).taken_at
    do(db, salma, assignment.release, taken)
    do(db, salma, cases.take, taken, texts)
    with db.begin() as session:
        assert cases.get(session, taken).taken_at == first is not None


def test_the_console_hears_of_a_release(db: Database, somebody: Somebody, salma: Staff, taken: int) -> None:
    with listening(db, "console") as heard:
        do(db, salma, assignment.release, taken)
        assert {"queue", str(somebody.conversation().id)} <= set(heard())


# --- Assigned


def test_a_lead_gives_a_waiting_case_to_a_colleague_and_the_person_is_told(
    db: Database, somebody: Somebody, number: int, salma: Staff, lead: Staff, texts: Texts
) -> None:
    do(db, lead, assignment.assign, Move(number, None, salma.id), texts)
    assert state(db, number) == ("taken", salma.id, "person", 2)
    assert somebody.heard()[-1] == texts.say("person_joined", "fr", name="Salma")
    assert (str(lead.id), "case.assigned") in trail(db)


def test_a_lead_gives_a_taken_case_to_another_colleague(
    db: Database, somebody: Somebody, hire: Hire, taken: int, salma: Staff, lead: Staff, texts: Texts
) -> None:
    yassine = hire("Yassine")
    do(db, lead, assignment.assign, Move(taken, salma.id, yassine.id), texts)
    assert state(db, taken) == ("taken", yassine.id, "person", 3)
    with pytest.raises(Conflict):
        do(db, salma, cases.reply, taken, "Bonjour.")
    do(db, yassine, cases.reply, taken, "Bonjour.")


def test_a_caseworker_gives_no_case_to_a_colleague(db: Database, hire: Hire, number: int, salma: Staff, texts: Texts) -> None:
    with pytest.raises(Refused, match=r"role\.not_allowed"):
        do(db, hire("Yassine"), assignment.assign, Move(number, None, salma.id), texts)
    assert state(db, number)[0] == "waiting"


def test_a_case_goes_only_to_somebody_who_works_on_cases_of_its_team(
    db: Database, hire: Hire, number: int, lead: Staff, texts: Texts, other_team: int
) -> None:
    gone = hire("Gone")
    with db.begin() as session:
        session.get_one(Staff, gone.id).active = False
    editor, stranger = hire("Zineb", "editor"), hire("Omar", team_id=other_team)
    for target in (gone.id, editor.id, stranger.id, uuid.uuid4(), None):
        with pytest.raises(Refused, match=r"case\.not_to_them"):
            do(db, lead, assignment.assign, Move(number, None, target), texts)
    assert state(db, number)[0] == "waiting"


def test_a_step_from_an_old_page_changes_nothing(db: Database, hire: Hire, taken: int, salma: Staff, lead: Staff, texts: Texts) -> None:
    """The page showed that nobody, or somebody else, had the case."""
    yassine = hire("Yassine")
    for held_by in (None, yassine.id):
        with pytest.raises(Conflict, match=r"case\.moved"):
            do(db, lead, assignment.assign, Move(taken, held_by, yassine.id), texts)
        with pytest.raises(Conflict, match=r"case\.moved"):
            do(db, lead, assignment.take_over, Move(taken, held_by), texts)
        with pytest.raises(Conflict, match=r"case\.moved"):
            do(db, salma, assignment.transfer, Move(taken, held_by, yassine.id, reason="je pars"), texts)
    assert state(db, taken)[1] == salma.id


# --- Taken over


def test_a_lead_takes_a_case_over(db: Database, somebody: Somebody, taken: int, salma: Staff, lead: Staff, texts: Texts) -> None:
    do(db, lead, assignment.take_over, Move(taken, salma.id), texts)
    assert state(db, taken) == ("taken", lead.id, "person", 3)
    assert somebody.heard()[-1] == texts.say("person_joined", "fr", name="Karima") and trail(db)[-1] == (str(lead.id), "case.taken_over")


def test_a_colleague_does_not_take_over(db: Database, hire: Hire, taken: int, salma: Staff, texts: Texts) -> None:
    with pytest.raises(Refused, match=r"role\.not_allowed"):
        do(db, hire("Yassine"), assignment.take_over, Move(taken, salma.id), texts)


def test_nobody_takes_over_from_themselves_or_from_nobody(db: Database, number: int, lead: Staff, texts: Texts) -> None:
    with pytest.raises(Conflict):
        do(db, lead, assignment.take_over, Move(number, None), texts)
    do(db, lead, cases.take, number, texts)
    with pytest.raises(Conflict):
        do(db, lead, assignment.take_over, Move(number, lead.id), texts)


# --- Transferred


def test_a_caseworker_passes_a_case_on_to_a_colleague(
    db: Database, somebody: Somebody, hire: Hire, taken: int, salma: Staff, texts: Texts
) -> None:
    yassine = hire("Yassine")
    do(db, salma, assignment.transfer, Move(taken, salma.id, yassine.id, reason="Parle darija."), texts)
    assert state(db, taken) == ("taken", yassine.id, "person", 3)
    assert somebody.heard()[-1] == texts.say("person_joined", "fr", name="Yassine")


def test_the_reason_is_a_note_and_not_in_the_audit_trail(db: Database, hire: Hire, taken: int, salma: Staff, texts: Texts) -> None:
    do(db, salma, assignment.transfer, Move(taken, salma.id, hire("Yassine").id, reason="Parle darija."), texts)
    with db.begin() as session:
        case = cases.get(session, taken)
        assert [note.text for note in notes.of_case(session, case)] == ["Parle darija."]
        rows = [row.data for row in session.scalars(select(AuditRow))]
    assert (str(salma.id), "case.transferred") in trail(db) and "darija" not in str(rows)


def test_a_case_passed_on_to_another_team_waits_there(
    db: Database, somebody: Somebody, hire: Hire, taken: int, salma: Staff, texts: Texts, other_team: int
) -> None:
    heard = somebody.heard()
    do(db, salma, assignment.transfer, Move(taken, salma.id, team=other_team, reason="Expulsion."), texts)
    assert state(db, taken) == ("waiting", None, "waiting", 3) and somebody.heard() == heard
    with pytest.raises(NotFound):
        do(db, salma, cases.take, taken, texts)
    do(db, hire("Omar", team_id=other_team), cases.take, taken, texts)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_reason_nothing_is_passed_on(db: Database, hire: Hire, taken: int, salma: Staff, texts: Texts, reason: str) -> None:
    with pytest.raises(Refused, match=r"case\.no_reason"):
        do(db, salma, assignment.transfer, Move(taken, salma.id, hire("Yassine").id, reason=reason), texts)
    assert state(db, taken)[1] == salma.id


def test_only_who_has_it_or_leads_passes_a_case_on(
    db: Database, hire: Hire, number: int, lead: Staff, texts: Texts, other_team: int
) -> None:
    yassine = hire("Yassine")
    with pytest.raises(Refused, match=r"role\.not_allowed"):
        do(db, yassine, assignment.transfer, Move(number, None, team=other_team, reason="ailleurs"), texts)
    do(db, lead, assignment.transfer, Move(number, None, team=other_team, reason="ailleurs"), texts)
    assert state(db, number)[0] == "waiting"


def test_a_case_is_not_passed_on_to_where_it_is_or_to_nobody(db: Database, taken: int, salma: Staff, texts: Texts) -> None:
    for move in (Move(taken, salma.id, salma.id, reason="x"), Move(taken, salma.id, team=1, reason="x"), Move(taken, salma.id, reason="x")):
        with pytest.raises(Refused, match=r"case\.not_to_them"):
            do(db, salma, assignment.transfer, move, texts)
    with pytest.raises(Refused, match=r"case\.not_to_them"):
        do(db, salma, assignment.transfer, Move(taken, salma.id, team=404, reason="x"), texts)
    with db.begin() as session:
        assert notes.of_case(session, cases.get(session, taken)) == []


def test_words_of_the_bot_from_before_stay_unsaid_after_every_step(
    db: Database, somebody: Somebody, hire: Hire, salma: Staff, texts: Texts
) -> None:
    somebody.queue(*bot("trop tard"))
    number = somebody.asks_for_a_person()
    yassine = hire("Yassine")
    do(db, salma, cases.take, number, texts)
    do(db, salma, assignment.transfer, Move(number, salma.id, yassine.id, reason="x"), texts)
    do(db, yassine, assignment.release, number)
    with db.begin() as session:
        mine = somebody.row(session)
        assert all(outbox.is_stale(row, mine) == (row.actor == "bot") for row in somebody.outbound())


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


# --- Races


def race(db: Database, tries: list[Callable[[], None]]) -> list[BaseException | None]:
    with AtOnce(len(tries)) as all_of_them:
        started: list[Future[None]] = [all_of_them.start(each) for each in tries]
        return [each.exception() for each in started]


def test_a_hundred_races_for_one_case_never_end_with_two_owners(
    db: Database, somebody: Somebody, hire: Hire, lead: Staff, texts: Texts, other_team: int
) -> None:
    """Take, give, take over, release, pass on, close, reopen, lease: in any order, by anybody, at once."""
    people = [hire(name) for name in ("Salma", "Yassine", "Nadia")]
    number, dice = somebody.asks_for_a_person(), random.Random(7)

    def step(what: Callable[..., object], person: Staff, *args: object) -> Callable[[], None]:
        return lambda: do(db, person, what, *args)

    for _ in range(100):
        with db.begin() as session:
            held_by = cases.get(session, number).assignee_id
        one, two = dice.sample(people, 2)
        every = [
            step(cases.take, one, number, texts),
            step(cases.take, two, number, texts),
            step(assignment.assign, lead, Move(number, held_by, two.id), texts),
            step(assignment.take_over, lead, Move(number, held_by), texts),
            step(assignment.release, one, number),
            step(assignment.transfer, two, Move(number, held_by, one.id, reason="x"), texts),
            step(cases.close, two, number, Ending(texts, "other")),
            step(assignment.reopen_and_take, one, number, texts),
            step(assignment.reopen, two, number, texts),
        ]
        before = state(db, number)
        errors = race(db, dice.sample(every, 4))
        assert [e for e in errors if e is not None and not isinstance(e, Conflict | Refused)] == []
        after = state(db, number)
        assert after[3] >= before[3] + sum(e is None for e in errors)
        assert [e for e in race(db, [step(cases.reply, person, number, "oui") for person in (*people, lead)]) if e is None] == [None] * (
            after[0] == "taken"
        )


@pytest.mark.parametrize("times", range(10))
def test_of_many_who_want_a_case_one_gets_it(db: Database, somebody: Somebody, hire: Hire, lead: Staff, texts: Texts, times: int) -> None:
    people, number = [hire(f"Salma {n}") for n in range(5)], somebody.asks_for_a_person()
    tries = [lambda p=p: do(db, p, cases.take, number, texts) for p in people]
    gives = [lambda p=p: do(db, lead, assignment.assign, Move(number, None, p.id), texts) for p in people[:3]]
    errors = race(db, [*tries, *gives])
    assert sum(e is None for e in errors) == 1 and all(e is None or isinstance(e, Conflict) for e in errors)
    assert state(db, number)[3] == 2 and len(somebody.heard()) == 1


def test_of_two_leads_who_give_a_case_at_once_the_second_is_told(
    db: Database, hire: Hire, taken: int, salma: Staff, lead: Staff, texts: Texts
) -> None:
    yassine, boss = hire("Yassine"), hire("Hind", "supervisor")
    tries = [
        lambda: do(db, lead, assignment.assign, Move(taken, salma.id, yassine.id), texts),
        lambda: do(db, boss, assignment.take_over, Move(taken, salma.id), texts),
    ]
    errors = race(db, tries)
    assert sorted(type(e).__name__ for e in errors) == ["Conflict", "NoneType"]


def test_who_takes_a_case_that_goes_to_another_team_at_this_moment_does_not_get_it(
    db: Database, hire: Hire, number: int, lead: Staff, texts: Texts, other_team: int
) -> None:
    yassine = hire("Yassine")
    with AtOnce() as both, db.begin() as first:
        assignment.transfer(first, lead, Move(number, None, team=other_team, reason="x"), texts)
        late = both.start(do, db, yassine, cases.take, number, texts)
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        assert isinstance(late.exception(), NotFound)
    assert state(db, number)[0] == "waiting"


def test_a_case_is_passed_on_while_the_person_writes(
    db: Database, somebody: Somebody, hire: Hire, taken: int, salma: Staff, texts: Texts
) -> None:
    yassine = hire("Yassine")
    somebody.write("vous êtes là ?")
    work = somebody.load()
    with AtOnce() as both, db.begin() as first:
        assignment.transfer(first, salma, Move(taken, salma.id, yassine.id, reason="x"), texts)
        turn = both.start(somebody.finish, work)
        until(lambda: waiting_for_a_lock(db) == 1)
        first.commit()
        assert result(turn)
    assert state(db, taken)[1] == yassine.id and somebody.case() is not None


# --- Other teams


def every_step(texts: Texts, held_by: uuid.UUID | None, to: uuid.UUID, team: int) -> dict[str, Do]:
    return {
        "seen": cases.seen,
        "take": lambda s, p, n: cases.take(s, p, n, texts),
        "reply": lambda s, p, n: cases.reply(s, p, n, "Bonjour."),
        "hand_back": lambda s, p, n: cases.hand_back(s, p, n, texts),
        "close": lambda s, p, n: cases.close(s, p, n, Ending(texts, "other")),
        "release": assignment.release,
        "assign": lambda s, p, n: assignment.assign(s, p, Move(n, held_by, to), texts),
        "take_over": lambda s, p, n: assignment.take_over(s, p, Move(n, held_by), texts),
        "transfer": lambda s, p, n: assignment.transfer(s, p, Move(n, held_by, to, reason="x"), texts),
        "to_team": lambda s, p, n: assignment.transfer(s, p, Move(n, held_by, team=team, reason="x"), texts),
        "reopen": lambda s, p, n: assignment.reopen(s, p, n, texts),
        "reopen_and_take": lambda s, p, n: assignment.reopen_and_take(s, p, n, texts),
    }


@pytest.mark.parametrize("role", ["caseworker", "supervisor"])
@pytest.mark.parametrize("now", ["waiting", "taken", "closed"])
def test_a_case_of_another_team_does_not_exist(
    db: Database, hire: Hire, number: int, salma: Staff, texts: Texts, other_team: int, role: str, now: str
) -> None:
    stranger = hire("Omar", role, team_id=other_team)
    if now != "waiting":
        do(db, salma, cases.take, number, texts)
    if now == "closed":
        do(db, salma, cases.close, number, Ending(texts, "no_reply"))
    before = state(db, number)
    for step in every_step(texts, before[1], stranger.id, other_team).values():
        with pytest.raises(NotFound):
            do(db, stranger, step, number)
    assert state(db, number) == before


def test_an_administrator_works_in_every_team(db: Database, hire: Hire, number: int, texts: Texts, other_team: int) -> None:
    boss, omar = hire("Boss", "administrator"), hire("Omar", team_id=other_team)
    do(db, boss, assignment.transfer, Move(number, None, team=other_team, reason="x"), texts)
    do(db, boss, assignment.assign, Move(number, None, omar.id), texts)
    assert state(db, number)[1] == omar.id


# --- What the page offers is what is allowed


@pytest.mark.parametrize("role", ["caseworker", "supervisor", "administrator"])
@pytest.mark.parametrize("now", ["waiting", "mine", "theirs", "closed"])
def test_what_is_offered_works_and_what_is_not_offered_is_refused(
    db: Database, hire: Hire, number: int, salma: Staff, texts: Texts, other_team: int, role: str, now: str
) -> None:
    me = hire("Me", role)
    if now != "waiting":
        do(db, me if now == "mine" else salma, cases.take, number, texts)
    if now == "closed":
        do(db, salma, cases.close, number, Ending(texts, "no_reply"))
    with db.begin() as session:
        case = cases.get(session, number)
        allowed = assignment.possible(me, case)
        to = hire("Yassine").id
    for name, step in every_step(texts, case.assignee_id, to, other_team).items():
        if name in ("seen", "reply"):
            continue
        offered = {"to_team": "transfer", "reopen_and_take": "reopen"}.get(name, name) in allowed
        try:
            with db.begin() as session:
                step(session, me, number)
                session.rollback()
            assert offered, name
        except (Conflict, Refused):
            assert not offered, name


def _entries(db: Database) -> None:
    with db.begin() as session:
        for topic in ("health", "housing"):
            session.add(EntryRow(id=topic, topic=topic, body={"titles": {"fr": topic}}, seed_hash=""))
