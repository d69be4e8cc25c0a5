"""Figures of scored messages: shares by form, calibration, confusions, latency."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score

from bot.language.forms import FORMS
from cli.evaluation.rows import Row, Scored

ALL = "all"
Chosen = Callable[[Row], bool]
Hit = Callable[[Scored], bool]
BY_FORM = tuple[str, Chosen, Hit]
OFFERING = ("faq", "clarify")  # routes on which candidates are shown


def _words(low: int, high: int) -> Chosen:
    return lambda row: row.form in FORMS and not row.mixed and low <= len(row.text.split()) <= high


def _plain(route: str) -> Chosen:
    return lambda row: row.plain and row.route == route


def _form_right(s: Scored) -> bool:
    return s.seen.form == s.row.form


def _right(s: Scored) -> bool:
    return s.right


def _answered(s: Scored) -> bool:
    """The right answer, or an offer in which it stands."""
    return s.right or (s.seen.route in OFFERING and s.row.id in [name for name, _ in s.seen.candidates])


def _wrong(s: Scored) -> bool:
    return s.seen.route == "faq" and s.seen.id != s.row.id


def _language(s: Scored) -> bool:
    wanted = (s.row.expected or {}).get("language")
    return s.right and (wanted is None or s.seen.language == wanted)


MEASURES: tuple[BY_FORM, ...] = (
    ("written form, 1-2 words", _words(1, 2), _form_right),
    ("written form, 3-5 words", _words(3, 5), _form_right),
    ("written form, 6 and more words", _words(6, 10_000), _form_right),
    ("written form, 3 and more words", _words(3, 10_000), _form_right),
    ("route", lambda row: row.plain and bool(row.route), lambda s: s.seen.route == s.row.route),
    ("FAQ, right answer", _plain("faq"), _right),
    ("FAQ, right answer or offered", _plain("faq"), _answered),
    ("FAQ, among the best three", _plain("faq"), lambda s: s.row.id in [name for name, _ in s.seen.candidates]),
    ("FAQ, wrong answer given", _plain("faq"), _wrong),
    ("service", _plain("service"), lambda s: s.seen.id == s.row.id),
    ("place", lambda row: row.has_place, lambda s: s.seen.place == s.row.place),
    ("dialog", _plain("dialog"), _language),
    ("danger, recall", _plain("urgent"), lambda s: s.seen.route == "urgent"),
    ("danger, false alarms", lambda row: bool(row.route) and row.route != "urgent", lambda s: s.seen.route == "urgent"),
    ("out of scope, said so", _plain("oos"), lambda s: s.seen.route == "oos"),
    ("out of scope, not answered", _plain("oos"), lambda s: s.seen.route in ("oos", "clarify")),
    ("mixed languages, right or offered", lambda row: row.mixed, _answered),
    ("follow-up, right answer", lambda row: bool(row.after), _right),
    ("follow-up, right or offered", lambda row: bool(row.after), _answered),
    ("two questions, one of them answered", lambda row: bool(row.second), lambda s: _right(s) or _labels(s)[0] == s.row.second),
    ("two questions, both found", lambda row: bool(row.second), lambda s: {*_labels(s)} == {f"{s.row.route}:{s.row.id}", s.row.second}),
)
LOWER_IS_BETTER = frozenset({"FAQ, wrong answer given", "danger, false alarms"})


def _labels(s: Scored) -> tuple[str, str]:
    return f"{s.seen.route}:{s.seen.id}", s.seen.second or ""


def shares(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Every measure, by form and for all; what no message measures is left out."""
    found = {name: _by_form([s for s in scored if chosen(s.row)], hit) for name, chosen, hit in MEASURES}
    return {name: values for name, values in found.items() if values}


def counts(scored: Sequence[Scored]) -> dict[str, dict[str, int]]:
    """How many messages stand behind each share."""
    chosen = {name: [s.row.form for s in scored if wanted(s.row)] for name, wanted, _ in MEASURES}
    return {name: {**{f: forms.count(f) for f in FORMS if f in forms}, ALL: len(forms)} for name, forms in chosen.items() if forms}


