"""Encryption at rest and the HMAC by which an encrypted address is found again."""

import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from bot.errors import SetupError


def make_key(path: Path) -> None:
    """Write a new key, readable by its owner only; an existing one is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key())


class Vault:
    """Encrypts JSON values; `fingerprint` is stable for one key and says nothing about its input."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)
        self._pepper = hashlib.sha256(b"fingerprint:" + key).digest()

    @staticmethod
    def open(path: Path) -> "Vault":
        if not path.exists():
            raise SetupError(f"No key file at {path}. Run `make setup`, or set DALIL_KEY_FILE.")
        return Vault(path.read_bytes().strip())

    def seal(self, value: Any) -> bytes:
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def unseal(self, sealed: bytes) -> Any:
        return json.loads(self._fernet.decrypt(sealed))

    def seal_bytes(self, content: bytes) -> bytes:
        return self._fernet.encrypt(content)

    def unseal_bytes(self, sealed: bytes) -> bytes:
        return self._fernet.decrypt(sealed)

    def fingerprint(self, text: str) -> str:
        return hmac.new(self._pepper, text.encode(), hashlib.sha256).hexdigest()


def vault(session: Session) -> Vault:
    """The vault that the session was opened with."""
    found = session.info["vault"]
    assert isinstance(found, Vault)
    return found
