"""A channel is three translations: provider payload -> Inbound, outbox body -> provider call, provider's error -> what it means for us."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from bot.db import Database
from bot.errors import SendError
from bot.messaging import deliveries, outbox
from bot.messaging.pacing import Paces

Address = str


class Content(NamedTuple):
    """A file as the provider handed it over."""

    data: bytes
    mime: str


class Channel(Protocol):
    """What the sender needs of a channel.

    `window`: how long after a person's last message it takes free text; None: always."""

    name: str

    @property
    def paces(self) -> Paces: ...

    @property
    def window(self) -> timedelta | None: ...

    def send(self, address: Address, body: dict[str, Any]) -> str | None:
        """Hand one bubble to the provider; returns the provider's id of it. `body`: text, form, buttons [{title, token}], ask_location,
        template. Raises SendError."""

    def taken(self, address: Address, body: dict[str, Any], since: datetime) -> list[str]:
        """Ids of equal bubbles that the provider took since then; empty when it cannot be asked. Raises SendError."""

    def fetch(self, reference: str) -> Content:
        """Get a file that a person sent. Raises SendError."""

    def discard(self, reference: str) -> None:
        """Delete a file at the provider, now that we keep it."""

    def meaning(self, error: str) -> SendError:
        """What a reported error means."""


def settle(db: Database, channel: Channel, provider_id: str) -> None:
    """Apply what was reported of a message, once both the report and the message are known."""
    with db.begin() as session:
        failed = deliveries.settle(session, channel.name, provider_id, channel.meaning)
    if failed:
        row, failure = failed
        with db.begin() as session:
            outbox.after_failure(session, row.conversation_id, failure)
