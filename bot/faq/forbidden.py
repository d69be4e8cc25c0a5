"""Statements that no answer may make (`data/forbidden.yml`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.faq.phones import without_phones
from bot.language.normalize import clean, normalize
from bot.understanding.corpus import load_yaml

_BEFORE = 40  # characters in front of a match in which a negation takes it back
_SENTENCE = re.compile(r"\n|(?<=[.!?؟])\s+")
_SHORT = 4  # digits of an emergency number at most


@dataclass(frozen=True)
class Numbers:
    """A long number is found in any spelling, also across signs and with the letter O; a short one where it counts nothing."""

    id: str
    long: tuple[re.Pattern[str], ...]
    short: frozenset[str]


@dataclass(frozen=True)
class Statement:
    id: str
    patterns: Mapping[str, tuple[re.Pattern[str], ...]]
    unless: Mapping[str, re.Pattern[str]]

    def said(self, sentence: str, form: str) -> bool:
        return any(self._meant(match, form) for pattern in self.patterns.get(form, ()) for match in pattern.finditer(sentence))

    def _meant(self, match: re.Match[str], form: str) -> bool:
        return not self.unless[form].search(match.string[max(0, match.start() - _BEFORE) : match.end()])


@dataclass(frozen=True)
class Forbidden:
    numbers: tuple[Numbers, ...]
    counting: re.Pattern[str]
    statements: tuple[Statement, ...]
    time_limits: Mapping[str, str]

    def said(self, text: str, form: str) -> list[str]:
        """Ids of what this text says and must not."""
        sentences = [normalize(s) for s in _SENTENCE.split(clean(text)) if not s.rstrip().endswith(("?", "؟"))]
        return [*self._numbers(text), *(s.id for s in self.statements if any(s.said(sentence, form) for sentence in sentences))]

    def _numbers(self, text: str) -> Iterator[str]:
        digits = clean(text).lower().replace("o", "0")
        short = set(re.findall(r"(?<![\d/.])(?<!\d-)\d+(?![\d/])(?!-\d)", self.counting.sub(" ", without_phones(text).lower())))
        yield from (n.id for n in self.numbers if n.short & short or any(p.search(digits) for p in n.long))


@lru_cache(maxsize=2)
def forbidden(data_dir: Path) -> Forbidden:
    data = load_yaml(data_dir / "forbidden.yml")
    statements = tuple(_statement(row, data["negations"]) for row in data["statements"])
    return Forbidden(tuple(map(_numbers, data["numbers"])), _counting(data["counting"]), statements, data["time_limits"])


def _statement(row: dict[str, Any], negations: dict[str, str]) -> Statement:
    patterns = {form: tuple(map(re.compile, found)) for form, found in row["patterns"].items()}
    return Statement(row["id"], patterns, {form: re.compile(row.get("unless", negations)[form]) for form in patterns})


def _numbers(row: dict[str, Any]) -> Numbers:
    long = tuple(re.compile(r"[\W_]*".join(number.lstrip("0"))) for number in row["numbers"] if len(number) > _SHORT)
    return Numbers(row["id"], long, frozenset(number for number in row["numbers"] if len(number) <= _SHORT))


def _counting(row: dict[str, list[str]]) -> re.Pattern[str]:
    before, after = "|".join(row["before"]), "|".join(row["after"])
    return re.compile(rf"(?:\b(?:{before})\W{{0,2}}\d+)|\d+\s?(?:{after})(?!\w)")
