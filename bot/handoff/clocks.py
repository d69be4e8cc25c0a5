"""When an answer is due: the minutes of the team count in its working hours. In danger its urgent minutes count at any hour."""

from datetime import datetime, timedelta, timezone

from sqlalchemy.orm import Session

from bot.staff import hours, teams
from bot.tables import Case


def asked(session: Session, case: Case) -> None:
    """The person waits from now on; an earlier question that is still open counts. Hours that are changed later change nothing here."""
    if case.due_at is None:
        team, now = teams.get(session, case.team_id), datetime.now(timezone.utc)
        minutes = team.next_answer_minutes if case.answered_at else team.first_answer_minutes
        _set(case, hours.after_working(session, team, now, minutes))
        if case.urgency:
            raised(session, case, now)


def raised(session: Session, case: Case, at: datetime) -> None:
    """There is danger at this moment: an answer is not due later than the urgent minutes say, by night and on holidays too."""
    soon = at + timedelta(minutes=teams.get(session, case.team_id).urgent_minutes)
    _set(case, min(case.due_at or soon, soon))


def _set(case: Case, due_at: datetime) -> None:
    """When the first answer was due is kept: afterwards nothing else tells whether it came in time."""
    case.due_at = due_at
    if case.answered_at is None:
        case.first_due_at = due_at


def answered(case: Case) -> None:
    """A person wrote to them: nothing is due until they write again."""
    case.due_at = None
    case.answered_at = case.answered_at or datetime.now(timezone.utc)


def is_overdue(case: Case, at: datetime) -> bool:
    """Never a closed one: nothing is due there."""
    return case.due_at is not None and case.due_at < at
