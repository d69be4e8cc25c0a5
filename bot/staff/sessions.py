"""Sign-ins that are open. Of a cookie only the hash is kept; it is a new one at each step of the sign-in."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta, timezone

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bot.errors import NotFound, Refused
from bot.tables import Staff, StaffSession

LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=2)
NOTED = timedelta(minutes=1)  # how exactly the last use is known: not each request writes


def start(session: Session, person: Staff, agent: str = "") -> str:
    """A new sign-in; its token for the cookie. Those that ran out are cleared away on the way."""
    session.execute(delete(StaffSession).where(~_alive()))
    token, ends = secrets.token_urlsafe(32), datetime.now(timezone.utc) + LONGEST
    row = StaffSession(token_hash=digest(token), staff_id=person.id, csrf=_csrf(), agent=_printable(agent), expires_at=ends)
    row.verified = person.totp_sealed is None
    session.add(row)
    session.flush()
    return token


def find(session: Session, token: str) -> tuple[Staff, StaffSession] | None:
    """Who this cookie belongs to, whatever is still to be asked of them."""
    query = select(Staff, StaffSession).join(StaffSession, StaffSession.staff_id == Staff.id)
    found = session.execute(query.where(StaffSession.token_hash == digest(token), _alive(), Staff.active)).one_or_none()
    return (found[0], found[1]) if found else None


def use(session: Session, session_id: int) -> None:
    """A person did something: the time of being idle begins again."""
    now = func.clock_timestamp()
    noted = update(StaffSession).where(StaffSession.id == session_id, StaffSession.used_at < now - NOTED).values(used_at=now)
    session.execute(noted, execution_options={"synchronize_session": False})


def of(session: Session, staff_id: uuid.UUID) -> list[StaffSession]:
    """The last used one first."""
    query = select(StaffSession).where(StaffSession.staff_id == staff_id, _alive())
    return list(session.scalars(query.order_by(StaffSession.used_at.desc(), StaffSession.id.desc())))


def rotate(session: Session, session_id: int) -> str:
    """A new token and CSRF token for a sign-in that is now worth more; whoever knew the old ones has nothing."""
    token = secrets.token_urlsafe(32)
    values = {"token_hash": digest(token), "csrf": _csrf(), "verified": True, "used_at": func.clock_timestamp()}
    renewed = update(StaffSession).where(StaffSession.id == session_id).values(values).returning(StaffSession.id)
    if session.execute(renewed, execution_options={"synchronize_session": False}).scalar_one_or_none() is None:
        raise Refused("sign_in.needed")  # ended meanwhile
    return token


def end(session: Session, staff_id: uuid.UUID, session_id: int) -> None:
    """Only of this person."""
    mine = delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.id == session_id)
    if session.execute(mine.returning(StaffSession.id)).scalar_one_or_none() is None:
        raise NotFound("There is no such sign-in.")


def end_by_token(session: Session, token: str) -> None:
    session.execute(delete(StaffSession).where(StaffSession.token_hash == digest(token)))


def end_all(session: Session, staff_id: uuid.UUID, but: int = 0) -> None:
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.id != but))


def digest(token: str) -> str:
    """Tokens are long and random: a plain hash cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def _alive() -> ColumnElement[bool]:
    now = func.clock_timestamp()
    return (StaffSession.expires_at > now) & (StaffSession.used_at > now - IDLE)


def _csrf() -> str:
    return secrets.token_urlsafe(24)


def _printable(agent: str) -> str:
    return "".join(c for c in agent if c.isprintable())[:200]
