"""The facts that carry the answers (`data/facts/rights.yaml`)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.understanding.corpus import load_yaml


@dataclass(frozen=True)
class Fact:
    """`year` is empty when the source has no date; `confidence`: high, medium or low (never shown)."""

    id: str
    text: str
    title: str
    url: str
    year: str
    confidence: str


@lru_cache(maxsize=2)
def facts(data_dir: Path) -> dict[str, Fact]:
    rows = load_yaml(data_dir / "facts" / "rights.yaml")
    return {
        r["id"]: Fact(r["id"], r["fact_en"], r["source_title"], r["source_url"], _year(str(r["source_date"])), r["confidence"])
        for r in rows
    }


def _year(date: str) -> str:
    """The year in `2010-05-06`, `c. 2013` or `undated (late 2013)`; empty when there is none."""
    found = re.search(r"(?:19|20)\d\d", date)
    return found.group() if found else ""
