"""The way of an entry: draft, in review, published, archived. Each save is a revision; nobody overwrites what they have not seen."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.errors import Conflict, Faulty, NotFound, Refused
from bot.faq import content_settings, entries, revisions
from bot.faq.entries import Entry
from bot.faq.revisions import Kind, Reason
from bot.faq.rules import WARNINGS, Book, Fault, check
from bot.handoff import audit
from bot.language.forms import FORMS, Form
from bot.language.normalize import without_marks
from bot.tables import EntryRow, Revision, Staff

PARTS = ("titles", "answers")  # what is read: a change of them may make other forms untrue


@dataclass(frozen=True)
class Change:
    """What an editor wants kept. `seen`: the head they had before them. `looked_at`: forms that they say are right as they are.
    `overtaken`: forms that were written before the meaning changed, and stay marked."""

    body: Entry
    kind: Kind
    seen: int
    why: str = ""
    looked_at: Collection[str] = ()
    overtaken: Collection[str] = ()


def head(session: Session, entry_id: str) -> Revision:
    """What editors work on."""
    return revisions.get(session, entry_id, _row(session, entry_id).head)


def create(session: Session, person: Staff, body: Entry, why: str = "") -> EntryRow:
    """A draft that answers nobody yet. `Conflict` when the id is taken."""
    key, topic = str(body["id"]), str(body["topic"])
    new = insert(EntryRow).values(id=key, topic=topic, state="draft", stage="draft", body={}, seed_hash="", edited=True)
    if session.scalar(new.on_conflict_do_nothing().returning(EntryRow.id)) is None:
        raise Conflict("entry.taken")
    row = session.get_one(EntryRow, key)
    revisions.add(session, row, _unmarked(body), Reason("new", why, person.id))
    audit.record(session, str(person.id), "entry.created", f"entry:{row.id}")
    return row


def save(session: Session, person: Staff, entry_id: str, change: Change) -> Revision:
    """A new head, as a draft. When the meaning changed, the forms that were left alone are marked to be looked at again."""
    row = as_seen(session, entry_id, change.seen)
    before = revisions.get(session, entry_id, row.head).body
    body = {**_unmarked(change.body), "id": entry_id, "to_check": _to_check(before, change)}
    return _keep(session, row, body, Reason(change.kind, change.why, person.id))


def _keep(session: Session, row: EntryRow, body: Entry, reason: Reason) -> Revision:
    """What waits for a review goes on waiting for it: whoever reads it reads the newest text. Who was asked and now wrote it themselves
    cannot give it."""
    found = revisions.add(session, row, body, reason)
    row.stage, row.edited = "review" if row.stage == "review" else "draft", True
    if row.reviewer_id in barred(session, row):
        row.reviewer_id = None
    audit.record(session, str(reason.by), "entry.saved", f"entry:{row.id}", {"revision": found.number, "kind": reason.kind})
    return found


def submit(session: Session, person: Staff, entry_id: str, seen: int) -> None:
    row = as_seen(session, entry_id, seen)
    if row.head == row.live:
        raise Conflict("entry.nothing_new")
    _move(session, person, row, "review")


def send_back(session: Session, person: Staff, entry_id: str, seen: int) -> None:
    """From the review to its author; why is said in a comment, see `comments.send_back`."""
    _move(session, person, as_seen(session, entry_id, seen), "draft")


def publish(session: Session, person: Staff, entry_id: str, seen: int, book: Book) -> Revision:
    """The head answers from now on, if `publishable` has nothing against it."""
    row = as_seen(session, entry_id, seen)
    revision = publishable(session, person, row, book)
    go_live(session, person, row, revision)
    return revision


def go_live(session: Session, person: Staff, row: EntryRow, revision: Revision) -> None:
    """What `publishable` found in this transaction answers from now on."""
    _put_live(session, person, row, revision, "entry.published")


def publishable(session: Session, person: Staff, row: EntryRow, book: Book) -> Revision:
    """Its head; the entry is locked. `Faulty` with all faults; `Refused` when other eyes are asked for and these are an author's."""
    revision = revisions.get(session, row.id, row.head)
    if person.id in barred(session, row):
        raise Refused("entry.four_eyes")
    if faults := grave(session, revision.body, book):
        raise Faulty("entry.faults", faults)
    return revision


