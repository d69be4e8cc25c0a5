"""What is told to a service about a person: only what was ticked, in words that the person reads first."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.directory import search
from bot.directory.presentation import name_of
from bot.directory.towns import town_names
from bot.errors import Refused
from bot.faq import entries
from bot.language.bidi import readable
from bot.language.forms import known
from bot.language.normalize import clean
from bot.texts import Texts

LONGEST_NAME, LONGEST_NOTE = 60, 500
FIELDS = ("name", "language", "topic", "place", "note")  # in this order on every sheet
LABELS = dict(zip(FIELDS, ("referral_name", "referral_language", "referral_topic", "referral_place", "referral_note")))


@dataclass(frozen=True)
class Shared:
    """Empty: not told. `name` and `note` as typed, `language` a written form, `topic` an FAQ entry, `place` a town."""

    name: str = ""
    language: str = ""
    topic: str = ""
    place: str = ""
    note: str = ""

    @staticmethod
    def of(values: dict[str, Any]) -> "Shared":
        """Tidied: one line for a name, no marks that turn the direction of the text."""
        tidy = {key: clean(str(values.get(key) or "")) for key in FIELDS}
        tidy["name"] = " ".join(tidy["name"].split())[:LONGEST_NAME]
        tidy["note"] = tidy["note"][:LONGEST_NOTE]
        return Shared(**tidy)


@dataclass(frozen=True)
class Reader:
    """Somebody who reads in this form (of a person) or language (of a sheet: fr, ar, en are forms too)."""

    form: str
    data_dir: Path


@dataclass(frozen=True)
class Proposal:
    """What a person is asked: `service` as it is called in their form, `told` what it would learn, `question` the whole message."""

    service_id: str
    service: str
    shared: Shared
    form: str
    told: str
    question: str
    choices: tuple[str, str]

    def record(self) -> dict[str, Any]:
        """What is kept, encrypted, with the referral."""
        return {"service": self.service, "form": self.form, "told": self.told, "shared": asdict(self.shared)}


def propose(session: Session, service_id: str, shared: Shared, reader: Reader) -> Proposal:
    """The message in the form of the person. Without anything to tell there is nothing to ask."""
    texts, form, lines = Texts.load(reader.data_dir), known(reader.form), told(session, shared, reader)
    if not lines:
        raise Refused("referral.nothing_shared")
    said = "\n".join(lines)
    service = name_of(search.get(session, service_id), form)
    question = texts.get("referral_ask", form, service=service, shared=said)
    choices = texts.get("yes", form), texts.get("no", form)
    return Proposal(service_id, service, shared, form, readable(said, form), readable(question, form), choices)


def told(session: Session, shared: Shared, reader: Reader) -> list[str]:
    """One line for each thing that is told, in the words of this reader: the person, or who reads a sheet."""
    texts, form = Texts.load(reader.data_dir), known(reader.form)
    return [texts.get(LABELS[field], form, value=value) for field, value in _values(session, shared, reader).items()]


def _values(session: Session, shared: Shared, reader: Reader) -> dict[str, str]:
    """By field; what is not told, or is not known, is left out."""
    form = known(reader.form)
    values = {
        "name": shared.name,
        "language": Texts.load(reader.data_dir).get(f"form_{known(shared.language)}", form) if shared.language else "",
        "topic": entries.titles(session, [shared.topic]).get(shared.topic, {}).get(form, "") if shared.topic else "",
        "place": town_names(reader.data_dir, form).get(shared.place, ""),
        "note": shared.note,
    }
    return {field: value for field, value in values.items() if value}
