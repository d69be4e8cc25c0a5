"""Teams of caseworkers, and which of them a request goes to."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.tables import EntryRow, Team

FIRST = "Dalil"  # until somebody gives it another name


def all_teams(session: Session) -> list[Team]:
    """The oldest first: that one gets what no other team wants."""
    return list(session.scalars(select(Team).order_by(Team.id)))


def get(session: Session, team_id: int) -> Team:
    team = session.get(Team, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    return team


def first(session: Session) -> Team:
    """The oldest team; made when there is none."""
    team = session.scalars(select(Team).order_by(Team.id).limit(1)).one_or_none()
    if team is None:
        team = Team(name=FIRST)
        session.add(team)
        session.flush()
    return team


def of_request(session: Session, entry_id: str) -> Team:
    """The team that wants the topic of this FAQ entry, or the first team."""
    topic = session.scalar(select(EntryRow.topic).filter_by(id=entry_id)) if entry_id else None
    wanted = select(Team).where(Team.topics.contains([topic])).order_by(Team.id).limit(1)
    return (session.scalars(wanted).one_or_none() if topic else None) or first(session)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Team)) or 0
