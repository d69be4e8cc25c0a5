"""The schemas of HSDS 3.1, with every property refused that they do not name."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema

from bot.settings import ROOT

FOLDER = ROOT / "tests" / "hsds-3.1" / "schema"
PAGE = {"total_items", "total_pages", "page_number", "size", "first_page", "last_page", "empty", "contents"}


def _hardened(node: Any) -> Any:
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            node["additionalProperties"] = False
        for value in node.values():
            _hardened(value)
    elif isinstance(node, list):
        for value in node:
            _hardened(value)
    return node


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Any]:
    files: list[Path] = [file for file in FOLDER.glob("*.json") if file.name != "openapi.json"]
    return {file.name: _hardened({k: v for k, v in json.loads(file.read_text()).items() if k != "$id"}) for file in files}


@lru_cache(maxsize=32)
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    resolver = jsonschema.RefResolver("", _schemas()[f"{kind}.json"], store=_schemas())
    return jsonschema.Draft202012Validator(_schemas()[f"{kind}.json"], resolver=resolver, format_checker=jsonschema.FormatChecker())


def faults(kind: str, found: Any) -> list[str]:
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in _validator(kind).iter_errors(found)]


def page_faults(kind: str, page: Any) -> list[str]:
    lacking = [f"no {name}" for name in PAGE - set(page)]
    return lacking + [fault for each in page["contents"] for fault in faults(kind, each)]
