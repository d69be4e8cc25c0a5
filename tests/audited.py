"""Which actions the code writes into the audit trail, read from the code itself: each needs a word in the catalogues."""

import ast
from collections.abc import Iterator

from bot.settings import ROOT

STEPS = ("asked", "agreed", "refused", "refused_late", "sent", "accepted", "declined", "done", "withdrawn")
MADE = {  # actions that are no plain words in the code, by how they are written there
    "f'referral.{what}'": tuple(f"referral.{step}" for step in STEPS),
    "f'entry.to_{stage}'": ("entry.to_review", "entry.to_draft"),
    "action": ("staff.invited", "staff.password_link_made", "entry.published", "entry.rolled_back"),
}


def actions() -> tuple[str, ...]:
    """An action that is written in a way not known here comes back as it is written, and is then found missing."""
    found: set[str] = set()
    for folder in ("bot", "console", "channels", "actions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            calls = (n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))
            found.update(name for call in calls if ast.unparse(call.func) == "audit.record" for name in _names(call.args[2]))
    return tuple(sorted(found))


def _names(action: ast.expr) -> Iterator[str]:
    if isinstance(action, ast.IfExp):
        yield from (*_names(action.body), *_names(action.orelse))
    elif isinstance(action, ast.Constant):
        yield str(action.value)
    else:
        yield from MADE.get(ast.unparse(action), (ast.unparse(action),))
