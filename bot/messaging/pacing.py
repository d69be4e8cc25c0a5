"""How fast a channel may speak: a bucket of tokens a person and one for all, kept in the database so that all senders share them.

A bucket is one time, `send_after`: a message may go when it is past, and each message moves it on by `seconds`. It never lies
further back than the burst, so that no more than `burst` go at once (the generic cell rate algorithm).
"""

from datetime import datetime, timedelta
from typing import NamedTuple


class Pace(NamedTuple):
    """One message every `seconds` on average, up to `burst` at once."""

    seconds: float
    burst: int = 1

    def after(self, send_after: datetime, now: datetime) -> datetime:
        """Where the bucket stands once a message went."""
        step = timedelta(seconds=self.seconds)
        return max(send_after, now - (self.burst - 1) * step) + step


class Paces(NamedTuple):
    """To one person, and to all together."""

    person: Pace = Pace(0.0)
    all: Pace = Pace(0.0)
