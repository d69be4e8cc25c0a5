"""All that an export needs besides the rows: language, words, holidays, day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.directory.eligibility import spoken, tags
from bot.directory.hsds import ids
from bot.directory.kinds import kind_names
from bot.directory.opening import Days
from bot.directory.organizations import Kinds, kinds_of_nameless
from bot.directory.towns import town_names
from bot.tables import Holiday
from bot.texts import Texts
from bot.understanding.corpus import load_yaml

Lang = Literal["fr", "en", "ar"]
LANGS: tuple[Lang, ...] = ("fr", "en", "ar")
Json = dict[str, Any]
REGION = "Souss-Massa"


@dataclass(frozen=True)
class Book:
    """`full`: also what HSDS has no place for, so that nothing is lost when the file comes back."""

    data_dir: Path
    lang: Lang = "fr"
    full: bool = False
    days: Days = field(default_factory=Days)
    nameless: Kinds = field(default_factory=dict)
    today: date = field(default_factory=lambda: datetime.now(TIME_ZONE).date())

    @staticmethod
    def of(session: Session, data_dir: Path, lang: Lang = "fr", full: bool = False) -> "Book":
        return Book(data_dir, lang, full, Days.of(session.scalars(select(Holiday))), kinds_of_nameless(session))

    @cached_property
    def kinds(self) -> dict[str, str]:
        return kind_names(self.data_dir, self.lang)

    @cached_property
    def towns(self) -> dict[str, str]:
        return town_names(self.data_dir, self.lang)

    @cached_property
    def tongues(self) -> dict[str, str]:
        return spoken(self.data_dir, self.lang)

    @cached_property
    def texts(self) -> Texts:
        return Texts.load(self.data_dir)

    def of_kind(self, kinds: Sequence[str]) -> str:
        """What is put for the name that HSDS wants, where there is none."""
        return next((self.kinds[kind] for kind in kinds if kind in self.kinds), self.text("service_nameless_place"))

    def is_of_kind(self, name: str) -> bool:
        return name in self.kinds.values() or name == self.text("service_nameless_place")

    def text(self, key: str) -> str:
        return self.texts.get(key, self.lang)

    @cached_property
    def taxonomies(self) -> dict[str, Json]:
        """By our name of them. That of whole records only where those leave."""
        said: Mapping[str, Any] = load_yaml(self.data_dir / "hsds.yml")["taxonomies"]
        return {
            key: {"id": ids.of("taxonomy", key), "name": each["names"][self.lang], "description": each["description"][self.lang]}
            for key, each in said.items()
            if key != "record" or self.full
        }

    @cached_property
    def terms(self) -> dict[tuple[str, str], Json]:
        """By taxonomy and code."""
        said = load_yaml(self.data_dir / "hsds.yml")["terms"]
        named = {key: {code: names[self.lang] for code, names in codes.items()} for key, codes in said.items()}
        named |= {"kind": self.kinds, "eligibility": tags(self.data_dir, self.lang)}
        return {(key, code): self._term(key, code, name) for key, codes in named.items() for code, name in codes.items()}

    def term(self, taxonomy: str, code: str) -> Json:
        """A code that the files do not know (any more) is its own name."""
        return self.terms.get((taxonomy, code)) or self._term(taxonomy, code, code)

    def _term(self, taxonomy: str, code: str, name: str) -> Json:
        of = self.taxonomies.get(taxonomy) or {"id": ids.of("taxonomy", taxonomy), "name": taxonomy}
        said = {"code": code, "name": name, "description": name, "taxonomy": of["name"], "taxonomy_id": of["id"], "language": self.lang}
        return {"id": ids.of("term", taxonomy, code), **said}
