"""What members of staff are told outside of the console, and who is told. Never what a person said, a name, a topic or a kind of danger."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.db import notify
from bot.handoff import audit
from bot.staff import accounts, hours, on_call, presence, teams
from bot.staff.rights import Right, having
from bot.tables import Case, Conversation, Notice, Staff, Team

AT_ONCE = frozenset({"urgent_case", "escalated"})
KINDS = ("urgent_case", "new_case", "mention", "escalated", "assigned", "reviews", "review_asked", "comment_named")
FRESH = timedelta(minutes=10)  # how long a page that is open may still show what its reader was told
LANGUAGES = ("fr", "ar", "en")
TEAM_LANGUAGE = "fr"


class Ear(NamedTuple):
    """Where somebody is told: a member of staff by e-mail, or a whole team."""

    way: str
    target: str
    language: str = TEAM_LANGUAGE
    staff_id: uuid.UUID | None = None


class Occasion(NamedTuple):
    """`which` makes a notice unique: the same one is told once."""

    kind: str
    case: Case
    which: str


def waits(session: Session, case: Case) -> None:
    """A case is in the queue: it is new, was raised, or has come back. Told once for each time that it waits, and once more when raised."""
    if case.practice_of or case.state != "waiting":
        return
    team = teams.get(session, case.team_id)
    kind, people = ("urgent_case", _alarmed(session, team)) if case.urgency else ("new_case", _interested(session, team))
    _tell(session, Occasion(kind, case, wait(session, case)), [*_by_mail(people), *_of_team(team)])


def escalated(session: Session, case: Case, time: int) -> None:
    """Nobody has taken an urgent case: those on call hear of it again, and whoever leads. `time`: 1, 2, …"""
    team = teams.get(session, case.team_id)
    people = [*on_call.now(session, team, datetime.now(timezone.utc)), *_leading(session, team)]
    _tell(session, Occasion("escalated", case, f"{wait(session, case)}.{time}"), _by_mail(people))


def mentioned(session: Session, case: Case, note_id: int, people: Iterable[Staff]) -> None:
    """Colleagues are named in a note."""
    _tell(session, Occasion("mention", case, str(note_id)), _by_mail(people))


def assigned(session: Session, case: Case, by: Staff) -> None:
    """Somebody gave this case to a colleague, who has it now."""
    person = session.get_one(Staff, case.assignee_id)
    if person.id != by.id:
        _tell(session, Occasion("assigned", case, wait(session, case)), _by_mail([person]))


def reviews(session: Session, people: Iterable[Staff], today: date) -> None:
    """Answers that these look after must be checked again."""
    _tell_editors(session, "reviews", people, lambda person: {"key": f"reviews:{person.id}:{today}"})


def review_asked(session: Session, entry_id: str, person: Staff, time: int) -> None:
    """A colleague asks this person to review an answer. `time`: which asking of this answer it is."""
    _tell_of_entry(session, ("review_asked", entry_id, time), [person])


def comment_named(session: Session, entry_id: str, comment_id: int, people: Iterable[Staff]) -> None:
    """Colleagues are named in a comment on an answer."""
    _tell_of_entry(session, ("comment_named", entry_id, comment_id), people)


def wait(session: Session, case: Case) -> str:
    """Which time it is that this case waits: the epoch grows whenever a case changes hands."""
    return str(session.scalar(select(Conversation.epoch).filter_by(id=case.conversation_id)))


def fresh(session: Session, person: Staff) -> list[Notice]:
    """What this person was told lately that concerns them alone; their browser shows it too."""
    recent = Notice.created_at > func.clock_timestamp() - FRESH
    query = select(Notice).where(Notice.staff_id == person.id, Notice.kind.in_(("mention", "assigned")), recent)
    return list(session.scalars(query.order_by(Notice.id)))


def set_mail(session: Session, person: Staff, wanted: bool) -> None:
    """Whether they get e-mails of what is not urgent."""
    accounts.locked(session, person.id).mail_new = wanted
    audit.record(session, str(person.id), "staff.notices_chosen", f"staff:{person.id}", {"mail_new": wanted})


def is_urgent(kind: str, case: Case | None) -> bool:
    """Told at any hour, also to those who want no other e-mails."""
    return kind in AT_ONCE or (kind == "assigned" and case is not None and bool(case.urgency))


def _tell(session: Session, occasion: Occasion, ears: Iterable[Ear]) -> None:
    kind, case, which = occasion
    if case.practice_of:
        return
    common = {"kind": kind, "case_id": case.id, "next_at": _due(session, occasion)}
    rows = [{"key": f"{kind}:{case.id}:{which}:{ear.way}:{ear.target}", **common, **ear._asdict()} for ear in ears]
    if rows:
        session.execute(insert(Notice).values(rows).on_conflict_do_nothing())
    notify(session, "console", "queue")


def _tell_of_entry(session: Session, what: tuple[str, str, int], people: Iterable[Staff]) -> None:
    """Kind, entry, which time. Not to those whom a notice of this kind about this entry is still on its way to: it says the same."""
    kind, entry_id, time = what
    waiting = set(session.scalars(select(Notice.staff_id).filter_by(kind=kind, entry_id=entry_id, state="queued")))
    others = [person for person in people if person.id not in waiting]
    _tell_editors(session, kind, others, lambda person: {"key": f"{kind}:{entry_id}:{time}:{person.id}", "entry_id": entry_id})


def _tell_editors(session: Session, kind: str, people: Iterable[Staff], of: Callable[[Staff], dict[str, str]]) -> None:
    """By e-mail, if they want it. Not urgent: it waits until their team works."""
    wanted = [person for person in people if person.mail_new and person.active]
    rows = [
        {"kind": kind, "next_at": _at_work(session, person.team_id), **of(person), **ear._asdict()}
        for person, ear in zip(wanted, _by_mail(wanted))
    ]
    if rows:
        session.execute(insert(Notice).values(rows).on_conflict_do_nothing())


def _due(session: Session, occasion: Occasion) -> datetime:
    """What is not urgent waits until the team works. Where its hours are not known, nothing waits."""
    if is_urgent(occasion.kind, occasion.case):
        return datetime.now(timezone.utc)
    return _at_work(session, occasion.case.team_id)


def _at_work(session: Session, team_id: int) -> datetime:
    now, team = datetime.now(timezone.utc), teams.get(session, team_id)
    if hours.is_open(session, team, now) is not False:
        return now
    return hours.next_opening(session, team, now) or now


def _by_mail(people: Iterable[Staff]) -> Iterator[Ear]:
    return (Ear("email", person.email, _language(person), person.id) for person in people if person.active)


def _language(person: Staff) -> str:
    return person.language if person.language in LANGUAGES else TEAM_LANGUAGE


def _of_team(team: Team) -> Iterator[Ear]:
    return (Ear(way, target) for way, target in (("email", team.email), ("telegram", team.telegram_group)) if target)


def _alarmed(session: Session, team: Team) -> list[Staff]:
    """Who is on call, and who is there. When that is nobody: the whole team. Somebody is in danger."""
    there = [*on_call.now(session, team, datetime.now(timezone.utc)), *presence.present(session, team)]
    return there or _all(session, presence.answering(team))


def _interested(session: Session, team: Team) -> list[Staff]:
    """Of what is not urgent: who wants to know, is not away, and has no page open that shows it anyway."""
    return _all(session, presence.answering(team) & Staff.mail_new & ~Staff.away & ~presence.is_there())


def _leading(session: Session, team: Team) -> list[Staff]:
    """The supervisors of this team, and who leads all teams."""
    return _all(session, having(Right.LEAD) & ((Staff.team_id == team.id) | having(Right.ALL_TEAMS)))


def _all(session: Session, which: ColumnElement[bool]) -> list[Staff]:
    return list(session.scalars(select(Staff).where(which).order_by(Staff.email)))
