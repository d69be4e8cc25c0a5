"""Effects: what actions asked for, done in the transaction of the turn."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.errors import ContentError
from bot.handoff import after, cases, referrals, safety
from bot.messages import Effect, Reply
from bot.messaging import outbox
from bot.tables import Conversation, Feedback

_Apply = Callable[[Session, Conversation, dict[str, Any]], None]


def apply(session: Session, conversation: Conversation, effect: Effect) -> None:
    """Do what one effect says. An unknown kind is a mistake in an action."""
    if effect.kind not in _EFFECTS:
        raise ContentError(f"No effect is called {effect.kind}.")
    _EFFECTS[effect.kind](session, conversation, effect.data)


def _open_case(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    cases.open_case(session, conversation, data["reason"], data.get("urgency", ""), data.get("topic", ""))


def _agree(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    conversation.agreed = data["yes"]


def _safe(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    safety.answered(session, conversation, data["yes"])


def _forget(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    conversation.forget_requested = True


def _set_form(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    conversation.chosen_form = conversation.form = data["form"]


def _back_to_bot(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    if conversation.owner == "waiting":
        cases.leave_queue(session, conversation)


def _feedback(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    column = "helped" if data["yes"] else "not_helped"
    row = insert(Feedback).values(entry=data["entry"], form=conversation.form or "fr", day=date.today(), **{column: 1})
    session.execute(row.on_conflict_do_update(index_elements=["entry", "form", "day"], set_={column: getattr(Feedback, column) + 1}))


def _referral_answer(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    end = referrals.answer(session, conversation, data["id"], data["yes"])
    outbox.add(session, conversation, [Reply.from_json(data["said"][end])])


def _satisfaction_answer(session: Session, conversation: Conversation, data: dict[str, Any]) -> None:
    after.answered(session, conversation, data["case"], data["value"])


_EFFECTS: dict[str, _Apply] = {
    "open_case": _open_case,
    "agree": _agree,
    "safe": _safe,
    "forget": _forget,
    "set_form": _set_form,
    "back_to_bot": _back_to_bot,
    "feedback": _feedback,
    "referral_answer": _referral_answer,
    "satisfaction_answer": _satisfaction_answer,
}
