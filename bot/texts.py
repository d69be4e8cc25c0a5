"""The texts of the assistant, by key and written form (`data/texts/bot.yml`), those of notices to staff, and the words for numbers."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import ContentError
from bot.language.bidi import readable
from bot.language.forms import FORMS, known
from bot.language.normalize import normalize
from bot.understanding.corpus import load_yaml


class Texts:
    """`get` fills the placeholders; `say` also makes numbers and links readable inside Arabic lines."""

    def __init__(self, texts: dict[str, dict[str, str]], name: str = "bot") -> None:
        self._texts, self._name = texts, name

    @staticmethod
    @lru_cache(maxsize=4)
    def load(data_dir: Path, name: str = "bot") -> "Texts":
        """`bot`: what people read; `staff`: what members of staff are told outside of the console."""
        return Texts(load_yaml(data_dir / "texts" / f"{name}.yml"), name)

    def get(self, key: str, form: str, **values: Any) -> str:
        try:
            return self._texts[key][known(form)].format(**values)
        except KeyError as error:
            raise ContentError(f"data/texts/{self._name}.yml lacks {error} (text {key}, form {form}).") from error

    def say(self, key: str, form: str, **values: Any) -> str:
        return readable(self.get(key, form, **values), known(form))

    def in_all_forms(self, key: str) -> dict[str, str]:
        return {form: self._texts[key][form] for form in FORMS}

    def day(self, form: str, day: date) -> str:
        """`21 novembre 2026`, with the month as it is called in Morocco."""
        return f"{day.day} {self.get(f'month_{day.month}', form)} {day.year}"

    def weekday(self, form: str, day: date) -> str:
        """`lundi 23 novembre`."""
        return f"{self.get(f'weekday_{day.isoweekday()}', form)} {day.day} {self.get(f'month_{day.month}', form)}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)


@lru_cache(maxsize=2)
def number_words(data_dir: Path) -> dict[str, int]:
    """`un`, `one`, `واحد`, `wa7ed` … to their number."""
    words = load_yaml(data_dir / "texts" / "numbers.yml")
    return {normalize(str(w)): int(n) for form in words.values() for n, spellings in form.items() for w in spellings}
