"""Figures on messages whose understanding is given; comparison; the table of the written form."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SetupError
from bot.language.forms import FORMS
from bot.language.written_form import FormModel, Linear
from bot.settings import ROOT
from bot.understanding.understand import Understanding
from cli.bench_nlu import made_up, messages, sample
from cli.evaluation import report
from cli.evaluation.figures import confusions, expected_calibration_error, figures, reliability, scope, shares
from cli.evaluation.rows import Row, Scored, read_rows
from cli.form_table import corpora


def seen(route: Any, name: str | None, form: str = "fr", **other: Any) -> Understanding:
    values = {"probability": 0.8, "in_scope": 0.9, "candidates": [(name, 0.8)] if route == "faq" else []}
    return Understanding(form, {form: 1.0}, route, name, **{**values, **other})


def scored(expected: str, understood: Understanding, text: str = "trois petits mots", **row: Any) -> Scored:
    route, _, name = expected.partition(":")
    wanted = {"route": route, "id": name or None}
    return Scored(Row(text, "fr", wanted, None, False, **row), understood, 10.0)


SCORED = [
    scored("faq:a", seen("faq", "a")),
    scored("faq:a", seen("faq", "b")),
    scored("faq:a", seen("clarify", None, candidates=[("b", 0.4), ("a", 0.3)])),
    scored("faq:a", seen("urgent", "arrest")),
    scored("urgent:arrest", seen("oos", None, in_scope=0.2)),
    scored("oos", seen("oos", None, in_scope=0.1)),
    scored("oos", seen("clarify", None, in_scope=0.3)),
    scored("faq:b", seen("faq", "b"), after="a"),
    scored("faq:a", seen("faq", "a", second="faq:b"), second="faq:b"),
]


def test_shares_are_counted_by_hand() -> None:
    found = {name: values["fr"] for name, values in shares(SCORED).items()}
    assert found["FAQ, right answer"] == 0.25
    assert found["FAQ, right answer or offered"] == 0.5
    assert found["FAQ, wrong answer given"] == 0.25
    assert found["danger, recall"] == 0.0
    assert found["danger, false alarms"] == pytest.approx(1 / 8, abs=1e-4)
    assert (found["out of scope, said so"], found["out of scope, not answered"]) == (0.5, 1.0)
    assert found["follow-up, right answer"] == found["two questions, both found"] == 1.0
    assert "service" not in found


def test_danger_that_was_missed_stands_first_among_the_confusions() -> None:
    assert confusions(SCORED)[0] == ("urgent:arrest", "oos:", 1)


def test_scope_and_calibration() -> None:
    assert scope(SCORED)["AUROC"] == pytest.approx(9 / 10)
    curve = reliability(SCORED)
    assert curve == [(0.4, 0.0, 1), (0.8, 0.5, 2)]
    assert expected_calibration_error(curve) == pytest.approx((0.4 + 2 * 0.3) / 3, abs=1e-4)


def test_a_loss_of_more_than_three_points_is_named_and_a_gain_is_not() -> None:
    now, before = figures(SCORED), figures(SCORED)
    assert report.worse(now, before) == []
    before["shares"]["FAQ, right answer"]["fr"] = 0.29
    before["shares"]["danger, recall"]["fr"] = 0.0
    before["counts"] = {name: {form: 100 for form in values} for name, values in before["counts"].items()}
    now["shares"]["danger, false alarms"]["fr"] = 0.5
    del now["shares"]["out of scope, said so"]["fr"]
    named = [line.split(":")[0] for line in report.worse(now, before)]
    assert named == ["FAQ, right answer, fr", "danger, false alarms, fr", "out of scope, said so, fr"]


def test_one_message_alone_fails_nothing() -> None:
    now, before = figures(SCORED), figures(SCORED)
    assert before["counts"]["danger, recall"] == {"fr": 1, "all": 1}
    before["shares"]["danger, recall"]["fr"] = 1.0
    assert report.worse(now, before) == []


def test_the_report_holds_its_plots_and_nothing_from_outside(tmp_path: Path) -> None:
    extra = {"noise": {"typos": {"messages": 3, "clean": 1.0, "noisy": 0.7}}, "zero-shot": {"fr": {"en": 0.9}}}
    data, page = report.write(tmp_path, figures(SCORED) | extra)
    html = page.read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == 2 and "http" not in html.split("</style>")[1]
    assert json.loads(data.read_text(encoding="utf-8"))["messages"] == len(SCORED)


def test_a_line_that_is_no_message_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "ok"}\n[1]\n', encoding="utf-8")
    with pytest.raises(SetupError, match=r"rows\.jsonl:2"):
        list(read_rows(file))


def test_the_table_of_the_written_form_is_read_as_it_was_written(tmp_path: Path) -> None:
    words = {
        "fr": "bonjour la carte",
        "en": "hello the card",
        "ar": "مرحبا البطاقة",
        "ary-Arab": "سلام لاكارط ديالي",
        "ary-Latn": "salam lkarta dyali",
    }
    model = Linear.train([(f"{text} {n}", form) for form, text in words.items() for n in range(5)]).strongest(200)
    model.write(tmp_path / "weights.tsv")
    again = Linear.read(tmp_path / "weights.tsv")
    assert set(again.weights) == set(model.weights) and len(again.weights) == 200
    both = FormModel(again, again)
    assert {form: both.detect(text)[0] for form, text in words.items()} == {form: form for form in FORMS}


def test_a_corpus_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"doda.*data/forms/README.md"):
        list(corpora(tmp_path))


def test_the_benchmark_takes_a_share_of_every_label_and_makes_up_the_rest() -> None:
    from bot.understanding.corpus import training_sentences

    everything = training_sentences(ROOT / "data")
    tenth = sample(everything, 0.1)
    assert {(s.label, s.form) for s in tenth} == {(s.label, s.form) for s in everything}
    assert 0.08 < len(tenth) / len(everything) < 0.15
    made = made_up(everything, 3)
    assert len(made) == 3 * 5 * 8 and made == made_up(everything, 3)
    assert all(row.plain for row in messages(ROOT / "tests" / "evaluation"))
