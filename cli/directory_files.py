"""`dalil directory export` and `import`: the directory as HSDS files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from bot.db import Database
from bot.directory.hsds import files
from bot.directory.hsds.apply import apply
from bot.directory.hsds.book import Book, Lang
from bot.directory.hsds.brought import planned
from bot.directory.hsds.outcome import Outcome
from bot.directory.hsds.plan import STATES, Plan
from bot.errors import Refused
from bot.exchange.limits import MOST_BYTES
from bot.exchange.report import Unreadable
from bot.settings import Settings
from cli.decided import decided
from console import language
from console.brought import words

Say = Callable[[str], None]


@dataclass(frozen=True)
class Import:
    """`lang`: the language in which its texts are. `others`: also when some rows are refused."""

    path: Path
    lang: Lang = "fr"
    apply: bool = False
    others: bool = False


def export(db: Database, settings: Settings, path: Path, lang: Lang | None) -> str:
    """With a language: for partners. Without: all that is known, to be taken back without loss."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in files.KINDS:
        raise Refused(f"{path}: a file that ends in .json or .zip is needed.")
    with db.begin() as session:
        content, count = files.export(session, Book.of(session, settings.data_dir, lang or "fr", full=lang is None), kind)
    path.write_bytes(content)
    return f"{path}: {count} services"


def take_in(db: Database, settings: Settings, wanted: Import, say: Say) -> int:
    """Say what each row would do; with `apply` do it, all at once. 1 when something is refused."""
    content = _read(wanted.path)
    with db.begin() as session:
        found = _planned(session, wanted, content, Book.of(session, settings.data_dir, wanted.lang))
        for line in _report(found):
            say(line)
        say(decided(found, wanted, lambda: apply(session, "command line", found, wanted.others), "records"))
    return 0 if found.is_whole else 1


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _planned(session: Session, wanted: Import, content: bytes, book: Book) -> Plan:
    try:
        return planned(session, wanted.path.name, content, book)
    except Unreadable as error:
        raise Refused(f"{_said(str(error))} {error.remark.where} {error.remark.detail}".strip()) from error


def _report(found: Plan) -> Iterator[str]:
    yield from (_line(each) for each in found.outcomes if each.state != "unchanged")
    yield ", ".join(f"{found.count(state)} {state}" for state in STATES)


def _line(each: Outcome) -> str:
    about = " ".join((_said(each.remark[0]), each.remark[1])) if each.remark else ", ".join(each.fields or each.kept)
    doubts = (f"! {_said(key)}" for key, _ in each.doubts)
    return " ".join(filter(None, (f"{each.where}:", each.table, each.row_id or each.key, each.state, about, *doubts)))


def _said(key: str) -> str:
    return words(language.read("en"), key)
