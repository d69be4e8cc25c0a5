"""What the running bot understands must not become worse than what was committed, on any form."""

import json

import pytest

from bot.settings import ROOT
from bot.understanding.index import Index
from cli.evaluation.figures import figures
from cli.evaluation.report import JSON, worse
from cli.evaluation.rows import read_rows, score

pytestmark = pytest.mark.model
FOLDER = ROOT / "tests" / "evaluation"


def test_no_form_lost_more_than_three_points(index: Index) -> None:
    rows = [row for file in sorted(FOLDER.glob("*.jsonl")) for row in read_rows(file)]
    found = figures(score(rows, index))
    assert worse(found, json.loads((ROOT / "reports" / JSON).read_text(encoding="utf-8"))) == []
