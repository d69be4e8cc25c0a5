"""What was before: closed cases of the same person."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.staff.rights import visible
from bot.tables import Case, Staff

MOST = 50


def of(session: Session, person: Staff, case: Case) -> Sequence[Case]:
    """Those that this member of staff may see, the newest first."""
    query = select(Case).where(Case.conversation_id == case.conversation_id, Case.id < case.id, Case.state == "closed", visible(person))
    return session.scalars(query.order_by(Case.id.desc()).limit(MOST)).all()
