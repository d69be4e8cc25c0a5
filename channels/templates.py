"""WhatsApp messages with buttons or outside the window need a template that Twilio knows: kept in `data/whatsapp.yml`, created by
`dalil channels sync`. Choices that fit no template are written as a numbered list."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.messaging.parts import length
from bot.texts import Texts
from bot.understanding.corpus import load_yaml

QUICK, LIST = 3, 10  # choices under a text; in a list
QUICK_TITLE, LIST_TITLE = 20, 24
LONGEST_BODY = 1024
_REFUSED = re.compile(r"[\r\n\t\v\f\u2028\u2029\x85]| {4}")


def name_of(key: str, form: str) -> str:
    return f"{key}.{form}"


def content_for(body: dict[str, Any], template: Callable[[str], str | None]) -> dict[str, str] | None:
    """Id and variables of the template for these choices; None when there is none that fits.

    WhatsApp refuses variables with line breaks or wide gaps, and titles that are blank or equal."""
    buttons = body["buttons"]
    said = [body["text"], *(b["title"] for b in buttons)]
    if not buttons or any(not text.strip() or _REFUSED.search(text) for text in said) or length(body["text"]) > LONGEST_BODY:
        return None
    if len(set(said[1:])) < len(buttons):
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


@dataclass(frozen=True)
class Template:
    """One template as Twilio wants it. `category`: asked for WhatsApp's approval under it; empty: needs none."""

    name: str
    language: str
    kind: str
    content: dict[str, Any]
    category: str = ""

    def payload(self) -> dict[str, Any]:
        samples = {str(n): f"example {n}" for n in range(1, 2 + 2 * LIST) if f"{{{{{n}}}}}" in json.dumps(self.content)}
        friendly = "dalil_" + self.name.replace(".", "_").replace("-", "_").lower()
        return {"friendly_name": friendly, "language": self.language, "variables": samples, "types": {self.kind: self.content}}

    def hash(self) -> str:
        return hashlib.sha256(json.dumps([self.payload(), self.category], sort_keys=True).encode()).hexdigest()


def wanted(data_dir: Path) -> Iterator[Template]:
    """All templates of the files."""
    rules, texts = load_yaml(data_dir / "whatsapp.yml"), Texts.load(data_dir)
    languages = rules["languages"]
    for key in rules["approved"]:
        yield from (
            Template(name_of(key, form), language, "twilio/text", {"body": texts.get(key, form)}, rules["category"])
            for form, language in languages.items()
        )
    for count in rules["quick_replies"]:
        yield Template(f"quick_{count}", "fr", "twilio/quick-reply", {"body": "{{1}}", "actions": _choices(count, "title")})
    for count in rules["lists"]:
        for form, language in languages.items():
            content = {"body": "{{1}}", "button": texts.get(rules["list_button"], form), "items": _choices(count, "item")}
            yield Template(name_of(f"list_{count}", form), language, "twilio/list-picker", content)


def _choices(count: int, title: str) -> list[dict[str, str]]:
    return [{title: f"{{{{{2 * n}}}}}", "id": f"{{{{{2 * n + 1}}}}}"} for n in range(1, count + 1)]
