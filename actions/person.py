"""From bot to person: asked for, offered, or in danger."""

from dataclasses import replace
from datetime import datetime, timezone

from actions.base import DalilAction, Turn, database
from actions.basics import menu_buttons
from actions.faq import answer
from bot.handoff import expectation, urgency
from bot.understanding import danger


def opened_text(turn: Turn, key: str, entry: str = "") -> str:
    """What happens next, and how long it takes as far as anybody knows. `entry`: where the request begins."""
    with database().begin() as session:
        wait = expectation.sentence(session, entry, datetime.now(timezone.utc), turn.texts, turn.form)
    return turn.text(key, hours=wait)


def emergency_hint(turn: Turn) -> str:
    """Numbers for who cannot wait: the general ones."""
    lines = (
        urgency.number_lines(turn.settings.data_dir, "medical", turn.form),
        urgency.number_lines(turn.settings.data_dir, "violence", turn.form),
    )
    return turn.text("case_emergency_hint", numbers="\n" + "\n".join(dict.fromkeys("\n".join(lines).split("\n"))))


class OfferPerson(DalilAction):
    """What will be passed on is said, agreement asked once."""

    def name(self) -> str:
        return "action_offer_person"

    def act(self, turn: Turn) -> None:
        turn.set(pending="person")
        turn.say(turn.text("ask_person"), turn.yes_no("person_answer", reason="asked"))


class PersonAnswer(DalilAction):
    def name(self) -> str:
        return "action_person_answer"

    def act(self, turn: Turn) -> None:
        turn.effect("agree", yes=turn.yes)
        if not turn.yes:
            turn.say(turn.text("person_declined"), menu_buttons(turn))
            return
        entry = str(turn.slots.get("entry") or "")
        turn.effect("open_case", reason=turn.data.get("reason", "asked"), topic=entry)
        if turn.unsafe:
            turn.say(emergency_hint(turn), actor="system")
            turn.replies.append(urgency.safe_question(turn.texts, turn.form))
            turn.set(pending="safe")
            return
        turn.say(f"{opened_text(turn, 'case_opened', entry)}\n{emergency_hint(turn)}", actor="system")


class Urgent(DalilAction):
    """Numbers at once, then the matching answer, then what happens next. No question first, no greeting in front."""

    welcomes = False

    def name(self) -> str:
        return "action_urgent"

    def act(self, turn: Turn) -> None:
        kind = str(turn.seen.get("id"))
        first, *safe = urgency.replies(turn.texts, turn.settings.data_dir, kind, turn.form)
        turn.replies.append(first)
        answer(turn, danger.ENTRY[kind])
        turn.replies[:] = [replace(r, actor="system") for r in turn.replies[:2]]
        if not turn.unsafe:
            turn.say(opened_text(turn, "urgent_case"), actor="system")
        turn.replies += safe
        turn.set(pending="safe" if safe else None)
        turn.effect("open_case", reason="urgent", urgency=kind)


class SafeAnswer(DalilAction):
    def name(self) -> str:
        return "action_safe_answer"

    def act(self, turn: Turn) -> None:
        turn.effect("safe", yes=turn.yes)
        turn.say(turn.text("safe_yes" if turn.yes else "safe_no"), actor="system")
