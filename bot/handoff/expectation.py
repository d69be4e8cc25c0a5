"""What is true of how long a person will wait for an answer. No more is promised than the team wants to keep."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.staff import hours, presence, teams
from bot.texts import Texts

NAMED = (15, 30, 60, 120)  # minutes that have a name in the texts


def sentence(session: Session, entry_id: str, at: datetime, texts: Texts, form: str) -> str:
    """For a request of this moment that begins from this FAQ entry (or from none). Times are not isolated yet."""
    team = teams.of_request(session, entry_id)
    now = hours.now(session, team, at)
    if now.open is False and now.until:
        return texts.get("closed_until", form, when=_when(texts, form, at, now.until))
    due = at + timedelta(minutes=team.first_answer_minutes)
    if not now.open or (now.until and due > now.until) or not presence.present(session, team):
        return texts.get("hours_unknown", form)
    key = _span(team.first_answer_minutes) or ("today" if _day(due) == _day(at) else "")
    return texts.get("answer_within", form, time=texts.get(key, form)) if key else texts.get("hours_unknown", form)


def _span(minutes: int) -> str:
    """The next longer span that has a name."""
    return next((f"minutes_{named}" for named in NAMED if minutes <= named), "")


def _when(texts: Texts, form: str, at: datetime, then: datetime) -> str:
    local = then.astimezone(TIME_ZONE)
    time = f"{local.hour}:{local.minute:02}"
    if _day(at) == _day(then):
        return texts.get("today_at", form, time=time)
    return texts.get("day_at", form, day=texts.weekday(form, local.date()), time=time)


def _day(at: datetime) -> date:
    return at.astimezone(TIME_ZONE).date()
