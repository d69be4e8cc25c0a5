"""Who works here, what they are told outside of the console, and how it goes on its way."""

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import func, select, update

from bot.db import Database
from bot.handoff import notice_queue
from bot.handoff.notice_queue import Letter, Wording
from bot.tables import Notice, Staff, Team
from bot.texts import Texts
from tests import story
from tests.story import DATA

WORDING = Wording(Texts.load(DATA, "staff"), "https://dalil.example")


def hire(db: Database, name: str, role: str = "caseworker", there: bool = False, **more: Any) -> Staff:
    """Somebody with an address that can be read; nobody has a page open unless `there`."""
    seen = {"seen_at": datetime.now(timezone.utc)} if there else {}
    return story.hire(db, name, role, email=f"{name.lower()}@example.org", **seen, **more)


def change_team(db: Database, **values: Any) -> None:
    with db.begin() as session:
        session.execute(update(Team).values(**values))


def told(db: Database, kind: str = "", state: str = "queued") -> list[str]:
    """Who is told, in order of the alphabet."""
    with db.begin() as session:
        query = select(Notice.target).where(Notice.kind == kind if kind else Notice.kind != "", Notice.state == state)
        return sorted(session.scalars(query))


def rows(db: Database) -> list[Notice]:
    with db.begin() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def take_letter(db: Database, way: str = "email") -> Letter | None:
    with db.begin() as session:
        return notice_queue.take(session, way, WORDING)


def letters(db: Database, way: str = "email") -> Iterator[Letter]:
    """All that are due now; none of them is sent."""
    while letter := take_letter(db, way):
        yield letter


def done(db: Database, letter: Letter, failure: Any = None) -> None:
    with db.begin() as session:
        notice_queue.done(session, letter.notice_id, failure)


def due_at_once(db: Database) -> None:
    with db.begin() as session:
        session.execute(update(Notice).values(next_at=func.clock_timestamp()))
