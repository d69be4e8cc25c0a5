"""Where caseworkers practise: what they say reaches the person of a scenario, who answers at once."""

from datetime import datetime
from pathlib import Path
from typing import Any

from bot.db import Database
from bot.errors import Rejected, SendError
from bot.handoff import practice
from bot.messages import PRACTICE
from bot.messaging.pacing import Paces
from channels.base import Content


class Practice:
    name = PRACTICE
    paces = Paces()
    window = None

    def __init__(self, db: Database, data_dir: Path) -> None:
        self._db, self._data_dir = db, data_dir

    def send(self, address: str, body: dict[str, Any]) -> None:
        """In a transaction of its own: the sender's holds the row that is being sent."""
        with self._db.begin() as session:
            practice.answer(session, address, self._data_dir)

    def taken(self, address: str, body: dict[str, Any], since: datetime) -> list[str]:
        return []

    def fetch(self, reference: str) -> Content:
        raise Rejected("nobody sends a file here")

    def discard(self, reference: str) -> None:
        """There is none."""

    def meaning(self, error: str) -> SendError:
        return Rejected(error)
