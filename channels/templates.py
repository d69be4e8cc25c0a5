"""WhatsApp messages with buttons or outside the window need a template that Twilio knows: kept in `data/whatsapp.yml`, created by
`dalil channels sync`. Choices that fit no template are written as a numbered list."""

import json
from collections.abc import Callable
from typing import Any

from bot.messaging.parts import length

QUICK, LIST = 3, 10  # choices under a text; in a list
QUICK_TITLE, LIST_TITLE = 20, 24
LONGEST_BODY = 1024


def name_of(key: str, form: str) -> str:
    return f"{key}.{form}"


def content_for(body: dict[str, Any], template: Callable[[str], str | None]) -> dict[str, str] | None:
    """Id and variables of the template for these choices; None when there is none that fits.

    A variable must be one line: WhatsApp refuses line breaks in it."""
    buttons = body["buttons"]
    if not buttons or "\n" in body["text"] or "    " in body["text"] or length(body["text"]) > LONGEST_BODY:
        return None
    longest = max(length(b["title"]) for b in buttons)
    if len(buttons) <= QUICK and longest <= QUICK_TITLE:
        sid = template(f"quick_{len(buttons)}")
    elif len(buttons) <= LIST and longest <= LIST_TITLE:
        sid = template(name_of(f"list_{len(buttons)}", body["form"]))
    else:
        return None
    return {"content_sid": sid, "content_variables": json.dumps(_variables(body), ensure_ascii=False)} if sid else None


def _variables(body: dict[str, Any]) -> dict[str, str]:
    """1: the text; then a title and a token for each choice."""
    values = [body["text"], *(value for b in body["buttons"] for value in (b["title"], b["token"]))]
    return {str(n): value for n, value in enumerate(values, start=1)}
