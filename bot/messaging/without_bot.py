"""What happens to a message while a person speaks or is waited for: Rasa is not woken, danger is still looked for."""

from pathlib import Path

from bot.handoff import referrals, urgency
from bot.messages import Button, Effect, Reply
from bot.messaging.turns import Outcome, Work
from bot.texts import Texts
from bot.understanding.understand import Understanding


def answer(work: Work, understanding: Understanding | None, texts: Texts, data_dir: Path) -> Outcome:
    """File the message in the case; in danger say the numbers and raise the case; while waiting acknowledge.

    Where somebody else may read it only the question is said whether it is safe by now."""
    form = work.form or "fr"
    if understanding and understanding.route == "urgent":
        kind = str(understanding.id)
        effect = Effect("open_case", {"reason": "urgent", "urgency": kind})
        return Outcome(urgency.replies(texts, data_dir, kind, understanding.form), [effect], understanding)
    if work.intent == "safe_answer":
        key = "safe_yes" if work.data["yes"] else "safe_no"
        return Outcome([Reply(texts.say(key, form), form, actor="system")], [Effect("safe", work.data)], understanding)
    if work.intent == "delete_answer" or (understanding and understanding.id == "delete_my_data"):
        return _delete(work, understanding, texts)
    if work.intent == "referral_answer":
        return Outcome([], [referrals.answered(work.data, texts, form)], understanding)
    if work.intent == "satisfaction_answer":
        return Outcome([Reply(texts.say("thanks_feedback", form), form, actor="system")], [Effect(work.intent, work.data)], understanding)
    if work.safe is False:
        return Outcome([urgency.safe_question(texts, form)] if work.ask_safe else [], [], understanding)
    key = "media_in_case" if work.body["kind"] == "media" else "waiting_added"
    notice = [Reply(texts.say(key, form), form, actor="system")] if work.owner == "waiting" or key == "media_in_case" else []
    return Outcome(notice, [], understanding)


def _delete(work: Work, understanding: Understanding | None, texts: Texts) -> Outcome:
    """People can delete everything at any time, whoever speaks: asked once, then done."""
    form = work.form or "fr"
    if work.intent != "delete_answer":
        buttons = tuple(Button(texts.get(key, form), "delete_answer", {"yes": key == "yes"}) for key in ("yes", "no"))
        return Outcome([Reply(texts.say("ask_delete", form), form, buttons, actor="system")], [], understanding)
    yes = bool(work.data["yes"])
    said = Reply(texts.say("deleted" if yes else "delete_cancelled", form), form, actor="system")
    return Outcome([said], [Effect("forget")] if yes else [], understanding)
