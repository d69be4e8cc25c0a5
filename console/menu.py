"""The pages that everybody finds in the navigation, each for those who may open it."""

from dataclasses import dataclass

from bot.staff.rights import Right


@dataclass(frozen=True)
class Item:
    """`label` is a key of the catalogues (`menu.…`)."""

    path: str
    label: str
    right: Right | None = None


ITEMS = (Item("/", "queue", Right.CASES),)
