"""Who has a case: released, assigned, taken over, transferred."""

import uuid

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import assignment, cases, notes
from bot.handoff.assignment import Move
from bot.messaging import outbox
from bot.tables import AuditRow, Staff
from bot.texts import Texts
from tests.bot.handoff.assignment.who_has_it import do, state, trail
from tests.story import Hire, Somebody, bot, listening

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
