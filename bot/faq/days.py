"""The day on which content must be looked at again: said alike by the pages, the answers, the sender and `dalil content`."""

from datetime import date, datetime

from bot.clock import TIME_ZONE


def today() -> date:
    """In Agadir."""
    return datetime.now(TIME_ZONE).date()


def is_due(check_again_on: date | str | None, on: date) -> bool:
    """Whether the day is over. What has no day was never checked."""
    return str(check_again_on or "") < on.isoformat()


def day_of(written: object) -> date | None:
    """A day from a file (date) or from the table (text)."""
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return None
