"""The report as one HTML page with its plots inside, and as JSON that a later run is compared with."""

import base64
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from bot.language.forms import FORMS
from cli.evaluation.figures import ALL, LOWER_IS_BETTER

TEMPLATES = Path(__file__).parent.parent / "templates"
JSON, PAGE = "evaluation.json", "evaluation.html"
WORSE = 0.03  # more than this on any form fails a comparison
ONE = 1.01  # messages: one alone fails nothing


def write(folder: Path, figures: Mapping[str, Any]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    plots = {"reliability": _reliability(figures["reliability"]), "noise": _noise(figures["noise"])}
    page = environment.get_template(PAGE).render(figures=figures, forms=[*FORMS, ALL], plots=plots)
    (folder / PAGE).write_text(page, encoding="utf-8")
    return [folder / JSON, folder / PAGE]


def worse(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """What became worse by more than `WORSE` on a form, and by more than one message, in words."""
    return list(_worse(now["shares"], before))


def _worse(now: Mapping[str, Mapping[str, float]], before: Mapping[str, Any]) -> Iterator[str]:
    for name, values in before["shares"].items():
        for form, value in values.items():
            new = now.get(name, {}).get(form)
            loss = 1.0 if new is None else (new - value if name in LOWER_IS_BETTER else value - new)
            if loss > max(WORSE, ONE / before["counts"][name][form]):
                yield f"{name}, {form}: {value:.3f} before, {'not measured' if new is None else f'{new:.3f}'} now"


def _picture(figure: Figure) -> str:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def _reliability(curve: list[tuple[float, float, int]]) -> str:
    figure = Figure(figsize=(4.5, 4))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    axes.plot([p for p, *_ in curve], [hit for _, hit, _ in curve], marker="o", color="#0b6e6e")
    axes.set(xlabel="probability of the best entry", ylabel="share that was right", xlim=(0, 1), ylim=(0, 1.02))
    return _picture(figure)


def _noise(noise: Mapping[str, Mapping[str, float]]) -> str:
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    rows = range(len(noise))
    axes.barh([r + 0.2 for r in rows], [v["clean"] for v in noise.values()], height=0.38, color="#c9c9c9", label="clean")
    axes.barh([r - 0.2 for r in rows], [v["noisy"] for v in noise.values()], height=0.38, color="#0b6e6e", label="with noise")
    axes.set(yticks=list(rows), yticklabels=list(noise), xlim=(0, 1), xlabel="questions answered right")
    axes.invert_yaxis()
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncol=2)
    return _picture(figure)
