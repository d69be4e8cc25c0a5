"""A case stays with its caseworker while a page of theirs is open, and waits again some minutes after the last one is gone."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.handoff import audit, cases
from bot.handoff.cases import LEASE
from bot.staff.rights import visible
from bot.tables import Case, Staff

FRESH = timedelta(seconds=10)  # many pages of one person write once in this time


def renew(session: Session, person: Staff) -> None:
    """A page of this person is open. In a transaction of its own: it locks several cases, and passes over those that are being changed.

    A case that went out of their sight with a change of team is not kept."""
    now = func.clock_timestamp()
    seen = update(Staff).where(Staff.id == person.id, Staff.active, or_(Staff.seen_at.is_(None), Staff.seen_at < now - FRESH))
    session.execute(seen.values(seen_at=now).execution_options(synchronize_session=False))
    mine = select(Case.id).where(Case.assignee_id == person.id, Case.state == "taken", visible(person))
    due = mine.where(Case.lease_until < now + LEASE - FRESH).order_by(Case.id).with_for_update(skip_locked=True)
    longer = update(Case).where(Case.id.in_(due)).values(lease_until=now + LEASE)
    session.execute(longer.execution_options(synchronize_session=False))


def over(session: Session) -> list[int]:
    """Cases that were left behind."""
    return list(session.scalars(select(Case.id).where(Case.state == "taken", _late())))


def end(session: Session, case_id: int) -> None:
    """Back to the queue, unless its caseworker came back meanwhile, or the person had everything erased."""
    try:
        case = cases.lock(session, case_id)
    except NotFound:
        return
    if session.scalar(select(Case.id).where(Case.id == case_id, Case.state == "taken", _late())):
        audit.record(session, "system", "case.lease_ended", f"case:{case_id}", {"from": str(case.assignee_id)})
        cases.to_queue(session, case)


def _late() -> ColumnElement[bool]:
    return Case.lease_until < func.clock_timestamp()
