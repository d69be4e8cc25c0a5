"""`dalil bench-nlu`: our understanding against the stock Rasa pipeline, on the same sentences and messages; and how ours grows.

Each side runs in a process of its own, one after the other, so that time and memory are its own.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from sklearn.metrics import f1_score

from bot.errors import SetupError
from bot.language.forms import FORMS
from bot.settings import ROOT, Settings
from bot.understanding.corpus import Sentence, seed_entries, seed_sentences, training_sentences
from cli.evaluation.rows import Row, read_rows

if TYPE_CHECKING:
    from bot.understanding.index import Index

Say = Callable[[str], None]
Result = dict[str, float]
GROWTH = (100, 1000, 5000)  # entries
A_FORM = 8  # questions of an entry in each form, when entries are made up
PARSED = 300  # messages that are timed
STOCK = {  # what `rasa init` writes
    "recipe": "default.v1",
    "language": "en",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
        {"name": "EntitySynonymMapper"},
        {"name": "ResponseSelector", "epochs": 100, "constrain_similarities": True},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ],
}


def sample(sentences: Sequence[Sentence], share: float) -> list[Sentence]:
    """The same share of every label and form, chosen with a fixed seed; at least two of each."""
    groups: dict[tuple[str, str], list[Sentence]] = {}
    for sentence in sentences:
        groups.setdefault((sentence.label, sentence.form), []).append(sentence)
    rng = random.Random(0)
    return [s for group in groups.values() for s in rng.sample(group, min(len(group), max(2, round(share * len(group)))))]


def messages(folder: Path) -> list[Row]:
    """Plain messages with one label, out of scope included."""
    return [row for file in sorted(folder.glob("*.jsonl")) for row in read_rows(file) if row.plain and row.route]


def label(row: Row) -> str:
    return "oos" if row.route == "oos" else f"{row.route}:{row.id}"


def compare(config: Settings, share: float, say: Say) -> None:
    """Print both sides and their ratios."""
    say(f"{share:.0%} of the training sentences; the stock pipeline needs about an hour for 5,000 on two cores")
    ours, stock = (_apart(side, config, {"share": share}) for side in ("ours", "stock"))
    say(f"{'':28}{'ours':>12}{'stock Rasa':>12}{'ratio':>10}")
    for name, value in ours.items():
        say(f"{name:28}{value:12.3f}{stock[name]:12.3f}{stock[name] / value if value else 0:10.2f}")


def grow(config: Settings, say: Say) -> None:
    say(f"{'entries':>8}{'sentences':>11}{'index s':>9}{'one more s':>12}{'p95 ms':>9}{'memory MB':>11}")
    for entries in GROWTH:
        found = _apart("growth", config, {"entries": entries})
        seconds = f"{found['training seconds']:9.1f}{found['one more, seconds']:12.1f}"
        say(f"{entries:8}{found['sentences']:11.0f}{seconds}{found['parse p95 ms']:9.1f}{found['memory MB']:11.0f}")


def _apart(side: str, config: Settings, wanted: dict[str, float]) -> Result:
    """Run one side in a process of its own, on one core for what is timed a message."""
    command = [sys.executable, "-m", "cli.bench_nlu", side, json.dumps(wanted)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "DALIL_VAR_DIR": str(config.var_dir)}, capture_output=True, text=True)
    if done.returncode:
        raise SetupError(f"The benchmark of {side} failed: {done.stderr.strip().splitlines()[-1:]}")
    return {name: float(value) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}


def _quality(rows: Sequence[Row], guess: Callable[[Row], str]) -> Result:
    """Macro-F1 over all messages, and time over some of them."""
    guess(rows[0])
    seen, times = [], []
    for row in rows:
        started = time.perf_counter()
        seen.append(guess(row))
        times.append(1000 * (time.perf_counter() - started))
    truth = [label(row) for row in rows]
    timed = sorted(times[:: max(1, len(times) // PARSED)])
    score = f1_score(truth, seen, labels=sorted(set(truth)), average="macro", zero_division=0)
    return {"macro-F1": float(score), "parse p50 ms": timed[len(timed) // 2], "parse p95 ms": timed[int(0.95 * len(timed))]}


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(config: Settings, sentences: Sequence[Sentence], rows: Sequence[Row]) -> Result:
    return _ours(config, sentences, rows)[1]


def growing(config: Settings, sentences: Sequence[Sentence], rows: Sequence[Row]) -> Result:
    """Also how long it takes until one more entry is understood: amended, and the dangers listened to."""
    from bot.understanding.amend import amend
    from bot.understanding.corpus import load_yaml
    from bot.understanding.guard import faults

    index, found = _ours(config, sentences, rows)
    more = [s for s in made_up(sentences, 1) if s.label.startswith("faq:")]
    entries = as_entries([*sentences, *(Sentence(s.text, s.form, "faq:one_more") for s in more)])
    started = time.perf_counter()
    list(faults(amend(index, entries), load_yaml(config.data_dir / "urgency" / "golden.yml")))
    return {**found, "one more, seconds": time.perf_counter() - started}


def as_entries(sentences: Iterable[Sentence]) -> list[dict[str, Any]]:
    """Entries with these questions, and nothing else."""
    found: dict[str, dict[str, Any]] = {}
    for s in sentences:
        kind, _, name = s.label.partition(":")
        if kind == "faq":
            entry = found.setdefault(name, {"id": name, "topic": name, "titles": {}, "questions": {}, "related": []})
            entry["questions"].setdefault(s.form, []).append(s.text)
    return list(found.values())


def _ours(config: Settings, sentences: Sequence[Sentence], rows: Sequence[Row]) -> "tuple[Index, Result]":
    """Time with the vectors at hand; the time to compute them is told apart."""
    import pickle

    from threadpoolctl import threadpool_limits

    from bot.understanding.context import Topics
    from bot.understanding.index import build, knowledge
    from bot.understanding.understand import History, understand

    known = knowledge(config, Topics.of(seed_entries(config.data_dir)))
    cold = time.perf_counter()
    known.vectors.of([known.glosses.english(s.text, s.form) for s in sentences])
    started = time.perf_counter()
    index = build(sentences, known)
    trained = time.perf_counter()

    def guess(row: Row) -> str:
        seen = understand(row.text, History(), index)
        best = seen.candidates[0][0] if seen.route == "clarify" else seen.id
        return "oos" if seen.route == "oos" else f"{'faq' if seen.route == 'clarify' else seen.route}:{best}"

    with threadpool_limits(limits=1):
        found = _quality(rows, guess)
    size = len(pickle.dumps(index, protocol=5)) / 2**20
    times = {"training seconds": trained - started, "vectors, seconds when new": started - cold}
    return index, {**found, **times, "model MB": size, "memory MB": _memory(), "sentences": len(sentences)}


def stock(config: Settings, sentences: Sequence[Sentence], rows: Sequence[Row]) -> Result:
    """The pipeline that `rasa init` writes, trained by Rasa's own command."""
    import asyncio

    with tempfile.TemporaryDirectory(prefix="dalil-bench-nlu-") as name:
        folder = Path(name)
        model, seconds = _train_stock(folder, sentences)
        from rasa.core.agent import Agent

        agent = Agent.load(model_path=str(model))
        loop = asyncio.new_event_loop()

        def guess(row: Row) -> str:
            parsed: dict[str, Any] = loop.run_until_complete(agent.parse_message(row.text))
            intent = str(parsed["intent"]["name"] or "nlu_fallback")
            return "oos" if intent in ("harmless", "nlu_fallback") else intent

        found = _quality(rows, guess)
        size = model.stat().st_size / 2**20
    times = {"training seconds": seconds, "vectors, seconds when new": 0.0}
    return {**found, **times, "model MB": size, "memory MB": _memory(), "sentences": len(sentences)}


