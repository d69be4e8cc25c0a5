"""What who leads a team may set. Each change says what its page showed before: nobody overwrites unseen what a colleague changed."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.directory import hours as opening
from bot.errors import Conflict, Refused
from bot.faq import entries
from bot.handoff import audit
from bot.staff import accounts, teams
from bot.tables import Staff, Team

LONGEST_NAME, LONGEST_HOURS = 60, 500
MOST_MINUTES = 7 * 24 * 60
GROUP = re.compile(r"-\d{1,20}|@[A-Za-z]\w{3,31}", re.ASCII)  # of Telegram; never a private chat: people have positive numbers
Value = TypeVar("Value")


@dataclass(frozen=True)
class Change(Generic[Value]):
    before: Value
    after: Value


@dataclass(frozen=True)
class Minutes:
    """Until an answer is due; `urgent`: until others are told."""

    first: int
    next: int
    urgent: int


@dataclass(frozen=True)
class Places:
    """Where the team is told of new cases, besides its members."""

    email: str
    telegram_group: str


def create(session: Session, by: Staff, name: str) -> Team:
    team = Team()
    _call(session, team, _name(name))
    audit.record(session, str(by.id), "team.created", f"team:{team.id}")
    return team


def rename(session: Session, by: Staff, team_id: int, change: Change[str]) -> None:
    team = teams.lock_led(session, by, team_id)
    _unchanged(team.name, change.before)
    if _name(change.after) != team.name:
        _call(session, team, _name(change.after))
        audit.record(session, str(by.id), "team.renamed", f"team:{team.id}")


def set_topics(session: Session, by: Staff, team_id: int, change: Change[list[str]]) -> None:
    """A topic belongs to one team. The rows of all teams are locked, so that two teams do not take it at once."""
    everyone = teams.lock_all(session)
    team = teams.led(session, by, team_id)
    _unchanged(sorted(team.topics), sorted(change.before))
    wanted = sorted(set(change.after))
    if not set(wanted) <= {*entries.topics(session), *team.topics}:
        raise Refused("team.no_such_topic")
    if any(set(wanted) & set(other.topics) for other in everyone if other.id != team.id):
        raise Refused("team.topic_taken")
    _set(session, by, team, {"topics": wanted})


def set_hours(session: Session, by: Staff, team_id: int, change: Change[str]) -> None:
    """In the syntax of OpenStreetMap; empty: not known."""
    team = teams.lock_led(session, by, team_id)
    _unchanged(team.hours, change.before)
    if change.after and (len(change.after) > LONGEST_HOURS or opening.read(change.after) is None):
        raise Refused("hours.unreadable")
    _set(session, by, team, {"hours": change.after})


def set_minutes(session: Session, by: Staff, team_id: int, change: Change[Minutes]) -> None:
    team, after = teams.lock_led(session, by, team_id), change.after
    _unchanged(minutes(team), change.before)
    if not all(1 <= n <= MOST_MINUTES for n in (after.first, after.next, after.urgent)):
        raise Refused("team.minutes")
    _set(session, by, team, {"first_answer_minutes": after.first, "next_answer_minutes": after.next, "urgent_minutes": after.urgent})


def set_places(session: Session, by: Staff, team_id: int, change: Change[Places]) -> None:
    team = teams.lock_led(session, by, team_id)
    after = Places(change.after.email.strip(), change.after.telegram_group.strip())
    _unchanged(places(team), change.before)
    if after.email and not accounts.EMAIL.fullmatch(after.email):
        raise Refused("team.bad_email")
    if after.telegram_group and not GROUP.fullmatch(after.telegram_group):
        raise Refused("team.bad_group")
    if after != change.before:
        team.email, team.telegram_group = after.email, after.telegram_group
        audit.record(session, str(by.id), "team.places", f"team:{team.id}")


def minutes(team: Team) -> Minutes:
    return Minutes(team.first_answer_minutes, team.next_answer_minutes, team.urgent_minutes)


def places(team: Team) -> Places:
    return Places(team.email, team.telegram_group)


def _unchanged(now: object, before: object) -> None:
    if now != before:
        raise Conflict("team.changed")


def _set(session: Session, by: Staff, team: Team, values: dict[str, object]) -> None:
    """What is new is audited with what was there."""
    fresh = {key: {"from": getattr(team, key), "to": value} for key, value in values.items() if getattr(team, key) != value}
    for key, value in values.items():
        setattr(team, key, value)
    if fresh:
        audit.record(session, str(by.id), "team.changed", f"team:{team.id}", fresh)


def _name(name: str) -> str:
    plain = " ".join(name.split())
    if not 0 < len(plain) <= LONGEST_NAME:
        raise Refused("team.bad_name")
    return plain


def _call(session: Session, team: Team, name: str) -> None:
    try:
        with session.begin_nested():
            team.name = name
            session.add(team)
            session.flush()
    except IntegrityError as error:
        raise Refused("team.name_taken") from error
