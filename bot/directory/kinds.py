"""What the kinds of places are called, and which words mean them."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from bot.language.normalize import normalize
from bot.understanding.corpus import load_yaml


@lru_cache(maxsize=32)
def names_in(file: Path, form: str) -> dict[str, str]:
    """What the things of a file with `names` are called, by their ids."""
    return {key: str(entry["names"][form]) for key, entry in load_yaml(file).items()}


def kind_names(data_dir: Path, form: str) -> dict[str, str]:
    """By the id that services and slots carry."""
    return names_in(data_dir / "categories.yml", form)


@lru_cache(maxsize=2)
def kinds_by_word(data_dir: Path) -> Mapping[str, frozenset[str]]:
    """`sbitar`, `سبيطار` and `hosto` to the kind `hospital`; words of names that several kinds share to all of them."""
    found: dict[str, set[str]] = {}
    for kind, entry in load_yaml(data_dir / "categories.yml").items():
        said = [*entry["names"].values(), *(word for words in entry["words"].values() for word in words)]
        for spelling in {normalize(str(text)) for text in said}:
            if spelling and " " not in spelling:
                found.setdefault(spelling, set()).add(kind)
    return {word: frozenset(kinds) for word, kinds in found.items()}
