"""What is said about a message itself: it was changed, too long, a picture, one too many. Danger is answered without a word before it."""

from bot.language.normalize import MAX_LENGTH
from bot.messages import Reply
from bot.messaging.turns import Outcome, Work
from bot.texts import Texts
from bot.understanding.understand import Understanding

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "quit"})  # Twilio acts on them by itself


def instead(work: Work, seen: Understanding | None, texts: Texts, most: int) -> Outcome | None:
    """The whole answer to a message that is not read as a question: one of more than `most` in a minute (said once), or a word that
    blocks us."""
    if seen and seen.route == "urgent":
        return None
    if work.channel == "whatsapp" and work.text.lower() in STOP_WORDS:
        return Outcome([_note(work, texts, "stop_explained")], [], seen)
    if work.recent >= most:
        return Outcome([_note(work, texts, "too_many")] if work.recent == most else [], [], seen)
    return None


def before(work: Work, seen: Understanding | None, texts: Texts) -> list[Reply]:
    """Said in front of the answer."""
    if seen and seen.route == "urgent":
        return []
    body = work.body
    keys = {
        "edited_note": bool(body.get("edited")),
        "too_long": len(str(body.get("text", ""))) > MAX_LENGTH,
        "old_button": bool(work.data.get("expired")),
        f"media_{body.get('media')}": body["kind"] == "media" and bool(work.text),
    }
    return [_note(work, texts, key) for key, wanted in keys.items() if wanted]


def _note(work: Work, texts: Texts, key: str) -> Reply:
    form = work.form or "fr"
    return Reply(texts.say(key, form), form, actor="system")
