"""What is said at once in danger: the words for the kind of danger and the numbers of `data/emergency.yml`."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.language.bidi import readable
from bot.language.forms import known
from bot.messages import Button, Reply
from bot.texts import Texts
from bot.understanding.corpus import load_yaml

SILENT = frozenset({"violence", "trafficking", "child_danger"})  # asked whether it is safe to write; no later notice names the topic


@lru_cache(maxsize=2)
def numbers(data_dir: Path) -> tuple[dict[str, Any], ...]:
    return tuple(load_yaml(data_dir / "emergency.yml"))


def number_lines(data_dir: Path, kind: str, form: str) -> str:
    """One line a number that serves this kind of danger; the most fitting first."""
    fitting = [n for n in numbers(data_dir) if kind in n["kinds"]]
    ranked = sorted(fitting, key=lambda n: n["kinds"].index(kind))
    return "\n".join(f"{n['names'][known(form)]}: {n['number']}" for n in ranked)


def safe_question(texts: Texts, form: str) -> Reply:
    """Names no topic."""
    buttons = (Button(texts.get("yes", form), "safe_answer", {"yes": True}), Button(texts.get("no", form), "safe_answer", {"yes": False}))
    return Reply(texts.say("ask_safe", form), form, buttons, actor="system")


def replies(texts: Texts, data_dir: Path, kind: str, form: str) -> list[Reply]:
    """Said by `system`: never dropped, whoever owns the conversation."""
    lines = number_lines(data_dir, kind, form)
    first = Reply(readable(f"{texts.get(f'urgent_{kind}', form)}\n{lines}".strip(), known(form)), form, actor="system")
    if kind not in SILENT:
        return [first]
    return [first, safe_question(texts, form)]
