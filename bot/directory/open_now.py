"""Whether somebody who looks for a place says that it must be open at this moment."""

import re
from functools import lru_cache
from pathlib import Path

from bot.language.normalize import normalize
from bot.understanding.corpus import load_yaml


def asks_open_now(text: str, data_dir: Path) -> bool:
    """In any form, mixed ones too: a word for "open" and one for "now"."""
    said = normalize(text)
    return all(words.search(said) for words in _words(data_dir))


@lru_cache(maxsize=2)
def _words(data_dir: Path) -> tuple["re.Pattern[str]", "re.Pattern[str]"]:
    forms = load_yaml(data_dir / "open_now.yml").values()
    return _any_of([word for form in forms for word in form["open"]]), _any_of([word for form in forms for word in form["now"]])


def _any_of(words: list[str]) -> "re.Pattern[str]":
    longest_first = sorted({normalize(word) for word in words}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
