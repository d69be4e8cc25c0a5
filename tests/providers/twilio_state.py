"""What the Twilio stand-in remembers: messages, media, templates, 24-hour windows."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime

from tests.providers.twilio_errors import not_found

WINDOW_SECONDS = 24 * 3600
RANKS = {"accepted": 0, "queued": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4, "undelivered": 4, "received": 5}


def new_sid(prefix: str) -> str:
    """Two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def now() -> datetime:
    """Twilio's dates have whole seconds."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def rfc2822(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment)


@dataclass(frozen=True)
class Account:
    """Who may use the API, and the number that people write to."""

    sid: str
    token: str
    number: str


@dataclass(frozen=True)
class Button:
    title: str
    token: str


@dataclass
class Media:
    sid: str
    content_type: str
    data: bytes
    created: datetime = field(default_factory=now)


@dataclass
class Message:
    """One message in either direction. `form` is what was posted: to Twilio (outbound) or by it (inbound)."""

    n: int
    sid: str
    direction: str
    sender: str
    to: str
    body: str
    status: str
    form: dict[str, str]
    media: list[Media] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    kind: str = "text"
    callback: str = ""
    content_sid: str = ""
    fault: int | None = None
    error: int | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    sent: datetime | None = None
    at: float = field(default_factory=time.time)

    @property
    def inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def address(self) -> str:
        """The person's address, whoever wrote."""
        return self.sender if self.inbound else self.to

    def advance(self, status: str, error: int | None = None) -> None:
        """A later status; one that comes too late changes nothing."""
        if RANKS[status] < RANKS[self.status]:
            return
        self.status, self.error, self.updated = status, error, now()
        self.sent = self.sent or (self.updated if RANKS[status] else None)


@dataclass
class Content:
    """A template. `approval` is empty until it was submitted to WhatsApp."""

    sid: str
    friendly_name: str
    language: str
    variables: dict[str, str]
    types: dict[str, dict[str, object]]
    approval: dict[str, object] = field(default_factory=dict)
    created: datetime = field(default_factory=now)

    @property
    def approved(self) -> bool:
        return self.approval.get("status") == "approved"


class People:
    """Who wrote when. A person is known by number, by business-scoped user id, or by both."""

    def __init__(self) -> None:
        self._same: dict[str, str] = {}
        self._last: dict[str, float] = {}

    def key(self, address: str) -> str:
        """`whatsapp:+2126…`, `+2126…` and `2126…` are one person; a known user id is its number's person."""
        bare = address.removeprefix("whatsapp:").lstrip("+")
        return self._same.get(bare, bare)

    def link(self, bsuid: str, number: str) -> None:
        self._same[bsuid] = self.key(number)

    def wrote(self, address: str) -> None:
        self._last[self.key(address)] = time.time()

    def close_window(self, address: str) -> None:
        self._last.pop(self.key(address), None)

    def in_window(self, address: str) -> bool:
        return time.time() - self._last.get(self.key(address), 0) < WINDOW_SECONDS


class Store:
    """Everything that Twilio would know of the account. Only the server's own thread touches it."""

    def __init__(self) -> None:
        self.contents: dict[str, Content] = {}
        self.forget()

    def forget(self) -> None:
        """Templates stay: the account is still set up, only nobody has written."""
        self.messages: dict[str, Message] = {}
        self.people = People()
        self.links: dict[str, Media] = {}
        self.fetched: list[dict[str, object]] = []
        self.typing: list[dict[str, object]] = []
        self._count = 0
        self._sent = 0

    def next_number(self, inbound: bool) -> int:
        """Outgoing messages are counted for themselves, so that `after=N` has no gaps."""
        self._count, self._sent = self._count + inbound, self._sent + (not inbound)
        return self._count if inbound else self._sent

    def add(self, message: Message) -> Message:
        self.messages[message.sid] = message
        return message

    def message(self, sid: str) -> Message:
        if sid not in self.messages:
            raise not_found(f"/Messages/{sid}.json")
        return self.messages[sid]

    def media(self, message_sid: str, sid: str) -> Media:
        found = [media for media in self.message(message_sid).media if media.sid == sid]
        if not found:
            raise not_found(f"/Messages/{message_sid}/Media/{sid}.json")
        return found[0]

    def sent_to(self, address: str) -> Iterator[Message]:
        """The bot's messages to a person, newest first."""
        person = self.people.key(address)
        return (m for m in reversed(list(self.messages.values())) if not m.inbound and self.people.key(m.to) == person)

    def outgoing(self) -> list[Message]:
        return [message for message in self.messages.values() if not message.inbound]