def _train_stock(folder: Path, sentences: Sequence[Sentence]) -> tuple[Path, float]:
    by_label: dict[str, list[str]] = {}
    for sentence in sentences:
        by_label.setdefault(sentence.label, []).append(sentence.text.replace("[", "(").replace("]", ")"))
    blocks = [{"intent": name, "examples": "".join(f"- {text}\n" for text in texts)} for name, texts in by_label.items()]
    (folder / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True), encoding="utf-8")
    (folder / "config.yml").write_text(yaml.safe_dump(STOCK), encoding="utf-8")
    command = ["rasa", "train", "nlu", "--config", "config.yml", "--nlu", "nlu.yml", "--out", "models"]
    started = time.perf_counter()
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    subprocess.run([sys.executable, "-m", *command], cwd=folder, env=environment, check=True, capture_output=True)
    return next((folder / "models").glob("*.tar.gz")), time.perf_counter() - started


def made_up(sentences: Iterable[Sentence], entries: int) -> list[Sentence]:
    """Entries whose questions are words of real ones, mixed with a fixed seed: only for time and memory, they mean nothing."""
    rng = random.Random(0)
    words = {form: sorted({w for s in sentences if s.form == form for w in s.text.split()}) for form in FORMS}
    topics = ({form: rng.sample(words[form], 12) for form in FORMS} for _ in range(entries))
    return [
        Sentence(" ".join(rng.choices(topic[form], k=4) + rng.choices(words[form], k=4)), form, f"faq:made_up_{n}")
        for n, topic in enumerate(topics)
        for form in FORMS
        for _ in range(A_FORM)
    ]


def _main(side: str, wanted: dict[str, float]) -> Result:
    config = Settings()
    base = training_sentences(config.data_dir)
    everything = seed_sentences(config.data_dir)
    rows = messages(ROOT / "tests" / "evaluation")
    if side == "growth":
        return growing(config, [*base, *made_up(everything, int(wanted["entries"]))], rows[:: len(rows) // PARSED])
    return {"ours": ours, "stock": stock}[side](config, sample(everything, wanted["share"]), rows)


if __name__ == "__main__":
    print(json.dumps(_main(sys.argv[1], json.loads(sys.argv[2]))))
