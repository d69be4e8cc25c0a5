"""The second layer against danger: patterns that no training changes (`data/urgency/patterns.yml`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.language.forms import RTL
from bot.language.normalize import arabic_share, normalize
from bot.understanding.corpus import load_yaml

Rule = tuple[str, "re.Pattern[str]"]


@dataclass(frozen=True)
class Alarm:
    """Kind of danger and pattern, by script: people mix the languages of a script."""

    latin: tuple[Rule, ...]
    arabic: tuple[Rule, ...]

    @staticmethod
    def load(data_dir: Path) -> "Alarm":
        patterns = load_yaml(data_dir / "urgency" / "patterns.yml")
        rules = [
            (form, kind, re.compile(rf"(?<!\w)(?:{p})(?!\w)")) for kind, forms in patterns.items() for form in forms for p in forms[form]
        ]
        return Alarm(
            tuple((kind, rule) for form, kind, rule in rules if form not in RTL),
            tuple((kind, rule) for form, kind, rule in rules if form in RTL),
        )

    def kind(self, text: str) -> str | None:
        """The danger that a pattern finds in the text."""
        return next(self._kinds(normalize(text), arabic_share(text)), None)

    def _kinds(self, text: str, arabic: float) -> Iterator[str]:
        rules = [*(self.latin if arabic < 1 else ()), *(self.arabic if arabic > 0 else ())]
        return (kind for kind, rule in rules if rule.search(text))
