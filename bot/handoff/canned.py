"""Ready answers: kept in the written forms, of everybody or of one team, filled in for one case."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotFound, Refused
from bot.handoff import audit
from bot.handoff.words import Text, Words
from bot.language.bidi import readable
from bot.language.forms import FORMS, Form
from bot.staff import teams
from bot.staff.rights import Right, may
from bot.tables import Canned, Staff
from bot.understanding.corpus import load_yaml

VARIABLES = ("name", "case", "team", "hours")
LONGEST, LONGEST_NAME = 2000, 60
_VARIABLE = re.compile(rf"{{({'|'.join(VARIABLES)})}}")


@dataclass(frozen=True)
class Change:
    """What an editor wants kept. `seen`: when the answer was changed last, as the editor saw it."""

    name: str
    team_id: int | None
    bodies: Mapping[str, str]
    seen: str = ""


def listed(session: Session, person: Staff) -> list[Canned]:
    """Those of everybody, and of the teams that this person works for."""
    query = select(Canned).order_by(Canned.name, Canned.id)
    if not may(person, Right.ALL_TEAMS):
        query = query.where(or_(Canned.team_id.is_(None), Canned.team_id == person.team_id))
    return list(session.scalars(query))


def search(session: Session, person: Staff, query: str) -> list[Canned]:
    """Those in which these words stand, the best first; all of them without a query."""
    rows = listed(session, person)
    known = {str(row.id): row for row in rows}
    return [known[key] for key in find(rows, query, len(rows))] if query.strip() else rows


def find(rows: Sequence[Canned], query: str, most: int) -> list[str]:
    """Their ids, as text."""
    texts = [Text(str(row.id), [row.name], list(row.bodies.values())) for row in rows]
    return Words.of(texts).find(query, most)


def of_team(session: Session, team_id: int) -> list[Canned]:
    """What may be said in the cases of this team."""
    query = select(Canned).where(or_(Canned.team_id.is_(None), Canned.team_id == team_id))
    return list(session.scalars(query.order_by(Canned.name, Canned.id)))


def get(session: Session, person: Staff, canned_id: int) -> Canned:
    found = next((row for row in listed(session, person) if row.id == canned_id), None)
    if found is None:
        raise NotFound("There is no such ready answer.")
    return found


def may_keep(person: Staff, team_id: int | None) -> bool:
    """Whether this person may change what belongs to this team; None: to everybody."""
    if team_id is None:
        return may(person, Right.ALL_TEAMS) or may(person, Right.PEOPLE)
    return teams.leads(person, team_id)


def create(session: Session, person: Staff, change: Change) -> Canned:
    row = Canned()
    _write(session, person, row, change)
    audit.record(session, str(person.id), "canned.created", f"canned:{row.id}", _what(row))
    return row


def edit(session: Session, person: Staff, canned_id: int, change: Change) -> Canned:
    """`Conflict` when somebody else changed or deleted it since this person looked."""
    row = _as_seen(session, person, canned_id, change.seen)
    _write(session, person, row, change)
    audit.record(session, str(person.id), "canned.changed", f"canned:{row.id}", _what(row))
    return row


def delete(session: Session, person: Staff, canned_id: int, seen: str) -> None:
    row = _as_seen(session, person, canned_id, seen)
    audit.record(session, str(person.id), "canned.deleted", f"canned:{row.id}", _what(row))
    session.delete(row)


def version(row: Canned) -> str:
    """What a form carries to say which state its editor saw."""
    return row.changed_at.astimezone(timezone.utc).isoformat()


def unknown(text: str) -> bool:
    """Whether something else than a variable stands in braces: a person would read it as it is."""
    return any(c in _VARIABLE.sub("", text) for c in "{}")


def filled(text: str, form: Form, known: Mapping[str, str]) -> str:
    return readable(_VARIABLE.sub(lambda found: known[found.group(1)], text), form)


def import_seeds(session: Session, data_dir: Path) -> int:
    """The answers to begin with (`data/canned.yml`), only while there are none. How many."""
    if session.scalar(select(Canned.id).limit(1)):
        return 0
    seeds = load_yaml(data_dir / "canned.yml")
    rows = [{"name": seed["name"], "bodies": {form: seed[form] for form in FORMS}} for seed in seeds]
    session.execute(insert(Canned).on_conflict_do_nothing(), rows)
    return len(rows)


def _as_seen(session: Session, person: Staff, canned_id: int, seen: str) -> Canned:
    """The row, locked, if nobody changed it since; somebody else's change is never lost without a word."""
    query = select(Canned).filter_by(id=canned_id).with_for_update().execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    if row is None or row not in listed(session, person):
        raise Conflict("canned.gone")
    _check_right(person, row.team_id)
    if version(row) != seen:
        raise Conflict("canned.changed")
    return row


def _write(session: Session, person: Staff, row: Canned, change: Change) -> None:
    _check_right(person, change.team_id)
    if change.team_id is not None:
        teams.get(session, change.team_id)
    row.name, row.team_id, row.bodies = _name(change.name), change.team_id, _bodies(change.bodies)
    row.changed_by, row.changed_at = person.id, datetime.now(timezone.utc)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Refused("canned.name_taken") from error


def _name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME:
        raise Refused("canned.name")
    return plain


def _bodies(bodies: Mapping[str, str]) -> dict[str, str]:
    """The forms that are written."""
    kept: dict[str, str] = {form: bodies.get(form, "").strip() for form in FORMS}
    written = {form: text for form, text in kept.items() if text}
    if not written:
        raise Refused("canned.empty")
    if any(map(unknown, written.values())):
        raise Refused("canned.unknown_variable")
    if max(map(len, written.values())) > LONGEST:
        raise Refused("canned.too_long")
    return written


def _check_right(person: Staff, team_id: int | None) -> None:
    if not may_keep(person, team_id):
        raise Refused("role.not_allowed")


def _what(row: Canned) -> dict[str, Any]:
    return {"team": row.team_id, "forms": sorted(row.bodies)}
