"""When something that failed is tried again."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from bot.errors import SendError, TryAgain


def after(error: SendError, attempts: int, waits: Sequence[float], spread: float = 0.0) -> datetime | None:
    """The next try after so many that failed: when the provider asked for it, or later each time. None: there is none.

    `spread`: by which share, at most, a wait is longer, by chance: so that not all come back at once.
    """
    if not isinstance(error, TryAgain) or attempts > len(waits):
        return None
    wait = waits[attempts - 1] if error.after is None else error.after
    return datetime.now(timezone.utc) + timedelta(seconds=wait * random.uniform(1.0, 1.0 + spread))
