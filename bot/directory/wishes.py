"""What somebody who looks for a place says beside its kind and town: open at this moment, free, a language that is spoken there."""

import re
from functools import lru_cache
from pathlib import Path

from bot.directory.kinds import kinds_by_word
from bot.directory.words import read
from bot.language.normalize import normalize
from bot.understanding.corpus import load_yaml

FREE, SPOKEN = "free", "language:"
OFFICIAL = frozenset({"language:ar", "language:ary", "language:fr"})  # spoken nearly everywhere: to filter by them would hide places


def asks_open_now(text: str, data_dir: Path) -> bool:
    """In any form, mixed ones too: a word for "open" and one for "now"."""
    return _says(text, "open", data_dir) and _says(text, "now", data_dir)


def asked(text: str, data_dir: Path) -> list[str]:
    """`free`, `language:wo`."""
    marks = {mark for word in read(text, kinds_by_word(data_dir)) for mark in word.meant if mark.startswith(SPOKEN)}
    return [*([FREE] if _says(text, FREE, data_dir) else []), *sorted(marks - OFFICIAL)[:1]]


def _says(text: str, what: str, data_dir: Path) -> bool:
    return bool(_words(data_dir, what).search(normalize(text)))


@lru_cache(maxsize=6)
def _words(data_dir: Path, what: str) -> "re.Pattern[str]":
    words = {normalize(word) for form in load_yaml(data_dir / "wishes.yml").values() for word in form[what]}
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})(?!\w)")
