"""The index of this process: built once at the start, then swapped whole when the published content changes."""

import threading
from collections.abc import Callable

from bot.understanding.index import Index


class IndexHolder:
    """`refresh` builds outside the turn; only one build runs at a time and the newest version wins."""

    def __init__(self) -> None:
        self._index: Index | None = None
        self._version = -1
        self._building = threading.Lock()

    @property
    def index(self) -> Index:
        assert self._index is not None, "the understanding component was not loaded"
        return self._index

    def put(self, index: Index, version: int = -1) -> None:
        self._index, self._version = index, version

    def keep(self, version: int) -> None:
        """The index in use goes on for this version, whose own was refused."""
        self._version = version

    def is_current(self, version: int) -> bool:
        return self._version == version

    def refresh(self, version: int, build: Callable[[], Index], again: bool = False) -> bool:
        """Build and swap, unless another thread is at it or this version is in use; `again`: there is a better one. True when swapped."""
        if (self.is_current(version) and not again) or not self._building.acquire(blocking=False):
            return False
        try:
            self.put(build(), version)
            return True
        finally:
            self._building.release()


HOLDER = IndexHolder()
