"""One turn: read what it needs in a short transaction, and write all it did in another. Nothing is written in between."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import notify
from bot.faq import unanswered
from bot.handoff import cases, clocks, safety
from bot.language.normalize import clean, normalize
from bot.messages import Effect, Reply
from bot.messaging import effects, inbox, options, outbox
from bot.privacy.vault import vault
from bot.tables import Conversation, InboundRow
from bot.texts import Texts, number_words
from bot.understanding.understand import History, Understanding

LIKELY, GUESSES = 0.1, 3  # probability of an entry that a caseworker is offered, and how many are
ANSWERED = frozenset({"faq", "clarify", "urgent"})  # what the entries among the candidates are about
BACK = frozenset(map(normalize, ("0", "menu", "منيو", "القائمة", "لقائمة", "المنيو", "lmenu", "l menu")))


COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {  # of Telegram's menu
    "menu": ("menu", {}),
    "help": ("menu", {}),
    "person": ("ask_human", {}),
    "urgent": ("choose_entry", {"id": "emergency_numbers"}),
    "delete": ("delete_my_data", {}),
    "language": ("change_language", {}),
}


@dataclass(frozen=True)
class Work:
    """What a worker knows of the message it works on. `intent` and `data` are set when it was a choice, not a text; `recent`: how many
    messages came in the minute before it; `safe`: whether they can write without danger; `ask_safe`: time to ask again whether they can."""

    inbound_id: int
    conversation_id: uuid.UUID
    attempts: int
    owner: str
    epoch: int
    form: str
    body: dict[str, Any]
    history: History
    tracker: dict[str, Any] | None
    intent: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    channel: str = ""
    recent: int = 0
    safe: bool | None = None
    ask_safe: bool = False

    @property
    def text(self) -> str:
        return clean(str(self.body.get("text", ""))) if self.body["kind"] in ("text", "media") else ""

    @property
    def wants_bot(self) -> bool:
        """`menu` or 0: brings the bot back while waiting."""
        return self.intent == "menu" or normalize(self.text) in BACK


@dataclass(frozen=True)
class Outcome:
    """What a turn did. `tracker` is what Rasa wants kept (None: leave it as it is)."""

    replies: list[Reply]
    effects: list[Effect] = field(default_factory=list)
    understanding: Understanding | None = None
    tracker: dict[str, Any] | None = None


def load(session: Session, conversation_id: uuid.UUID, data_dir: Path) -> Work | None:
    """The next message of this conversation and all that is known; None when nothing is due."""
    row = inbox.head(session, conversation_id)
    if row is None:
        return None
    conversation = session.scalars(select(Conversation).filter_by(id=conversation_id)).one()
    stored = vault(session).unseal(conversation.tracker_sealed) if conversation.tracker_sealed else {}
    body = vault(session).unseal(row.body_sealed)
    intent, data = _choice(session, row, body, data_dir)
    history = History(**{**stored.get("history", {}), "chosen": conversation.chosen_form})
    return Work(
        row.id,
        conversation_id,
        row.attempts,
        conversation.owner,
        conversation.epoch,
        conversation.form,
        body,
        history,
        stored.get("rasa"),
        intent,
        data,
        conversation.channel,
        inbox.recent(session, row),
        conversation.safe,
        conversation.safe is False and not safety.was_asked(session, conversation_id),
    )


def _choice(session: Session, row: InboundRow, body: dict[str, Any], data_dir: Path) -> tuple[str, dict[str, Any]]:
    """The intent of a pressed button, of a number or title of the last menu, or of a message that is no text."""
    kind = body["kind"]
    if kind == "location":
        return "share_location", {"latitude": body["latitude"], "longitude": body["longitude"]}
    if kind == "command":
        return COMMANDS.get(body.get("text", ""), ("menu", {}))
    if kind == "contact" or (kind == "media" and not body.get("text")):
        return "media", {"kind": _shown_as(body)}
    if kind == "start":
        return "greet", {}
    if kind == "button":
        pressed = options.by_token(session, row.conversation_id, body.get("token", ""))
        return (pressed.intent, pressed.data) if pressed else ("menu", {"expired": True})
    numbers, text = number_words(data_dir), body.get("text", "")
    named = options.by_text(session, row.conversation_id, text, numbers)
    if named:
        return named.intent, named.data
    said = normalize(text)
    return ("menu", {}) if said in BACK or numbers.get(said) == 0 else ("", {})


def _shown_as(body: dict[str, Any]) -> str:
    """Which words answer something that cannot be read."""
    if body["kind"] == "contact":
        return "own_contact" if body.get("text") else "someone_elses_contact"
    return f"media_{body.get('media', 'other')}"


def finish(session: Session, work: Work, outcome: Outcome) -> bool:
    """Tracker, replies, effects and `done` together. False: it was done before, nothing is written."""
    form = outcome.understanding.form if outcome.understanding else ""
    if not inbox.done(session, work.inbound_id, form):
        return False
    conversation = session.scalars(select(Conversation).filter_by(id=work.conversation_id).with_for_update()).one()
    own = conversation.epoch == work.epoch
    _remember(session, conversation, work, outcome)
    for effect in outcome.effects:
        effects.apply(session, conversation, effect)
    _note_question(session, conversation, work, outcome.understanding)
    if not unanswered.hushed(session, conversation) and own and work.owner == "bot":
        text = "" if work.intent else work.text
        unanswered.note(session, conversation, unanswered.Asked(work.inbound_id, text, outcome.understanding), outcome.effects)
    replies = [r for r in outcome.replies if own or r.actor == "system"]
    outbox.add(session, conversation, replies, inbound_id=work.inbound_id)
    return True


def _note_question(session: Session, conversation: Conversation, work: Work, seen: Understanding | None) -> None:
    """While a person speaks or is waited for, a message makes an answer due, and is kept with the entries that fit it."""
    case = cases.current(session, conversation.id) if conversation.owner != "bot" else None
    if case:
        clocks.asked(session, case)
        session.get_one(InboundRow, work.inbound_id).guesses = _guesses(seen) if seen else []
        notify(session, "console", str(conversation.id))
        notify(session, "console", "queue")


def _guesses(seen: Understanding) -> list[str]:
    """The likeliest entries, and the one of a second question. None for what is no question to the FAQ."""
    likely = [name for name, p in seen.candidates if p >= LIKELY] if seen.route in ANSWERED else []
    second = [seen.second.removeprefix("faq:")] if seen.second and seen.second.startswith("faq:") else []
    return list(dict.fromkeys([*likely[:1], *second, *likely[1:]]))[:GUESSES]


def _remember(session: Session, conversation: Conversation, work: Work, outcome: Outcome) -> None:
    seen = outcome.understanding
    if seen and seen.form in seen.forms:
        conversation.form = _reply_form(conversation, seen)
    forms = work.history.after(seen.forms) if seen and seen.form in seen.forms else work.history.forms
    rasa = outcome.tracker if outcome.tracker is not None else work.tracker
    slots = (rasa or {}).get("slots", {})
    history = {"forms": forms, **{k: slots.get(k) or "" for k in ("entry", "category", "pending")}}
    if conversation.epoch == work.epoch:  # else it changed hands meanwhile: what was cleared then does not come back
        conversation.tracker_sealed = vault(session).seal({"history": history, "rasa": rasa})


def _reply_form(conversation: Conversation, seen: Understanding) -> str:
    """People are answered in the form they write in; a word that could be any form changes nothing."""
    return seen.form if not conversation.form or seen.forms[seen.form] >= 0.5 else conversation.form


def give_up(session: Session, work: Work, error: str, texts: Texts) -> None:
    """Count a failed try; after the last one apologise and ask a person to look."""
    if not inbox.failed(session, work.inbound_id, error):
        return
    row = session.get_one(InboundRow, work.inbound_id)
    row.state = "dead"
    conversation = session.get_one(Conversation, work.conversation_id, with_for_update=True)
    cases.open_case(session, conversation, "error")
    form = conversation.form or "fr"
    if conversation.safe is not False:  # it names the caseworkers
        outbox.add(session, conversation, [Reply(texts.say("apology", form), form, actor="system")], inbound_id=row.id)
