"""Cases: opened once, taken by exactly one caseworker, handed back or closed."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import notify
from bot.errors import Conflict, NotFound, Refused
from bot.faq import entries
from bot.handoff import after, audit, clocks, facts, notices
from bot.messages import Owner, Reply
from bot.messaging import conversations, outbox, window
from bot.staff import teams
from bot.staff.rights import visible
from bot.tables import Case, Conversation, OutboundRow, Staff
from bot.texts import Texts

OUTCOMES = ("answered", "referred", "no_reply", "wrong", "other")  # how a caseworker ends a case
LEASE = timedelta(minutes=10)  # how long a case stays with somebody of whom nothing is seen


@dataclass(frozen=True)
class Ending:
    """How a case ended (one of `OUTCOMES`) and which topics of the content it was about, for the figures."""

    texts: Texts
    outcome: str
    topics: tuple[str, ...] = ()


def open_case(session: Session, conversation: Conversation, reason: str, urgency: str = "", topic: str = "") -> Case:
    """Open the one case of this conversation, or raise the urgency of the one that is open. The owner becomes `waiting`."""
    case = current(session, conversation.id)
    news = case is None or bool(urgency and not case.urgency)
    if case is None:
        team = teams.of_request(session, topic)
        case = Case(conversation_id=conversation.id, team_id=team.id, reason=reason, topic=topic, form=conversation.form)
        facts.keep(session, conversation, case)
        session.add(case)
        session.flush()
        clocks.asked(session, case)
        audit.record(session, "bot", "case.opened", f"case:{case.id}", {"reason": reason})
    if urgency and not case.urgency:
        case.urgency, case.urgent_at = urgency, datetime.now(timezone.utc)
        clocks.raised(session, case, case.urgent_at)
        audit.record(session, "bot", "case.urgent", f"case:{case.id}", {"kind": urgency})
    if conversation.owner == "bot":
        conversations.change_owner(session, conversation, "waiting")
    if news:
        notices.waits(session, case)
    notify(session, "console", "queue")
    return case


def current(session: Session, conversation_id: uuid.UUID) -> Case | None:
    """The case of this conversation that is not closed."""
    return session.scalars(select(Case).filter_by(conversation_id=conversation_id).where(Case.state != "closed")).one_or_none()


def get(session: Session, case_id: int) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    return case


def seen(session: Session, person: Staff, case_id: int) -> Case:
    """The case, if this person may see it. What they may not see does not exist for them."""
    case = session.scalars(select(Case).where(Case.id == case_id, visible(person))).one_or_none()
    if case is None:
        raise NotFound("There is no such case.")
    return case


def visible_ids(session: Session, person: Staff, case_ids: Iterable[int]) -> set[int]:
    """Those of these cases that this person may see."""
    return set(session.scalars(select(Case.id).where(Case.id.in_(set(case_ids)), visible(person))))


def take(session: Session, staff: Staff, case_id: int, texts: Texts) -> Case:
    """Claim a waiting case. Of two who try, one gets `Conflict`."""
    me = recipient(session, staff.id)
    case = lock_seen(session, me, case_id)
    if case.state != "waiting":
        raise Conflict("case.taken_by_other")
    give(session, case, me)
    say(session, case, texts, "person_joined", name=me.name)
    audit.record(session, str(staff.id), "case.taken", f"case:{case_id}")
    return case


def recipient(session: Session, staff_id: uuid.UUID) -> Staff:
    """Who is to have a case, as they are now. Until the end of the transaction nobody ends their work or moves them to another team.

    Always before the conversation is locked: `people` locks in this order too, and two orders would end in a deadlock.
    """
    query = select(Staff).where(Staff.id == staff_id, Staff.active).with_for_update(read=True)
    person = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if person is None:
        raise Refused("case.not_to_them")
    return person


def give(session: Session, case: Case, staff: Staff) -> None:
    """A locked case goes to this member of staff, who speaks from now on. `taken_at` is when anybody took it first."""
    now = datetime.now(timezone.utc)
    case.state, case.assignee_id, case.taken_at, case.lease_until = "taken", staff.id, case.taken_at or now, now + LEASE
    case.owner_seen = 0
    _hand_on(session, case, "person")


def to_queue(session: Session, case: Case) -> None:
    """A locked case waits for whoever takes it. The person is not told: they wait as before."""
    case.state, case.assignee_id, case.lease_until = "waiting", None, None
    _hand_on(session, case, "waiting")
    notices.waits(session, case)


def reply(session: Session, staff: Staff, case_id: int, text: str) -> OutboundRow:
    """A caseworker's words. Only the one who took the case may speak."""
    case = mine(session, staff, case_id)
    if not text.strip():
        raise Refused("case.empty_reply")
    conversation = conversations.get(session, case.conversation_id)
    if window.is_closed(conversation):
        raise Refused("case.window_closed")
    outbox.add(session, conversation, [Reply(text.strip()[:4000], conversation.form, actor="person")], staff_id=staff.id)
    clocks.answered(case)
    query = select(OutboundRow).filter_by(conversation_id=conversation.id).order_by(OutboundRow.id.desc()).limit(1)
    return session.scalars(query).one()


