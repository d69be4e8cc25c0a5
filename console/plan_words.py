"""What a file would change in a record of the directory, in the language of the page: before and after, field by field."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.directory.eligibility import spoken, tags
from bot.directory.hours_text import in_words
from bot.directory.hsds.outcome import Outcome
from bot.directory.hsds.plan import Plan
from bot.directory.kinds import kind_names
from bot.directory.presentation import nameless
from bot.directory.snapshot import EVERYWHERE
from bot.directory.towns import town_names
from bot.language.forms import in_form, known
from bot.texts import Texts
from console.language import Language

LABELS = {"latitude": "point", "longitude": "point"}
SHORT = 160  # characters that are shown at once


@dataclass(frozen=True)
class Difference:
    """Of one field; of texts, in one form. Empty: nothing is written there."""

    field: str
    form: str
    before: str
    after: str

    @property
    def is_long(self) -> bool:
        return len(self.before) + len(self.after) > SHORT


class PlanWords:
    def __init__(self, language: Language, data_dir: Path, found: Plan | None = None) -> None:
        self._names = {each.key: each.names for each in (found.outcomes if found else ()) if each.names}
        self._language, self._form, self._texts = language, known(language.code), Texts.load(data_dir)
        form = self._form
        towns = town_names(data_dir, form)
        self._lists: Mapping[str, Mapping[str, str]] = {
            **{"categories": kind_names(data_dir, form), "eligible": tags(data_dir, form), "languages": spoken(data_dir, form)},
            **{"town": towns, "covers": {EVERYWHERE: language.text("All of Morocco"), **towns}},
        }

    def name(self, line: Outcome) -> str:
        """What the record is called; empty when it has no name."""
        return in_form(line.names or self._names.get(line.key, {}), self._form)

    def nameless(self, line: Outcome) -> str:
        """By its kind; empty for what is no place and no organisation."""
        return nameless(line.kinds, self._form) if line.table in ("services", "organizations") else ""

    def kinds(self, line: Outcome) -> str:
        """Of a new service: it may have no name."""
        return self._said("categories", line.values.get("categories", []))

    def other(self, line: Outcome) -> str:
        """What the service is called that the remark is about."""
        names = line.other[1] if line.other else {}
        return in_form(names, self._form) or nameless((), self._form)

    def changed(self, line: Outcome) -> list[Difference]:
        """Of a new one `before` is empty."""
        return _joined(each for field in line.fields for each in self._of(field, line.before.get(field), line.values[field]))

    def kept(self, line: Outcome, written: bool) -> list[Difference]:
        """What a person wrote, or the rest; what is empty here nobody wrote. `after`: what the file says, which is not taken."""
        told = ((field, each) for field in line.kept for each in self._of(field, line.before.get(field), line.offered[field]))
        return _joined(each for field, each in told if (field in line.written and bool(each.before)) == written)

    def between(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
        """Of two versions of a record."""
        found = (each for field, value in after.items() for each in self._of(field, before.get(field), value))
        return [each for each in found if each.before != each.after]

    def _of(self, field: str, before: Any, after: Any) -> Iterator[Difference]:
        label = self._language.named("field", LABELS.get(field, field))
        if not isinstance(after, dict):
            yield Difference(label, "", self._said(field, before), self._said(field, after))
            return
        for form in dict.fromkeys((*(before or {}), *after)):
            was, is_now = str((before or {}).get(form) or ""), str(after.get(form) or "")
            if was != is_now:
                yield Difference(label, self._language.named("form", form), was, is_now)

    def _said(self, field: str, value: Any) -> str:
        if value is None or value == "" or value == []:
            return ""
        if isinstance(value, bool):
            return self._language.named("answer", "yes" if value else "no")
        if isinstance(value, list):
            return " · ".join(self._one(field, one) for one in value)
        if field == "hours":
            return in_words(value, self._form, self._texts)
        kinds = {"verified": "verified", "status": "service_status"}
        return self._language.named(kinds[field], value) if field in kinds else self._one(field, value)

    def _one(self, field: str, value: Any) -> str:
        told: dict[str, Callable[[Any], str]] = {
            "phones": _phone,
            "sources": lambda source: str(source.get("url", "")),
            "special_hours": self._days,
        }
        return told[field](value) if field in told and isinstance(value, dict) else self._lists.get(field, {}).get(str(value), str(value))

    def _days(self, row: Mapping[str, Any]) -> str:
        days = "–".join(dict.fromkeys(str(row[key]) for key in ("first", "last") if row.get(key)))
        return " ".join(filter(None, (days, str(row.get("name") or ""), str(row.get("hours") or self._language.text("Closed all day")))))


def _joined(found: Iterable[Difference]) -> list[Difference]:
    """Latitude and longitude are one thing."""
    groups = (list(same) for _, same in groupby(found, lambda each: (each.field, each.form)))
    return [replace(one[0], before=_line(each.before for each in one), after=_line(each.after for each in one)) for one in groups]


def _line(texts: Iterable[str]) -> str:
    return ", ".join(filter(None, texts))


def _phone(phone: Mapping[str, Any]) -> str:
    return f"{phone.get('number', '')} ({phone['note']})" if phone.get("note") else str(phone.get("number", ""))
