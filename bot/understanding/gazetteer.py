"""Towns, neighbourhoods and kinds of places by their names, in every spelling people use, typos included."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz
from rapidfuzz.process import extractOne

from bot.language.normalize import normalize
from bot.understanding.corpus import load_yaml

_PREFIX = re.compile(r"^(?:[فبلو]ال|[فبلو]|d'|l'|f|l)(?=\w{4})")
FUZZY_LENGTH, FUZZY_SCORE = 5, 86


@dataclass(frozen=True)
class Place:
    town: str
    neighbourhood: str = ""


@dataclass(frozen=True)
class Gazetteer:
    """Normalised spellings to what they mean. The longest match of a text wins."""

    places: dict[str, Place]
    categories: dict[str, str]
    town_names: dict[str, dict[str, str]]
    category_names: dict[str, dict[str, str]]
    languages: dict[str, str]

    @staticmethod
    def load(data_dir: Path) -> "Gazetteer":
        towns, kinds, tongues = (load_yaml(data_dir / f"{name}.yml") for name in ("places", "categories", "languages"))
        places = {}
        for town, entry in towns.items():
            for name, spellings in entry.get("neighbourhoods", {}).items():
                places.update({s: Place(town, name) for s in _spellings(spellings)})
            places.update({s: Place(town) for s in _spellings([*entry["names"].values(), *entry["aliases"]])})
        words = {s: kind for kind, e in kinds.items() for form in e["words"].values() for s in _spellings(form)}
        languages = {s: tongue for tongue, names in tongues.items() for s in _spellings(names)}
        town_names = {t: e["names"] for t, e in towns.items()}
        return Gazetteer(places, words, town_names, {k: e["names"] for k, e in kinds.items()}, languages)

    def place(self, text: str) -> Place | None:
        """The first place named in the text."""
        found = next(_matches(text, self.places), None)
        return self.places[found] if found else None

    def only_place(self, text: str) -> Place | None:
        """The place when the text names it and says nothing else (`Inezgane`, `f Agadir`, `في أكادير`)."""
        words = [w for w in normalize(text).split() if len(w) > 2]
        return self.place(text) if len(words) <= 2 else None

    def besides(self, text: str, kinds: bool = True) -> list[str]:
        """The words of a text that are in the name of no town and, if `kinds`, of no kind of place."""
        left = f" {normalize(text)} "
        for run in sorted(_exact(text, {*self.places, *self.categories} if kinds else self.places), key=len, reverse=True):
            left = left.replace(f" {run} ", " ")
        return left.split()

    def category(self, text: str) -> str | None:
        """The kind of place whose longest word stands in the text, exactly."""
        found = max(_exact(text, self.categories), key=len, default=None)
        return self.categories[found] if found else None

    def language(self, text: str) -> str | None:
        """The language named in the text: fr, en, ar or ary."""
        found = max(_exact(text, self.languages), key=len, default=None)
        return self.languages[found] if found else None


def _spellings(names: Iterable[str]) -> Iterable[str]:
    return {spelling for name in names if (spelling := normalize(str(name)))}


def _windows(text: str) -> Iterable[str]:
    """Runs of three, two and one words, as written and without a glued preposition."""
    words = normalize(text).split()
    for size in (3, 2, 1):
        for start in range(len(words) - size + 1):
            run = " ".join(words[start : start + size])
            yield run
            if (bare := _PREFIX.sub("", run)) != run:
                yield bare


def _exact(text: str, names: Container[str]) -> Iterable[str]:
    return (run for run in _windows(text) if run in names)


def _matches(text: str, names: dict[str, Place]) -> Iterator[str]:
    runs = list(_windows(text))
    yield from (run for run in runs if run in names)
    for run in runs:
        if len(run) >= FUZZY_LENGTH:
            near = extractOne(run, names.keys(), scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
            if near and len(near[0]) >= FUZZY_LENGTH:
                yield near[0]
