"""What editors say to each other about an entry. Nobody who is answered ever sees it."""

import re
from collections.abc import Collection
from datetime import datetime, timezone

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from bot.errors import NotFound, Refused
from bot.faq import editing
from bot.handoff import audit, mentions, notices
from bot.language.forms import FORMS
from bot.tables import AuditRow, Comment, CommentMention, EntryRow, Revision, Staff

LONGEST = 2000
_LIKE_A_NAME = re.compile(r"(?<!\w)@([^\W\d_][\w’'-]*)")


def add(session: Session, person: Staff, entry_id: str, said: tuple[str, str]) -> Comment:
    """`said`: the form that it is about (empty: all of them), and the text. Editors who are named in it as `@name` are told."""
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
    _mention(session, person, row)
    return row


def send_back(session: Session, person: Staff, entry_id: str, text: str) -> Comment:
    """Why an answer goes back from the review: who wrote it last and who asked for the review are told, as if they were named."""
    row = add(session, person, entry_id, ("", text))
    named = set(session.scalars(select(CommentMention.staff_id).filter_by(comment_id=row.id)))
    wanted = _authors(session, entry_id) - {str(one) for one in named}
    _tell(session, row, [editor for editor in _colleagues(session, person) if str(editor.id) in wanted])
    return row


def sent_back(session: Session, entry: EntryRow) -> Comment | None:
    """Why the head went back to its author, until that is settled, saved over, or submitted again."""
    last = session.scalar(_steps(entry.id, ("entry.to_draft", "entry.to_review")).limit(1))
    back = last is not None and last.action == "entry.to_draft" and last.data.get("revision") == entry.head and entry.stage == "draft"
    if last is None or not back:
        return None
    said = select(AuditRow.data).filter_by(subject=last.subject, action="entry.commented", actor=last.actor).where(AuditRow.id > last.id)
    row = session.get(Comment, (session.scalar(said.order_by(AuditRow.id).limit(1)) or {}).get("comment", 0))
    return row if row and not row.done_at else None


def _authors(session: Session, entry_id: str) -> set[str]:
    writer = select(Revision.by).join(EntryRow, (EntryRow.id == Revision.entry_id) & (EntryRow.head == Revision.number))
    asked = session.scalar(_steps(entry_id, ("entry.to_review",)).limit(1))
    return {str(session.scalar(writer.where(EntryRow.id == entry_id))), asked.actor if asked else ""}


def _steps(entry_id: str, actions: Collection[str]) -> Select[tuple[AuditRow]]:
    """The newest first."""
    return select(AuditRow).filter_by(subject=f"entry:{entry_id}").where(AuditRow.action.in_(actions)).order_by(AuditRow.id.desc())


def _mention(session: Session, person: Staff, row: Comment) -> None:
    named, _ = mentions.parted(row.text, _colleagues(session, person))
    _tell(session, row, named)


def _tell(session: Session, row: Comment, named: Collection[Staff]) -> None:
    session.add_all(CommentMention(comment_id=row.id, staff_id=colleague.id) for colleague in named)
    session.flush()
    notices.comment_named(session, row.entry_id, row.id, named)


def _colleagues(session: Session, person: Staff) -> list[Staff]:
    return [editor for editor in editing.editors(session) if editor.id != person.id]


def strangers(session: Session, person: Staff, entry_id: str) -> list[str]:
    """What stands like a name in the newest comment of this person, and is not that of one editor alone. Their own may stand there."""
    newest = select(Comment.text).filter_by(entry_id=entry_id, by=person.id).order_by(Comment.id.desc()).limit(1)
    _, rest = mentions.parted(session.scalar(newest) or "", _colleagues(session, person))
    _, rest = mentions.parted(rest, [person])
    return list(dict.fromkeys(_LIKE_A_NAME.findall(rest)))


def told(session: Session, comment_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Names of who is named, by comment."""
    return mentions.named_in(session, CommentMention.comment_id, CommentMention.staff_id, comment_ids)


def naming(session: Session, person: Staff) -> frozenset[str]:
    """Ids of the entries with a comment that names this person, until it is settled or they said something after it."""
    later = aliased(Comment)
    answered = exists().where(later.entry_id == Comment.entry_id, later.by == person.id, later.id > Comment.id)
    query = select(Comment.entry_id).join(CommentMention, CommentMention.comment_id == Comment.id)
    return frozenset(session.scalars(query.where(CommentMention.staff_id == person.id, Comment.done_at.is_(None), ~answered)))


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
