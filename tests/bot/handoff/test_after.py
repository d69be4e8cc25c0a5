"""After a case: one question, answered once or not at all; and the bot knows nothing of what was private."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import update

from bot.db import Database
from bot.handoff import after, cases, facts, summary
from bot.handoff.cases import Ending
from bot.messages import Effect
from bot.messaging.without_bot import answer
from bot.tables import Case, Staff
from bot.texts import Texts
from tests.story import DATA, Somebody, hire, seen

SLOTS = {"entry": "health_free", "category": "hospital", "place": "inezgane", "point": [30.4, -9.6], "welcomed": True, "pending": "person"}


@pytest.fixture
def somebody(db: Database) -> Somebody:
    found = Somebody(db)
    found.write("je cherche un hôpital à Inezgane")
    found.turn(understanding=seen("faq"), tracker={"slots": SLOTS})
    return found


@pytest.fixture
def worker(db: Database) -> Staff:
    return hire(db)


End = Callable[..., int]


@pytest.fixture
def end(db: Database, somebody: Somebody, worker: Staff, texts: Texts) -> End:
    """A case is opened, taken and ended."""

    def ending(outcome: str = "answered", urgency: str = "", **columns: Any) -> int:
        number = somebody.asks_for_a_person(urgency)
        with db.begin() as session:
            cases.take(session, worker, number, texts)
        if columns:
            with db.begin() as session:
                session.execute(update(Case).values(**columns))
        with db.begin() as session:
            if outcome == "handed_back":
                cases.hand_back(session, worker, number, texts)
            else:
                cases.close(session, worker, number, Ending(texts, outcome))
        return number

    return ending


def asked(somebody: Somebody, texts: Texts) -> bool:
    return texts.say("did_help", "fr") in somebody.heard()


def satisfaction(db: Database, number: int) -> int | None:
    with db.begin() as session:
        return cases.get(session, number).satisfaction


# --- The question


@pytest.mark.parametrize("outcome", ["answered", "referred"])
def test_who_was_helped_is_asked_once_after_the_notice(end: End, somebody: Somebody, texts: Texts, outcome: str) -> None:
    number = end(outcome)
    assert somebody.heard()[-2:] == [texts.say("case_closed", "fr"), texts.say("did_help", "fr")]
    assert [(o.title, o.intent, o.data) for o in somebody.options()] == [
        ("Oui", "satisfaction_answer", {"case": number, "value": 3}),
        ("Un peu", "satisfaction_answer", {"case": number, "value": 2}),
        ("Non", "satisfaction_answer", {"case": number, "value": 1}),
    ]


@pytest.mark.parametrize("outcome", ["no_reply", "wrong", "other", "handed_back"])
def test_who_was_not_helped_is_not_asked(end: End, somebody: Somebody, texts: Texts, outcome: str) -> None:
    end(outcome)
    assert not asked(somebody, texts)


@pytest.mark.parametrize(("urgency", "wanted"), [("violence", False), ("trafficking", False), ("child_danger", False), ("medical", True)])
def test_nobody_is_asked_whose_phone_may_be_read(end: End, somebody: Somebody, texts: Texts, urgency: str, wanted: bool) -> None:
    end("referred", urgency)
    assert asked(somebody, texts) is wanted


@pytest.mark.parametrize(("safe", "wanted"), [(False, False), (None, True), (True, True)])
def test_nobody_is_asked_who_said_that_it_is_not_safe(end: End, somebody: Somebody, texts: Texts, safe: bool | None, wanted: bool) -> None:
    somebody.change(safe=safe)
    end()
    assert asked(somebody, texts) is wanted


def test_nobody_is_called_back_only_for_this(db: Database, worker: Staff, texts: Texts) -> None:
    """WhatsApp takes no free text a day after their last message."""
    for days, wanted in ((0, True), (2, False)):
        somebody = Somebody(db, "whatsapp")
        somebody.write("bonjour")
        somebody.turn()
        somebody.change(form="fr", last_inbound_at=datetime.now(timezone.utc) - timedelta(days=days))
        number = somebody.asks_for_a_person()
        with db.begin() as session:
            cases.take(session, worker, number, texts)
            cases.close(session, worker, number, Ending(texts, "answered"))
        assert asked(somebody, texts) is wanted


def test_in_practice_nobody_is_asked(end: End, somebody: Somebody, texts: Texts, worker: Staff) -> None:
    end(practice_of=worker.id)
    assert not asked(somebody, texts)


def test_the_question_is_dropped_when_a_person_is_asked_for_first(end: End, somebody: Somebody) -> None:
    """It is a word of the bot, and of an old epoch then."""
    end()
    somebody.asks_for_a_person()
    row = somebody.outbound()[-1]
    assert (row.actor, row.epoch < somebody.conversation().epoch) == ("bot", True)


# --- The answer


def choose(somebody: Somebody, value: int) -> None:
    somebody.press(next(o.token for o in somebody.options() if o.intent == "satisfaction_answer" and o.data["value"] == value))


def test_the_answer_is_kept(db: Database, end: End, somebody: Somebody) -> None:
    number = end()
    choose(somebody, 2)
    work = somebody.load()
    assert (work.owner, work.intent) == ("bot", "satisfaction_answer")
    somebody.finish(work, effects=[Effect(work.intent, work.data)])
    assert satisfaction(db, number) == 2


def test_the_first_answer_counts(db: Database, end: End, somebody: Somebody) -> None:
    number = end()
    for value in (1, 3):
        choose(somebody, value)
        work = somebody.load()
        somebody.finish(work, effects=[Effect(work.intent, work.data)])
    assert satisfaction(db, number) == 1


def test_who_does_not_answer_is_left_alone(db: Database, end: End, somebody: Somebody, texts: Texts) -> None:
    number = end()
    somebody.write("où est la pharmacie ?")
    work = somebody.load()
    assert (work.intent, work.owner) == ("", "bot")
    somebody.finish(work)
    assert satisfaction(db, number) is None and somebody.heard().count(texts.say("did_help", "fr")) == 1


@pytest.mark.parametrize("taken", [False, True])
def test_an_answer_during_the_next_case_belongs_to_the_first(
    db: Database, end: End, somebody: Somebody, texts: Texts, worker: Staff, taken: bool
) -> None:
    number = end()
    second = somebody.asks_for_a_person()
    if taken:
        with db.begin() as session:
            cases.take(session, worker, second, texts)
    choose(somebody, 3)
    work = somebody.load()
    outcome = answer(work, None, texts, DATA)
    somebody.finish(work, *outcome.replies, effects=outcome.effects)
    assert (satisfaction(db, number), satisfaction(db, second)) == (3, None)
    assert somebody.heard()[-1] == texts.say("thanks_feedback", "fr") and somebody.outbound()[-1].actor == "system"


def test_nobody_answers_for_somebody_else(db: Database, end: End) -> None:
    number, stranger = end(), Somebody(db)
    stranger.queue()
    with db.begin() as session:
        after.answered(session, stranger.row(session), number, 3)
    assert satisfaction(db, number) is None


# --- What the bot knows


@pytest.mark.parametrize("outcome", ["answered", "handed_back"])
def test_the_bot_knows_nothing_of_the_private_part(
    db: Database, somebody: Somebody, worker: Staff, texts: Texts, outcome: str, end: End
) -> None:
    somebody.asks_for_a_person()
    private_turn(somebody, texts, "mon secret")
    end(outcome)
    somebody.write("bonjour")
    work = somebody.load()
    assert (work.owner, work.tracker, work.text) == ("bot", None, "bonjour")
    assert (work.history.entry, work.history.category, work.history.pending, dict(work.history.forms or {})) == ("", "", "", {})


def private_turn(somebody: Somebody, texts: Texts, words: str) -> None:
    somebody.write(words)
    work, found = somebody.load(), seen("faq", "health_free")
    outcome = answer(work, found, texts, DATA)
    assert outcome.tracker is None
    somebody.finish(work, *outcome.replies, effects=outcome.effects, understanding=found)


def test_a_private_message_that_is_written_after_the_end_brings_nothing_back(
    db: Database, somebody: Somebody, worker: Staff, texts: Texts
) -> None:
    """The worker has read the message; the case is handed back; then its turn is written."""
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, number, texts)
    somebody.write("mon secret")
    work, found = somebody.load(), seen("faq", "health_free")
    with db.begin() as session:
        cases.hand_back(session, worker, number, texts)
    somebody.finish(work, understanding=found)
    assert somebody.conversation().tracker_sealed is None


# --- Facts and summary


def test_what_was_told_is_kept_with_the_case(db: Database, end: End) -> None:
    number = end()
    with db.begin() as session:
        case = cases.get(session, number)
        assert facts.of_case(session, case) == {"entry": "health_free", "category": "hospital", "place": "inezgane"}
        assert case.place == "inezgane" and b"hospital" not in (case.facts_sealed or b"")


def test_what_is_learned_in_the_turn_that_opens_the_case_is_part_of_it(db: Database) -> None:
    somebody = Somebody(db)
    somebody.write("je veux parler à quelqu'un à Tiznit")
    somebody.turn(effects=[Effect("open_case", {"reason": "asked"})], tracker={"slots": {"place": "tiznit"}})
    case = somebody.case()
    assert case is not None and case.place == "tiznit"


def test_of_who_told_nothing_nothing_is_known(db: Database) -> None:
    somebody = Somebody(db)
    somebody.asks_for_a_person()
    case = somebody.case()
    assert case is not None and case.place == ""
    with db.begin() as session:
        assert facts.of_case(session, case) == {}


def test_danger_in_an_open_case_leaves_its_facts_alone(db: Database, somebody: Somebody) -> None:
    somebody.asks_for_a_person()
    before = somebody.case()
    somebody.write("au secours")
    somebody.turn(effects=[Effect("open_case", {"reason": "urgent", "urgency": "violence"})], tracker={"slots": {"place": "tiznit"}})
    now = somebody.case()
    assert before and now and (now.place, now.facts_sealed) == (before.place, before.facts_sealed)


def test_the_summary_names_all_who_answered_in_their_order(db: Database, end: End, somebody: Somebody, worker: Staff, texts: Texts) -> None:
    other, first = hire(db, "Yassine"), end()  # of another case: nobody wrote in it
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, other, number, texts)
        cases.reply(session, other, number, "un")
        cases.to_queue(session, cases.lock(session, number))
    with db.begin() as session:
        cases.take(session, worker, number, texts)
        cases.reply(session, worker, number, "deux")
        cases.reply(session, worker, number, "trois")
    with db.begin() as session:
        found = summary.of(session, cases.get(session, number), "fr")
        assert (found.answered_by, found.channel, found.team, found.referrals) == (("Yassine", "Salma"), "webchat", "Dalil", [])
        assert summary.of(session, cases.get(session, first), "fr").answered_by == ()
