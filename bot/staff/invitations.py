"""Links that are good once: for a new account, or for a new password of somebody who is there already."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import ColumnElement, delete, func, select, true
from sqlalchemy.orm import Session

from bot.errors import NotFound, Refused
from bot.handoff import audit
from bot.staff import accounts, leading, sessions, teams
from bot.staff.rights import Right, may
from bot.tables import Invitation, Staff

GOOD = timedelta(days=3)


@dataclass(frozen=True)
class Wanted:
    """The account somebody is invited to."""

    email: str
    name: str
    role: str
    team_id: int


def invite(session: Session, by: Staff, wanted: Wanted) -> str:
    """The token of the link. An earlier link for the same address is worth nothing any more."""
    if not (may(by, Right.PEOPLE) or _own_caseworker(by, wanted)):
        raise Refused("role.not_allowed")
    accounts.check_new(session, wanted.email, wanted.name, wanted.role)
    teams.get(session, wanted.team_id)
    _drop(session, Invitation.email == accounts.plain(wanted.email))
    row = Invitation(email=accounts.plain(wanted.email), name=wanted.name.strip(), role=wanted.role, team_id=wanted.team_id)
    return _issue(session, by, row, "staff.invited")


def new_password(session: Session, by: Staff, staff_id: uuid.UUID) -> str:
    """The token of a link by which this person chooses a new password. The old one is good until then."""
    person = leading.led(session, by, staff_id)
    if not person.active:
        raise Refused("role.not_allowed")
    _drop(session, Invitation.staff_id == staff_id)
    row = Invitation(email=person.email, name=person.name, role=person.role, team_id=person.team_id, staff_id=staff_id)
    return _issue(session, by, row, "staff.password_link_made")


def find(session: Session, token: str) -> Invitation:
    row = session.scalars(select(Invitation).where(Invitation.token_hash == sessions.digest(token), _is_open())).one_or_none()
    if row is None:
        raise Refused("invitation.gone")
    return row


def accept(session: Session, token: str, password: str, agent: str = "") -> tuple[str, Staff]:
    """The token for the cookie of somebody who followed the link and chose a password. A second factor that is set up stays."""
    row = _claim(session, token)
    person = _renewed(session, row.staff_id, password) if row.staff_id else _hired(session, row, password)
    row.used_at = datetime.now(timezone.utc)
    _drop(session, Invitation.email == row.email)
    audit.record(session, str(person.id), "staff.invitation_accepted", _subject(row))
    return accounts.let_in(session, person, agent), person


def waiting(session: Session, by: Staff) -> list[Invitation]:
    """Invitations to new accounts that this person may withdraw, the newest first."""
    query = select(Invitation).where(_is_open(), Invitation.staff_id.is_(None), _managed_by(by))
    return list(session.scalars(query.order_by(Invitation.created_at.desc())))


def withdraw(session: Session, by: Staff, token_hash: str) -> None:
    if not _drop(session, (Invitation.token_hash == token_hash) & _managed_by(by)):
        raise NotFound("There is no such invitation.")
    audit.record(session, str(by.id), "staff.invitation_withdrawn", f"invitation:{token_hash[:12]}")


def withdraw_all(session: Session, by_id: uuid.UUID) -> None:
    """Whoever loses rights leaves no door open behind them."""
    _drop(session, Invitation.invited_by == by_id)


def _own_caseworker(by: Staff, wanted: Wanted) -> bool:
    return may(by, Right.LEAD) and wanted.role == "caseworker" and wanted.team_id == by.team_id


def _managed_by(by: Staff) -> ColumnElement[bool]:
    return true() if may(by, Right.PEOPLE) else (Invitation.team_id == by.team_id) & (Invitation.role == "caseworker")


def _is_open() -> ColumnElement[bool]:
    return Invitation.used_at.is_(None) & (Invitation.expires_at > func.clock_timestamp())


def _issue(session: Session, by: Staff, row: Invitation, action: str) -> str:
    token = secrets.token_urlsafe(32)
    row.token_hash, row.invited_by = sessions.digest(token), by.id
    row.expires_at = datetime.now(timezone.utc) + GOOD
    session.add(row)
    session.flush()
    subject = f"staff:{row.staff_id}" if row.staff_id else _subject(row)
    audit.record(session, str(by.id), action, subject, {"role": row.role, "team": row.team_id})
    return token


def _claim(session: Session, token: str) -> Invitation:
    """The open invitation, together with all others for the same address: of two that are accepted at once, one waits for the other."""
    email = find(session, token).email
    rows = select(Invitation).where(Invitation.email == email, _is_open()).order_by(Invitation.token_hash)
    held = session.scalars(rows.with_for_update().execution_options(populate_existing=True)).all()
    mine = [row for row in held if row.token_hash == sessions.digest(token)]
    if not mine:
        raise Refused("invitation.gone")
    return mine[0]


def _hired(session: Session, row: Invitation, password: str) -> Staff:
    person = accounts.create(session, row.email, row.name, row.role, password)
    person.team_id = row.team_id
    return person


def _renewed(session: Session, staff_id: uuid.UUID, password: str) -> Staff:
    person = accounts.locked(session, staff_id)
    if not person.active:
        raise Refused("invitation.gone")
    accounts.set_password(session, person, password)
    person.failed, person.locked_until = 0, None
    sessions.end_all(session, person.id)
    audit.record(session, str(person.id), "staff.password_changed", f"staff:{person.id}")
    return person


def _drop(session: Session, which: ColumnElement[bool]) -> int:
    """Used ones stay: they say how somebody came in."""
    return len(session.execute(delete(Invitation).where(Invitation.used_at.is_(None), which).returning(Invitation.token_hash)).all())


def _subject(row: Invitation) -> str:
    return f"invitation:{row.token_hash[:12]}"
