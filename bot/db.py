"""The database of a process: one engine, sessions that carry the vault, and the wake-up call."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import SetupError
from bot.privacy.vault import Vault
from bot.settings import Settings


def sqlalchemy_url(url: str) -> str:
    """`postgresql://…` with the driver we use."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)


class Database:
    """`begin()` is one transaction: committed at the end, rolled back on an error."""

    def __init__(self, url: str, vault: Vault) -> None:
        self.url, self.vault = url, vault
        self.engine: Engine = create_engine(sqlalchemy_url(url), pool_pre_ping=True, pool_size=8, max_overflow=24)
        self._sessions = sessionmaker(self.engine, info={"vault": vault}, expire_on_commit=False)

    @staticmethod
    def of(settings: Settings) -> "Database":
        if not settings.database_url:
            raise SetupError("DATABASE_URL is empty. Start everything with `make run`, or set it.")
        return Database(settings.database_url, Vault.open(settings.key_path))

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with self._sessions.begin() as session:
            yield session


def notify(session: Session, channel: str, payload: str = "") -> None:
    """Wake the listeners of `channel` when this transaction commits."""
    notify_all(session, {channel: payload})


def notify_all(session: Session, payloads: dict[str, str]) -> None:
    """Wake the listeners of several channels, in one statement."""
    calls = ", ".join(f"pg_notify(:channel{n}, :payload{n})" for n in range(len(payloads)))
    values = {f"{key}{n}": value for n, pair in enumerate(payloads.items()) for key, value in zip(("channel", "payload"), pair)}
    session.execute(text(f"SELECT {calls}"), values)
