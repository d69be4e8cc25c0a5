"""An entry is tried before it is published: golden questions, dangers that must ring, and examples that are nearer to another entry."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bot.errors import Refused
from bot.faq.entries import Entry
from bot.language.forms import FORMS, Form
from bot.understanding.amend import MOST, Change, amend, features_of
from bot.understanding.corpus import Sentence, entry_sentences, load_yaml
from bot.understanding.features import Matrix
from bot.understanding.guard import faults
from bot.understanding.index import Index
from bot.understanding.ridge import kernel_between
from bot.understanding.understand import History, understand

Tell = Callable[[int, int], None]  # how many steps are done, of how many
LABEL = "faq:"
SIMILAR = 5.0  # of the kernel, 10.5 for the same sentence: of our own examples 24 % are nearest to another entry, 2.7 % this near


@dataclass(frozen=True)
class Miss:
    """A golden question that would no longer find its entry. `found`: the entry that would be answered or stand first; empty for none."""

    entry: str
    form: Form
    text: str
    found: str


@dataclass(frozen=True)
class Collision:
    """An example that is nearer to an example of another entry than to any other one of its own."""

    form: str
    text: str
    entry: str
    example: str


@dataclass(frozen=True)
class Trial:
    """What came out; `index` reads as the bot would with the draft live."""

    index: Index
    golden: int
    misses: list[Miss] = field(default_factory=list)
    dangers: list[str] = field(default_factory=list)
    collisions: list[Collision] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Collisions are shown and may be meant; a golden question or a danger that is lost may not be published."""
        return not (self.misses or self.dangers)


def run(present: Index, entries: Sequence[Entry], draft: Entry, data_dir: Path, tell: Tell = lambda done, of: None) -> Trial:
    """`present` answers now; `entries` are published. A golden question counts if it belongs to the draft, or found its entry until now."""
    would_be = [*(entry for entry in entries if entry["id"] != draft["id"]), draft]
    asked = list(golden(would_be))
    tell(0, len(asked) + 2)
    index = amend(_base(present, would_be), would_be)
    tell(1, len(asked) + 2)
    dangers = list(faults(index, load_yaml(data_dir / "urgency" / "golden.yml")))
    misses = []
    for done, question in enumerate(asked):
        tell(done + 2, len(asked) + 2)
        if (miss := _miss(index, *question)) and (miss.entry == draft["id"] or not _miss(present, *question)):
            misses.append(miss)
    tell(len(asked) + 2, len(asked) + 2)
    return Trial(index, len(asked), misses, dangers, collisions(index, draft))


def _base(present: Index, would_be: Sequence[Entry]) -> Index:
    """What was learned, to build on. `Refused` when so much has changed since that the bot would have to learn all anew at once."""
    learned = present.trained or present
    if len(Change.since(learned, would_be)) > MOST:
        raise Refused("trial.learning")
    return learned


def golden(entries: Sequence[Entry]) -> Iterator[tuple[str, Form, str]]:
    """Entry, form and text of all golden questions."""
    for entry in entries:
        for form in FORMS:
            yield from ((str(entry["id"]), form, text) for text in entry.get("golden", {}).get(form, []))


def _miss(index: Index, entry: str, form: Form, text: str) -> Miss | None:
    """None when the question gets its answer, or is told what danger it names and offered it first."""
    found = understand(text, History(chosen=form), index)
    first = found.candidates[0][0] if found.candidates else ""
    right = (found.route == "faq" and found.id == entry) or (found.route == "urgent" and first == entry)
    return None if right else Miss(entry, form, text, first if found.route in ("faq", "clarify") else "")


def collisions(index: Index, draft: Entry) -> list[Collision]:
    """Of the examples of this draft, against all that the index learned about other entries."""
    own = [s for s in entry_sentences([draft]) if s.text not in draft["titles"].values()]
    if not own:
        return []
    near = kernel_between(features_of(index, own), index.ridge.landmarks)
    learned = [index.learned[i] for i in index.ridge.rows]
    mine = np.array([s.label == own[0].label for s in learned])
    others = np.array([s.label.startswith(LABEL) and s.label in index.ridge.classes for s in learned]) & ~mine
    return [c for row, sentence in enumerate(own) if (c := _collision(sentence, near[row], learned, (mine, others)))]


def _collision(sentence: Sentence, near: Matrix, learned: Sequence[Sentence], which: tuple[Matrix, Matrix]) -> Collision | None:
    mine, others = which
    itself = np.array([s.text == sentence.text for s in learned])
    best = int(np.where(others, near, -1.0).argmax())
    if near[best] <= max(SIMILAR, np.where(mine & ~itself, near, 0.0).max()):
        return None
    other = learned[best]
    return Collision(sentence.form, sentence.text, other.label.removeprefix(LABEL), other.text)
