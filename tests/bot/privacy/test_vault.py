"""Encryption at rest: what goes in comes out, for who has the key only."""

import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.orm import Session

from bot.errors import SetupError
from bot.privacy.vault import Vault, make_key, vault


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "var" / "key")
    return tmp_path / "var" / "key"


@pytest.mark.parametrize("value", ["", "سلام 🙏", "a\x00b", {"text": "é", "list": [1, None, True, 0.5]}, None, []])
def test_what_was_sealed_is_unsealed(key: Path, value: Any) -> None:
    opened = Vault.open(key)
    assert opened.unseal(opened.seal(value)) == value


def test_the_same_value_looks_different_each_time(key: Path) -> None:
    opened = Vault.open(key)
    assert opened.seal("oui") != opened.seal("oui")


def test_the_same_installation_reads_it_after_a_restart(key: Path) -> None:
    assert Vault.open(key).unseal(Vault.open(key).seal("oui")) == "oui"


def test_another_key_cannot_read_it(key: Path) -> None:
    sealed = Vault.open(key).seal("oui")
    with pytest.raises(InvalidToken):
        Vault(Fernet.generate_key()).unseal(sealed)


def test_what_was_changed_is_not_read(key: Path) -> None:
    opened = Vault.open(key)
    sealed = bytearray(opened.seal("oui"))
    sealed[30] ^= 1
    with pytest.raises(InvalidToken):
        opened.unseal(bytes(sealed))


def test_an_address_has_the_same_fingerprint_after_a_restart(key: Path) -> None:
    assert Vault.open(key).fingerprint("whatsapp:+212600000000") == Vault.open(key).fingerprint("whatsapp:+212600000000")


def test_two_addresses_have_two_fingerprints(key: Path) -> None:
    opened = Vault.open(key)
    assert opened.fingerprint("whatsapp:+212600000000") != opened.fingerprint("whatsapp:+212600000001")


def test_a_fingerprint_cannot_be_made_without_the_key(key: Path) -> None:
    """Phone numbers are few: without a key all of them could be tried."""
    assert Vault.open(key).fingerprint("+212600000000") != Vault(Fernet.generate_key()).fingerprint("+212600000000")


def test_only_the_owner_can_read_the_key(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_an_existing_key_is_left_alone(key: Path) -> None:
    before = key.read_bytes()
    make_key(key)
    assert key.read_bytes() == before


def test_a_key_with_a_line_end_is_read(key: Path) -> None:
    sealed = Vault.open(key).seal("oui")
    key.write_bytes(key.read_bytes() + b"\n")
    assert Vault.open(key).unseal(sealed) == "oui"


def test_without_a_key_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="make setup"):
        Vault.open(tmp_path / "missing")


def test_every_session_has_the_vault(session: Session) -> None:
    assert vault(session).unseal(vault(session).seal("oui")) == "oui"
