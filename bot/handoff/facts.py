"""What a person had told the bot before a case: kept when it is opened, since the tracker is cleared at its end."""

from sqlalchemy.orm import Session

from bot.privacy.vault import vault
from bot.tables import Case, Conversation

TOLD = ("entry", "category", "place")  # slots: the FAQ entry last answered, the kind of place looked for, the town
Facts = dict[str, str]


def keep(session: Session, conversation: Conversation, case: Case) -> None:
    """What the bot knows now, in a new case. A turn writes its tracker before its effects, so that is part of it."""
    stored = vault(session).unseal(conversation.tracker_sealed) if conversation.tracker_sealed else {}
    slots = (stored.get("rasa") or {}).get("slots", {})
    told = {name: str(slots[name]) for name in TOLD if slots.get(name)}
    case.place, case.facts_sealed = told.get("place", ""), vault(session).seal(told)


def of_case(session: Session, case: Case) -> Facts:
    """What was kept. What is missing was not told, or not understood."""
    kept: Facts = vault(session).unseal(case.facts_sealed) if case.facts_sealed else {}
    return kept
