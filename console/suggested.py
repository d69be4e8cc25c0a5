"""What may fit the last message of the person, offered above the text field."""

from typing import Any

from bot.handoff import inserts
from bot.language.forms import known
from console.view import View


def writer(view: View) -> inserts.Writer:
    return inserts.Writer(view.person, view.case, known(view.form), view.settings.data_dir)


def part(view: View) -> dict[str, Any]:
    """Only for who answers."""
    return {"suggested": inserts.suggested(view.session, writer(view)) if view.mine else []}
