"""Members of staff and their sign-in. Of a sign-in only the hash of the cookie is kept."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.errors import Refused
from bot.handoff import audit
from bot.staff import teams
from bot.staff.rights import ROLES
from bot.tables import Staff, StaffSession

SESSION = timedelta(hours=12)
LOCK = timedelta(minutes=15)
TRIES = 5
SHORTEST = 12
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no i, l, o, 0, 1: it is read from a screen and typed
_ONE_FIRST = 0x64616C69  # advisory lock: two processes that start together make one administrator


def create(session: Session, email: str, name: str, role: str, password: str) -> Staff:
    """A new member of staff, in the first team. E-mail addresses differ by more than their capitals."""
    if role not in ROLES:
        raise Refused(f"A role is one of: {', '.join(ROLES)}.")
    if "@" not in email or not name.strip():
        raise Refused("A member of staff needs an e-mail address and a name.")
    if len(password) < SHORTEST:
        raise Refused(f"A password has at least {SHORTEST} characters.")
    if session.scalar(select(Staff.id).filter_by(email=_plain(email))):
        raise Refused("There is a member of staff with this e-mail address.")
    secret = _hasher().hash(password)
    person = Staff(email=_plain(email), name=name.strip(), role=role, team_id=teams.first(session).id, password_hash=secret)
    session.add(person)
    session.flush()
    audit.record(session, str(person.id), "staff.created", f"staff:{person.id}", {"role": role})
    return person


def first_staff(session: Session, email: str) -> str | None:
    """Make the first administrator; its password is returned this once. None when there is staff already."""
    session.execute(select(func.pg_advisory_xact_lock(_ONE_FIRST)))
    if session.scalar(select(Staff.id).limit(1)):
        return None
    password = "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
    create(session, email, email.split("@")[0], "administrator", password)
    return password


def sign_in(session: Session, email: str, password: str) -> tuple[str, Staff]:
    """The token for the cookie. Refusals are all alike, so that nobody learns who works here.

    A failure is counted in this transaction: catch `Refused` inside of it, or the count is rolled back.
    """
    # The row stays locked while the password is checked: guesses made at the same time are counted one by one.
    person = session.scalars(select(Staff).filter_by(email=_plain(email)).with_for_update()).one_or_none()
    right = _matches(person.password_hash if person else _decoy(), password)
    if person is None or _locked(person):
        raise Refused("sign_in.refused")
    if not right:
        _count_failure(session, person)
        raise Refused("sign_in.refused")
    person.failed, person.locked_until = 0, None
    if _hasher().check_needs_rehash(person.password_hash):
        person.password_hash = _hasher().hash(password)
    audit.record(session, str(person.id), "staff.signed_in", f"staff:{person.id}")
    return _open(session, person), person


def by_cookie(session: Session, token: str) -> tuple[Staff, StaffSession]:
    """Who this cookie belongs to."""
    query = select(Staff, StaffSession).join(StaffSession, StaffSession.staff_id == Staff.id)
    found = session.execute(query.where(StaffSession.token_hash == _digest(token), StaffSession.expires_at > func.clock_timestamp()))
    row = found.one_or_none()
    if row is None:
        raise Refused("sign_in.needed")
    return row[0], row[1]


def sign_out(session: Session, token: str) -> None:
    session.execute(delete(StaffSession).where(StaffSession.token_hash == _digest(token)))


def set_language(session: Session, staff_id: uuid.UUID, language: str) -> None:
    session.execute(update(Staff).where(Staff.id == staff_id).values(language=language))


def names(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """The names of these members of staff."""
    wanted = {i for i in ids if i is not None}
    return {row.id: row.name for row in session.scalars(select(Staff).where(Staff.id.in_(wanted)))} if wanted else {}


def _open(session: Session, person: Staff) -> str:
    """A new session; those that ran out are cleared away on the way."""
    session.execute(delete(StaffSession).where(StaffSession.expires_at < func.clock_timestamp()))
    token, ends = secrets.token_urlsafe(32), datetime.now(timezone.utc) + SESSION
    session.add(StaffSession(token_hash=_digest(token), staff_id=person.id, csrf=secrets.token_urlsafe(24), expires_at=ends))
    session.flush()
    return token


def _locked(person: Staff) -> bool:
    return person.locked_until is not None and person.locked_until > datetime.now(timezone.utc)


def _count_failure(session: Session, person: Staff) -> None:
    person.failed += 1
    if person.failed >= TRIES:
        person.failed, person.locked_until = 0, datetime.now(timezone.utc) + LOCK
        audit.record(session, str(person.id), "staff.locked", f"staff:{person.id}")


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _decoy() -> str:
    """Checked when the e-mail address is unknown, so that the answer takes as long."""
    return _hasher().hash(secrets.token_urlsafe(16))


def _plain(email: str) -> str:
    return email.strip().lower()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
