"""What became of an organisation or a service: each change leaves a version of it. Of a confidential place no version says where it is."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Date, cast, func, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.tables import DirectoryVersion, Organization, Service

Kind = Literal["organization", "service"]
WHY = ("found", "new", "changed", "checked", "ended", "restored", "imported", "seeded")
OURS = ("id", "organization_id", "updated_at", "seed_hash", "edited")  # no part of what is said
NOTHING: tuple[Any, ...] = (None, "", [], {})
PLACE: dict[str, Any] = {"address": "", "town_name": "", "latitude": None, "longitude": None}
Values = dict[str, Any]  # by column
Row = Organization | Service
TABLES: dict[Kind, type[Organization] | type[Service]] = {"organization": Organization, "service": Service}


@dataclass(frozen=True)
class Reason:
    """`why`: one of `WHY`; `by`: a member of staff; `file` and `batch`: of an import."""

    why: str
    by: uuid.UUID | None = None
    file: str = ""
    batch: uuid.UUID | None = None


@dataclass(frozen=True)
class Import:
    """What one import changed. `id`: of one of its versions."""

    id: int
    file: str
    by: uuid.UUID | None
    at: datetime
    many: int


FOUND = Reason("found")  # it stood there before anybody kept versions


def imported(file: str, by: str = "") -> Reason:
    """`by`: the id of a member of staff, or another actor of the trail."""
    try:
        person = uuid.UUID(by)
    except ValueError:
        person = None
    return Reason("imported", person, file, uuid.uuid4())


def keep(session: Session, rows: Iterable[Row], reason: Reason = FOUND) -> None:
    """These rows as they stand now, unless that is what their last version says. Called before a change as well: then a row that has no
    version yet gets one, so that there is always one that an editor saw."""
    session.flush()
    wanted = list(rows)
    for kind in TABLES:
        own = [row for row in wanted if kind_of(row) == kind]
        last = _last(session, kind, [row.id for row in own]) if own else {}
        for row in own:
            said = values(row)
            if row.id not in last or last[row.id].values != said:
                session.add(DirectoryVersion(kind=kind, row_id=row.id, values=said, at=row.updated_at, **vars(reason)))
    session.flush()
    _forget_places(session, [row.id for row in wanted if isinstance(row, Service) and row.hidden_place])


def kind_of(row: Row) -> Kind:
    return "service" if isinstance(row, Service) else "organization"


def values(row: Row) -> Values:
    """As JSON says them."""
    said = {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in OURS}
    said = {key: value.isoformat() if isinstance(value, date) else value for key, value in said.items()}
    return said | (PLACE if said.get("hidden_place") else {})


def columns(version: DirectoryVersion) -> Values:
    """What can be written to the row again."""
    days = {column.key for column in TABLES[_kind(version)].__table__.columns if isinstance(column.type, Date)}
    said = version.values.items()
    return {key: date.fromisoformat(value) if key in days and value else value for key, value in said}


def hiding(row: Row) -> Values:
    """What no version may undo: what was once made confidential stays so."""
    return {**PLACE, "hidden_place": True} if isinstance(row, Service) and row.hidden_place else {}


def row_of(version: DirectoryVersion) -> Row:
    """As it was; in no session."""
    return TABLES[_kind(version)](id=version.row_id, **columns(version))


def history(session: Session, kind: Kind, row_id: str) -> list[DirectoryVersion]:
    """The newest first."""
    query = select(DirectoryVersion).filter_by(kind=kind, row_id=row_id)
    return list(session.scalars(query.order_by(DirectoryVersion.id.desc())))


def get(session: Session, kind: Kind, row_id: str, number: int) -> DirectoryVersion:
    found = session.get(DirectoryVersion, number)
    if found is None or (found.kind, found.row_id) != (kind, row_id):
        raise NotFound("There is no such version.")
    return found


def seen(session: Session, row: Row, at: str) -> tuple[DirectoryVersion | None, list[DirectoryVersion]]:
    """What an editor had before them who saw the row of this time (`editing.version`), and what was saved since, the newest first."""
    try:
        then = datetime.fromisoformat(at)
    except ValueError:
        return None, []
    every = history(session, kind_of(row), row.id)
    before = [version for version in every if then.tzinfo and version.at <= then]
    return (before[0] if before else None), every[: len(every) - len(before)]


def imports(session: Session, most: int) -> list[Import]:
    """The last ones first."""
    of, many = DirectoryVersion, func.count()
    query = select(func.max(of.id), of.file, of.by, func.max(of.at), many).where(of.why == "imported", of.batch.is_not(None))
    rows = session.execute(query.group_by(of.batch, of.file, of.by).order_by(func.max(of.id).desc()).limit(most))
    return [Import(*row) for row in rows]


def written(session: Session, rows: Sequence[Row]) -> dict[str, set[str]]:
    """By row the columns that a person wrote last, or emptied; what is in no version may be theirs. All rows are of one kind."""
    of, found, last = DirectoryVersion, {row.id: set[str]() for row in rows}, dict[str, Values]()
    kind = kind_of(rows[0]) if rows else ""
    for version in session.scalars(select(of).where(of.kind == kind, of.row_id.in_(found)).order_by(of.id)):
        changed = _differing(last.get(version.row_id, {}), version.values)
        own = found[version.row_id]
        own.difference_update(changed) if version.why in ("imported", "seeded") else own.update(changed)
        last[version.row_id] = version.values
    for row in rows:
        found[row.id] |= _differing(last.get(row.id, {}), values(row))
    return found


def _differing(before: Values, after: Values) -> set[str]:
    return {key for key, value in after.items() if _said(value) != _said(before.get(key))}


def plain(value: Any) -> Any:
    """A text that is empty is one that is not there."""
    return {key: text for key, text in value.items() if text} if isinstance(value, dict) else value


def _said(value: Any) -> Any:
    """What is empty is not there, also in one language."""
    whole = plain(value)
    return None if whole in NOTHING else whole


def of_import(session: Session, number: int) -> list[DirectoryVersion]:
    """All that one import changed. `number`: see `Import.id`."""
    one = session.get(DirectoryVersion, number)
    if one is None or one.batch is None:
        raise NotFound("There is no such import.")
    return list(session.scalars(select(DirectoryVersion).filter_by(batch=one.batch).order_by(DirectoryVersion.id)))


def _kind(version: DirectoryVersion) -> Kind:
    return "service" if version.kind == "service" else "organization"


def _last(session: Session, kind: Kind, ids: Sequence[str]) -> dict[str, DirectoryVersion]:
    of = DirectoryVersion
    query = select(of).where(of.kind == kind, of.row_id.in_(ids)).distinct(of.row_id).order_by(of.row_id, of.id.desc())
    return {version.row_id: version for version in session.scalars(query)}


def _forget_places(session: Session, ids: Sequence[str]) -> None:
    if ids:
        of = DirectoryVersion
        without = of.values.op("||")(cast(PLACE, JSONB))
        session.execute(update(of).where(of.kind == "service", of.row_id.in_(ids)).values(values=without))
