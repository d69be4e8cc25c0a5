"""The pages that everybody finds in the navigation, each for those who may open it."""

from dataclasses import dataclass

from bot.staff.rights import Right, may
from bot.tables import Staff

ACCOUNT = "/account"


@dataclass(frozen=True)
class Item:
    """`label` is a key of the catalogues (`menu.…`)."""

    path: str
    label: str
    right: Right | None = None


def start(person: Staff) -> str:
    """Where somebody begins: the first page that is for their work."""
    return next((item.path for item in ITEMS if item.right and may(person, item.right)), ACCOUNT)


ITEMS = (
    Item("/", "queue", Right.CASES),
    Item("/mentions", "mentions", Right.CASES),
    Item("/referrals", "referrals", Right.CASES),
    Item("/canned", "canned", Right.CASES),
    Item("/practice", "practice", Right.CASES),
    Item("/reports", "reports", Right.REPORTS),
    Item("/people", "people", Right.LEAD),
    Item("/teams", "teams", Right.LEAD),
    Item("/audit", "audit", Right.AUDIT),
    Item(ACCOUNT, "account"),
)
