"""Answers from the FAQ, offers of likely entries, and what is said when there is none."""

from collections.abc import Sequence
from typing import Any

from actions.base import DalilAction, Turn, database
from bot.faq import entries
from bot.faq.presentation import answer_text
from bot.language.forms import in_form
from bot.messages import Button
from bot.understanding.gazetteer import Gazetteer

OFFERED = 3


def entry_buttons(turn: Turn, ids: list[str], states: Sequence[str] = ("published",)) -> tuple[Button, ...]:
    with database().begin() as session:
        titles = entries.titles(session, ids, states)
    return tuple(Button(in_form(titles[i], turn.form), "choose_entry", {"id": i}) for i in ids if i in titles)


def other_question(turn: Turn) -> tuple[Button, ...]:
    """The second question of the same message, as a button; nothing when there was one question."""
    kind, _, name = str(turn.seen.get("second") or "").partition(":")
    if kind == "service":
        title = Gazetteer.load(turn.settings.data_dir).category_names[name][turn.form]
        return (Button(title, "choose_category", {"category": name}),)
    return entry_buttons(turn, [name], entries.KNOWN) if name else ()


def say_other_question(turn: Turn) -> None:
    buttons = other_question(turn)
    if buttons:
        turn.say(turn.text("also_asked"), buttons)


def answer(turn: Turn, entry_id: str) -> bool:
    """Say a published entry with its sources, ask whether it helped, offer related ones. False when it is not published."""
    with database().begin() as session:
        entry = entries.published(session, entry_id)
    if entry is None:
        return False
    turn.say(answer_text(entry, turn.form, turn.texts, turn.settings.data_dir))
    related = entry_buttons(turn, entry["related"][:OFFERED])
    turn.say(turn.text("did_help"), (*turn.yes_no("feedback_answer", entry=entry_id), *related))
    say_other_question(turn)
    turn.set(entry=entry_id, pending="feedback", category=(entry["categories"] or [None])[0])
    return True


def offer_person_instead(turn: Turn, entry_id: str) -> bool:
    """Of an entry that nobody has checked for too long. False when it is none of these."""
    with database().begin() as session:
        if not entries.is_withdrawn(session, entry_id):
            return False
    turn.say(turn.text("being_checked"), turn.yes_no("person_answer", reason="asked"))
    say_other_question(turn)
    turn.set(entry=entry_id, pending="person")
    return True


def likely(turn: Turn) -> list[str]:
    """Ids of the likeliest entries of this message."""
    return [str(name) for name, _ in turn.seen.get("candidates", [])[:OFFERED]]


class Faq(DalilAction):
    def name(self) -> str:
        return "action_faq"

    def act(self, turn: Turn) -> None:
        entry_id = str(turn.data.get("id") or turn.seen.get("id") or "")
        if not answer(turn, entry_id) and not offer_person_instead(turn, entry_id):
            turn.say(turn.text("rephrase"))


class Topic(DalilAction):
    """The entries of a topic, as buttons."""

    def name(self) -> str:
        return "action_topic"

    def act(self, turn: Turn) -> None:
        with database().begin() as session:
            ids = entries.of_topics(session, turn.data.get("topics", []))
        turn.say(turn.text("topic_choose"), entry_buttons(turn, ids[:9]))


class NotUnderstood(DalilAction):
    """Shared by all ways of not answering: two in a row offer a person."""

    keeps_failures = True

    def fail(self, turn: Turn) -> bool:
        """Count the failure; True when a person was offered instead."""
        failures = int(turn.slots.get("failures") or 0) + 1
        turn.set(failures=failures)
        if failures < 2:
            return False
        turn.set(pending="person", failures=0)
        turn.say(turn.text("offer_person"), turn.yes_no("person_answer", reason="failures"))
        return True


class Clarify(NotUnderstood):
    """An unclear question: the likeliest entries as buttons, not a guess."""

    def name(self) -> str:
        return "action_clarify"

    def act(self, turn: Turn) -> None:
        buttons = entry_buttons(turn, likely(turn), entries.KNOWN)
        if self.fail(turn):
            return
        if buttons:
            turn.say(turn.text("clarify"), (*buttons, turn.button("none_of_these", "none_of_these")))
        else:
            turn.say(turn.text("rephrase"))


class OutOfScope(NotUnderstood):
    def name(self) -> str:
        return "action_out_of_scope"

    def act(self, turn: Turn) -> None:
        if not self.fail(turn):
            turn.say(turn.text("out_of_scope"), (turn.button("menu_place", "find_service"), turn.button("person_button", "ask_human")))


class OtherLanguage(NotUnderstood):
    """Said in French and English together; the language is never named."""

    def name(self) -> str:
        return "action_other_language"

    def act(self, turn: Turn) -> None:
        both = turn.texts.in_all_forms("other_language")
        choices: list[dict[str, Any]] = [{"form": "fr"}, {"form": "en"}, {"form": "ar"}]
        forms = tuple(turn.button(f"form_{c['form']}", "choose_form", **c) for c in choices)
        turn.say(f"{both['fr']}\n{both['en']}", (*forms, turn.button("person_button", "ask_human")))


class FeedbackAction(DalilAction):
    def name(self) -> str:
        return "action_feedback"

    def act(self, turn: Turn) -> None:
        entry = turn.data.get("entry") or turn.slots.get("entry")
        if entry:
            turn.effect("feedback", entry=entry, yes=turn.yes)
        if turn.yes:
            turn.say(turn.text("thanks_feedback"))
        else:
            turn.say(turn.text("sorry_feedback"), (turn.button("person_button", "ask_human"),))
