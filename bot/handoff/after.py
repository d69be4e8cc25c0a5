"""What comes after a case: the person is asked once whether it helped. Who does not answer is not asked again."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.db import notify
from bot.handoff import audit, urgency
from bot.messages import Button, Reply
from bot.messaging import conversations, outbox, window
from bot.tables import Case, Conversation
from bot.texts import Texts

HELPED = ("answered", "referred")  # outcomes after which it makes sense to ask
VALUES = {"yes": 3, "partly": 2, "no": 1}


def ask(session: Session, case: Case, texts: Texts) -> None:
    """Not where somebody else may read the phone, nor where they would be called back only for this. Said by the bot: dropped when a
    person is asked for first."""
    conversation = conversations.get(session, case.conversation_id)
    if case.outcome not in HELPED or case.urgency in urgency.SILENT or conversation.safe is False or case.practice_of:
        return
    if window.is_closed(conversation):
        return
    form = conversation.form or "fr"
    buttons = (Button(texts.get(key, form), "satisfaction_answer", {"case": case.id, "value": value}) for key, value in VALUES.items())
    outbox.add(session, conversation, [Reply(texts.say("did_help", form), form, tuple(buttons))])


def answered(session: Session, conversation: Conversation, case_id: int, value: int) -> None:
    """The first answer counts."""
    mine = update(Case).where(Case.id == case_id, Case.conversation_id == conversation.id, Case.satisfaction.is_(None))
    if session.scalar(mine.values(satisfaction=value).returning(Case.id).execution_options(synchronize_session=False)):
        audit.record(session, "bot", "case.satisfaction", f"case:{case_id}", {"value": value})
    notify(session, "console", str(conversation.id))
