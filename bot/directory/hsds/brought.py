"""A file of the directory that somebody brings, of whichever kind: what it would change."""

from sqlalchemy.orm import Session

from bot.directory import osm
from bot.directory.hsds import files, osm_plan, plan
from bot.directory.hsds.book import Book
from bot.directory.hsds.plan import Plan
from bot.exchange.limits import MOST_BYTES
from bot.exchange.report import Unreadable


def planned(session: Session, name: str, content: bytes, book: Book) -> Plan:
    """By what is in it and not by its name. `Unreadable` when nothing of it can be taken."""
    if len(content) > MOST_BYTES:
        raise Unreadable("too_large", name, f"> {MOST_BYTES // 2**20} MB")
    if osm.is_extract(content):
        return osm_plan.plan(session, name, content)
    return plan.plan(session, name, files.read(name, content), book)
