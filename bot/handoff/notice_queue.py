"""Notices on their way: taken by the sender, noted before they are tried, dropped when they have become pointless, given up at last."""

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from sqlalchemy import Row, Select, and_, false, func, or_, select, update
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.db import notify
from bot.errors import Conflict, SendError
from bot.faq import asking, comments, reviews
from bot.faq.days import today
from bot.handoff import audit
from bot.handoff.notices import AT_ONCE, is_urgent
from bot.messaging import retries
from bot.messaging.health import ChannelHealth
from bot.staff import teams
from bot.staff.rights import Right, may, visible
from bot.tables import Case, Mention, Note, Notice, Staff
from bot.texts import Texts

WAITS = (5, 30, 120, 600, 1800)  # seconds between tries
LEASE = timedelta(minutes=2)  # longer than a try takes: after it, another sender may try what one that died has left
LATEST = 200


class Letter(NamedTuple):
    """What one recipient is told, in the language that they read."""

    notice_id: int
    target: str
    subject: str
    text: str
    at: datetime


class Wording(NamedTuple):
    """`texts`: those for staff. `address`: where the console is."""

    texts: Texts
    address: str


def take(session: Session, way: str, wording: Wording) -> Letter | None:
    """The next one to send, the urgent ones first. It is noted as tried before anybody is called: a sender that dies leaves a trace."""
    while found := session.execute(_due(way)).first():
        notice, case = found
        if not _pointless(session, notice, case):
            notice.attempts += 1
            notice.next_at = datetime.now(timezone.utc) + LEASE
            return _written(session, notice, case, wording)
        notice.state = "dropped"
        session.flush()
    return None


def _due(way: str) -> Select[tuple[Notice, Case | None]]:
    query = _with_cases()
    query = query.where(Notice.way == way, Notice.state == "queued", Notice.next_at <= func.clock_timestamp())
    urgent_first = query.order_by(Notice.kind.in_(AT_ONCE).desc(), Notice.next_at, Notice.id)
    return urgent_first.limit(1).with_for_update(of=Notice, skip_locked=True).execution_options(populate_existing=True)


def _with_cases() -> Select[tuple[Notice, Case | None]]:
    """What is told of answers has no case."""
    found: Select[tuple[Notice, Case | None]] = select(Notice, Case).outerjoin(Case, Case.id == Notice.case_id)  # type: ignore[assignment]
    return found


def _pointless(session: Session, notice: Notice, case: Case | None) -> bool:
    """Somebody has taken the case meanwhile; the person has read the note, wants no e-mail or has left; the case is another's by now;
    every answer was looked at; the review is no longer theirs; the comment is settled or answered."""
    person = session.get(Staff, notice.staff_id, populate_existing=True) if notice.staff_id else None
    if person and not (person.active and (person.mail_new or is_urgent(notice.kind, case))):
        return True
    if case is None:
        return person is None or not (may(person, Right.CONTENT) and _waits_for(session, person, notice))
    if notice.kind == "mention":
        unread = select(Mention.note_id).join(Note, Note.id == Mention.note_id).where(Note.case_id == case.id, Mention.seen_at.is_(None))
        return session.scalar(unread.where(Mention.staff_id == notice.staff_id).limit(1)) is None
    if notice.kind == "assigned":
        return case.state != "taken" or case.assignee_id != notice.staff_id
    return case.state != "waiting"


def _waits_for(session: Session, person: Staff, notice: Notice) -> bool:
    if notice.kind == "review_asked":
        return notice.entry_id in asking.of_me(session, person)
    if notice.kind == "comment_named":
        return notice.entry_id in comments.naming(session, person)
    return reviews.count_overdue(session, person, today()) > 0


def _written(session: Session, notice: Notice, case: Case | None, wording: Wording) -> Letter:
    if case:
        return _letter(notice, case, wording)
    return _of_entry(notice, wording) if notice.entry_id else _of_answers(session, notice, wording)


def _letter(notice: Notice, case: Case, wording: Wording) -> Letter:
    """Nothing but a number, a time and a link: it is read on locked screens, and passes through other people's machines."""
    since = case.urgent_at if notice.kind in AT_ONCE and case.urgent_at else case.opened_at
    values = {"n": case.id, "since": since.astimezone(TIME_ZONE).strftime("%H:%M (%d/%m)")}
    subject, text = (wording.texts.say(key, notice.language, **values) for key in (f"{notice.kind}_subject", notice.kind))
    return Letter(notice.id, notice.target, subject, f"{text}\n\n{wording.address}/console/cases/{case.id}", notice.created_at)


