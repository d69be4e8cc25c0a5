"""A short message after an answer continues its topic: "w l wra9?" after an answer on births asks for the papers of a birth."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bot.understanding.corpus import OUTSIDE

SHORT = 7  # words up to which a message may lean on what came before
CLEAR = 0.9  # a text that says this much by itself needs no context
SAME, ELSEWHERE, NOTHING, OTHERWISE = 0.7, 0.02, 0.03, 0.1  # odds against a neighbour: the same entry again, another topic, nothing of
# ours, a place or small talk; danger loses nothing
Neighbours = Mapping[str, Collection[str]]


def neighbours(entries: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """By entry, those of the same topic and those it names as related."""
    listed = list(entries)
    topics: dict[str, set[str]] = {}
    for entry in listed:
        topics.setdefault(str(entry["topic"]), set()).add(str(entry["id"]))
    return {str(e["id"]): frozenset(topics[str(e["topic"])] | set(e["related"])) for e in listed}


def in_context(found: Mapping[str, float], text: str, last: str, around: Neighbours) -> dict[str, float]:
    """The probabilities once the last answered entry is known."""
    near = around.get(last)
    if not near or len(text.split()) > SHORT or _clear(found):
        return dict(found)
    odds = {label: p * _weight(label, last, near) for label, p in found.items()}
    total = sum(odds.values()) or 1.0
    return {label: p / total for label, p in odds.items()}


def _clear(found: Mapping[str, float]) -> bool:
    return max((p for label, p in found.items() if label.startswith("faq:")), default=0.0) >= CLEAR


def _weight(label: str, last: str, near: Collection[str]) -> float:
    kind, _, name = label.partition(":")
    if kind in OUTSIDE:
        return NOTHING
    if kind == "faq":
        return SAME if name == last else 1.0 if name in near else ELSEWHERE
    return 1.0 if kind == "urgent" else OTHERWISE
