"""How long a text is, and how easy to read. The same rules stand in `console/static/studio.js`, for while one types."""

import re
from dataclasses import dataclass

LONG_SENTENCE, LONG_AVERAGE = 25, 15  # words: more is hard for somebody who reads a second language on a small screen
_END = re.compile(r"\n+|(?<=[.!?؟؛;:])\s+")
_WORD = re.compile(r"[^\W_](?:[^\s]*[^\W_])?")


@dataclass(frozen=True)
class Reading:
    """Words in all, words of the longest sentence, and words in a sentence on average. A line is a sentence, too."""

    words: int
    longest: int
    average: int

    @property
    def hard(self) -> bool:
        return self.longest > LONG_SENTENCE or self.average > LONG_AVERAGE


def reading(text: str) -> Reading:
    sizes = [size for size in (len(_WORD.findall(sentence)) for sentence in _END.split(text)) if size]
    if not sizes:
        return Reading(0, 0, 0)
    return Reading(sum(sizes), max(sizes), round(sum(sizes) / len(sizes)))
