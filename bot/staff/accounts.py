"""Members of staff and their sign-in: the password, then the code of the second factor, then what they still have to do."""

import re
import secrets
import uuid
from collections.abc import Container, Iterable
from datetime import datetime, timedelta, timezone

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.errors import NotFound, Refused
from bot.handoff import audit
from bot.staff import passwords, sessions, teams
from bot.staff.rights import ROLES
from bot.tables import Staff, StaffSession

LOCK = timedelta(minutes=15)
TRIES = 5
LONGEST_NAME = 100
EMAIL = re.compile(r"[^@\s\0]{1,64}@[^@\s\0]{1,190}")
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no i, l, o, 0, 1: it is read from a screen and typed
_ONE_FIRST = 0x64616C69  # advisory lock: two processes that start together make one administrator


def create(session: Session, email: str, name: str, role: str, password: str) -> Staff:
    """A new member of staff, in the first team. E-mail addresses differ by more than their capitals."""
    check_new(session, email, name, role)
    passwords.check(password, plain(email), name)
    secret, team = passwords.hashed(password), teams.first(session)
    person = Staff(email=plain(email), name=name.strip(), role=role, team_id=team.id, password_hash=secret)
    session.add(person)
    session.flush()
    audit.record(session, str(person.id), "staff.created", f"staff:{person.id}", {"role": role})
    return person


def check_new(session: Session, email: str, name: str, role: str) -> None:
    """Whether there may be a new account like this."""
    if role not in ROLES:
        raise Refused("staff.no_such_role")
    if not EMAIL.fullmatch(plain(email)):
        raise Refused("staff.bad_email")
    check_name(name)
    if session.scalar(select(Staff.id).filter_by(email=plain(email))):
        raise Refused("staff.known")


def check_name(name: str) -> None:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Refused("staff.bad_name")


def first_staff(session: Session, email: str) -> str | None:
    """Make the first administrator. The password is returned this once, and changed at the first sign-in. None: there is staff already."""
    session.execute(select(func.pg_advisory_xact_lock(_ONE_FIRST)))
    if session.scalar(select(Staff.id).limit(1)):
        return None
    password = "-".join(readable(4) for _ in range(4))
    create(session, email, email.split("@")[0], "administrator", password).must_change = True
    return password


def sign_in(session: Session, email: str, password: str, agent: str = "") -> tuple[str, Staff]:
    """The token for the cookie. Refusals are all alike, so that nobody learns who works here.

    A failure is counted in this transaction: catch `Refused` inside of it, or the count is rolled back.
    """
    # The row stays locked while the password is checked: guesses made at the same time are counted one by one.
    person = session.scalars(select(Staff).filter_by(email=plain(email)).with_for_update(key_share=True)).one_or_none()
    right = passwords.matches(person.password_hash if person else passwords.decoy(), password)
    if person is None or not person.active or is_locked(person):
        raise Refused("sign_in.refused")
    if not right:
        count_failure(session, person)
        raise Refused("sign_in.refused")
    if passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hashed(password)
    if person.totp_sealed is None:
        person.failed, person.locked_until = 0, None  # else only after the code: a known password must not buy more guesses of codes
    return let_in(session, person, agent), person


def let_in(session: Session, person: Staff, agent: str) -> str:
    """The token for the cookie of somebody who gave a password. With a second factor, the sign-in waits for its code."""
    audit.record(session, str(person.id), "staff.password_given" if person.totp_sealed else "staff.signed_in", f"staff:{person.id}")
    return sessions.start(session, person, agent)


def by_cookie(session: Session, token: str, required: bool = False, finishing: Container[str] = ()) -> tuple[Staff, StaffSession]:
    """Who this cookie belongs to. As long as a step of the sign-in is left, it opens only what finishes that step.

    `required`: everybody needs a second factor. The key of the refusal names the step.
    """
    found = sessions.find(session, token)
    if found is None:
        raise Refused("sign_in.needed")
    step = left_to_do(*found, required)
    if step and step not in finishing:
        raise Refused(f"sign_in.{step}")
    return found


def left_to_do(person: Staff, opened: StaffSession, required: bool) -> str:
    """The next step of this sign-in: code, password, second_factor; empty when it is complete."""
    if not opened.verified:
        return "code"
    if person.must_change:
        return "password"
    return "second_factor" if required and person.totp_sealed is None else ""


def proven(session: Session, staff_id: uuid.UUID, password: str) -> Staff:
    """The account of somebody who gives the password once more, locked. Wrong ones count as at the sign-in: catch `Refused` inside."""
    person = locked(session, staff_id)
    if is_locked(person):
        raise Refused("account.locked")
    if not passwords.matches(person.password_hash, password):
        count_failure(session, person)
        raise Refused("account.wrong_password")
    return person


def change_password(session: Session, opened: StaffSession, current: str, new: str) -> str:
    """The new token of this sign-in; all others end. Catch `Refused` inside of the transaction, as with `proven`."""
    person = proven(session, opened.staff_id, current)
    if new == current:
        raise Refused("password.same")
    set_password(session, person, new)
    sessions.end_all(session, person.id, but=opened.id)
    audit.record(session, str(person.id), "staff.password_changed", f"staff:{person.id}")
    return sessions.rotate(session, opened.id)


def set_password(session: Session, person: Staff, password: str) -> None:
    passwords.check(password, person.email, person.name)
    person.password_hash, person.must_change = passwords.hashed(password), False


def set_language(session: Session, staff_id: uuid.UUID, language: str) -> None:
    session.execute(update(Staff).where(Staff.id == staff_id).values(language=language))
    audit.record(session, str(staff_id), "staff.language_chosen", f"staff:{staff_id}", {"language": language})


def rename(session: Session, staff_id: uuid.UUID, name: str) -> None:
    check_name(name)
    locked(session, staff_id).name = name.strip()
    audit.record(session, str(staff_id), "staff.renamed", f"staff:{staff_id}")


def names(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """The names of these members of staff. None is nobody, and has none."""
    wanted = {i for i in ids if i is not None}
    return {row.id: row.name for row in session.scalars(select(Staff).where(Staff.id.in_(wanted)))} if wanted else {}


def locked(session: Session, staff_id: uuid.UUID) -> Staff:
    """The row, until the end of the transaction. Rows that only point to it can still be written."""
    query = select(Staff).filter_by(id=staff_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    person = session.scalars(query).one_or_none()
    if person is None:
        raise NotFound("There is no such member of staff.")
    return person


def is_locked(person: Staff) -> bool:
    return person.locked_until is not None and person.locked_until > datetime.now(timezone.utc)


def count_failure(session: Session, person: Staff) -> None:
    person.failed += 1
    if person.failed >= TRIES:
        person.failed, person.locked_until = 0, datetime.now(timezone.utc) + LOCK
        audit.record(session, str(person.id), "staff.locked", f"staff:{person.id}")


def readable(length: int) -> str:
    """Random, for somebody who reads it and types it."""
    return "".join(secrets.choice(_READABLE) for _ in range(length))


def plain(email: str) -> str:
    return email.strip().lower()
