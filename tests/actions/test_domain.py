"""Rasa's files and our actions agree: nothing is registered that does not exist, nothing exists that is not reachable."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.settings import ROOT
from bot.texts import Texts
from bot.understanding.corpus import load_yaml

DOMAIN = load_yaml(ROOT / "domain.yml")
STORIES = [load_yaml(file) for file in sorted((ROOT / "data" / "stories").glob("*.yml"))]
COMPUTED = re.compile(r"^(month_|weekday_|minutes_|form_|urgent_|chat_|media_|command_)")


def rules() -> Iterator[dict[str, Any]]:
    for file in STORIES:
        yield from file.get("rules", [])


def concrete_actions() -> set[str]:
    from actions.base import DalilAction

    for file in (ROOT / "actions").glob("*.py"):
        importlib.import_module(f"actions.{file.stem}")
    found, waiting = set(), list(DalilAction.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__abstractmethods__:
            found.add(kind().name())
    return found


def test_the_domain_names_exactly_the_actions_that_exist() -> None:
    assert set(DOMAIN["actions"]) == concrete_actions()


def test_each_intent_has_a_rule() -> None:
    ruled = {step["intent"] for rule in rules() for step in rule["steps"] if "intent" in step}
    assert set(DOMAIN["intents"]) == ruled


def test_rules_only_use_actions_of_the_domain() -> None:
    used = {step["action"] for rule in rules() for step in rule["steps"] if "action" in step}
    assert used <= set(DOMAIN["actions"])


def _literals(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_no_text_of_the_bot_is_unused() -> None:
    used: set[str] = set()
    for folder in ("actions", "bot", "web", "channels", "console"):
        for file in (ROOT / folder).rglob("*.py"):
            used |= _literals(file)
    used |= set(re.findall(r"\w+", (ROOT / "data" / "whatsapp.yml").read_text(encoding="utf-8")))
    assert [key for key in Texts.load(ROOT / "data") if key not in used and not COMPUTED.match(key)] == []
