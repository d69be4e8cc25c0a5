"""When an answer is due."""

from datetime import datetime, timedelta, timezone

from sqlalchemy.orm import Session

from bot.staff import teams
from bot.tables import Case


def asked(session: Session, case: Case) -> None:
    """The person waits from now on; an earlier question that is still open counts."""
    if case.due_at is None:
        team = teams.get(session, case.team_id)
        minutes = team.next_answer_minutes if case.answered_at else team.first_answer_minutes
        case.due_at = datetime.now(timezone.utc) + timedelta(minutes=minutes)


def answered(case: Case) -> None:
    """A person wrote to them: nothing is due until they write again."""
    case.due_at = None
    case.answered_at = case.answered_at or datetime.now(timezone.utc)
