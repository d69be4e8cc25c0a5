"""What the Telegram stand-in remembers: what the bot configured, and what was said."""

import asyncio
import math
import random
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]

NOT_BY_DEFAULT = ("chat_member", "message_reaction", "message_reaction_count")


class Refused(Exception):
    """An answer of the Bot API that is not ok."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.body: Json = {"ok": False, "error_code": code, "description": description}
        self.body |= {"parameters": parameters} if parameters else {}


def too_many(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


@dataclass
class Person:
    """A private chat: its id is the person's id."""

    id: int
    name: str = "Test Person"
    language_code: str | None = "en"
    blocked: bool = False

    def _named(self) -> Json:
        first, _, last = self.name.partition(" ")
        return {"first_name": first} | ({"last_name": last} if last else {})

    def user(self) -> Json:
        language = {"language_code": self.language_code} if self.language_code else {}
        return {"id": self.id, "is_bot": False, **self._named(), **language}

    def chat(self) -> Json:
        return {"id": self.id, **self._named(), "type": "private"}


@dataclass
class Group(Person):
    """A chat of many. `status`: the bot's place in it: member, silent (may not write), left, kicked. `moved`: its number since it
    became a supergroup."""

    status: str = "member"
    moved: int = 0
    username: str = ""

    def chat(self) -> Json:
        return {"id": self.id, "title": self.name, "type": "supergroup"}

    def refuse(self) -> None:
        """Raises what Telegram answers to a bot that may not write here."""
        if self.moved:
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=self.moved)
        outside = {"left": "bot is not a member of the supergroup chat", "kicked": "bot was kicked from the supergroup chat"}
        if self.status in outside:
            raise Refused(403, f"Forbidden: {outside[self.status]}")


@dataclass
class File:
    path: str
    content: bytes
    size: int
    unique: str


@dataclass(eq=False)
class Pending:
    """An update on its way; `handed` when getUpdates gave it out and the bot has not acknowledged it yet."""

    id: int
    chat: int
    body: Json
    handed: bool = False


@dataclass
class Delivery:
    """One way of an update to the webhook; the status is 0 when nobody answered."""

    id: int
    status: int | None = None
    tries: int = 0


@dataclass
class Webhook:
    url: str = ""
    secret: str = ""
    allowed: tuple[str, ...] = ()
    room: int = 40
    error_date: int = 0
    error: str = ""

    def wants(self, kind: str) -> bool:
        """An empty list means everything but what must be asked for."""
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT


@dataclass
class Bucket:
    """How much may still be said; it fills with time."""

    rate: float
    size: float
    level: float = field(init=False)
    seen: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.level = self.size

    def wait(self) -> int:
        """Seconds until one more message is allowed: 0 is now."""
        now = time.monotonic()
        self.level, self.seen = min(self.size, self.level + (now - self.seen) * self.rate), now
        return 0 if self.level >= 1 else max(1, math.ceil((1 - self.level) / self.rate))


@dataclass
class Flood:
    """One message a second in a chat after a burst of 20, and 30 a second over all chats."""

    everyone: Bucket = field(default_factory=lambda: Bucket(30, 30))
    chats: dict[int, Bucket] = field(default_factory=dict)

    def count(self, chat: int) -> None:
        buckets = (self.everyone, self.chats.setdefault(chat, Bucket(1, 20)))
        if seconds := max(bucket.wait() for bucket in buckets):
            raise too_many(seconds)
        for bucket in buckets:
            bucket.level -= 1


@dataclass
class Script:
    """What the next calls answer instead of success."""

    lines: list[tuple[str | None, tuple[str, ...], Json]] = field(default_factory=list)

    def take(self, method: str, chat: str) -> Json:
        """The first entry for this call, used up; nothing to do is {}."""
        for line in self.lines:
            if method in line[1] and line[0] in (None, chat):
                self.lines.remove(line)
                return line[2]
        return {}


@dataclass
class Disorder:
    twice: float = 0.0
    late: float = 0.0
    rng: random.Random = field(default_factory=random.Random)


@dataclass
class Talk:
    """Everything that `/control/quiet` forgets."""

    people: dict[int, Person] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    messages: dict[tuple[int, int], Json] = field(default_factory=dict)
    keyboards: dict[int, list[Json]] = field(default_factory=dict)
    pressable: dict[tuple[int, str], int] = field(default_factory=dict)
    queries: set[str] = field(default_factory=set)
    files: dict[str, File] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    updates: dict[int, Pending] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    sent: list[Json] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    script: Script = field(default_factory=Script)
    flood: Flood = field(default_factory=Flood)
    disorder: Disorder = field(default_factory=Disorder)

    def group(self, chat: str) -> Group | None:
        """By number, or by its public name (`@...`)."""
        return next((group for group in self.groups.values() if chat in (str(group.id), f"@{group.username}")), None)

    def person(self, chat: int) -> Person:
        return self.people.setdefault(chat, Person(chat))


class State:
    """Numbers go on after `quiet` and begin anywhere, so that a product with a memory never meets one twice."""

    def __init__(self, token: str, web: str) -> None:
        self.token, self.web = token, web.rstrip("/")
        self.bot: Json = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Dalil", "username": "dalil_test_bot"}
        self.talk, self.webhook = Talk(), Webhook()
        self.limits, self.known_chats_only = True, False
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self.news = asyncio.Event()
        self._updates, self._messages = count(random.randrange(10**8, 10**9)), count(random.randrange(1000, 10**6))
        self._other = count(random.randrange(10**15, 10**16))

    def next_message(self) -> int:
        return next(self._messages)

    def next_id(self) -> str:
        return str(next(self._other))

    def announce(self) -> None:
        """Wakes everybody who waits for news."""
        self.news.set()
        self.news = asyncio.Event()

    def number(self) -> int:
        return next(self._updates)

    def queue(self, update: int, chat: int, body: Json) -> int:
        """The update waits to be delivered; its number."""
        found = Pending(update, chat, body)
        self.talk.updates[update] = found
        self.talk.pending.append(found)
        self.announce()
        return update

    def keep(self, message: Json) -> Json:
        self.talk.messages[(message["chat"]["id"], message["message_id"])] = message
        return message
