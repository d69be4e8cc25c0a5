"""What becomes of a plan that was told at the command line: nothing, all of it, or what is not refused."""

from collections.abc import Callable, Sized
from typing import Protocol


class Choice(Protocol):
    """`others`: also when something is refused."""

    @property
    def apply(self) -> bool: ...
    @property
    def others(self) -> bool: ...


class Planned(Protocol):
    @property
    def is_whole(self) -> bool: ...
    @property
    def to_do(self) -> Sized: ...


def decided(found: Planned, choice: Choice, do: Callable[[], int], what: str) -> str:
    """Carry out what may be, and say what became of it: how many of `what`, or what to do next."""
    if not choice.apply:
        return "nothing was changed: add --apply"
    if found.is_whole or (choice.others and found.to_do):
        return f"{do() if found.to_do else 0} {what}"
    return "nothing was changed: correct the file, or add --others to take in the rest"
