"""What is typed into a search, in any form: accents, hamza and the article do not matter, and a name is found in the other script."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.faq.phones import phones, without_phones
from bot.language.normalize import normalize
from bot.language.transliterate import skeleton
from bot.settings import ROOT
from bot.understanding.corpus import load_yaml

_GLUED = re.compile(r"^(?:[ld]'(?=\w)|ال(?=\w{2}))")
_ENDING = re.compile(r"(?<=[a-z]{4})(?:es|e|s|x)$")
SHORTEST = 3  # consonants by which a name is known again in the other script
Flags = NDArray[np.bool_]
Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Word:
    """`bones`: its consonants. `meant`: marks of the kinds of places, the languages and the people that it means."""

    text: str
    bones: str
    meant: frozenset[str] = frozenset()


@lru_cache(maxsize=2)
def small_words(data_dir: Path = ROOT / "data") -> frozenset[str]:
    """What says nothing of what is looked for: articles, and the words of asking itself."""
    return frozenset(normalize(str(word)) for words in load_yaml(data_dir / "small_words.yml").values() for word in words)


class Vocabulary:
    """All words that services say, each once. It only grows: words of services that are gone are never found in one."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self.words: list[str] = []
        self.bones: list[str] = []

    def ids(self, text: str) -> Ids:
        return np.array(sorted({self._id(word) for word in normalize(text).split()}), dtype=np.int32)

    def _id(self, word: str) -> int:
        found = self._ids.get(word)
        if found is None:
            found = self._ids[word] = len(self.words)
            self.bones.append(_bones(word))
            self.words.append(word)
        return found


class Said:
    """Which of the services say a word: in their names, or in all that they say; or have a number, in one shape."""

    def __init__(self, vocabulary: Vocabulary, names: Sequence[Ids], texts: Sequence[Ids], phones: Sequence[str]) -> None:
        self._vocabulary, self._size, self._rows = vocabulary, len(vocabulary.words), len(names)
        self._names, self._texts = _joined(names), _joined(texts)
        self._phones = phones

    def named(self, word: Word) -> Flags:
        return self._having(self._names, self._parts(word))

    def said(self, word: Word) -> Flags:
        """Parts of words, because Arabic and French glue the article to the word; names also by their consonants."""
        bones = self._vocabulary.bones[: self._size]
        alike = [n for n, found in enumerate(bones) if found == word.bones] if word.bones else []
        found = self._having(self._texts, self._parts(word)) | self._having(self._names, alike)
        return found | np.array([word.text in phone for phone in self._phones], dtype=np.bool_) if word.text.isdigit() else found

    def _parts(self, word: Word) -> list[int]:
        return [n for n, known in enumerate(self._vocabulary.words[: self._size]) if word.text in known]

    def _having(self, said: tuple[Ids, Ids], wanted: list[int]) -> Flags:
        ids, rows = said
        is_wanted, found = np.zeros(self._size, dtype=np.bool_), np.zeros(self._rows, dtype=np.bool_)
        is_wanted[wanted] = True
        found[rows[is_wanted[ids]]] = True
        return found


def read(text: str, kinds: Mapping[str, frozenset[str]]) -> tuple[Word, ...]:
    """`kinds`: see `bot.directory.kinds.kinds_by_word`. A telephone number is one word, however it is written."""
    said = normalize(without_phones(text)).split()
    found = {word: _GLUED.sub("", word) for word in [word for word in said if word not in small_words()] or said}
    none = frozenset[str]()
    words = (
        Word(bare, _bones(word), none.union(*(kinds.get(shape, none) for shape in (word, bare, singular(bare)))))
        for word, bare in found.items()
        if bare
    )
    return (*words, *(Word(number, "") for number in sorted(phones(text))))


def singular(word: str) -> str:
    """`battues`, `battue` and `battu` are one word; of others the end is left."""
    return _ENDING.sub("", word)


def skeletons(words: Iterable[str]) -> frozenset[str]:
    """By which names are known again in the other script."""
    return frozenset(filter(None, map(_bones, words)))


def _joined(lists: Iterable[Ids]) -> tuple[Ids, Ids]:
    """The words of all rows one after the other, and the row of each."""
    found = list(lists)
    rows = np.repeat(np.arange(len(found), dtype=np.int32), [len(ids) for ids in found]) if found else np.zeros(0, dtype=np.int32)
    return (np.concatenate(found) if found else np.zeros(0, dtype=np.int32)), rows


def _bones(word: str) -> str:
    found = skeleton(_GLUED.sub("", word))
    return found if len(found) >= SHORTEST else ""
