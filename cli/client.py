"""A client of the chat API, as any other program could be one: used by the demo and by the journeys."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.errors import NotReady

Message = dict[str, Any]
PATH = "/api/chat/conversations"


@dataclass
class Chat:
    """One conversation. `say`, `press` and `share` return the replies to that message, in order."""

    base: str
    token: str = ""
    after: int = 0
    owner: str = "bot"
    heard: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.base, timeout=40)
        self.token = self.token or self._http.post(PATH).raise_for_status().json()["token"]

    def say(self, text: str) -> list[Message]:
        return self._send({"text": text})

    def press(self, title: str) -> list[Message]:
        """Press the newest button with this title."""
        tokens = [b["token"] for m in reversed(self.heard) for b in m["buttons"] if b["title"] == title]
        if not tokens:
            raise LookupError(f"no button {title!r}; there are {[b['title'] for b in self.buttons()]}")
        return self._send({"button": tokens[0]})

    def share(self, latitude: float, longitude: float) -> list[Message]:
        return self._send({"location": {"latitude": latitude, "longitude": longitude}})

    def post(self, content: dict[str, Any], message_id: str = "") -> str:
        """Send without waiting; the same id twice is one message."""
        message_id = message_id or uuid.uuid4().hex
        self._http.post(f"{PATH}/{self.token}/messages", json={"id": message_id, **content}).raise_for_status()
        return message_id

    def _send(self, content: dict[str, Any]) -> list[Message]:
        self.post(content)
        return self.settle()

    def settle(self, seconds: float = 60.0) -> list[Message]:
        """Read until nothing more is coming for what was said."""
        found: list[Message] = []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            new, busy = self.read(wait=0.5)
            found += new
            if not busy:
                return found
        raise NotReady(f"no complete reply after {seconds:.0f} s; heard {[m['text'][:60] for m in found]}")

    def read(self, wait: float = 0.0) -> tuple[list[Message], bool]:
        answer = self._http.get(f"{PATH}/{self.token}/messages", params={"after": self.after, "wait": wait}).raise_for_status().json()
        self.after, self.owner = answer["after"], answer["owner"]
        self.heard += answer["messages"]
        return answer["messages"], answer["busy"]

    def history(self) -> list[Message]:
        messages: list[Message] = self._http.get(f"{PATH}/{self.token}/history").raise_for_status().json()["messages"]
        return messages

    def buttons(self) -> list[dict[str, str]]:
        """The buttons that were sent last."""
        return next((m["buttons"] for m in reversed(self.heard) if m["buttons"]), [])

    def close(self) -> None:
        self._http.close()
