"""The person chooses the form of the answers, by word or by button."""

from actions.base import DalilAction, Turn
from bot.language.forms import FORMS, Form, known


def wanted(turn: Turn) -> Form | None:
    """The form that was chosen; Darija is answered in the script it was asked in."""
    chosen = turn.data.get("form")
    if chosen:
        return known(str(chosen))
    language = turn.seen.get("language")
    if language == "ary":
        return "ary-Arab" if turn.form in ("ar", "ary-Arab") else "ary-Latn"
    return known(str(language)) if language else None


class ChooseForm(DalilAction):
    def name(self) -> str:
        return "action_choose_form"

    def act(self, turn: Turn) -> None:
        form = wanted(turn)
        if form is None:
            buttons = tuple(turn.button(f"form_{f}", "choose_form", form=f) for f in FORMS)
            turn.say(turn.text("choose_language"), buttons)
            return
        turn.form = form
        turn.effect("set_form", form=form)
        turn.say(turn.text("language_changed"))
