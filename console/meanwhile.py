"""Somebody else saved first: what only they changed is put into the form that comes back, what both changed is told in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.directory import editing, versions
from bot.faq import differences
from bot.faq.differences import Piece
from bot.language.forms import FORMS
from bot.staff import accounts
from bot.tables import DirectoryVersion
from console import places
from console.language import Language
from console.places import DAYS, ROWS
from console.team_forms import TICKED, Filled

Stored = Callable[[Any], Filled]  # a row as its form shows it
KINDS = {"status": "service_status", "verified": "verified"} | dict.fromkeys(("by_appointment", "accessible", "free"), "answer")
TICKS = ("hidden_place", "holidays")


@dataclass(frozen=True)
class Clash:
    """A place that both changed. Of a text in one `form` also `pieces`: the way from mine to theirs, word by word."""

    place: str
    label: str
    form: str
    mine: str
    theirs: str
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Meanwhile:
    """`by`: who saved, the last time at `at`; `taken`: what is put in of theirs, in words."""

    by: Sequence[str]
    at: datetime
    clashes: Sequence[Clash]
    taken: Sequence[str]


@dataclass(frozen=True)
class Words:
    """What places are called and what stands in them, in the language of the page."""

    language: Language
    towns: Mapping[str, str] = field(default_factory=dict)

    def label(self, place: str) -> str:
        named, head, form = self.language.named, *_parted(place)
        if form:
            return f"{named('field', head)} · {named('form', form)}"
        if place in DAYS:
            return f"{named('field', 'hours')} · {self.language.weekday(int(place[-1]))}"
        return self.language.text({"holidays": "Closed on public holidays", "ramadan": "In Ramadan"}.get(place, "")) or named(
            "field", place
        )

    def text(self, filled: Filled, place: str) -> str:
        """Empty: nothing stands there."""
        if place in ROWS:
            return "\n".join(map(self._phone if place == "phones" else self._days, places.rows(filled, place)))
        if place == "hours":
            said = [self._line(filled, day) for day in DAYS if self._day(filled, day)]
            return filled.get(place) or "\n".join(said)
        if place in DAYS:
            return self._day(filled, place)
        if place == "ramadan":
            return " ".join(filter(None, (self.language.named("ramadan", filled.get(place) or "unknown"), filled.get("ramadan_hours"))))
        return self._said(filled.get(place, "").strip(), place)

    def who(self, version: DirectoryVersion, names: Mapping[Any, str]) -> str:
        """A name, or where it came from; empty when nobody knows."""
        if version.by in names:
            return names[version.by]
        file = self.language.text("Import of {file}", file=version.file) if version.file else ""
        return file or (self.language.named("version", version.why) if version.why == "seeded" else "")

    def _said(self, text: str, place: str) -> str:
        named = self.language.named
        if place in TICKS:
            return named("answer", "yes" if text else "no")
        if place in KINDS:
            return named(KINDS[place], text or "unknown")
        return self._date(text) if place in ("starts_on", "ends_on") else self.towns.get(text, text) if place == "town" else text

    def _line(self, filled: Filled, day: str) -> str:
        return f"{self.language.weekday(int(day[-1]))} {self._day(filled, day)}"

    def _day(self, filled: Filled, day: str) -> str:
        n = day[-1]
        if filled.get(f"closed_{n}") == TICKED:
            return self.language.text("Closed on this day")
        spans = ((filled.get(f"opens_{n}_{m}", ""), filled.get(f"closes_{n}_{m}", "")) for m in range(2))
        return ", ".join(f"{opens}-{closes}" for opens, closes in spans if opens or closes)

    def _phone(self, row: Mapping[str, str]) -> str:
        kind = self.language.named("phone", row.get("kind", "voice"))
        return " · ".join(filter(None, (row["number"], row.get("note"), kind)))

    def _days(self, row: Mapping[str, str]) -> str:
        days = " - ".join(self._date(row[key]) for key in ("first", "last") if row.get(key))
        hours = self.language.text("Closed all day") if row.get("closed") else row.get("hours")
        return " · ".join(filter(None, (days, row.get("name"), hours)))

    def _date(self, text: str) -> str:
        try:
            return self.language.day(date.fromisoformat(text))
        except ValueError:
            return text


def merged(session: Session, row: versions.Row, filled: Filled, how: tuple[Stored, Words]) -> tuple[Filled, Meanwhile]:
    """The form that comes back: to save it once more is a choice."""
    stored, words = how
    base, since = versions.seen(session, row, filled.get("seen", ""))
    theirs = stored(row)
    found = places.merge(stored(versions.row_of(base)) if base else {}, filled, theirs)
    names = accounts.names(session, [version.by for version in since])
    by = dict.fromkeys(filter(None, (words.who(version, names) for version in reversed(since))))
    clashes = [_clash(words, place, filled, theirs) for place in found.clashes]
    told = Meanwhile(list(by), row.updated_at, clashes, [words.label(place) for place in found.taken])
    return {**found.filled, "seen": editing.version(row)}, told


def decided(session: Session, row: versions.Row, filled: Filled, stored: Stored) -> Filled:
    """With theirs where somebody chose so: as it stood when the form came back."""
    base, _ = versions.seen(session, row, filled.get("seen", ""))
    wanted = filled.get("take", "").split(",")
    return places.take(filled, stored(versions.row_of(base)), filter(None, wanted)) if base and any(wanted) else filled


def _clash(words: Words, place: str, mine: Filled, theirs: Filled) -> Clash:
    my, their = words.text(mine, place), words.text(theirs, place)
    form = _parted(place)[1]
    return Clash(place, words.label(place), form, my, their, differences.words(my, their) if form and their else ())


def _parted(place: str) -> tuple[str, str]:
    """`offers_fr` is a text in a form."""
    head, _, form = place.rpartition("_")
    return (head, form) if form in FORMS else (place, "")
