"""Answers that are being written: kept for who writes them, on whichever device the case is opened next.

Not in the audit trail: nobody else sees a draft, and it changes nothing of the case.
"""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.errors import Conflict
from bot.handoff import cases, thread
from bot.privacy.vault import vault
from bot.tables import Case, Draft, Staff

LONGEST = 4000


def keep(session: Session, person: Staff, case_id: int, typed: tuple[str, int]) -> None:
    """`typed`: the text, and the newest row that this person had sent when it was typed. `Conflict` when they sent another one since:
    then the text may be the one that was sent, and must not come back. An empty text leaves no draft.
    """
    text, after = typed
    case = cases.seen(session, person, case_id)
    session.execute(select(Case.id).filter_by(id=case_id).with_for_update(read=True, key_share=True))  # waits while an answer is sent
    if thread.last_said(session, person, case) > after:
        raise Conflict("draft.sent")
    if not text.strip():
        return drop(session, person, case_id)
    values = {"body_sealed": vault(session).seal(text[:LONGEST]), "at": func.clock_timestamp()}
    row = insert(Draft).values(staff_id=person.id, case_id=case_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["staff_id", "case_id"], set_=values))
    return None


def of(session: Session, person: Staff, case: Case) -> str:
    """What this person was writing; empty when nothing."""
    draft = session.get(Draft, (person.id, case.id), populate_existing=True)
    return str(vault(session).unseal(draft.body_sealed)) if draft else ""


def drop(session: Session, person: Staff, case_id: int) -> None:
    """It was sent, or given up."""
    session.execute(delete(Draft).filter_by(staff_id=person.id, case_id=case_id))
