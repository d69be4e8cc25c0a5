"""The evaluation set is written apart: no sentence of it, and nothing close to it, is trained on."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from bot.language.forms import FORMS
from bot.language.normalize import normalize
from bot.settings import ROOT
from bot.understanding.corpus import seed_sentences

HERE = Path(__file__).parent
TOO_CLOSE = 92.0
SHORT = 3  # greetings and single words are the same for everybody


def rows() -> Iterator[dict[str, Any]]:
    for file in sorted(HERE.glob("*.jsonl")):
        yield from (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())


def trained() -> dict[str, list[str]]:
    found = defaultdict(list)
    for sentence in seed_sentences(ROOT / "data"):
        found[sentence.form].append(normalize(sentence.text))
    return found


def test_every_row_names_a_form_and_what_is_expected() -> None:
    kinds = {"faq", "service", "dialog", "urgent", "oos"}
    assert [r for r in rows() if r["form"] not in FORMS or r["expected"]["route"] not in kinds or not r["text"].strip()] == []


def test_each_form_has_at_least_two_hundred_rows() -> None:
    counts = {form: sum(r["form"] == form for r in rows()) for form in FORMS}
    assert min(counts.values()) >= 200


def test_no_sentence_is_close_to_a_training_sentence() -> None:
    known = trained()
    close = []
    for row in rows():
        text = normalize(row["text"])
        if len(text.split()) > SHORT and process.extractOne(text, known[row["form"]], scorer=fuzz.ratio, score_cutoff=TOO_CLOSE):
            close.append(row["text"])
    assert close == []
