"""Darija and Arabic words to English, written by the project (`data/lexicon`).

The sentence encoders know little Darija and none in Latin letters: they read the word-by-word gloss instead.
"""

from dataclasses import dataclass, field
from pathlib import Path

from bot.language.forms import Form
from bot.language.normalize import normalize
from bot.language.transliterate import skeleton, to_arabic

PREPOSITIONS = {"و": "and", "ف": "in", "ب": "with", "ل": "to", "ك": "like"}
MIN_BONES = 3  # shorter skeletons mean too many words


@dataclass
class Lexicon:
    """Spelling, Arabic reading and consonant skeleton of each word lead to its gloss; the closest reading wins."""

    written: dict[str, str] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)
    bones: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def load(file: Path) -> "Lexicon":
        found = Lexicon()
        for line in file.read_text(encoding="utf-8").splitlines():
            word, _, meaning = line.partition("\t")
            if meaning and not word.startswith("#"):
                found._add(word, meaning)
        return found

    def _add(self, word: str, meaning: str) -> None:
        self.written.setdefault(normalize(word), meaning)
        self.read.setdefault(to_arabic(word), meaning)
        if len(bones := skeleton(word)) >= MIN_BONES:
            self.bones.setdefault(bones, meaning)

    def exact(self, word: str) -> str | None:
        return self.written.get(word)

    def near(self, word: str) -> str | None:
        """By how the word is read, then by its consonants."""
        return self.read.get(to_arabic(word)) or self.bones.get(skeleton(word))


@dataclass
class Glosses:
    """Both lexicons; the one of the form is asked first."""

    darija: Lexicon
    arabic: Lexicon

    @staticmethod
    def load(data_dir: Path) -> "Glosses":
        folder = data_dir / "lexicon"
        return Glosses(Lexicon.load(folder / "ary.tsv"), Lexicon.load(folder / "ar.tsv"))

    def english(self, text: str, form: Form | str) -> str:
        """The text with each known word in English, other words as they are. French and English stay whole."""
        if form not in ("ary-Arab", "ary-Latn", "ar"):
            return normalize(text)
        return " ".join(self._word(word, form) for word in normalize(text).split())

    def _word(self, word: str, form: str) -> str:
        first, second = (self.arabic, self.darija) if form == "ar" else (self.darija, self.arabic)
        if form == "ary-Latn":
            return first.exact(word) or first.near(word) or word
        return first.exact(word) or second.exact(word) or self._with_prefix(word, first) or first.near(word) or word

    @staticmethod
    def _with_prefix(word: str, lexicon: Lexicon) -> str | None:
        """`فالوراق` -> in the papers: a preposition glued to a word that is known."""
        preposition = PREPOSITIONS.get(word[:1])
        rest = word[1:]
        meaning = lexicon.exact(rest) or (lexicon.exact(rest.removeprefix("ال")) if rest.startswith("ال") else None)
        return f"{preposition} {meaning}" if preposition and meaning and len(rest) >= MIN_BONES else None
