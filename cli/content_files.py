"""`dalil content export` and `import`: the content as files, for git and for translators."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Refused, SetupError
from bot.exchange import leaving, plan, reading, yaml_files
from bot.exchange.apply import apply
from bot.exchange.leaving import Wanted
from bot.exchange.limits import MOST_BYTES
from bot.exchange.plan import STATES, Plan, Report
from bot.exchange.report import Read, Remark
from bot.exchange.tables import CannotLeave, Item
from bot.faq.rules import book
from bot.settings import Settings
from bot.staff.rights import Right, having
from bot.tables import Staff
from cli.decided import decided
from console import language
from console.brought import words

Say = Callable[[str], None]


@dataclass(frozen=True)
class Import:
    """`by`: e-mail address of the member of staff whose drafts they become. `others`: also when some entries are refused."""

    path: Path
    by: str
    apply: bool = False
    others: bool = False


def export(db: Database, settings: Settings, path: Path, wanted: Wanted) -> str:
    """Write a workbook, an archive of tables, a YAML file or a folder of them, by what the path is called; says what was written."""
    with db.begin() as session:
        found = leaving.items(session, wanted)
    try:
        return _written(path, found, settings)
    except CannotLeave as error:
        raise Refused(_sentence(error.remark)) from error


def _written(path: Path, found: list[Item], settings: Settings) -> str:
    if path.suffix == "":
        changed = leaving.into_folder(found, path)
        return "\n".join([*(str(file) for file in changed), f"{len(found)} entries, {len(changed)} files are others than before"])
    kinds = {".xlsx": "xlsx", ".zip": "csv", ".yml": "", ".yaml": ""}
    if path.suffix not in kinds:
        raise Refused(f"{path}: a folder, or a file that ends in .xlsx, .zip or .yml, is needed.")
    kind = kinds[path.suffix]
    content = leaving.file(kind, found, settings.data_dir) if kind else yaml_files.write(item.body for item in found).encode()
    path.write_bytes(content)
    return f"{path}: {len(found)} entries"


def take_in(db: Database, settings: Settings, wanted: Import, say: Say) -> int:
    """Say what each row would do; with `apply` do it, all at once. 1 when something is refused."""
    read = _read(wanted.path)
    with db.begin() as session:
        found = plan.plan(session, read, book(settings.data_dir))
        for line in _report(found):
            say(line)
        say(decided(found, wanted, lambda: apply(session, _person(session, wanted.by), found, wanted.others), "drafts"))
    return 0 if found.is_whole else 1


def _read(path: Path) -> Read:
    if path.is_dir():
        return reading.read_folder(path)
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    with path.open("rb") as file:
        return reading.read(path.name, file.read(MOST_BYTES + 1))


def _person(session: Session, email: str) -> Staff:
    found = session.scalar(select(Staff).where(func.lower(Staff.email) == email.lower(), having(Right.CONTENT)))
    if found is None:
        raise SetupError(f"{email} keeps no content here. Name somebody who does: --by E-MAIL.")
    return found


def _report(found: Plan) -> Iterator[str]:
    yield from (_sentence(remark) for remark in found.read.remarks)
    yield from (_line(report) for report in plan.rows(found) if report[1] != "unchanged" or report[3])
    nameless = [f"{len(found.read.nameless)} rows without a name"] if found.read.nameless else []
    yield ", ".join([*(f"{found.count(state)} {state}" for state in STATES), *nameless])


def _line(report: Report) -> str:
    row, state, changed, said = report
    fields = ", ".join(" ".join(filter(None, slot)) for slot in changed) if state == "changed" else ""
    head = " ".join(filter(None, (f"{row.where}:", row.entry, row.form, state, fields)))
    return "; ".join([head, *(_sentence(remark) for remark in said)])


def _sentence(remark: Remark) -> str:
    return " ".join(filter(None, (f"{remark.where}:" if remark.where else "", words(language.read("en"), remark.key), remark.detail)))
