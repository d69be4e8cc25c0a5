"""What actions ask for, done in the transaction of the turn."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import ContentError
from bot.handoff import cases
from bot.messages import Effect
from bot.messaging import conversations, effects
from bot.tables import Conversation, Feedback


@pytest.fixture
def somebody(session: Session) -> Conversation:
    return conversations.get(session, conversations.find_or_create(session, "webchat", "somebody"))


def apply(session: Session, conversation: Conversation, kind: str, **data: Any) -> None:
    effects.apply(session, conversation, Effect(kind, data))
    session.flush()


def test_a_case_is_opened(session: Session, somebody: Conversation) -> None:
    apply(session, somebody, "open_case", reason="asked", urgency="violence", topic="violence_women")
    case = cases.current(session, somebody.id)
    assert case is not None and (case.reason, case.urgency, case.topic) == ("asked", "violence", "violence_women")


def test_a_case_needs_only_a_reason(session: Session, somebody: Conversation) -> None:
    apply(session, somebody, "open_case", reason="asked")
    case = cases.current(session, somebody.id)
    assert case is not None and (case.urgency, case.topic) == ("", "")


@pytest.mark.parametrize("yes", [True, False])
def test_agreement_is_kept(session: Session, somebody: Conversation, yes: bool) -> None:
    apply(session, somebody, "agree", yes=yes)
    assert somebody.agreed is yes


@pytest.mark.parametrize("yes", [True, False])
def test_whether_it_is_safe_to_write_is_kept(session: Session, somebody: Conversation, yes: bool) -> None:
    apply(session, somebody, "safe", yes=yes)
    assert somebody.safe is yes


def test_deletion_is_asked_for_not_done(session: Session, somebody: Conversation) -> None:
    apply(session, somebody, "forget")
    assert somebody.forget_requested and session.get(Conversation, somebody.id) is somebody


def test_a_chosen_form_is_the_form_of_the_conversation_too(session: Session, somebody: Conversation) -> None:
    apply(session, somebody, "set_form", form="ary-Latn")
    assert (somebody.chosen_form, somebody.form) == ("ary-Latn", "ary-Latn")


def test_back_to_the_bot_closes_the_waiting_case(session: Session, somebody: Conversation) -> None:
    apply(session, somebody, "open_case", reason="asked")
    apply(session, somebody, "back_to_bot")
    assert (somebody.owner, somebody.epoch, cases.current(session, somebody.id)) == ("bot", 2, None)


def test_back_to_the_bot_takes_nothing_from_a_caseworker_who_speaks(session: Session, somebody: Conversation) -> None:
    apply(session, somebody, "open_case", reason="asked")
    conversations.change_owner(session, somebody, "person")
    apply(session, somebody, "back_to_bot")
    assert (somebody.owner, somebody.epoch) == ("person", 2)


def test_back_to_the_bot_where_the_bot_speaks_changes_nothing(session: Session, somebody: Conversation) -> None:
    apply(session, somebody, "back_to_bot")
    assert (somebody.owner, somebody.epoch) == ("bot", 0)


def counted(session: Session) -> list[tuple[str, str, date, int, int]]:
    session.expire_all()
    return [(row.entry, row.form, row.day, row.helped, row.not_helped) for row in session.scalars(select(Feedback))]


def test_feedback_is_counted(session: Session, somebody: Conversation) -> None:
    somebody.form = "ar"
    for yes in (True, True, False):
        apply(session, somebody, "feedback", entry="health", yes=yes)
    assert counted(session) == [("health", "ar", date.today(), 2, 1)]


def test_feedback_before_the_form_is_known_counts_as_french(session: Session, somebody: Conversation) -> None:
    apply(session, somebody, "feedback", entry="health", yes=False)
    assert counted(session) == [("health", "fr", date.today(), 0, 1)]


def test_an_effect_that_nobody_knows_is_a_mistake_in_an_action(session: Session, somebody: Conversation) -> None:
    with pytest.raises(ContentError, match="dance"):
        apply(session, somebody, "dance")
