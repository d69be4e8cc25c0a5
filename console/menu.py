"""The pages that everybody finds in the navigation, each for those who may open it."""

from dataclasses import dataclass

from bot.staff.rights import Right, may
from bot.tables import Staff

ACCOUNT = "/account"


@dataclass(frozen=True)
class Item:
    """`label` is a key of the catalogues (`menu.…`), `icon` a name of Lucide; `first`: in sight on a phone too, the others in a drawer."""

    path: str
    label: str
    icon: str
    right: Right | None = None
    first: bool = False


def start(person: Staff) -> str:
    """Where somebody begins: the first page that is for their work."""
    return next((item.path for item in ITEMS if item.right and may(person, item.right)), ACCOUNT)


ITEMS = (
    Item("/", "queue", "inbox", Right.CASES, first=True),
    Item("/mentions", "mentions", "at-sign", Right.CASES, first=True),
    Item("/referrals", "referrals", "signpost", Right.CASES, first=True),
    Item("/canned", "canned", "message-square-quote", Right.CASES),
    Item("/practice", "practice", "graduation-cap", Right.CASES),
    Item("/content", "content", "notebook-pen", Right.CONTENT, first=True),
    Item("/unanswered", "unanswered", "message-circle-question-mark", Right.CONTENT),
    Item("/reviews", "reviews", "calendar-check", Right.CONTENT),
    Item("/directory", "directory", "map-pinned", Right.CONTENT, first=True),
    Item("/reports", "reports", "chart-column", Right.REPORTS),
    Item("/people", "people", "users", Right.LEAD),
    Item("/teams", "teams", "calendar-clock", Right.LEAD),
    Item("/audit", "audit", "scroll-text", Right.AUDIT),
    Item(ACCOUNT, "account", "circle-user", first=True),
)