def barred(session: Session, row: EntryRow) -> set[uuid.UUID | None]:
    """Where other eyes are asked for: who changed the meaning since the answer that is live, or wrote all that is new."""
    if not content_settings.four_eyes(session):
        return set()
    query = select(Revision.by, Revision.kind).filter_by(entry_id=row.id).where(Revision.number > row.live)
    saved = session.execute(query).tuples().all()
    everybody = {by for by, _ in saved}
    return {by for by, kind in saved if kind != "minor"} | (everybody if len(everybody) == 1 else set())


def roll_back(session: Session, person: Staff, row: EntryRow, old: Revision) -> Revision:
    """What was live before answers again, at once, as a new revision; no second pair of eyes: it had them."""
    revision = revisions.add(session, row, old.body, Reason("meaning", revisions.noted("again", old.number), person.id))
    _put_live(session, person, row, revision, "entry.rolled_back")
    return revision


def restore(session: Session, person: Staff, entry_id: str, seen: int, number: int) -> Revision:
    """An old revision becomes the draft, with the forms that nobody had looked at then."""
    row, old = as_seen(session, entry_id, seen), revisions.get(session, entry_id, number)
    body = {**old.body, "to_check": old.body.get("to_check") or []}
    return _keep(session, row, body, Reason("meaning", revisions.noted("again", number), person.id))


def archive(session: Session, person: Staff, entry_id: str, seen: int) -> None:
    """It answers nobody any more; it is kept, and can be published again."""
    row = as_seen(session, entry_id, seen)
    row.state, row.stage, row.edited, row.updated_at = "archived", "draft", True, datetime.now(timezone.utc)
    row.reviewer_id = None
    entries.bump(session)
    audit.record(session, str(person.id), "entry.archived", f"entry:{entry_id}")


def grave(session: Session, body: Entry, book: Book) -> list[Fault]:
    """What an entry may not be published with. It may lack forms, but not its source form."""
    ids = set(session.scalars(select(EntryRow.id)))
    missing = {fault.form for fault in check(body, book, ids) if fault.rule == "form_missing"}
    source = source_form(body)
    return [fault for fault in check(body, book, ids) if fault.rule not in WARNINGS or (fault.form == source and source in missing)]


def source_form(body: Mapping[str, Any]) -> Form:
    """The form that the others are translated from."""
    return next((form for form in FORMS if form == body.get("source_form")), "fr")


def _unmarked(said: Any) -> Any:
    """Without marks of direction and other signs that nobody sees."""
    if isinstance(said, str):
        return without_marks(said)
    if isinstance(said, Mapping):
        return {key: _unmarked(inner) for key, inner in said.items()}
    return [_unmarked(inner) for inner in said] if isinstance(said, list | tuple) else said


def _to_check(before: Entry, change: Change) -> list[str]:
    changed = {form for form in FORMS if any((before.get(p) or {}).get(form) != (change.body.get(p) or {}).get(form) for p in PARTS)}
    written = {form for form in FORMS if (change.body.get("answers") or {}).get(form)}
    stale = set(before.get("to_check", []))
    if change.kind == "meaning" and changed:
        stale |= written
    return sorted((stale - changed | (set(before.get("to_check", [])) & set(change.overtaken))) - set(change.looked_at))


def _put_live(session: Session, person: Staff, row: EntryRow, revision: Revision, action: str) -> None:
    entries.put_live(session, row, revision)
    row.edited = True
    entries.bump(session)
    audit.record(session, str(person.id), action, f"entry:{row.id}", {"revision": revision.number})


def _move(session: Session, person: Staff, row: EntryRow, stage: str) -> None:
    row.stage, row.reviewer_id = stage, None
    audit.record(session, str(person.id), f"entry.to_{stage}", f"entry:{row.id}", {"revision": row.head})


def _row(session: Session, entry_id: str, lock: bool = False) -> EntryRow:
    query = select(EntryRow).filter_by(id=entry_id).execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound(f"There is no entry {entry_id}.")
    return found


def as_seen(session: Session, entry_id: str, seen: int, stood: str = "") -> EntryRow:
    """The row, locked, if nobody saved since this person looked; and, where it counts, if it still stands as it `stood` on their page:
    who archives an entry leaves its text as it was."""
    row = _row(session, entry_id, lock=True)
    if row.head != seen or (stood and stood != stands(row)):
        raise Conflict("entry.changed")
    return row


def stands(row: EntryRow) -> str:
    """Its state and stage, as a page keeps them until a button is pressed."""
    return f"{row.state} {row.stage}"
