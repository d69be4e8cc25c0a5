"""An urgent case that nobody takes: others are told, again and again, but not for ever."""

from datetime import datetime, timezone

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.handoff import audit, notices
from bot.tables import AuditRow, Case, Team

MOST = 3  # times, for each time that a case waits


def escalate(session: Session) -> int:
    """Tell of every case that is due. Returns how many.

    A case that somebody is changing at this moment is left for the next time, and only `escalated_at` is written: so no conversation has
    to be locked first, and this never waits for a provider that is being called.
    """
    return sum([_once_more(session, case) for case in session.scalars(_due()).all()])


def _due() -> Select[tuple[Case]]:
    pause = func.make_interval(0, 0, 0, 0, 0, Team.urgent_minutes)
    late = func.greatest(Case.urgent_at, Case.escalated_at) + pause <= func.clock_timestamp()
    query = select(Case).join(Team, Team.id == Case.team_id).where(Case.state == "waiting", Case.urgency != "", Case.practice_of.is_(None))
    return query.where(late).order_by(Case.id).with_for_update(of=Case, skip_locked=True, key_share=True)


def _once_more(session: Session, case: Case) -> bool:
    wait = notices.wait(session, case)
    earlier = select(func.count()).select_from(AuditRow).filter_by(subject=f"case:{case.id}", action="case.escalated")
    time = (session.scalar(earlier.where(AuditRow.data.contains({"wait": wait}))) or 0) + 1
    if time > MOST:
        return False
    case.escalated_at = datetime.now(timezone.utc)
    audit.record(session, "system", "case.escalated", f"case:{case.id}", {"time": time, "wait": wait})
    notices.escalated(session, case, time)
    return True