def _by_form(scored: Sequence[Scored], hit: Hit) -> dict[str, float]:
    groups = {form: [s for s in scored if s.row.form == form] for form in FORMS} | {ALL: list(scored)}
    return {form: round(sum(map(hit, group)) / len(group), 4) for form, group in groups.items() if group}


def macro_f1(scored: Sequence[Scored]) -> float | None:
    """Macro-F1 of route and id together, over plain messages."""
    plain = [s for s in scored if s.row.plain and s.row.route]
    truth, guess = [f"{s.row.route}:{s.row.id}" for s in plain], [f"{s.seen.route}:{s.seen.id}" for s in plain]
    return round(float(f1_score(truth, guess, labels=sorted(set(truth)), average="macro", zero_division=0)), 4) if plain else None


def scope(scored: Sequence[Scored]) -> dict[str, float]:
    """AUROC of `in_scope`, and how many of the messages out of scope are noticed when 5 % of the others are taken for such."""
    labelled = [s for s in scored if s.row.plain and s.row.route]
    inside, value = np.array([s.row.route != "oos" for s in labelled]), np.array([s.seen.in_scope for s in labelled])
    if inside.all() or not inside.any():
        return {}
    limit = np.quantile(value[inside], 0.05)
    return {"AUROC": round(float(roc_auc_score(inside, value)), 4), "recall at 5 % false": round(float((value[~inside] < limit).mean()), 4)}


def reliability(scored: Sequence[Scored], bins: int = 10) -> list[tuple[float, float, int]]:
    """For plain questions, by tenth of the probability of the best entry: mean probability, share that was right, how many."""
    faq = [s for s in scored if s.row.plain and s.row.route == "faq" and s.seen.candidates]
    p = np.array([s.seen.candidates[0][1] for s in faq])
    hit = np.array([s.seen.candidates[0][0] == s.row.id for s in faq])
    which = np.minimum((p * bins).astype(int), bins - 1) if faq else p
    return [
        (float(p[which == b].mean()), float(hit[which == b].mean()), int((which == b).sum())) for b in range(bins) if (which == b).any()
    ]


def expected_calibration_error(curve: Sequence[tuple[float, float, int]]) -> float:
    total = sum(n for *_, n in curve) or 1
    return round(sum(abs(p - hit) * n for p, hit, n in curve) / total, 4)


def confusions(scored: Sequence[Scored], most: int = 20) -> list[tuple[str, str, int]]:
    """Expected, understood, how often; danger that was not noticed first, then what is answered wrongly."""
    missed = [s for s in scored if s.row.plain and s.row.route and not s.right and s.seen.route != "clarify"]
    pairs = Counter((f"{s.row.route}:{s.row.id or ''}", f"{s.seen.route}:{s.seen.id or ''}") for s in missed)
    ranked = sorted(
        pairs.items(), key=lambda pair: (not (pair[0][0].startswith("urgent") and not pair[0][1].startswith("urgent")), -pair[1])
    )
    return [(expected, seen, n) for (expected, seen), n in ranked[:most]]


def latency(scored: Sequence[Scored]) -> dict[str, float]:
    """Milliseconds a message, one core."""
    times = sorted(s.milliseconds for s in scored)
    return {"median": round(times[len(times) // 2], 1), "p95": round(times[int(len(times) * 0.95)], 1)}


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """All that one pass over the messages tells, ready for JSON."""
    curve = reliability(scored)
    return {
        "messages": len(scored),
        "shares": shares(scored),
        "counts": counts(scored),
        "macro-F1": macro_f1(scored),
        "out of scope": scope(scored),
        "calibration error": expected_calibration_error(curve),
        "reliability": curve,
        "confusions": confusions(scored),
        "milliseconds": latency(scored),
    }
