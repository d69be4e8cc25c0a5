"""The facts that carry the answers (`data/facts/rights.yaml`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.understanding.corpus import load_yaml

SOURCE = ("title", "url", "year", "says")  # of a source that an editor names


@dataclass(frozen=True)
class Fact:
    """What a source says. `year` is empty when it has no date; `confidence`: high, medium or low (never shown to people). Of what an
    editor wrote down of a source `id` and `confidence` are empty, and `text` may be."""

    id: str
    text: str
    title: str
    url: str
    year: str
    confidence: str


def carrying(entry: Mapping[str, Any], known: Mapping[str, Fact]) -> list[Fact]:
    """What an entry rests on: its facts, as far as they are known, then what its editors found in other sources."""
    own = [{key: str(value or "") for key, value in source.items()} for source in entry.get("sources") or ()]
    found = [Fact("", s.get("says", ""), s.get("title", ""), s.get("url", ""), s.get("year", ""), "") for s in own]
    return [*(known[key] for key in entry.get("facts") or () if key in known), *found]


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
