"""Which revisions of an entry people were answered with, and since when a form waits to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.errors import Faulty, Refused
from bot.faq import revisions, workflow
from bot.faq.differences import Difference, bodies
from bot.faq.entries import Entry
from bot.faq.rules import Book
from bot.language.forms import Form
from bot.tables import AuditRow, EntryRow, Revision, Staff

PUBLISHED = ("entry.published", "entry.rolled_back")


@dataclass(frozen=True)
class Back:
    """To which revision. `seen`: the head on the page; `stood`: see `workflow.as_seen`."""

    entry_id: str
    seen: int
    number: int
    stood: str = ""


def once_live(session: Session, entry_id: str) -> list[int]:
    """Numbers of the revisions that answered at some time, the newest first. What an import wrote answered at once."""
    noted = select(AuditRow.data["revision"].as_integer()).filter_by(subject=f"entry:{entry_id}").where(AuditRow.action.in_(PUBLISHED))
    query = select(Revision.number).filter_by(entry_id=entry_id).where(or_(Revision.by.is_(None), Revision.number.in_(noted)))
    return list(session.scalars(query.order_by(Revision.number.desc())))


def before(session: Session, row: EntryRow) -> Revision | None:
    """The answer before the one that is live, if it said something else. Where nobody is answered and a draft waits: the last one."""
    if row.state != "published" and 0 < row.live < row.head:
        return revisions.get(session, row.id, row.live)
    for number in once_live(session, row.id):
        if number < row.live and (old := revisions.get(session, row.id, number)).body != row.body:
            return old
    return None


def roll_back(session: Session, person: Staff, back: Back, book: Book) -> Revision:
    """Only to what answered already: anything else must be published, which may ask for other eyes. `Faulty` when a fact that carried it
    is no longer known."""
    row = workflow.as_seen(session, back.entry_id, back.seen, back.stood)
    if back.number not in once_live(session, row.id):
        raise Refused("entry.never_live")
    old = revisions.get(session, row.id, back.number)
    if faults := workflow.grave(session, old.body, book):
        raise Faulty("entry.faults", faults)
    return workflow.roll_back(session, person, row, old)


def waiting(session: Session, entry_id: str, head: Entry, form: Form) -> list[Difference]:
    """What was changed in the source form since this form was marked to be looked at; in the other forms when the source says the same."""
    marks = session.execute(
        select(Revision.number, Revision.body["to_check"]).filter_by(entry_id=entry_id).order_by(Revision.number.desc())
    ).tuples()
    unmarked = next((number for number, marked in marks if form not in (marked or ())), 0)
    if not unmarked:
        return []
    written = [d for d in bodies(revisions.get(session, entry_id, unmarked).body, head) if d.part in workflow.PARTS and d.form != form]
    return _of(written, workflow.source_form(head)) or written


def _of(found: Sequence[Difference], form: Form) -> list[Difference]:
    return [difference for difference in found if difference.form == form]