def nudge(session: Session, staff: Staff, case_id: int) -> None:
    """Tell the person, whose channel takes no text until they write, that an answer waits."""
    case = mine(session, staff, case_id)
    conversation = conversations.get(session, case.conversation_id)
    if not window.is_closed(conversation):
        raise Conflict("case.window_open")
    if conversation.safe is False:
        raise Refused("case.not_safe_yet")
    if outbox.nudge(session, conversation):
        audit.record(session, str(staff.id), "case.nudged", f"case:{case_id}")


def hand_back(session: Session, staff: Staff, case_id: int, texts: Texts) -> None:
    """The bot speaks again; it says so, and knows nothing of what was said in between."""
    case = mine(session, staff, case_id)
    _end(session, case, "handed_back", (texts, "person_left"))
    audit.record(session, str(staff.id), "case.handed_back", f"case:{case_id}")


def close(session: Session, staff: Staff, case_id: int, ending: Ending) -> None:
    case, topics = mine(session, staff, case_id), list(dict.fromkeys(ending.topics))
    if ending.outcome not in OUTCOMES:
        raise Refused("case.no_outcome")
    if not set(topics) <= set(entries.topics(session)):
        raise Refused("case.no_such_topic")
    case.topics = topics
    _end(session, case, ending.outcome, (ending.texts, "case_closed"))
    after.ask(session, case, ending.texts)
    audit.record(session, str(staff.id), "case.closed", f"case:{case_id}", {"outcome": ending.outcome, "topics": topics})


def left(session: Session, conversation: Conversation) -> None:
    """The person began a new conversation, and cannot read this one any more. Whoever answers should know."""
    case = current(session, conversation.id)
    if case and case.left_at is None:
        case.left_at = datetime.now(timezone.utc)
        audit.record(session, "bot", "case.left", f"case:{case.id}")
        notify(session, "console", "queue")
        notify(session, "console", str(conversation.id))


def leave_queue(session: Session, conversation: Conversation) -> None:
    """The person went back to the bot before anybody took the case."""
    case = current(session, conversation.id)
    if case and case.state == "waiting":
        _shut(case, "withdrawn")
        audit.record(session, "bot", "case.withdrawn", f"case:{case.id}")
    conversations.change_owner(session, conversation, "bot")
    notify(session, "console", "queue")


def _end(session: Session, case: Case, outcome: str, notice: tuple[Texts, str]) -> None:
    _shut(case, outcome)
    _hand_on(session, case, "bot")
    conversations.get(session, case.conversation_id).tracker_sealed = None
    say(session, case, *notice)


def _shut(case: Case, outcome: str) -> None:
    case.state, case.outcome, case.closed_at = "closed", outcome, datetime.now(timezone.utc)
    case.due_at = case.lease_until = None


def _hand_on(session: Session, case: Case, owner: Owner) -> None:
    """The conversation follows the case; whoever looks at either is told."""
    conversations.change_owner(session, conversations.get(session, case.conversation_id), owner)
    notify(session, "console", "queue")
    notify(session, "console", str(case.conversation_id))


def lock(session: Session, case_id: int) -> Case:
    """The case, and its conversation, until the end of the transaction: nobody else changes them or speaks meanwhile."""
    _lock_conversation(session, case_id)
    query = select(Case).filter_by(id=case_id).with_for_update().execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("There is no such case.")
    return found


def _lock_conversation(session: Session, case_id: int) -> Conversation:
    """Always before the case itself is locked: a turn locks in this order too, and two orders would end in a deadlock."""
    mine = Conversation.id == select(Case.conversation_id).filter_by(id=case_id).scalar_subquery()
    query = select(Conversation).where(mine).with_for_update().execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("There is no such case.")
    return found


def lock_seen(session: Session, person: Staff, case_id: int) -> Case:
    """As `lock`, for somebody who may see the case once it is locked: until then it may have gone to another team."""
    lock(session, case_id)
    return seen(session, person, case_id)


def mine(session: Session, staff: Staff, case_id: int) -> Case:
    """As `lock_seen`, for who answers."""
    case = lock_seen(session, staff, case_id)
    if case.state != "taken" or case.assignee_id != staff.id:
        raise Conflict("case.not_yours")
    return case


def say(session: Session, case: Case, texts: Texts, key: str, **values: str) -> None:
    """A notice to the person; none where they said that somebody else may read it."""
    conversation = conversations.get(session, case.conversation_id)
    if conversation.safe is False:
        return
    form = conversation.form or "fr"
    outbox.add(session, conversation, [Reply(texts.say(key, form, **values), form, actor="system")])
