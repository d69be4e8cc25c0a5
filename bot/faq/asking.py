"""Of whom a review is asked. It is an invitation and no lock: whoever may publish still may."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import Conflict, Refused
from bot.faq import editing, workflow
from bot.handoff import audit, notices
from bot.staff.rights import Right, having
from bot.tables import AuditRow, EntryRow, Staff

ANYBODY = "anybody"


@dataclass(frozen=True)
class Ask:
    """`of`: the id of a colleague; empty: whoever may publish. Of the page on which it was pressed: the revision `seen`, and whom it
    `waited` for, see `waits`."""

    entry_id: str
    seen: int
    of: str = ""
    waited: str = ""


def ask(session: Session, person: Staff, wanted: Ask) -> None:
    """The entry waits for a review, of one person if that is wished. `Conflict` when somebody else asked or decided meanwhile."""
    row = workflow.as_seen(session, wanted.entry_id, wanted.seen)
    if row.stage == "review" and str(row.reviewer_id or "") == wanted.of:
        return  # pressed twice
    if waits(row) != wanted.waited:
        raise Conflict("entry.asked_meanwhile")
    if row.stage != "review":
        workflow.submit(session, person, row.id, row.head)
    if str(row.reviewer_id or "") != wanted.of:
        _address(session, person, row, wanted.of)


def waits(row: EntryRow) -> str:
    """For whose review an entry waits: an id, anybody, or empty for no review."""
    return str(row.reviewer_id or ANYBODY) if row.stage == "review" else ""


def able(session: Session, row: EntryRow) -> list[Staff]:
    """Who could publish it, by name."""
    barred = workflow.barred(session, row)
    return [editor for editor in editing.editors(session) if editor.id not in barred]


def reviewer(session: Session, row: EntryRow) -> Staff | None:
    """Who is asked, as long as they keep content."""
    return session.scalar(select(Staff).where(Staff.id == row.reviewer_id, having(Right.CONTENT)))


def of_me(session: Session, person: Staff) -> set[str]:
    """Ids of the entries that this person is asked to review."""
    return set(session.scalars(select(EntryRow.id).filter_by(stage="review", reviewer_id=person.id)))


def _address(session: Session, person: Staff, row: EntryRow, of: str) -> None:
    asked = next((editor for editor in able(session, row) if str(editor.id) == of and editor.id != person.id), None)
    if of and asked is None:
        raise Refused("entry.not_asked")
    row.reviewer_id = asked.id if asked else None
    audit.record(session, str(person.id), "entry.review_asked", f"entry:{row.id}", {"revision": row.head, "of": of})
    if asked:
        notices.review_asked(session, row.id, asked, _time(session, row))


def _time(session: Session, row: EntryRow) -> int:
    """How often somebody was asked to review this entry."""
    asked = select(func.count()).select_from(AuditRow).filter_by(subject=f"entry:{row.id}", action="entry.review_asked")
    return session.scalar(asked) or 0
