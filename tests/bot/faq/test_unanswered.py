"""What got no good answer is noted once, redacted and sealed, and goes with the conversation."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.db import Database
from bot.faq import unanswered
from bot.messages import PRACTICE, Button, Effect, Reply
from bot.privacy import forget
from bot.privacy.vault import vault
from bot.tables import Cluster, Conversation, Unanswered
from tests.content import publish
from tests.story import Somebody, seen

UNCLEAR = {"understanding": seen("clarify", candidates=[("school_enrol", 0.31)], place="agadir")}
FAILED = Effect("open_case", {"reason": "failures"})


def body(entry_id: str, topic: str) -> dict[str, Any]:
    return {"id": entry_id, "topic": topic, "titles": {"fr": entry_id}, "answers": {}, "questions": {}}


@pytest.fixture(autouse=True)
def _entries(db: Database) -> None:
    with db.begin() as session:
        publish(session, "school_enrol", body("school_enrol", "schooling"))
        publish(session, "asylum_apply", body("asylum_apply", "asylum"))


def noted(db: Database) -> list[Unanswered]:
    with db.begin() as session:
        return list(session.scalars(select(Unanswered).order_by(Unanswered.id)))


def texts(db: Database) -> list[str]:
    with db.begin() as session:
        return [vault(session).unseal(row.text_sealed) for row in noted(db)]


def whys(db: Database) -> list[str]:
    return [row.why for row in noted(db)]


def hours_pass(db: Database, hours: float) -> None:
    with db.begin() as session:
        session.execute(update(Unanswered).values(at=Unanswered.at - timedelta(hours=hours)))


def leave(db: Database) -> int:
    with db.begin() as session:
        return unanswered.left(session)


def says(somebody: Somebody, text: str, *said: Reply, **more: Any) -> None:
    somebody.write(text)
    somebody.turn(*said, **more)


def press(somebody: Somebody, title: str, *said: Reply, **more: Any) -> None:
    somebody.press(next(o.token for o in reversed(somebody.options()) if o.title == title))
    somebody.turn(*said, **more)


ANSWERED = Reply("l'école", "fr", (Button("Oui", "feedback_answer", {"yes": True}), Button("Non", "feedback_answer", {"yes": False})))
CHOICES = Reply("laquelle ?", "fr", (Button("École", "choose_entry", {"id": "school_enrol"}),))
NO = [Effect("feedback", {"entry": "school_enrol", "yes": False})]
YES = [Effect("feedback", {"entry": "school_enrol", "yes": True})]


# --- When


def test_an_unsure_answer_is_noted_with_what_came_nearest(db: Database, somebody: Somebody) -> None:
    says(somebody, "où mettre ma fille le matin", **UNCLEAR)
    (row,) = noted(db)
    assert (row.why, row.form, row.nearest, row.probability, row.topic, row.place) == (
        "unsure",
        "fr",
        "school_enrol",
        0.31,
        "schooling",
        "agadir",
    )
    assert row.conversation_id == somebody.conversation().id and row.cluster_id is None


def test_what_is_none_of_ours_is_noted_as_such(db: Database, somebody: Somebody) -> None:
    says(somebody, "quel temps fait-il", understanding=seen("oos"))
    assert whys(db) == ["out_of_scope"]


@pytest.mark.parametrize("route", ["faq", "service", "dialog", "urgent"])
def test_a_good_answer_is_not_noted(db: Database, somebody: Somebody, route: Any) -> None:
    says(somebody, "bonjour", understanding=seen(route, "x", candidates=[("school_enrol", 0.3)]))
    assert noted(db) == []


def test_a_turn_that_is_run_twice_notes_once(db: Database, somebody: Somebody) -> None:
    somebody.write("où mettre ma fille")
    work = somebody.load()
    assert somebody.finish(work, **UNCLEAR) and not somebody.finish(work, **UNCLEAR)
    assert len(noted(db)) == 1


def test_a_turn_that_fails_notes_nothing(db: Database, somebody: Somebody) -> None:
    somebody.write("où mettre ma fille")
    with pytest.raises(Exception, match="No effect is called"):
        somebody.turn(effects=[Effect("no_such_thing")], **UNCLEAR)
    assert noted(db) == []


def test_who_was_not_helped_is_noted_with_the_words_that_led_there(db: Database, somebody: Somebody) -> None:
    says(somebody, "inscription de ma fille", ANSWERED, understanding=seen("faq", "school_enrol"))
    says(somebody, "merci", understanding=seen("dialog", "thank"))
    press(somebody, "Non", effects=NO)
    (row,) = noted(db)
    assert (texts(db), row.why, row.nearest, row.topic, row.probability) == (
        ["inscription de ma fille"],
        "no_help",
        "school_enrol",
        "schooling",
        0.0,
    )


def test_a_no_in_words_is_followed_back_too(db: Database, somebody: Somebody) -> None:
    says(somebody, "inscription de ma fille", ANSWERED, understanding=seen("faq", "school_enrol"))
    says(somebody, "non", effects=NO, understanding=seen("dialog", "deny"))
    assert (texts(db), whys(db)) == (["inscription de ma fille"], ["no_help"])


def test_an_offer_that_was_chosen_and_did_not_help_is_one_message(db: Database, somebody: Somebody) -> None:
    says(somebody, "ma fille le matin", CHOICES, **UNCLEAR)
    press(somebody, "École", ANSWERED)
    press(somebody, "Non", effects=NO)
    assert (texts(db), whys(db)) == (["ma fille le matin"], ["no_help"])


def test_an_offer_that_helped_was_an_answer(db: Database, somebody: Somebody) -> None:
    says(somebody, "ma fille le matin", CHOICES, **UNCLEAR)
    press(somebody, "École", ANSWERED)
    press(somebody, "Oui", effects=YES)
    assert noted(db) == []


def test_an_answer_from_the_menu_was_asked_in_no_words(db: Database, somebody: Somebody) -> None:
    says(somebody, "bonjour", Reply("menu", "fr", (Button("Santé", "topic"),)), understanding=seen("dialog", "greet"))
    press(somebody, "Santé", CHOICES)
    press(somebody, "École", ANSWERED)
    press(somebody, "Non", effects=NO)
    assert noted(db) == []


def test_who_is_handed_over_after_failures_is_noted_so(db: Database, somebody: Somebody) -> None:
    says(somebody, "première question", **UNCLEAR)
    says(somebody, "deuxième question", understanding=seen("oos"))
    says(somebody, "oui", effects=[FAILED], understanding=seen("dialog", "affirm"))
    assert whys(db) == ["handed_over", "handed_over"]


def test_an_old_failure_has_nothing_to_do_with_a_hand_over(db: Database, somebody: Somebody) -> None:
    says(somebody, "première question", **UNCLEAR)
    hours_pass(db, 2)
    says(somebody, "je veux parler à quelqu'un", effects=[FAILED], understanding=seen("dialog", "ask_human"))
    assert whys(db) == ["unsure"]


def test_who_leaves_after_an_unsure_answer_is_noted_so(db: Database, somebody: Somebody) -> None:
    says(somebody, "où mettre ma fille", **UNCLEAR)
    assert leave(db) == 0
    hours_pass(db, 1.1)
    assert (leave(db), whys(db), leave(db)) == (1, ["left"], 0)


def test_who_goes_on_has_not_left(db: Database, somebody: Somebody) -> None:
    says(somebody, "où mettre ma fille", **UNCLEAR)
    says(somebody, "inscription école", understanding=seen("faq", "school_enrol"))
    hours_pass(db, 3)
    assert (leave(db), whys(db)) == (0, ["unsure"])


# --- When not


def test_practice_is_not_noted(db: Database) -> None:
    says(Somebody(db, PRACTICE), "où mettre ma fille", **UNCLEAR)
    assert noted(db) == []


@pytest.mark.parametrize("owner", ["waiting", "person"])
def test_what_is_said_to_a_caseworker_is_not_noted(db: Database, somebody: Somebody, owner: str) -> None:
    somebody.write("bonjour")
    somebody.turn()
    somebody.change(owner=owner)
    says(somebody, "où mettre ma fille", **UNCLEAR)
    assert noted(db) == []


def test_what_is_said_while_a_caseworker_takes_over_is_not_noted(db: Database, somebody: Somebody) -> None:
    somebody.write("où mettre ma fille")
    work = somebody.load()
    somebody.change(owner="person", epoch=Conversation.epoch + 1)
    somebody.finish(work, **UNCLEAR)
    assert noted(db) == []


def test_of_somebody_in_danger_nothing_is_noted_or_left_also_later(db: Database, somebody: Somebody) -> None:
    danger = [Effect("open_case", {"reason": "urgent", "urgency": "violence"})]
    says(somebody, "je ne sais pas à qui parler", **UNCLEAR)
    assert len(noted(db)) == 1
    says(somebody, "mon mari me frappe", ANSWERED, effects=danger, understanding=seen("urgent", "violence"))
    somebody.change(owner="bot")
    press(somebody, "Non", effects=NO)
    says(somebody, "je ne sais pas quoi faire", **UNCLEAR)
    assert noted(db) == []


@pytest.mark.parametrize("owner", ["waiting", "person"])
def test_what_was_noted_goes_when_danger_is_told_to_a_person_who_answers(db: Database, somebody: Somebody, owner: str) -> None:
    says(somebody, "je ne sais pas à qui parler", **UNCLEAR)
    says(somebody, "une personne svp", ANSWERED, effects=[Effect("open_case", {"reason": "asked"})])
    somebody.change(owner=owner)
    danger = [Effect("open_case", {"reason": "urgent", "urgency": "violence"})]
    says(somebody, "mon mari me frappe", effects=danger, understanding=seen("urgent", "violence"))
    assert noted(db) == []


def test_what_was_noted_goes_when_it_is_not_safe_to_write(db: Database, somebody: Somebody) -> None:
    says(somebody, "je ne sais pas à qui parler", **UNCLEAR)
    says(somebody, "une personne svp", ANSWERED, effects=[Effect("open_case", {"reason": "asked"})])
    says(somebody, "non", effects=[Effect("safe", {"yes": False})])
    assert noted(db) == []


def test_where_somebody_else_may_read_nothing_is_noted(db: Database, somebody: Somebody) -> None:
    somebody.write("bonjour")
    somebody.turn()
    somebody.change(safe=False)
    says(somebody, "où mettre ma fille", **UNCLEAR)
    assert noted(db) == []


@pytest.mark.parametrize("text", ["???", "0612345678", "👍", "awa@example.org"])
def test_where_no_word_is_left_nothing_is_noted(db: Database, somebody: Somebody, text: str) -> None:
    says(somebody, text, **UNCLEAR)
    assert noted(db) == []


# --- How it is kept


def test_it_is_redacted_cut_and_sealed(db: Database, somebody: Somebody) -> None:
    says(somebody, "je m'appelle Awa Diallo, 0612345678 " + "ma fille " * 200, **UNCLEAR)
    (said,), (row,) = texts(db), noted(db)
    assert said.startswith("je m'appelle […], […] ma fille") and len(said) == unanswered.LONGEST
    assert b"fille" not in row.text_sealed


def test_it_goes_with_a_wish_to_delete(db: Database, somebody: Somebody) -> None:
    says(somebody, "où mettre ma fille", **UNCLEAR)
    says(somebody, "oui", Reply("effacé", "fr", actor="system"), effects=[Effect("forget")])
    somebody.mark_sent()
    with db.begin() as session:
        assert forget.forget_requested(session) == 1
        assert session.scalar(select(func.count()).select_from(Unanswered)) == 0


def test_a_message_that_asks_for_deletion_leaves_nothing_when_it_was_unclear(db: Database, somebody: Somebody) -> None:
    says(somebody, "efface mon enfant", Reply("effacé", "fr", actor="system"), effects=[Effect("forget")], **UNCLEAR)
    somebody.mark_sent()
    with db.begin() as session:
        forget.forget_requested(session)
        assert session.scalar(select(func.count()).select_from(Unanswered)) == 0


def test_after_a_no_to_being_kept_it_is_gone_in_a_day(db: Database, somebody: Somebody) -> None:
    says(somebody, "où mettre ma fille", effects=[Effect("agree", {"yes": False})], **UNCLEAR)
    with db.begin() as session:
        session.execute(update(Conversation).values(last_inbound_at=func.clock_timestamp() - timedelta(hours=25)))
        assert forget.expire(session) == 1
        assert session.scalar(select(func.count()).select_from(Unanswered)) == 0


def test_it_is_not_kept_for_ever(db: Database, somebody: Somebody) -> None:
    says(somebody, "où mettre ma fille", **UNCLEAR)
    hours_pass(db, 24 * 181)
    with db.begin() as session:
        session.add(Cluster(centre=b""))
        unanswered.expire(session)
    assert noted(db) == []
