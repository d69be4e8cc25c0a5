"""What the person answers to the question of a referral counts, whenever and however it is said."""

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.handoff import cases, referrals
from bot.messaging import outbox, turns
from bot.messaging.without_bot import answer
from bot.privacy import forget
from bot.tables import Referral, Staff
from bot.texts import Texts
from tests.bot.handoff.referrals.referring import Ask, end, press, state, step, steps, take_turn
from tests.story import DATA, Somebody, listening, system


@pytest.mark.parametrize(("yes", "to"), [(True, "agreed"), (False, "refused")])
def test_the_answer_is_noted_and_the_person_is_told(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff, yes: bool, to: str
) -> None:
    made = ask()
    assert press(somebody, texts, yes) == texts.say(f"referral_{to}", "fr")
    assert state(db, made) == to and steps(db, made) == [("asked", worker.name), (to, "")]


def test_the_case_hears_of_it_at_once(db: Database, ask: Ask, somebody: Somebody, texts: Texts) -> None:
    ask()
    with listening(db, "console") as heard:
        press(somebody, texts, True)
        assert str(somebody.conversation().id) in heard()


def test_it_may_be_answered_while_the_case_waits_again(db: Database, ask: Ask, somebody: Somebody, texts: Texts, number: int) -> None:
    made = ask()
    with db.begin() as session:
        cases.to_queue(session, cases.lock(session, number))
    press(somebody, texts, True)
    assert state(db, made) == "agreed"


def test_the_last_answer_counts(db: Database, ask: Ask, somebody: Somebody, texts: Texts) -> None:
    made = ask()
    told = [press(somebody, texts, yes) for yes in (False, True, True, False)]
    ends = ("refused", "agreed", "agreed", "refused")
    assert told == [texts.say(f"referral_{end}", "fr") for end in ends] and state(db, made) == "refused"
    assert [what for what, _ in steps(db, made)] == ["asked", "refused", "agreed", "refused"]


@pytest.mark.parametrize("words", ["oui", "1", "Oui !"])
def test_a_typed_yes_answers_the_question(db: Database, ask: Ask, somebody: Somebody, texts: Texts, words: str) -> None:
    made = ask()
    somebody.write(words)
    take_turn(somebody, texts)
    assert state(db, made) == "agreed"


def test_a_typed_yes_to_a_later_question_of_the_caseworker_agrees_to_nothing(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff, number: int
) -> None:
    made = ask()
    with db.begin() as session:
        cases.reply(session, worker, number, "Avez-vous des enfants ?")
    for words in ("oui", "1"):
        somebody.write(words)
        assert take_turn(somebody, texts).effects == []
    assert state(db, made) == "asked"
    assert press(somebody, texts, True) == texts.say("referral_agreed", "fr")  # the button itself still says what it means


def test_the_button_is_good_for_days_but_a_typed_word_is_not(db: Database, ask: Ask, somebody: Somebody, texts: Texts) -> None:
    """Both a day and more after it was sent; it may also have been held back that long before."""
    made = ask()
    with db.begin() as session:
        session.execute(update(outbox.OutboundRow).values(created_at="2026-01-01", sent_at="2026-01-02"))
    somebody.write("oui")
    take_turn(somebody, texts)
    assert state(db, made) == "asked"
    press(somebody, texts, True)
    assert state(db, made) == "agreed"


@pytest.mark.parametrize("outcome", ["answered", "handed_back"])
@pytest.mark.parametrize("yes", [True, False])
def test_after_the_case_a_yes_is_too_late_and_a_no_is_kept(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff, number: int, outcome: str, yes: bool
) -> None:
    made = ask()
    end(db, worker, number, outcome, texts)
    assert pressed_at_the_bot(somebody, texts, yes) == texts.say("referral_over" if yes else "referral_refused", "fr")
    assert state(db, made) == ("asked" if yes else "refused")


def test_a_no_after_the_case_takes_back_what_was_agreed_and_not_yet_sent(
    db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff, number: int
) -> None:
    made = ask()
    press(somebody, texts, True)
    end(db, worker, number, "answered", texts)
    assert pressed_at_the_bot(somebody, texts, True) == texts.say("referral_agreed", "fr")
    pressed_at_the_bot(somebody, texts, False)
    assert state(db, made) == "refused"
    with db.begin() as session:
        assert referrals.to_follow(session, worker, "fr") == []


def test_a_no_after_it_was_sent_is_shown_to_staff(db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    made = ask()
    press(somebody, texts, True)
    step(db, worker, made, "agreed", "sent")
    assert press(somebody, texts, False) == texts.say("referral_gone", "fr")
    with db.begin() as session:
        line = referrals.to_follow(session, worker, "fr")[0]
    assert (state(db, made), line.late) == ("sent", True) and steps(db, made)[-1] == ("refused_late", "")


def test_after_it_was_withdrawn_nothing_is_agreed(db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    made = ask()
    step(db, worker, made, "asked", "withdrawn")
    assert press(somebody, texts, True) == texts.say("referral_over", "fr") and state(db, made) == "withdrawn"


def test_of_a_referral_of_somebody_else_nothing_is_answered(db: Database, ask: Ask) -> None:
    made, stranger = ask(), Somebody(db)
    stranger.queue()
    with db.begin() as session:
        assert referrals.answer(session, stranger.row(session), made, True) == "over"
    assert state(db, made) == "asked"


def test_after_everything_was_deleted_the_button_means_nothing(db: Database, ask: Ask, somebody: Somebody) -> None:
    ask()
    token = somebody.options()[0].token
    somebody.change(forget_requested=True)
    somebody.queue(system("effacé"))
    somebody.mark_sent()
    with db.begin() as session:
        forget.forget_requested(session)
    somebody.press(token)
    work = somebody.load()
    assert (work.intent, work.data) == ("menu", {"expired": True})
    with db.begin() as session:
        assert session.scalars(select(Referral)).all() == []


def pressed_at_the_bot(somebody: Somebody, texts: Texts, yes: bool) -> str:
    """As the bot's action does it."""
    chosen = next(o for o in somebody.options() if o.intent == "referral_answer" and o.data["yes"] is yes)
    somebody.press(chosen.token)
    work = somebody.load()
    assert (work.owner, work.intent) == ("bot", "referral_answer")
    somebody.finish(work, effects=[referrals.answered(work.data, texts, "fr")])
    return somebody.heard()[-1]


def test_a_turn_from_before_the_withdrawal_does_not_agree(db: Database, ask: Ask, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    """The worker has read the answer; the caseworker withdraws; then the turn is written."""
    made = ask()
    somebody.press(somebody.options()[0].token)
    work = somebody.load()
    step(db, worker, made, "asked", "withdrawn")
    outcome = answer(work, None, texts, DATA)
    with db.begin() as session:
        assert turns.finish(session, work, outcome)
    assert state(db, made) == "withdrawn" and somebody.heard()[-1] == texts.say("referral_over", "fr")
