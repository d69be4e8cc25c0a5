"""What editors say to each other about an entry. Nobody who is answered ever sees it."""

from datetime import datetime, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFound, Refused
from bot.handoff import audit
from bot.language.forms import FORMS
from bot.tables import Comment, EntryRow, Staff

LONGEST = 2000


def add(session: Session, person: Staff, entry_id: str, said: tuple[str, str]) -> Comment:
    """`said`: the form that it is about (empty: all of them), and the text."""
    form, text = said
    if session.get(EntryRow, entry_id) is None:
        raise NotFound(f"There is no entry {entry_id}.")
    if not text.strip():
        raise Refused("comment.empty")
    if len(text) > LONGEST:
        raise Refused("comment.too_long")
    row = Comment(entry_id=entry_id, form=form if form in FORMS else "", text=text.strip(), by=person.id)
    session.add(row)
    session.flush()
    audit.record(session, str(person.id), "entry.commented", f"entry:{entry_id}", {"comment": row.id})
    return row


def settle(session: Session, person: Staff, entry_id: str, comment_id: int, done: bool) -> None:
    """Done, or open again."""
    row = session.scalars(select(Comment).filter_by(id=comment_id, entry_id=entry_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such comment.")
    row.done_at = datetime.now(timezone.utc) if done else None
    audit.record(session, str(person.id), "comment.done" if done else "comment.reopened", f"entry:{entry_id}", {"comment": row.id})


def listed(session: Session, entry_id: str) -> list[Comment]:
    """Open ones first, then the oldest first, as they are read."""
    query = select(Comment).filter_by(entry_id=entry_id).order_by(Comment.done_at.is_not(None), Comment.id)
    return list(session.scalars(query))
