"""Work that never ends by itself."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)
PAUSE = 0.5  # seconds


async def for_ever(what: str, connected: Callable[[], Awaitable[None]]) -> None:
    """Whatever fails is logged and tried again: a worker that ends would lose messages, a listener would answer with old content."""
    while True:
        try:
            await connected()
        except Exception as error:  # one of the three places that catch everything
            log.error("%s starts again: %s: %s", what, type(error).__name__, error)
        await asyncio.sleep(PAUSE)
