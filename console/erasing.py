"""A place becomes confidential: where it is gets erased for good, here and in all versions. It is named, and asked, before that is done."""

from bot.errors import Refused
from bot.tables import Service
from console import service_form
from console.places import WHERE
from console.team_forms import Filled

YES = "erase"  # the tick


class Erases(Refused):
    """`erased`: what stands here, by field."""

    def __init__(self, erased: Filled) -> None:
        super().__init__("directory.erases")
        self.erased = erased


def to_erase(before: Service | None, filled: Filled) -> Filled:
    """Empty, unless the form says of an open place that it is confidential."""
    if before is None or before.hidden_place or "hidden_place" not in filled:
        return {}
    here = service_form.stored(before)
    return {field: here[field] for field in WHERE if here[field]}


def without(filled: Filled) -> Filled:
    return {key: text for key, text in filled.items() if key not in WHERE}


def unanswered(before: Service | None, filled: Filled) -> Filled:
    """The form that comes back asks anew; and it has where the place is, which a ticked box may have kept from being sent."""
    return {**to_erase(before, filled), **{key: text for key, text in filled.items() if key != YES}}
