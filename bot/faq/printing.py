"""The content as it is put on paper: entries for a lawyer, and the calls that confirm the directory. No wording here: templates say it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.seed import OSM_PREFIX, read_directory
from bot.faq.entries import Entry
from bot.faq.facts import Fact, carrying
from bot.faq.phones import national, phones
from bot.faq.rules import Book, Fault, check
from bot.language.bidi import readable
from bot.language.forms import Form
from bot.tables import Organization, Service
from bot.understanding.corpus import load_yaml

ON_PAPER: tuple[Form, ...] = ("fr", "ar", "en", "ary-Arab", "ary-Latn")
_WHOLE = 10  # digits of a national number
Row = dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """One entry. `lines` are rows with one cell a form, in the order of `ON_PAPER`, so that the forms can be read line by line."""

    entry: Entry
    lines: list[list[str]]
    facts: list[Fact]
    unverified: list[str]
    faults: list[Fault]


@dataclass(frozen=True)
class Call:
    """`ask` are keys of questions that the template words. `said_in` are the entries that show the number."""

    name: str
    number: str
    ask: tuple[str, ...]
    place: str = ""
    said: str = ""
    warning: str = ""
    source: str = ""
    said_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Calls:
    emergency: list[Call]
    answers: list[Call]
    with_number: list[Call]
    without_number: list[Call]

    def __len__(self) -> int:
        return sum(map(len, (self.emergency, self.answers, self.with_number, self.without_number)))


# Entries


def sheets(entries: Collection[Entry], book: Book, unverified: Mapping[str, list[str]]) -> list[Sheet]:
    """In the order of the topics, as the entries come inside one topic."""
    ids, order = {entry["id"] for entry in entries}, list(dict.fromkeys(entry["topic"] for entry in entries))
    return [_sheet(e, book, unverified, ids) for e in sorted(entries, key=lambda e: order.index(e["topic"]))]


def _sheet(entry: Entry, book: Book, unverified: Mapping[str, list[str]], ids: Collection[str]) -> Sheet:
    used = carrying(entry, book.facts)
    topics = dict.fromkeys(fact.id.rsplit(".", 1)[0] for fact in used if fact.id)
    return Sheet(entry, _lines(entry), used, [text for topic in topics for text in unverified.get(topic, [])], check(entry, book, ids))


def _lines(entry: Entry) -> list[list[str]]:
    """Line by line when the forms have as many lines; else each form in one cell."""
    texts = [readable(str(entry["answers"].get(form, "")).strip(), form) for form in ON_PAPER]
    split = [text.split("\n") for text in texts]
    return [list(row) for row in zip(*split)] if len({len(lines) for lines in split}) == 1 else [texts]


def not_to_be_said(data_dir: Path) -> dict[str, list[str]]:
    """What could not be verified, by topic of the facts."""
    return {row["topic"]: row["unverified"] for row in load_yaml(data_dir / "facts" / "rights-unverified.yaml")}


# Calls


def calls(entries: Iterable[Entry], services: Iterable[Row], book: Book, data_dir: Path) -> Calls:
    emergency = load_yaml(data_dir / "emergency.yml")
    rows = sorted(
        _without(services, {str(row["number"]) for row in emergency}), key=lambda s: (s["town"] != "agadir", s["town_name"], s["name"])
    )
    listed = [_service_call(row) for row in rows]
    return Calls(
        [_emergency_call(row) for row in emergency],
        list(_answer_calls(entries, book)),
        [call for call in listed if call.number],
        [call for call in listed if not call.number],
    )


def _without(services: Iterable[Row], numbers: Collection[str]) -> list[Row]:
    """Emergency services stand in a list of their own: nobody should try their numbers."""
    return [s for s in services if not s["phones"] or not all(phone["number"] in numbers for phone in s["phones"])]


def _emergency_call(row: Row) -> Call:
    asked = f"{row['called_on']}, {row['called_by']}" if row.get("called_on") else ""
    return Call(row["names"]["fr"], str(row["number"]), ("reaches", "hours", "languages"), said=asked, source=row["fact"])


def _answer_calls(entries: Iterable[Entry], book: Book) -> Iterator[Call]:
    """Each long number that an answer shows, once, with the fact it comes from."""
    shown: dict[str, list[Entry]] = {}
    for entry in entries:
        for number in sorted(phones(str(entry["answers"].get("fr", "")))):
            shown.setdefault(number, []).append(entry)
    for number, owners in shown.items():
        titles = tuple(entry["titles"]["fr"] for entry in owners)
        said = [fact for fact in carrying(owners[0], book.facts) if number in phones(fact.text)][:1]
        source = "".join(f"{fact.title}, {fact.year}".strip(", ") for fact in said)
        text = "".join(fact.text for fact in said)
        yield Call("", in_pairs(number), ("still", "who", "hours", "remote"), said=text, source=source, said_in=titles)


def _service_call(row: Row) -> Call:
    """Ask what is unknown, and whether what is known still holds. The place of a protected shelter is neither shown nor asked."""
    hidden, offers = row["hidden_place"], row["offers"].get("fr", "")
    place = row["town_name"] if hidden else ", ".join(part for part in (row["address"], row["town_name"]) if part)
    ask = [
        "number" if not row["phones"] else "still",
        *(() if hidden else (("address_still",) if row["address"] else ("address",))),
        "hours_still" if row["hours"] else "hours",
        "offer_still" if offers else "offer",
        "papers",
        *(("hidden",) if hidden else ()),
    ]
    number = " / ".join(in_pairs(str(phone["number"])) for phone in row["phones"])
    source = max((str(s.get("page_date") or "")[:4] for s in row["sources"]), default="")
    return Call(row["name"], number, tuple(ask), place, offers, row["warnings"].get("fr", ""), source)


def in_pairs(number: str) -> str:
    """As it is read aloud: 05 37 54 54 00. A short number stays as it is."""
    digits = national(number)
    return " ".join(re.findall("..", digits)) if len(digits) == _WHOLE else number


def services_of_files(data_dir: Path) -> list[Row]:
    pairs = ((service, seed) for seed in read_directory(data_dir) for service in seed["services"])
    return [service | {"name": service["names"].get("fr") or seed["names"]["fr"]} for service, seed in pairs]


def services_of_table(session: Session) -> list[Row]:
    """As people edited them. Places that came from OpenStreetMap are not called one by one."""
    query = select(Service, Organization.names).join(Organization).where(~Organization.id.startswith(OSM_PREFIX))
    keys = [column.key for column in Service.__table__.columns]
    pairs = session.execute(query).tuples()
    return [{key: getattr(s, key) for key in keys} | {"name": s.names.get("fr") or names.get("fr") or s.id} for s, names in pairs]


def due_emergency(data_dir: Path, today: date) -> list[Row]:
    return [row for row in load_yaml(data_dir / "emergency.yml") if row["check_again_on"] < today]
