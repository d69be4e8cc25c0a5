"""Turning templates into pages, one environment for each language."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.language.bidi import first_direction, pieces
from bot.language.forms import direction, in_form
from bot.language.reading import reading
from console.icons import icon
from console.language import Language
from console.menu import ITEMS

ROOT = "/console"
HERE = Path(__file__).parent
STATIC = HERE / "static"


@lru_cache(maxsize=16)
def static_url(name: str) -> str:
    """Address of a static file; it changes with the content, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"{ROOT}/static/{name}?v={digest}"


def _environment(language: Language) -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.globals.update(
        {"_": language.text, "named": language.named, "language": language, "root": ROOT, "static": static_url, "menu": ITEMS, "icon": icon}
    )
    env.filters.update({"when": language.when, "ago": language.ago, "left": language.left, "day": language.day, "direction": direction})
    env.filters.update({"pieces": pieces, "first_direction": first_direction, "reading": reading})
    env.filters.update({"moment": language.moment, "in_form": in_form})
    env.filters.update({"month": language.month, "km": language.km, "noted": language.noted, "written_day": language.written_day})
    return env


class Pages:
    def __init__(self, languages: Mapping[str, Language]) -> None:
        self.languages = languages
        self._environments = {code: _environment(language) for code, language in languages.items()}

    def render(self, language: Language, name: str, context: Mapping[str, Any]) -> str:
        return self._environments[language.code].get_template(name).render(languages=self.languages, **context)
