"""Teams of caseworkers, and which of them a request goes to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFound
from bot.faq import entries
from bot.staff.rights import Right, may
from bot.tables import Staff, Team

FIRST = "Dalil"  # until somebody gives it another name


def all_teams(session: Session) -> list[Team]:
    """The oldest first: that one gets what no other team wants."""
    return list(session.scalars(select(Team).order_by(Team.id)))


def get(session: Session, team_id: int) -> Team:
    team = session.get(Team, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    return team


def led(session: Session, person: Staff, team_id: int) -> Team:
    """The team, if this person leads it or leads all. What they may not see does not exist for them."""
    team = get(session, team_id)
    if not leads(person, team.id):
        raise NotFound("There is no such team.")
    return team


def leads(person: Staff, team_id: int) -> bool:
    return may(person, Right.LEAD) and (team_id == person.team_id or may(person, Right.ALL_TEAMS))


def lock_led(session: Session, person: Staff, team_id: int) -> Team:
    """As `led`, until the end of the transaction. Cases of the team can still be opened meanwhile."""
    query = select(Team).filter_by(id=led(session, person, team_id).id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def lock_all(session: Session) -> list[Team]:
    query = select(Team).order_by(Team.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(query))


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
    topic = entries.topic_of(session, entry_id) if entry_id else ""
    wanted = select(Team).where(Team.topics.contains([topic])).order_by(Team.id).limit(1)
    return (session.scalars(wanted).one_or_none() if topic else None) or first(session)
