"""A short message after an answer continues its topic: "w l wra9?" after an answer on births asks for the papers of a birth."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.understanding.corpus import OUTSIDE

SHORT = 7  # words up to which a message may lean on what came before
CLEAR = 0.9  # a text that says this much by itself needs no context
ALONE = 0.75  # weight of the text by itself against the text behind the title of the last entry
SAME, ELSEWHERE, NOTHING, OTHERWISE = 0.3, 0.01, 0.03, 0.1  # odds against a neighbour: the same entry again, another topic, nothing of
# ours, a place or small talk; danger loses nothing


@dataclass(frozen=True)
class Topics:
    """By entry: `near`, those of the same topic and those it names as related; `titles`, by form."""

    near: Mapping[str, frozenset[str]]
    titles: Mapping[str, Mapping[str, str]]

    @staticmethod
    def of(entries: Iterable[Mapping[str, Any]]) -> "Topics":
        listed = list(entries)
        topics: dict[str, set[str]] = {}
        for entry in listed:
            topics.setdefault(str(entry["topic"]), set()).add(str(entry["id"]))
        near = {str(e["id"]): frozenset(topics[str(e["topic"])] | set(e["related"])) for e in listed}
        return Topics(near, {str(e["id"]): e["titles"] for e in listed})

    def behind_title(self, text: str, last: str, form: str) -> str:
        """The text behind the title of the last entry; empty when it is long, or there is no such entry."""
        title = self.titles.get(last, {}).get(form, "")
        return f"{title}. {text}" if title and leans(text) else ""


def leans(text: str) -> bool:
    """Whether a text is short enough to lean on what came before."""
    return len(text.split()) <= SHORT


def joined(alone: Mapping[str, float], behind_title: Mapping[str, float]) -> dict[str, float]:
    """What a text means by itself and behind the title of the last entry, as one (a weighted geometric mean); danger loses nothing."""
    if _clear(alone):
        return dict(alone)
    both = {label: p**ALONE * behind_title[label] ** (1 - ALONE) for label, p in alone.items()}
    return both | {label: p for label, p in alone.items() if label.startswith("urgent:")}


def in_context(found: Mapping[str, float], text: str, last: str, near: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """The probabilities once the last answered entry is known."""
    around = near.get(last)
    if not around or not leans(text) or _clear(found):
        return dict(found)
    odds = {label: p * _weight(label, last, around) for label, p in found.items()}
    total = sum(odds.values()) or 1.0
    return {label: p / total for label, p in odds.items()}


def _clear(found: Mapping[str, float]) -> bool:
    return max((p for label, p in found.items() if label.startswith("faq:")), default=0.0) >= CLEAR


def _weight(label: str, last: str, around: Collection[str]) -> float:
    kind, _, name = label.partition(":")
    if kind in OUTSIDE:
        return NOTHING
    if kind == "faq":
        return SAME if name == last else 1.0 if name in around else ELSEWHERE
    return 1.0 if kind == "urgent" else OTHERWISE
