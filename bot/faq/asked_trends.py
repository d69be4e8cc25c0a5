"""How many people asked in vain, by topic, form, place and why, in a period and the one before. Small groups are never told."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.handoff.figures import Line, Period
from bot.handoff.small_numbers import guard
from bot.tables import Unanswered

TABLES = ("topic", "form", "place", "why")


@dataclass(frozen=True)
class Trends:
    period: Period
    tables: dict[str, list[Line]]


def read(session: Session, period: Period) -> Trends:
    """People are counted, not messages: whoever asks ten times is one, so that one person never makes a large group."""
    return Trends(period, {name: _lines(session, period, name) for name in TABLES})


def _lines(session: Session, period: Period, name: str) -> list[Line]:
    key, people = getattr(Unanswered, name), func.count(func.distinct(Unanswered.conversation_id))
    now, before = people.filter(Unanswered.at >= period.start), people.filter(Unanswered.at < period.start)
    within = Unanswered.at >= period.before.start, Unanswered.at < period.end
    rows = session.execute(select(key, now, before).where(*within).group_by(key).order_by(now.desc(), before.desc(), key)).all()
    guarded = zip(guard([row[1] for row in rows]), guard([row[2] for row in rows]))
    return [Line(row[0], *numbers) for row, numbers in zip(rows, guarded)]
