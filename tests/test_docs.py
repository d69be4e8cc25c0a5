"""Docs that cannot lie: what the README names exists, and its settings are the settings."""

import re

from bot.settings import ROOT
from cli.readme import settings_rows

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_settings_table_is_true() -> None:
    table = README.split("<!-- settings -->")[1].split("<!-- /settings -->")[0]
    assert [line for line in table.splitlines() if line.startswith("| `")] == settings_rows()


def test_each_path_of_the_map_exists() -> None:
    rows = README.split("## Where things are")[1].split("##")[0].splitlines()
    named = [path for row in rows if row.startswith("| `") for path in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(named) > 12
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_each_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((docs/[^)]+)\)|src=\"(docs/[^\"]+)\"", README)
    assert [link for pair in links for link in pair if link and not (ROOT / link).exists()] == []


def test_each_verb_it_names_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [verb for verb in set(re.findall(r"`?make ([a-z-]+)", README)) if f"\n{verb}:" not in makefile] == []
