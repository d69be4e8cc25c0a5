"""Doing something for a form: the result, or why not."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.errors import Conflict, DalilError, Refused
from console.door import Door

Result = TypeVar("Result")


def tried(door: Door, do: Callable[[Session], Result]) -> tuple[Result | None, DalilError | None]:
    """Refused: nothing is changed."""
    try:
        with door.db.begin() as session:
            return do(session), None
    except (Conflict, Refused) as error:
        return None, error


def counted(door: Door, do: Callable[[Session], Result]) -> tuple[Result | None, DalilError | None]:
    """For what asks for a password or a code before it changes anything: the wrong ones are counted, so a refusal is no rollback."""
    with door.db.begin() as session:
        try:
            return do(session), None
        except (Conflict, Refused) as error:
            return None, error
