"""What the page of a case shows of the conversation itself, besides the words: until when one may write, drafts, notes, earlier cases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.handoff import drafts, earlier, mentions, thread, timeline
from bot.messaging import window
from bot.staff import accounts
from bot.tables import Case, Conversation
from console.view import View


@dataclass(frozen=True)
class Window:
    """`told`: what became of the message that an answer waits (queued, sent, dead), or empty; `told_at`: when it was sent."""

    closes_at: datetime
    closed: bool
    told: str = ""
    told_at: datetime | None = None


@dataclass(frozen=True)
class Before:
    """An earlier case. `name`: who answered."""

    case: Case
    name: str


def context(view: View) -> dict[str, Any]:
    bubbles = thread.read(view.session, view.case, view.before)
    cut = bubbles[0].at if len(bubbles) == thread.LATEST else None
    events = timeline.of(view.session, view.case, cut, view.before)
    given = {f"note-{event.data['note']}": event.data["note"] for event in events if "note" in event.data}
    found = _window(view.session, view.conversation) if view.case.state != "closed" else None
    return {
        "bubbles": sorted([*(bubble for bubble in bubbles if bubble.id not in given), *events], key=lambda line: line.at),
        "reasons": {given[bubble.id]: bubble.text for bubble in bubbles if bubble.id in given},
        "earlier": cut,
        "before": view.before,
        "channel": view.conversation.channel,
        "window": found,
        "may_write": view.mine and not (found and found.closed),
        "draft": drafts.of(view.session, view.person, view.case),
        "mentionable": [colleague.name for colleague in mentions.colleagues(view.session, view.person, view.case)],
        "earlier_cases": _earlier_cases(view),
    }


def _window(session: Session, conversation: Conversation) -> Window | None:
    ends = window.closes_at(conversation)
    if ends is None:
        return None
    row = window.nudge(session, conversation)
    return Window(ends, window.is_closed(conversation), row.state if row else "", row.sent_at if row else None)


def _earlier_cases(view: View) -> list[Before]:
    found = earlier.of(view.session, view.person, view.case)
    names = accounts.names(view.session, [case.assignee_id for case in found])
    return [Before(case, names.get(case.assignee_id, "")) for case in found]
