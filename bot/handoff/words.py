"""Find a text by a few of its words, in any form: whole words, beginnings of words, and words that are nearly the same."""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.language.normalize import normalize

TITLE = 3.0  # what a word weighs in a title; in the other lines it weighs less than 1
FEW = 4  # times that a word comes: from here on more of them count little
BEGINS, SIMILAR = 0.8, 0.6  # a word that begins like the one asked for, one that is nearly the same
ALIKE = 80.0  # per cent of the letters in common
SHORTEST = 4  # letters of a word that is compared letter by letter
SOME, ALL = 0.3, 0.99  # share of what was asked for that a text must have: of a question, of a few words
_LAST = "\U0010ffff"
Matches = Mapping[str, float]


@dataclass(frozen=True)
class Text:
    """What can be found: its `titles`, and other `lines` such as example questions."""

    key: str
    titles: Sequence[str]
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Words:
    """For each word the texts that carry it, with its weight there."""

    weights: dict[str, dict[str, float]]
    ordered: list[str]
    count: int

    @staticmethod
    def of(texts: Sequence[Text]) -> "Words":
        weights: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for text in texts:
            for word, weight in _weights(text).items():
                weights[word][text.key] = weight
        return Words(dict(weights), sorted(weights), len(texts))

    def find(self, query: str, most: int, share_wanted: float = ALL) -> list[str]:
        """Keys of the texts that fit, the best first: those that have more of what was asked for, and its rarer words."""
        *before, last = normalize(query).split() or [""]
        asked = [self._matches(word, typed=word in before) for word in dict.fromkeys([*before, last]) if word]
        worth: defaultdict[str, float] = defaultdict(float)
        share: defaultdict[str, float] = defaultdict(float)
        for matches in asked:
            for key, weight in matches.items():
                worth[key] += self._rarity(matches) * weight
                share[key] += self._rarity(matches)
        wanted = share_wanted * sum(map(self._rarity, asked))
        fitting = [key for key in worth if share[key] >= wanted]
        return sorted(fitting, key=lambda key: (-worth[key] * share[key] ** 2, key))[:most]

    def _matches(self, asked: str, typed: bool) -> Matches:
        """The texts that have this word or one like it, with its weight there. `typed`: to its end, so that it may be taken as it is."""
        if typed and asked in self.weights:
            return self.weights[asked]
        best: dict[str, float] = {}
        for word, likeness in self._like(asked):
            for key, weight in self.weights[word].items():
                best[key] = max(best.get(key, 0.0), likeness * weight)
        return best

    def _like(self, asked: str) -> list[tuple[str, float]]:
        """Words that begin so; when there are none, those that are nearly the same: comparing with every word takes milliseconds."""
        first, end = bisect_left(self.ordered, asked), bisect_left(self.ordered, asked + _LAST)
        if first < end or len(asked) < SHORTEST:
            return [(word, 1.0 if word == asked else BEGINS) for word in self.ordered[first:end]]
        near = process.extract(asked, self.ordered, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None)
        return [(word, SIMILAR) for word, _, _ in near]

    def _rarity(self, matches: Matches) -> float:
        return math.log(1 + self.count / (1 + len(matches)))


def _weights(text: Text) -> dict[str, float]:
    lines, titles = _counted(text.lines), _counted(text.titles)
    return {word: lines[word] / (lines[word] + FEW) + (TITLE if word in titles else 0.0) for word in lines.keys() | titles.keys()}


def _counted(lines: Iterable[str]) -> Counter[str]:
    found = Counter[str]()
    for written, times in Counter(" ".join(lines).split()).items():
        for word in _plain(written):
            found[word] += times
    return found


@lru_cache(maxsize=65536)
def _plain(written: str) -> tuple[str, ...]:
    """A word as `normalize` writes it. Kept, since the same ones come again and again."""
    return tuple(normalize(written).split())
