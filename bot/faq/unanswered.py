"""Messages that got no good answer are noted, redacted, in the transaction of their turn. Editors read them (bot/faq/asked.py)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.faq import entries
from bot.language.normalize import has_letters
from bot.messages import PRACTICE, Effect
from bot.privacy.redact import bare, redacted
from bot.privacy.vault import vault
from bot.tables import Case, Conversation, InboundRow, Option, OutboundRow, Unanswered

if TYPE_CHECKING:  # it loads the sentence encoder
    from bot.understanding.understand import Understanding

UNSURE = {"clarify": "unsure", "oos": "out_of_scope"}  # why, by route
WHYS = ("unsure", "out_of_scope", "no_help", "left", "handed_over")
LEFT = timedelta(hours=1)  # without a further message after an unsure answer
RECENT = timedelta(hours=1)  # how long a message has to do with a hand-over
FAILURES = 3  # messages before a hand-over that may have led to it; the last may be the wish for a person itself
STEPS = 6  # presses and short words that are followed back from a "did not help"
KEPT = timedelta(days=180)
LONGEST = 500


@dataclass(frozen=True)
class Asked:
    """A message as its turn read it. `text`: empty when a button was pressed, or a choice was typed."""

    inbound_id: int
    text: str
    seen: "Understanding | None"


def hushed(session: Session, conversation: Conversation) -> bool:
    """After the effects of any turn: nothing is noted of who is in danger, or where others may read it; what was noted before goes."""
    silent = conversation.safe is False or _in_danger(session, conversation)
    if silent:
        session.execute(delete(Unanswered).filter_by(conversation_id=conversation.id))
    return silent or conversation.channel == PRACTICE


def note(session: Session, conversation: Conversation, asked: Asked, effects: Iterable[Effect]) -> None:
    """After the effects of a turn of the bot that is not hushed."""
    if asked.text and asked.seen and asked.seen.route in UNSURE:
        _unsure(session, conversation, asked, asked.seen)
    for effect in effects:
        if effect.kind == "feedback":
            _judged(session, conversation, asked.inbound_id, effect.data)
        elif effect.kind == "open_case" and effect.data["reason"] in ("failures", "asked"):
            _handed_over(session, conversation)


def left(session: Session) -> int:
    """Who got an unsure answer and wrote no more went away without one. Returns how many."""
    now = func.clock_timestamp()
    last = select(func.max(InboundRow.id)).where(InboundRow.conversation_id == Unanswered.conversation_id).scalar_subquery()
    silent = (Unanswered.at < now - LEFT) & (Unanswered.inbound_id == last)
    gone = session.execute(
        update(Unanswered).where(Unanswered.why.in_(UNSURE.values()), silent).values(why="left").returning(Unanswered.id)
    )
    return len(gone.all())


def expire(session: Session) -> None:
    """What nobody took up for long is not asked any more, also where the conversation goes on."""
    session.execute(delete(Unanswered).where(Unanswered.at < func.clock_timestamp() - KEPT))


def _in_danger(session: Session, conversation: Conversation) -> bool:
    """Also in the past: what somebody in danger says is for caseworkers only."""
    urgent = select(Case.id).filter_by(conversation_id=conversation.id).where(Case.urgency != "")
    return session.scalar(urgent.limit(1)) is not None


def _unsure(session: Session, conversation: Conversation, asked: Asked, seen: "Understanding") -> None:
    nearest, probability = seen.candidates[0] if seen.candidates else ("", 0.0)
    found = {"why": UNSURE[seen.route], "form": seen.form, "place": seen.place or "", "nearest": nearest, "probability": probability}
    _keep(session, conversation, (asked.inbound_id, asked.text), found)


def _judged(session: Session, conversation: Conversation, inbound_id: int, said: dict[str, Any]) -> None:
    """Did the answer help? What led to it got no answer, or got one after all."""
    row = _led_to(session, session.get_one(InboundRow, inbound_id))
    if row is None:
        return
    if said["yes"]:
        session.execute(delete(Unanswered).filter_by(inbound_id=row.id))
        return
    text = str(vault(session).unseal(row.body_sealed).get("text", ""))
    found = {"why": "no_help", "form": row.form, "nearest": str(said["entry"]), "probability": 0.0}
    _keep(session, conversation, (row.id, text), found)


def _led_to(session: Session, row: InboundRow) -> InboundRow | None:
    """The words that led to the answer that is judged: back from the pressed button to the message that its bubble answered."""
    before: InboundRow | None = row
    for step in range(STEPS):
        if before is None or (step and before.form):
            return before
        token = vault(session).unseal(before.body_sealed).get("token")
        before = _pressed_after(session, token) if token else _before(session, before)
    return None


def _pressed_after(session: Session, token: str) -> InboundRow | None:
    """None for a button of the menu: then nothing was asked in words."""
    query = select(InboundRow).join(OutboundRow, OutboundRow.inbound_id == InboundRow.id).join(Option, Option.outbound_id == OutboundRow.id)
    return session.scalar(query.where(Option.token == token, Option.intent.in_(("feedback_answer", "choose_entry"))))


def _before(session: Session, row: InboundRow) -> InboundRow | None:
    earlier = select(InboundRow).filter_by(conversation_id=row.conversation_id).where(InboundRow.id < row.id)
    return session.scalar(earlier.order_by(InboundRow.id.desc()).limit(1))


def _handed_over(session: Session, conversation: Conversation) -> None:
    last = select(InboundRow.id).filter_by(conversation_id=conversation.id).where(InboundRow.form != "")
    mine = Unanswered.inbound_id.in_(last.order_by(InboundRow.id.desc()).limit(FAILURES))
    unsure = Unanswered.why.in_(UNSURE.values()) & (Unanswered.at > func.clock_timestamp() - RECENT)
    session.execute(update(Unanswered).where(mine, unsure).values(why="handed_over"))


def _keep(session: Session, conversation: Conversation, what: tuple[int, str], found: dict[str, Any]) -> None:
    """Once for a message; what is said about it later counts. Nothing when no word is left of it."""
    inbound_id, text = what[0], redacted(what[1])[:LONGEST]
    if not has_letters(bare(text)):
        return
    values = {**found, "topic": entries.topic_of(session, found["nearest"])}
    row = insert(Unanswered).values(conversation_id=conversation.id, inbound_id=inbound_id, text_sealed=vault(session).seal(text), **values)
    session.execute(row.on_conflict_do_update(index_elements=["inbound_id"], set_=values))
