"""The training sentences: `data/nlu/*.yml` (Rasa's format, `metadata.form`) and the questions of FAQ entries."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ContentError
from bot.language.forms import FORMS


@dataclass(frozen=True)
class Sentence:
    """`label`: `faq:<id>`, `dialog:<intent>`, `service:<category>`, `urgent:<kind>`, `harmless` or `oos`."""

    text: str
    form: str
    label: str


def load_yaml(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        try:
            return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.YAMLError as error:
            raise ContentError(f"{path}: {error}") from error


OUTSIDE = ("oos", "harmless")  # labels of what we have no answer for
_PREFIX = {"service_": "service:", "urgent_": "urgent:"}


def label_of(intent: str) -> str:
    """`service_hospital` -> `service:hospital`; `out_of_scope` -> `oos`; a dialog intent gets its prefix."""
    for prefix, label in _PREFIX.items():
        if intent.startswith(prefix):
            return label + intent[len(prefix) :]
    return {"out_of_scope": "oos", "harmless": "harmless"}.get(intent, f"dialog:{intent}")


def _block(block: dict[str, Any]) -> Iterable[Sentence]:
    label, form = label_of(block["intent"]), block["metadata"]["form"]
    for line in block["examples"].splitlines():
        yield Sentence(line.removeprefix("- "), form, label)


@lru_cache(maxsize=4)
def training_sentences(data_dir: Path) -> tuple[Sentence, ...]:
    """All of `data/nlu`. Each block must say its written form."""
    files = sorted((data_dir / "nlu").glob("*.yml"))
    return tuple(s for file in files for block in load_yaml(file)["nlu"] for s in _block(block))


def entry_sentences(entries: Iterable[dict[str, Any]]) -> list[Sentence]:
    """The questions (and the titles) of FAQ entries, as they stand in `data/faq` or in the table."""
    return [
        Sentence(text, form, f"faq:{entry['id']}")
        for entry in entries
        for form in FORMS  # in one order, whatever order the database gives the keys in
        if form in entry["questions"]
        for text in (*entry["questions"][form], *filter(None, [entry["titles"].get(form)]))
    ]


def seed_sentences(data_dir: Path) -> list[Sentence]:
    """All sentences of the files: `data/nlu` and the questions of `data/faq`."""
    return [*training_sentences(data_dir), *entry_sentences(seed_entries(data_dir))]


@lru_cache(maxsize=4)
def seed_entries(data_dir: Path) -> tuple[dict[str, Any], ...]:
    """The entries of `data/faq`, as files."""
    return tuple(entry for file in sorted((data_dir / "faq").glob("*.yml")) for entry in load_yaml(file))
