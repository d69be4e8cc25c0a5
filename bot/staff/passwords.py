"""Passwords: which are good enough, and how they are kept."""

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import Refused

SHORTEST = 12
LEAST_DIFFERENT = 5  # characters
_TELLING = 4  # letters of a name that make a password easy to guess


def check(password: str, email: str, name: str) -> None:
    """Long, not made of one or two keys, and not of what everybody knows of this person."""
    if len(password) < SHORTEST:
        raise Refused("password.short")
    if len(set(password.casefold())) < LEAST_DIFFERENT:
        raise Refused("password.simple")
    known = {part for part in (email, email.split("@")[0], name, *name.split()) if len(part) >= _TELLING}
    if any(part.casefold() in password.casefold() for part in known):
        raise Refused("password.known")


def hashed(password: str) -> str:
    return _hasher().hash(password)


def matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Hashed with weaker parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)


@lru_cache(maxsize=1)
def decoy() -> str:
    """Checked when the e-mail address is unknown, so that the answer takes as long."""
    return hashed(secrets.token_urlsafe(16))


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()
