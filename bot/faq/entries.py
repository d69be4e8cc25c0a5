"""FAQ entries in the database: import of the starting content, reading what is published, the content version."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.db import notify
from bot.faq import revisions
from bot.faq.revisions import Reason
from bot.tables import Counter, EntryRow, Revision

Entry = dict[str, Any]
KNOWN = ("published", "withdrawn")  # states in which an entry is found: who asks for a withdrawn one is offered a person


@dataclass(frozen=True)
class ImportCount:
    added: int = 0
    updated: int = 0
    kept: int = 0


def seed_hash(entry: Entry) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def import_entries(session: Session, seeds: Iterable[Entry]) -> ImportCount:
    """New ids are added, entries still at their seed revision are updated, an entry edited by people is never touched."""
    added = updated = kept = 0
    rows = {row.id: row for row in session.scalars(select(EntryRow))}
    for seed in seeds:
        body, mark, row = json.loads(json.dumps(seed, default=str)), seed_hash(seed), rows.get(seed["id"])
        if row is None:
            row = EntryRow(id=seed["id"], topic=seed["topic"], body=body, seed_hash=mark, head=0)
            session.add(row)
            put_live(session, row, revisions.add(session, row, body, Reason("new")))
            added += 1
        elif row.edited or row.seed_hash == mark:
            kept += 1
        else:
            row.seed_hash = mark
            put_live(session, row, revisions.add(session, row, body, Reason("meaning")))
            updated += 1
    if added or updated:
        bump(session)
    return ImportCount(added, updated, kept)


def put_live(session: Session, row: EntryRow, revision: Revision) -> None:
    """From now on people are answered with this revision, once the caller has called `bump`."""
    row.body, row.topic, row.live = revision.body, str(revision.body["topic"]), revision.number
    row.state, row.stage, row.reviewer_id = "published", "published", None
    row.updated_at = datetime.now(timezone.utc)


def bump(session: Session) -> None:
    """The content version grows; every reader rebuilds its index."""
    row = insert(Counter).values(name="content", value=1)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": Counter.value + 1}))
    notify(session, "content")


def version(session: Session, lock: bool = False) -> int:
    """With `lock` nobody else publishes until this transaction ends."""
    query = select(Counter.value).filter_by(name="content")
    return session.scalar(query.with_for_update() if lock else query) or 0


def changed_at(session: Session) -> datetime | None:
    """When content was last put live or taken away; None while there is none."""
    return session.scalar(select(func.max(EntryRow.updated_at)))


def published(session: Session, entry_id: str) -> Entry | None:
    return session.scalar(select(EntryRow.body).filter_by(id=entry_id, state="published"))


def all_published(session: Session) -> list[Entry]:
    return list(session.scalars(select(EntryRow.body).filter_by(state="published").order_by(EntryRow.id)))


def all_known(session: Session) -> list[Entry]:
    """What the index learns: what is published, and what was withdrawn until somebody has checked it."""
    return list(session.scalars(select(EntryRow.body).where(EntryRow.state.in_(KNOWN)).order_by(EntryRow.id)))


def is_withdrawn(session: Session, entry_id: str) -> bool:
    return session.scalar(select(EntryRow.id).filter_by(id=entry_id, state="withdrawn")) is not None


def archived(session: Session) -> set[str]:
    """Ids of what answers nobody any more, and is not on its way back."""
    return set(session.scalars(select(EntryRow.id).where(EntryRow.state == "archived", EntryRow.stage != "review")))


def titles(session: Session, ids: Sequence[str], states: Sequence[str] = ("published",)) -> dict[str, dict[str, str]]:
    query = select(EntryRow.id, EntryRow.body["titles"]).where(EntryRow.id.in_(ids), EntryRow.state.in_(states))
    return {row[0]: row[1] for row in session.execute(query)}


def topics(session: Session) -> list[str]:
    """What the content is about, by the alphabet."""
    return list(session.scalars(select(EntryRow.topic).distinct().order_by(EntryRow.topic)))


def topic_of(session: Session, entry_id: str) -> str:
    """The topic of an entry, also of one that is not published; empty when there is none."""
    return session.scalar(select(EntryRow.topic).filter_by(id=entry_id)) or ""


def of_topics(session: Session, topics: Sequence[str]) -> list[str]:
    """Ids of the published entries of these topics, topics in the order given."""
    rows = session.execute(
        select(EntryRow.id, EntryRow.topic).where(EntryRow.topic.in_(topics), EntryRow.state == "published").order_by(EntryRow.id)
    )
    return [i for i, topic in sorted(rows.tuples(), key=lambda r: topics.index(r[1]))]
