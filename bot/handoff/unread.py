"""What the person wrote since who answers last looked at the case. Practice is left out."""

from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db import notify
from bot.tables import Case, InboundRow, Staff


def of(session: Session, person: Staff, case_ids: Collection[int] | None = None) -> dict[int, int]:
    """Those of this person's cases (all, or of these) that have something unread: its newest message. A case that somebody was given
    and has not opened is unread."""
    newest = select(func.max(InboundRow.id)).where(InboundRow.conversation_id == Case.conversation_id).scalar_subquery()
    mine = select(Case.id, newest).where(Case.assignee_id == person.id, Case.state == "taken", Case.practice_of.is_(None))
    query = mine.where(newest > Case.owner_seen).order_by(Case.id)
    return dict(session.execute(query if case_ids is None else query.where(Case.id.in_(case_ids))).tuples().all())


def seen(session: Session, person: Staff, case: Case) -> None:
    """This person looks at the case. Tells their other pages, when there was something new."""
    newest = select(func.coalesce(func.max(InboundRow.id), 0)).filter_by(conversation_id=case.conversation_id).scalar_subquery()
    mine = update(Case).where(Case.id == case.id, Case.assignee_id == person.id, Case.state == "taken", Case.owner_seen < newest)
    if session.scalar(mine.values(owner_seen=newest).returning(Case.id).execution_options(synchronize_session=False)):
        notify(session, "console", str(person.id))
