"""The second factor of a sign-in: codes of a device (RFC 6238), each good once, and recovery codes for when the device is lost."""

import time
import unicodedata
import uuid
from dataclasses import dataclass
from hmac import compare_digest

import pyotp
from cryptography.fernet import InvalidToken
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.errors import Conflict, Refused
from bot.handoff import audit
from bot.privacy.vault import vault
from bot.staff import accounts, sessions
from bot.tables import RecoveryCode, Staff, StaffSession

STEP = 30  # seconds
WINDOW = 1  # steps that the clock of the device may be wrong
DIGITS = 6
CODES = 10
OFFERED = 30 * 60  # seconds that a secret waits for its first code
ISSUER = "Dalil"
ADVISED = frozenset({"supervisor", "manager", "administrator"})


@dataclass(frozen=True)
class Offer:
    """A secret that is not in force yet. `address`: what an app reads from the QR code. `sealed` comes back with the first code."""

    secret: str
    address: str
    sealed: str


def is_advised(person: Staff) -> bool:
    """Their account opens much, and has no second factor."""
    return person.role in ADVISED and person.totp_sealed is None


def offer(session: Session, person: Staff) -> Offer:
    secret = pyotp.random_base32()
    return _offer(person, secret, vault(session).seal({"staff": str(person.id), "secret": secret, "at": time.time()}).decode())


def offered(session: Session, person: Staff, sealed: str) -> Offer | None:
    """The same offer again, after a wrong code; None when it cannot be used any more."""
    secret = _offered_secret(session, person.id, sealed)
    return _offer(person, secret, sealed) if secret else None


def set_up(session: Session, opened: StaffSession, sealed: str, code: str) -> list[str]:
    """From now on a code is asked for. Returns the recovery codes, this once; other sign-ins, that gave no code, end."""
    person = accounts.locked(session, opened.staff_id)
    if person.totp_sealed is not None:
        raise Conflict("second_factor.is_on")
    secret = _offered_secret(session, person.id, sealed)
    if secret is None:
        raise Refused("second_factor.stale")
    step = step_of(secret, _plain(code), time.time())
    if step is None:
        raise Refused("second_factor.wrong")
    person.totp_sealed, person.totp_step = vault(session).seal(secret), step
    sessions.end_all(session, person.id, but=opened.id)
    audit.record(session, str(person.id), "staff.second_factor_on", f"staff:{person.id}")
    return _new_codes(session, person)


def enter(session: Session, opened: StaffSession, code: str) -> str:
    """The new token of a sign-in that is now complete. Wrong codes are counted: catch `Refused` inside of the transaction."""
    person = accounts.locked(session, opened.staff_id)
    _spend(session, person, code)
    person.failed, person.locked_until = 0, None
    audit.record(session, str(person.id), "staff.signed_in", f"staff:{person.id}")
    return sessions.rotate(session, opened.id)


def switch_off(session: Session, opened: StaffSession, password: str, code: str) -> None:
    """Needs both. Catch `Refused` inside of the transaction: wrong ones are counted."""
    person = accounts.proven(session, opened.staff_id, password)
    _spend(session, person, code)
    _forget(session, person)
    sessions.end_all(session, person.id, but=opened.id)
    audit.record(session, str(person.id), "staff.second_factor_off", f"staff:{person.id}")


def renew_codes(session: Session, staff_id: uuid.UUID, password: str) -> list[str]:
    """New recovery codes; the old ones open nothing any more. Catch `Refused` inside of the transaction."""
    person = accounts.proven(session, staff_id, password)
    if person.totp_sealed is None:
        raise Conflict("second_factor.is_off")
    audit.record(session, str(person.id), "staff.recovery_codes_made", f"staff:{person.id}")
    return _new_codes(session, person)


def codes_left(session: Session, staff_id: uuid.UUID) -> int:
    query = select(func.count()).select_from(RecoveryCode).filter_by(staff_id=staff_id, used_at=None)
    return session.scalar(query) or 0


def take_away(session: Session, by: Staff, person: Staff) -> None:
    """For somebody who lost the device and the recovery codes. `person` is locked. They sign in again, with the password alone."""
    _forget(session, person)
    sessions.end_all(session, person.id)
    audit.record(session, str(by.id), "staff.second_factor_taken_away", f"staff:{person.id}")


def step_of(secret: str, code: str, at: float) -> int | None:
    """Which step of 30 seconds this code belongs to, if it is one of those around this time."""
    now, codes = int(at) // STEP, pyotp.TOTP(secret, digits=DIGITS, interval=STEP)
    steps = range(now - WINDOW, now + WINDOW + 1)
    return next((step for step in steps if compare_digest(codes.at(step * STEP).encode(), code.encode())), None)


def _spend(session: Session, person: Staff, code: str) -> None:
    """A code of the device or a recovery code, good once. `person` is locked."""
    if accounts.is_locked(person):
        raise Refused("account.locked")
    given = _plain(code)
    if not (_spend_step(session, person, given) or _spend_recovery(session, person, given)):
        accounts.count_failure(session, person)
        raise Refused("second_factor.wrong")


def _spend_step(session: Session, person: Staff, code: str) -> bool:
    """A step is never taken twice, nor one from before it: who reads a code over a shoulder comes too late."""
    step = step_of(vault(session).unseal(person.totp_sealed), code, time.time()) if person.totp_sealed else None
    if step is None:
        return False
    taken = update(Staff).where(Staff.id == person.id, Staff.totp_step < step).values(totp_step=step).returning(Staff.id)
    return session.execute(taken).scalar_one_or_none() is not None


def _spend_recovery(session: Session, person: Staff, code: str) -> bool:
    mine = (RecoveryCode.staff_id == person.id) & (RecoveryCode.code_hash == _fingerprint(session, person, code))
    used = update(RecoveryCode).where(mine, RecoveryCode.used_at.is_(None)).values(used_at=func.clock_timestamp())
    if session.execute(used.returning(RecoveryCode.code_hash)).scalar_one_or_none() is None:
        return False
    audit.record(session, str(person.id), "staff.recovery_code_used", f"staff:{person.id}")
    return True


def _offer(person: Staff, secret: str, sealed: str) -> Offer:
    return Offer(secret, pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER), sealed)


def _offered_secret(session: Session, staff_id: uuid.UUID, sealed: str) -> str | None:
    """Only for whom it was made, and not for long."""
    try:
        made = vault(session).unseal(sealed.encode())
    except InvalidToken:
        return None
    return str(made["secret"]) if made["staff"] == str(staff_id) and time.time() - made["at"] < OFFERED else None


def _new_codes(session: Session, person: Staff) -> list[str]:
    session.execute(delete(RecoveryCode).filter_by(staff_id=person.id))
    made = [f"{accounts.readable(5)}-{accounts.readable(5)}" for _ in range(CODES)]
    session.add_all(RecoveryCode(staff_id=person.id, code_hash=_fingerprint(session, person, _plain(code))) for code in made)
    return made


def _forget(session: Session, person: Staff) -> None:
    person.totp_sealed = None
    session.execute(delete(RecoveryCode).filter_by(staff_id=person.id))


def _fingerprint(session: Session, person: Staff, code: str) -> str:
    return vault(session).fingerprint(f"recovery:{person.id}:{code}")


def _plain(code: str) -> str:
    """As it was made: without spaces and hyphens, in small letters, and with the digits of a Western keyboard."""
    kept = (c for c in code.casefold() if c.isalnum())
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in kept)
