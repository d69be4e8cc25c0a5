"""A channel is two translations and a send: provider payload -> Inbound, outbox body -> provider call."""

from typing import Any, Protocol

from bot.errors import DalilError

Address = str


class SendError(DalilError):
    """A message was not accepted. `retryable` says whether another try can help."""

    def __init__(self, reason: str, retryable: bool) -> None:
        super().__init__(reason)
        self.retryable = retryable


class Channel(Protocol):
    """What the sender needs of a channel. `body`: text, form, buttons [{title, token}], ask_location."""

    name: str

    def send(self, address: Address, body: dict[str, Any]) -> None:
        """Hand one bubble to the provider. Raises SendError."""
