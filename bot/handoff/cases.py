"""Cases: opened once, taken by exactly one caseworker, handed back or closed."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timezone

from sqlalchemy import case as sql_case
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db import notify
from bot.errors import Conflict, NotFound, Refused
from bot.handoff import audit, clocks
from bot.messages import Reply
from bot.messaging import conversations, outbox
from bot.staff import teams
from bot.staff.rights import visible
from bot.tables import Case, Conversation, OutboundRow, Staff
from bot.texts import Texts

URGENT_FIRST = sql_case((Case.urgency != "", 0), else_=1)


def open_case(session: Session, conversation: Conversation, reason: str, urgency: str = "", topic: str = "") -> Case:
    """Open the one case of this conversation, or raise the urgency of the one that is open. The owner becomes `waiting`."""
    case = current(session, conversation.id)
    if case is None:
        team = teams.of_request(session, topic)
        case = Case(conversation_id=conversation.id, team_id=team.id, reason=reason, topic=topic, form=conversation.form)
        session.add(case)
        session.flush()
        clocks.asked(session, case)
        audit.record(session, "bot", "case.opened", f"case:{case.id}", {"reason": reason})
    if urgency and not case.urgency:
        case.urgency, case.urgent_at = urgency, datetime.now(timezone.utc)
        audit.record(session, "bot", "case.urgent", f"case:{case.id}", {"kind": urgency})
    if conversation.owner == "bot":
        conversations.change_owner(session, conversation, "waiting")
    notify(session, "console", "queue")
    return case


def current(session: Session, conversation_id: uuid.UUID) -> Case | None:
    """The case of this conversation that is not closed."""
    return session.scalars(select(Case).filter_by(conversation_id=conversation_id).where(Case.state != "closed")).one_or_none()


def queue(session: Session, person: Staff) -> list[Case]:
    """Open cases that this person may see: urgent ones first, then who waits longest."""
    query = select(Case).where(Case.state != "closed", visible(person))
    return list(session.scalars(query.order_by(URGENT_FIRST, Case.opened_at)))


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
    seen(session, staff, case_id)
    conversation = _lock_conversation(session, case_id)
    taken = session.execute(
        update(Case)
        .where(Case.id == case_id, Case.state == "waiting")
        .values(state="taken", assignee_id=staff.id, taken_at=func.clock_timestamp())
        .returning(Case.id)
    ).scalar_one_or_none()
    if taken is None:
        raise Conflict("case.taken_by_other")
    case = get(session, case_id)
    session.refresh(case)
    conversations.change_owner(session, conversation, "person")
    _say(session, conversation, texts, "person_joined", name=staff.name)
    audit.record(session, str(staff.id), "case.taken", f"case:{case_id}")
    notify(session, "console", "queue")
    return case


def reply(session: Session, staff: Staff, case_id: int, text: str) -> OutboundRow:
    """A caseworker's words. Only the one who took the case may speak."""
    case = _mine(session, staff, case_id)
    if not text.strip():
        raise Refused("case.empty_reply")
    conversation = conversations.get(session, case.conversation_id)
    outbox.add(session, conversation, [Reply(text.strip()[:4000], conversation.form, actor="person")], staff_id=staff.id)
    clocks.answered(case)
    query = select(OutboundRow).filter_by(conversation_id=conversation.id).order_by(OutboundRow.id.desc()).limit(1)
    return session.scalars(query).one()


def hand_back(session: Session, staff: Staff, case_id: int, texts: Texts) -> None:
    """The bot speaks again; it says so, and knows nothing of what was said in between."""
    _end(session, staff, case_id, "handed_back", (texts, "person_left"))


def close(session: Session, staff: Staff, case_id: int, texts: Texts) -> None:
    _end(session, staff, case_id, "closed", (texts, "case_closed"))


def leave_queue(session: Session, conversation: Conversation) -> None:
    """The person went back to the bot before anybody took the case."""
    case = current(session, conversation.id)
    if case and case.state == "waiting":
        case.state, case.outcome, case.closed_at = "closed", "withdrawn", datetime.now(timezone.utc)
        audit.record(session, "bot", "case.withdrawn", f"case:{case.id}")
    conversations.change_owner(session, conversation, "bot")
    notify(session, "console", "queue")


def _end(session: Session, staff: Staff, case_id: int, outcome: str, notice: tuple[Texts, str]) -> None:
    case = _mine(session, staff, case_id)
    case.state, case.outcome, case.closed_at = "closed", outcome, datetime.now(timezone.utc)
    conversation = conversations.get(session, case.conversation_id)
    conversations.change_owner(session, conversation, "bot")
    conversation.tracker_sealed = None
    _say(session, conversation, *notice)
    audit.record(session, str(staff.id), f"case.{outcome}", f"case:{case_id}")
    notify(session, "console", "queue")


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


def _mine(session: Session, staff: Staff, case_id: int) -> Case:
    case = lock(session, case_id)
    if case.state != "taken" or case.assignee_id != staff.id:
        raise Conflict("case.not_yours")
    return case


def _say(session: Session, conversation: Conversation, texts: Texts, key: str, **values: str) -> None:
    form = conversation.form or "fr"
    outbox.add(session, conversation, [Reply(texts.say(key, form, **values), form, actor="system")])
