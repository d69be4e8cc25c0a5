"""What becomes of a referral: agreed in another way, sent, ended; every change is made once, and recorded; who sees it."""

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import referrals
from bot.messages import PRACTICE
from bot.messaging import conversations
from bot.messaging.without_bot import answer
from bot.tables import AuditRow, Case, Organization, Referral, Staff, Team
from bot.texts import Texts
from tests.bot.handoff.referrals.referring import SERVICE, Ask, add_service, end, press, state, step, steps
from tests.story import DATA, AtOnce, Somebody, hire, result

# --- Agreed in another way


def test_a_caseworker_notes_that_the_person_agreed(db: Database, ask: Ask, worker: Staff) -> None:
    made = ask()
    with db.begin() as session:
        referrals.note_agreement(session, worker, made, "phone")
    with db.begin() as session:
        last = referrals.history(session, session.get_one(Referral, made))[-1]
    assert (last.action, last.name, last.how) == ("agreed", worker.name, "phone") and state(db, made) == "agreed"


@pytest.mark.parametrize("how", ["", "guessed"])
def test_it_must_be_said_how_they_agreed(db: Database, ask: Ask, worker: Staff, how: str) -> None:
    made = ask()
    with db.begin() as session, pytest.raises(Refused, match="how"):
        referrals.note_agreement(session, worker, made, how)


