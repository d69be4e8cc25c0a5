"""What the bot would say with a body that is not saved yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.faq.editing import is_day
from bot.faq.entries import Entry
from bot.faq.presentation import answer_text
from bot.language.bidi import readable
from bot.language.forms import Form, in_form
from bot.texts import Texts

RELATED = 3  # entries offered as buttons


@dataclass(frozen=True)
class Said:
    """Two messages: the answer, and the question whether it helped, with its buttons."""

    form: Form
    answer: str
    question: str
    buttons: tuple[str, ...]


def said(body: Entry, form: Form, titles: Mapping[str, Mapping[str, str]], data_dir: Path) -> Said:
    """`titles`: of the published entries."""
    texts = Texts.load(data_dir)
    checked = body.get("checked_by") and is_day(str(body.get("checked_on") or ""))  # half of it may be typed
    body = body if checked else {**body, "checked_on": None}
    whole = {**body, "answers": body.get("answers") or {}}
    related = [in_form(titles[entry], form) for entry in (body.get("related") or ())[:RELATED] if entry in titles]
    buttons = tuple(readable(title, form) for title in (texts.get("yes", form), texts.get("no", form), *related))
    return Said(form, answer_text(whole, form, texts, data_dir), texts.say("did_help", form), buttons)
