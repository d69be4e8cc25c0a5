"""Putting an entry live: the one place through which the staff pages do it."""

from sqlalchemy.orm import Session

from bot.faq import workflow
from bot.faq.rules import book
from bot.settings import settings
from bot.tables import Revision, Staff


def publish(session: Session, person: Staff, entry_id: str, seen: int) -> Revision:
    return workflow.publish(session, person, entry_id, seen, book(settings().data_dir))