def test_a_no_is_not_talked_over(db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    made = ask()
    press(somebody, texts, False)
    with db.begin() as session, pytest.raises(Conflict, match="changed"):
        referrals.note_agreement(session, worker, made, "phone")


def test_only_who_answers_may_note_it(db: Database, ask: Ask) -> None:
    made, other = ask(), hire(db, "Yassine")
    with db.begin() as session, pytest.raises(Conflict, match="not_yours"):
        referrals.note_agreement(session, other, made, "phone")


# --- What became of it


@pytest.mark.parametrize(
    "way", [("sent", "accepted", "done"), ("sent", "accepted", "declined"), ("sent", "declined"), ("sent", "done"), ("withdrawn",)]
)
def test_each_step_has_its_time_and_who_made_it(db: Database, ask: Ask, worker: Staff, way: tuple[str, ...]) -> None:
    made = ask(how="phone")
    step(db, worker, made, "agreed", *way)
    assert state(db, made) == way[-1]
    assert steps(db, made) == [("agreed", worker.name), *((to, worker.name) for to in way)]


@pytest.mark.parametrize("was", ["asked", "agreed", "refused", "sent", "accepted", "declined", "done", "withdrawn"])
@pytest.mark.parametrize("to", ["asked", "agreed", "refused", "sent", "accepted", "declined", "done", "withdrawn", "x"])
def test_nothing_else_is_possible(db: Database, ask: Ask, worker: Staff, was: str, to: str) -> None:
    """Above all: nothing is sent that nobody agreed to."""
    made = ask()
    with db.begin() as session:
        session.execute(update(Referral).values(state=was))
    allowed = to in referrals.NEXT.get(was, ())
    with db.begin() as session:
        if allowed:
            referrals.step(session, worker, made, (was, to))
        else:
            with pytest.raises(Conflict, match="changed"):
                referrals.step(session, worker, made, (was, to))
    assert state(db, made) == (to if allowed else was)
    assert not allowed or to != "sent" or was == "agreed"


def test_a_page_that_is_old_changes_nothing(db: Database, ask: Ask, worker: Staff) -> None:
    made = ask(how="phone")
    step(db, worker, made, "agreed", "sent", "declined")
    with pytest.raises(Conflict, match="changed"):
        step(db, worker, made, "sent", "accepted")
    assert state(db, made) == "declined"


def test_of_two_who_note_different_ends_one_is_told(db: Database, ask: Ask, worker: Staff) -> None:
    made = ask(how="phone")
    step(db, worker, made, "agreed", "sent")
    with AtOnce() as both:
        runs = [both.start(step, db, worker, made, "sent", to) for to in ("accepted", "declined")]
    assert sorted(type(run.exception()).__name__ for run in runs) == ["Conflict", "NoneType"]
    assert state(db, made) in ("accepted", "declined") and len(steps(db, made)) == 3


def test_a_no_and_sending_at_the_same_moment_end_in_one_of_two_ways(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff
) -> None:
    made = ask()
    press(somebody, texts, True)
    somebody.press(next(o.token for o in somebody.options() if o.data.get("yes") is False))
    work = somebody.load()
    outcome = answer(work, None, texts, DATA)
    with AtOnce() as both:
        said = both.start(somebody.finish, work, effects=outcome.effects)
        sent = both.start(step, db, worker, made, "agreed", "sent")
    assert result(said)
    last = steps(db, made)[-1][0]
    assert (state(db, made), type(sent.exception()).__name__) == (
        ("sent", "NoneType") if last == "refused_late" else ("refused", "Conflict")
    )


def test_follow_up_goes_on_after_the_case_and_by_a_colleague(db: Database, ask: Ask, worker: Staff, number: int, texts: Texts) -> None:
    made, other = ask(how="phone"), hire(db, "Yassine")
    end(db, worker, number, "answered", texts)
    step(db, other, made, "agreed", "sent", "accepted", "done")
    assert steps(db, made)[-1] == ("done", "Yassine")


# --- Who sees what


def test_another_team_sees_none_of_it(db: Database, ask: Ask, worker: Staff) -> None:
    made, other = ask(how="phone"), hire(db, "Yassine")
    with db.begin() as session:
        session.add(team := Team(name="Others"))
        session.flush()
        session.merge(other).team_id = team.id
    with db.begin() as session:
        stranger = session.get_one(Staff, other.id)
        assert referrals.to_follow(session, stranger, "fr", everybody=True) == []
        with pytest.raises(NotFound):
            referrals.seen(session, stranger, made)
        with pytest.raises(NotFound):
            referrals.step(session, stranger, made, ("agreed", "sent"))


def test_what_waits_is_listed_oldest_first_mine_or_the_teams(db: Database, ask: Ask, worker: Staff) -> None:
    for name in ("b", "c"):
        add_service(db, name)
    first, second, third = ask(how="phone"), ask(service="b"), ask(how="chat", service="c")
    step(db, worker, first, "agreed", "sent")  # changed last
    other = hire(db, "Yassine")
    with db.begin() as session:
        assert [line.referral.id for line in referrals.to_follow(session, worker, "fr")] == [second, third, first]
        assert referrals.to_follow(session, other, "fr") == []
        lines = referrals.to_follow(session, other, "ar", everybody=True)
    assert [(line.to, line.by, line.next) for line in lines][:1] == [("دار", "Salma", ("withdrawn",))]


def test_what_has_an_end_is_not_listed(db: Database, ask: Ask, worker: Staff) -> None:
    made = ask(how="phone")
    for was, to in (("agreed", "sent"), ("sent", "accepted"), ("accepted", "done")):
        with db.begin() as session:
            assert len(referrals.to_follow(session, worker, "fr")) == 1
        step(db, worker, made, was, to)
    with db.begin() as session:
        assert referrals.to_follow(session, worker, "fr") == []


def test_a_question_that_nobody_answered_ends_with_its_case(db: Database, ask: Ask, worker: Staff, number: int, texts: Texts) -> None:
    ask()
    end(db, worker, number, "answered", texts)
    with db.begin() as session:
        assert referrals.to_follow(session, worker, "fr") == []


def test_practice_is_not_listed(db: Database, ask: Ask, worker: Staff) -> None:
    ask(how="phone")
    with db.begin() as session:
        session.execute(update(Case).values(practice_of=worker.id))
        session.execute(update(conversations.Conversation).values(channel=PRACTICE))
        assert referrals.to_follow(session, worker, "fr") == []


def test_a_service_that_has_left_the_directory_keeps_its_name(db: Database, ask: Ask, number: int) -> None:
    ask(how="phone")
    with db.begin() as session:
        session.delete(session.get_one(Organization, f"org-{SERVICE}"))
    with db.begin() as session:
        assert [line.to for line in referrals.of_case(session, number, "fr")] == [f"Dar {SERVICE}"]


def test_nothing_personal_is_in_the_audit_trail(db: Database, ask: Ask, somebody: Somebody, texts: Texts) -> None:
    ask()
    press(somebody, texts, True)
    with db.begin() as session:
        rows = [str((r.actor, r.subject, r.data)) for r in session.scalars(select(AuditRow))]
        assert not [r for r in rows if "Awa" in r or "bébé" in r]