def _of_entry(notice: Notice, wording: Wording) -> Letter:
    """Which answer, by its id: never what is written in it or about it."""
    subject, text = (wording.texts.say(key, notice.language, entry=notice.entry_id) for key in (f"{notice.kind}_subject", notice.kind))
    address = f"{wording.address}/console/content/entry/{notice.entry_id}"
    return Letter(notice.id, notice.target, subject, f"{text}\n\n{address}", notice.created_at)


def _of_answers(session: Session, notice: Notice, wording: Wording) -> Letter:
    """How many answers wait, on this day."""
    many = reviews.count_overdue(session, session.get_one(Staff, notice.staff_id), today())
    subject, text = (wording.texts.say(key, notice.language, n=many) for key in (f"{notice.kind}_subject", notice.kind))
    return Letter(notice.id, notice.target, subject, f"{text}\n\n{wording.address}/console/reviews", notice.created_at)


def done(session: Session, notice_id: int, failure: SendError | None) -> None:
    """What became of a try. A notice whose case was erased meanwhile is gone."""
    notice = session.get(Notice, notice_id, with_for_update=True, populate_existing=True)
    if notice is None or notice.state != "queued":
        return
    if failure is None:
        notice.state, notice.error, notice.sent_at = "sent", "", datetime.now(timezone.utc)
        return
    notice.error = str(failure)[:200]
    if again := retries.after(failure, notice.attempts, WAITS):
        notice.next_at = again
    else:
        notice.state = "dead"
        notify(session, "console", "queue")


def drop_all(session: Session, way: str) -> None:
    """For a way that is not set up here: nobody waits for it, and nothing is given up."""
    waiting = update(Notice).where(Notice.way == way, Notice.state == "queued", Notice.next_at <= func.clock_timestamp())
    session.execute(waiting.values(state="dropped", error="not set up"))


def _dead(person: Staff) -> Select[tuple[Notice, Case | None]]:
    of_answers = Notice.case_id.is_(None) if may(person, Right.EDITORIAL) else false()
    return _with_cases().where(Notice.state == "dead", or_(and_(Notice.case_id.is_not(None), visible(person)), of_answers))


def dead(session: Session, person: Staff) -> list[Row[tuple[Notice, Case | None]]]:
    """Those given up, of cases that this person may see, and of answers for who leads the editors; the newest first."""
    return list(session.execute(_dead(person).order_by(Notice.id.desc()).limit(LATEST)))


def count_dead(session: Session, person: Staff) -> int:
    return session.scalar(select(func.count()).select_from(_dead(person).subquery())) or 0


def send_again(session: Session, person: Staff, notice_id: int) -> None:
    """Another try of one that was given up, to the address that the person or the team has now."""
    row = _dead(person).where(Notice.id == notice_id)
    found = session.execute(row.with_for_update(of=Notice).execution_options(populate_existing=True)).tuples().one_or_none()
    if found is None:
        raise Conflict("outbox.not_dead")
    notice, case = found
    notice.target = _address(session, notice, case) or notice.target
    notice.state, notice.attempts, notice.next_at = "queued", 0, datetime.now(timezone.utc)
    audit.record(session, str(person.id), "notice.resent", f"notice:{notice_id}", {"case": notice.case_id})


def _address(session: Session, notice: Notice, case: Case | None) -> str:
    if case is None or notice.staff_id:
        return session.get_one(Staff, notice.staff_id).email
    team = teams.get(session, case.team_id)
    return team.email if notice.way == "email" else team.telegram_group


def health(session: Session) -> dict[str, ChannelHealth]:
    """What waits and what failed, by way that was ever used. The error is that of the newest notice that had one."""
    counted = select(Notice.way, Notice.state, func.count(), func.min(Notice.created_at)).group_by(Notice.way, Notice.state)
    rows = {(way, state): (count, oldest) for way, state, count, oldest in session.execute(counted)}
    return {f"notices_{way}": _one(session, way, rows) for way in sorted({way for way, _ in rows})}


def _one(session: Session, way: str, rows: dict[tuple[str, str], tuple[int, datetime]]) -> ChannelHealth:
    failed = select(Notice.error, Notice.next_at).where(Notice.way == way, Notice.state.in_(("queued", "dead")), Notice.error != "")
    error, at = session.execute(failed.order_by(Notice.id.desc()).limit(1)).first() or ("", None)
    queued, dead = (rows.get((way, state), (0, None))[0] for state in ("queued", "dead"))
    return ChannelHealth(unread=0, oldest=None, queued=queued, held=0, dead=dead, error=error, error_at=at)
