"""The rules of docs/flow.md that a machine can check: direction of imports, texts outside Python, sizes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT

DOORS = {"channels", "actions", "console"}
ROOTS = {"web", "cli"}  # compose the doors
OURS = DOORS | ROOTS | {"bot"}
ONLY_IN = {
    "rasa": ("bot/components/", "channels/gateway.py", "cli/bench_nlu.py"),  # the last one measures against the stock pipeline
    "sanic": ("channels/gateway.py",),
    "rasa_sdk": ("actions/",),
    "telegram": ("channels/telegram.py",),
    "twilio": ("channels/whatsapp.py",),
}
FILES = sorted(f for name in OURS for f in (ROOT / name).rglob("*.py") if "migrations" not in f.parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def faults(where: str, names: Iterator[str] | list[str]) -> list[str]:
    top = where.split("/")[0]
    allowed = OURS if top in ROOTS else {top, "bot"}
    return [n for n in names if (n in OURS and n not in allowed) or (n in ONLY_IN and not where.startswith(ONLY_IN[n]))]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_inward(path: Path) -> None:
    assert faults(path.relative_to(ROOT).as_posix(), imported(path)) == []


@pytest.mark.parametrize(
    ("where", "name"), [("console/x.py", "actions"), ("bot/faq/x.py", "rasa"), ("bot/x.py", "channels"), ("web/app.py", "twilio")]
)
def test_a_planted_wrong_import_is_found(where: str, name: str) -> None:
    assert faults(where, [name]) == [name]


def _strings(path: Path) -> Iterator[str]:
    """String literals that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, holders) and n.body and isinstance(n.body[0], ast.Expr)}
    yield from (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs)


def reads_like_prose(text: str) -> bool:
    """Three words or more with French accents or Arabic letters, and no pattern: something a person would read."""
    if len(text.split()) < 3 or "|" in text:
        return False
    return any(c in text for c in "éèêàçù") or sum("\u0600" <= c <= "\u06ff" for c in text) > 12


@pytest.mark.parametrize("path", [f for f in FILES if f.parts[-2] != "language"], ids=lambda p: str(p.relative_to(ROOT)))
def test_no_text_for_people_in_python(path: Path) -> None:
    assert [s for s in _strings(path) if reads_like_prose(s)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert source.count("\n") <= 400
    assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno > 45] == []
