"""The facts that carry the answers (`data/facts/rights.yaml`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

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


class Source(NamedTuple):
    """Where a statement is written; `year` is empty when it has no date."""

    title: str
    url: str
    year: str


def sources(entry: Mapping[str, Any], data_dir: Path) -> list[Source]:
    """What an entry rests on: the sources of its facts, then those that editors named."""
    known = facts(data_dir)
    carried = [Source(fact.title, fact.url, fact.year) for fact in (known[i] for i in entry["facts"])]
    return [*carried, *(Source(s["title"], s["url"], str(s.get("year", ""))) for s in entry.get("sources", []))]


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
