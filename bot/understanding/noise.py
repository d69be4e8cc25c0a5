"""How people really type: seeded noise for training sentences and for measuring, each kind by itself."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from bot.language.normalize import strip_marks
from bot.understanding.corpus import Sentence, load_yaml

LATIN_ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn")  # the French keyboard, which most phones here have
ARABIC_ROWS = ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرىةوزظ")
SPELLINGS = (("ch", "sh", "x"), ("9", "q", "k"), ("3", "a"), ("7", "h"), ("gh", "r", "4"), ("ou", "u", "w"), ("e", "i", ""), ("kh", "5"))
SLIPS = (("ة", "ه"), ("ى", "ي"), ("أ", "ا"), ("إ", "ا"), ("ظ", "ض"), ("ط", "ت"), ("ص", "س"), ("ث", "ت"), ("ذ", "د"))
ARABIC_FORMS, DARIJA = ("ar", "ary-Arab"), ("ary-Arab", "ary-Latn")
Noise = Callable[[str, str, random.Random], str]


def _neighbours(rows: tuple[str, ...]) -> dict[str, str]:
    return {key: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in rows for i, key in enumerate(row)}


NEXT_KEY = _neighbours(LATIN_ROWS) | _neighbours(ARABIC_ROWS)


def typo(text: str, form: str, rng: random.Random) -> str:
    """In every third longer word: a letter lost, doubled, swapped with the next, or its neighbour on the keyboard."""
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 4]
    for i in rng.sample(long, max(1, len(long) // 3)) if long else []:
        words[i] = _slip(words[i], rng)
    return " ".join(words)


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    return rng.choice(
        (
            before + after,
            before + letter + letter + after,
            before + after[0] + letter + after[1:],
            before + rng.choice(NEXT_KEY.get(letter.lower()) or letter) + after,
        )
    )


def no_marks(text: str, form: str, rng: random.Random) -> str:
    """Accents, apostrophes and punctuation left out, all small."""
    return re.sub(r"[^\w\s]", " ", strip_marks(text)).lower()


def repeated(text: str, form: str, rng: random.Random) -> str:
    """The last letter of some words is held down."""
    return " ".join(w + w[-1] * rng.randint(2, 4) if w[-1:].isalpha() and rng.random() < 0.3 else w for w in text.split(" "))


def glued(text: str, form: str, rng: random.Random) -> str:
    """Every second space is missing."""
    return "".join(word + ("" if rng.random() < 0.5 else " ") for word in text.split()).strip()


def arabizi(text: str, form: str, rng: random.Random) -> str:
    """Darija in Latin letters, spelled by somebody else."""
    for spellings in SPELLINGS:
        here = next((s for s in spellings if s and s in text), None)
        if here and rng.random() < 0.6:
            text = text.replace(here, rng.choice([s for s in spellings if s != here]))
    return text


def keyboard(text: str, form: str, rng: random.Random) -> str:
    """Arabic letters that look or sound alike are mixed up."""
    for right, wrong in SLIPS:
        if rng.random() < 0.7:
            text = text.replace(right, wrong)
    return text


@dataclass(frozen=True)
class Around:
    """What is put around a question: `data/noise.yml` for training, another file for measuring."""

    words: dict[str, Any]

    @staticmethod
    def load(file: Path) -> "Around":
        return Around(load_yaml(file))

    def emoji(self, text: str, form: str, rng: random.Random) -> str:
        some = self.words["emoji"]
        return f"{rng.choice(some)} {text} {rng.choice(some)}"

    def greeting(self, text: str, form: str, rng: random.Random) -> str:
        return f"{rng.choice(self.words['greetings'][form])} {text}"

    def story(self, text: str, form: str, rng: random.Random) -> str:
        return f"{rng.choice(self.words['circumstances'][form])} {text}"

    def run_on(self, text: str, form: str, rng: random.Random) -> str:
        """As a phone types what it hears: greeting, story and question in one breath."""
        return no_marks(self.greeting(self.story(text, form, rng), form, rng), form, rng)

    def french_words(self, text: str, form: str, rng: random.Random) -> str:
        return " ".join(self.words["french_words"].get(word, word) for word in text.split())

    def kinds(self) -> dict[str, tuple[Noise, tuple[str, ...]]]:
        """Each kind of noise, and the forms it is for (none: all)."""
        return {
            "typos": (typo, ()),
            "no accents": (no_marks, ()),
            "repeated letters": (repeated, ()),
            "no spaces": (glued, ()),
            "emoji": (self.emoji, ()),
            "greeting before": (self.greeting, ()),
            "story before": (self.story, ()),
            "voice run-on": (self.run_on, ()),
            "arabizi spelling": (arabizi, ("ary-Latn",)),
            "French words": (self.french_words, DARIJA),
            "arabic keyboard": (keyboard, ARABIC_FORMS),
        }

    def of(self, kind: str, text: str, form: str, seed: int) -> str | None:
        """The noisy text; None where this noise does not fit the form or changes nothing."""
        make, forms = self.kinds()[kind]
        if forms and form not in forms:
            return None
        noisy = make(text, form, random.Random(f"{seed} {kind} {text}"))
        return noisy if noisy != text else None


EVERY = 12  # training sentences one of which gets a noisy copy: each copy adds to the time of training
# The other kinds lose little without copies, or gain nothing by them.
TAUGHT = ("greeting before", "story before", "voice run-on", "typos", "arabizi spelling")


def noisy_copies(sentences: Sequence[Sentence], around: Around) -> list[Sentence]:
    """Of every `EVERY`th sentence, a copy with one kind of noise after the other."""
    chosen = zip(sentences[::EVERY], cycle(TAUGHT))
    found = ((around.of(kind, s.text, s.form, 0) or around.of("greeting before", s.text, s.form, 0), s) for s, kind in chosen)
    return [Sentence(text, s.form, s.label) for text, s in found if text]
