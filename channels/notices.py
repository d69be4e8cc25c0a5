"""Sends notices to staff, beside the sender: one thread a way, so that a slow mail server holds up neither people nor the other way."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from bot.db import Database
from bot.handoff import escalation, notice_queue
from bot.handoff.notice_queue import Letter, Wording
from bot.settings import Settings
from bot.texts import Texts
from channels import mail, telegram
from channels.mail import Mail
from channels.sender import Beside, Job, asked
from channels.telegram import Telegram

log = logging.getLogger("dalil.notices")
IDLE_SECONDS = 1.0
Send = Callable[[Letter], None]


class Messenger:
    """Sends what is told by one way. `send`: None when the way is not set up."""

    def __init__(self, db: Database, way: str, wording: Wording, send: Send | None) -> None:
        self.db, self.way, self.wording, self.send = db, way, wording, send

    def __call__(self, stopping: threading.Event) -> None:
        """Until told to stop. A lost database is waited for."""
        while not stopping.is_set():
            try:
                while self.send_one() and not stopping.is_set():
                    pass
            except SQLAlchemyError as error:
                log.warning("database not reachable, trying again: %s", type(error).__name__)
            stopping.wait(IDLE_SECONDS)

    def send_one(self) -> bool:
        """False: nothing to do. No transaction is open while the provider is called: it holds up nobody who erases or takes a case."""
        send = self.send
        with self.db.begin() as session:
            if send is None:
                notice_queue.drop_all(session, self.way)
                return False
            letter = notice_queue.take(session, self.way, self.wording)
        if letter is None:
            return False
        failure = asked(f"notice {letter.notice_id}", lambda: send(letter))
        with self.db.begin() as session:
            notice_queue.done(session, letter.notice_id, failure)
        return True


def messengers(db: Database, settings: Settings, channel: Telegram | None) -> tuple[Beside, ...]:
    wording = Wording(Texts.load(settings.data_dir, "staff"), settings.address.rstrip("/"))
    ways: dict[str, Send | None] = {
        mail.NAME: Mail(settings).send if settings.has_mail else None,
        telegram.NAME: (lambda letter: channel.tell(letter.target, letter.text)) if channel else None,
    }
    return tuple(Messenger(db, way, wording, send) for way, send in ways.items())


def escalating(db: Database) -> Job:
    """Looks for urgent cases that nobody takes."""

    def job() -> None:
        with db.begin() as session:
            escalation.escalate(session)

    return job
