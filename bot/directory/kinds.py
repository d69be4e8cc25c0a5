"""What the kinds of places are called, and which words mean them."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.directory.words import singular, small_words
from bot.language.normalize import normalize
from bot.understanding.corpus import load_yaml

MEANT = {"kind": "categories", "language": "spoken", "for": "eligibility"}
TELLING = 4  # letters of a word by which a longer name is known
FEW = 2  # a word that stands in the names of more says nothing


@lru_cache(maxsize=32)
def names_in(file: Path, form: str) -> dict[str, str]:
    """What the things of a file with `names` are called, by their ids."""
    return {key: str(entry["names"][form]) for key, entry in load_yaml(file).items()}


def kind_names(data_dir: Path, form: str) -> dict[str, str]:
    """By the id that services and slots carry."""
    return names_in(data_dir / "categories.yml", form)


@lru_cache(maxsize=2)
def kinds_by_word(data_dir: Path) -> Mapping[str, frozenset[str]]:
    """`sbitar`, `سبيطار` and `hosto` to `kind:hospital`, `wolof` to `language:wo`, `mineurs` to `for:minors`."""
    found: dict[str, set[str]] = {}
    for field, file in MEANT.items():
        for word, keys in _words(load_yaml(data_dir / f"{file}.yml")).items():
            found.setdefault(word, set()).update(f"{field}:{key}" for key in keys)
    return {word: frozenset(marks) for word, marks in found.items()}


def _words(entries: Mapping[str, Any]) -> Mapping[str, set[str]]:
    """A word that is a whole name means it; one that is part of longer names (`battues`) means what they mean, if they are not many and
    no other word of the name says it already: `hassan` of `hôpital hassan ii` means no hospital."""
    whole, parts = dict[str, set[str]](), dict[str, set[str]]()
    spellings = [(key, spelling.split()) for key, entry in entries.items() for spelling in _spellings(entry)]
    for key, (word, *rest) in spellings:
        for shape in () if rest else {word, singular(word)}:
            whole.setdefault(shape, set()).add(key)
    for key, words in spellings:
        if len(words) > 1 and not any(key in whole.get(word, ()) for word in words):
            telling = [word for word in words if len(word) >= TELLING and word not in small_words()]
            for shape in {*telling, *map(singular, telling)}:
                parts.setdefault(shape, set()).add(key)
    return {word: keys for word, keys in parts.items() if len(keys) <= FEW} | whole


def _spellings(entry: Mapping[str, Any]) -> set[str]:
    said = [*entry["names"].values(), *(word for words in entry.get("words", {}).values() for word in words)]
    return {normalize(str(text)) for text in said} - {""}
