"""What leaves: the entries that somebody wants, as editors have them or as people read them."""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from bot.exchange import csv_files, xlsx_files, yaml_files
from bot.exchange.slots import TO_CHECK, Slots, flatten
from bot.exchange.tables import Item
from bot.faq.entries import Entry
from bot.language.forms import FORMS
from bot.tables import EntryRow, Revision, Staff

KINDS = ("xlsx", "csv", "yml")
ANY_FORM = "any"


@dataclass(frozen=True)
class Wanted:
    """`lacks`: only entries that are not written in this form, or must be looked at again in it; `any`: in any of the five.
    `live`: as people are answered; else the newest, which may be a draft. Archived entries stay."""

    topic: str = ""
    lacks: str = ""
    live: bool = False


def items(session: Session, wanted: Wanted) -> list[Item]:
    number = EntryRow.live if wanted.live else EntryRow.head
    query = select(Revision.body, number, Staff.email)
    query = query.join(EntryRow, and_(Revision.entry_id == EntryRow.id, Revision.number == number))
    query = query.outerjoin(Staff, Staff.id == EntryRow.responsible_id)
    query = query.where(EntryRow.state == "published" if wanted.live else EntryRow.state != "archived")
    found = [Item(body, seen, email or "") for body, seen, email in session.execute(query.order_by(EntryRow.topic, EntryRow.id))]
    return [item for item in found if _is_wanted(item.body, wanted)]


def _is_wanted(body: Entry, wanted: Wanted) -> bool:
    if wanted.topic and body["topic"] != wanted.topic:
        return False
    forms = FORMS if wanted.lacks == ANY_FORM else [form for form in FORMS if form == wanted.lacks]
    slots = flatten(body)
    return not forms or any(_has_work(slots, form) for form in forms)


def _has_work(slots: Slots, form: str) -> bool:
    return (TO_CHECK, form) in slots or any((part, form) not in slots for part in ("titles", "answers", "questions"))


def file(kind: str, found: Iterable[Item], data_dir: Path, separator: str = ",") -> bytes:
    """One file: a workbook, or an archive of tables or of YAML files."""
    found = list(found)
    if kind == "xlsx":
        return xlsx_files.write(found, data_dir)
    members = csv_files.write(found, separator) if kind == "csv" else {name: text.encode() for name, text in by_topic(found).items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def by_topic(found: Iterable[Item]) -> dict[str, str]:
    """A YAML file for each topic, by its name."""
    return {name: yaml_files.write(bodies, yaml_files.HEADER.format(topic=Path(name).stem)) for name, bodies in _bodies(found).items()}


def into_folder(found: Iterable[Item], folder: Path) -> list[Path]:
    """The YAML files of a folder, brought up to date: entries keep their order, new ones come last, heads of files stay.
    A file whose entries are all gone is left empty. Names the files that are now others."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh: dict[str, list[Entry]] = {**{path.name: [] for path in folder.glob("*.yml")}, **_bodies(found)}
    return [path for path in (_renewed(folder / name, bodies) for name, bodies in sorted(fresh.items())) if path]


def _bodies(found: Iterable[Item]) -> dict[str, list[Entry]]:
    topics: dict[str, list[Entry]] = {}
    for item in found:
        topics.setdefault(f"{item.body['topic']}.yml", []).append(item.body)
    return topics


def _renewed(path: Path, bodies: list[Entry]) -> Path | None:
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    order = yaml_files.ids(path.name, before)
    bodies = sorted(bodies, key=lambda body: order.index(body["id"]) if body["id"] in order else len(order))
    text = yaml_files.write(bodies, yaml_files.head(before) or yaml_files.HEADER.format(topic=path.stem))
    if text == before:
        return None
    path.write_text(text, encoding="utf-8")
    return path
