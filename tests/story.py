"""What the tests of the core do again and again: somebody writes, a turn is run, rows are read back, two things happen at once."""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Rejected, SendError, Unreachable, WindowClosed
from bot.handoff import cases
from bot.language.forms import FORMS
from bot.messages import Effect, Inbound, Reply
from bot.messaging import conversations, inbox, outbox, turns
from bot.messaging.pacing import Paces
from bot.messaging.turns import Outcome, Work
from bot.privacy.vault import vault
from bot.settings import ROOT
from bot.staff import accounts
from bot.tables import Case, Conversation, InboundRow, Option, OutboundRow, Staff, Team
from bot.understanding.understand import Route, Understanding
from channels.base import Content

DATA = ROOT / "data"
PASSWORD = "a long password for tests"
LONGEST = 30.0  # seconds that a condition may take to come true
Result = TypeVar("Result")
Hire = Callable[..., Staff]


@dataclass
class Somebody:
    """A person on a channel, and the worker, the sender and the caseworker that this person meets."""

    db: Database
    channel: str = "webchat"
    address: str = field(default_factory=lambda: f"address-{uuid.uuid4()}")

    def write(self, words: str = "bonjour", kind: str = "text", provider_id: str = "", **more: Any) -> int | None:
        message = Inbound(self.channel, provider_id or str(uuid.uuid4()), self.address, kind, text=words, **more)
        with self.db.begin() as session:
            return inbox.receive(session, message)

    def press(self, token: str) -> int | None:
        return self.write("", "button", token=token)

    def load(self) -> Work:
        """What a worker reads of the message that waits."""
        with self.db.begin() as session:
            work = turns.load(session, conversations.find_or_create(session, self.channel, self.address), DATA)
        assert work is not None
        return work

    def finish(self, work: Work, *said: Reply, effects: Iterable[Effect] = (), **more: Any) -> bool:
        with self.db.begin() as session:
            return turns.finish(session, work, Outcome(list(said), list(effects), **more))

    def turn(self, *said: Reply, effects: Iterable[Effect] = (), **more: Any) -> bool:
        return self.finish(self.load(), *said, effects=effects, **more)

    def conversation(self) -> Conversation:
        with self.db.begin() as session:
            return self.row(session)

    def row(self, session: Session) -> Conversation:
        found = conversations.by_address(session, self.channel, self.address)
        assert found is not None
        return found

    def change(self, **values: Any) -> None:
        """Set columns of the conversation."""
        with self.db.begin() as session:
            session.execute(update(Conversation).where(Conversation.id == self.row(session).id).values(**values))

    def inbound(self) -> list[InboundRow]:
        with self.db.begin() as session:
            query = select(InboundRow).filter_by(conversation_id=self.row(session).id)
            return list(session.scalars(query.order_by(InboundRow.id)))

    def outbound(self) -> list[OutboundRow]:
        with self.db.begin() as session:
            query = select(OutboundRow).filter_by(conversation_id=self.row(session).id)
            return list(session.scalars(query.order_by(OutboundRow.id)))

    def heard(self) -> list[str]:
        """The text of every reply, in order, sent or not."""
        with self.db.begin() as session:
            return [vault(session).unseal(row.body_sealed)["text"] for row in self.outbound()]

    def states(self) -> list[str]:
        return [row.state for row in self.outbound()]

    def options(self) -> list[Option]:
        with self.db.begin() as session:
            query = select(Option).filter_by(conversation_id=self.row(session).id)
            return list(session.scalars(query.order_by(Option.outbound_id, Option.position)))

    def queue(self, *said: Reply) -> None:
        """Say something outside of a turn."""
        with self.db.begin() as session:
            outbox.add(session, conversations.get(session, conversations.find_or_create(session, self.channel, self.address)), said)

    def mark_sent(self) -> None:
        """What the sender does when the channel has taken all that waits."""
        with self.db.begin() as session:
            mine = select(OutboundRow).filter_by(conversation_id=self.row(session).id, state="queued").order_by(OutboundRow.id)
            for row in session.scalars(mine):
                outbox.sent(session, row)

    def asks_for_a_person(self, urgency: str = "") -> int:
        """A case is open; its number."""
        with self.db.begin() as session:
            mine = conversations.get(session, conversations.find_or_create(session, self.channel, self.address))
            return cases.open_case(session, mine, "urgent" if urgency else "asked", urgency).id

    def case(self) -> Case | None:
        with self.db.begin() as session:
            return cases.current(session, self.row(session).id)


def hire(db: Database, name: str = "Salma", role: str = "caseworker", **more: Any) -> Staff:
    """A new member of staff; `more`: columns, and an e-mail address that a test knows."""
    with db.begin() as session:
        person = accounts.create(session, more.pop("email", f"{uuid.uuid4()}@dalil.local"), name, role, PASSWORD)
        for column, value in more.items():
            setattr(person, column, value)
    return person


def new_team(db: Database, name: str = "Juridique") -> int:
    with db.begin() as session:
        team = Team(name=name)
        session.add(team)
        session.flush()
        return team.id


def seen(route: Route, about: str | None = None, form: str = "fr", sure: float = 0.9, **more: Any) -> Understanding:
    """What understanding found: this form with probability `sure`."""
    rest = (1 - sure) / (len(FORMS) - 1)
    forms: dict[str, float] = {f: sure if f == form else rest for f in FORMS}
    return Understanding(form, forms, route, about, 0.9, 0.9, more.pop("candidates", []), **more)


def bot(*texts: str) -> list[Reply]:
    return [Reply(t, "fr") for t in texts]


def system(words: str) -> Reply:
    return Reply(words, "fr", actor="system")


def until(true: Callable[[], bool], seconds: float = LONGEST) -> None:
    """Wait for a condition."""
    tick, latest = threading.Event(), time.monotonic() + seconds
    while not true():
        assert time.monotonic() < latest, "the condition did not come true"
        tick.wait(0.02)


def waiting_for_a_lock(db: Database) -> int:
    """How many connections wait for a lock of another one."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with db.engine.connect() as connection:
        return connection.scalar(text(query)) or 0


@contextmanager
def held(db: Database, statement: str, values: Mapping[str, object] | None = None) -> Iterator[None]:
    """A lock, for as long as the block lasts."""
    with db.engine.connect() as connection:
        connection.execute(text(statement), values or {})
        yield
        connection.rollback()


class AtOnce:
    """Runs things in threads; leaving the block waits for them. A thing that fails, fails the test when its result is asked for."""

    def __init__(self, threads: int = 8) -> None:
        self._threads = ThreadPoolExecutor(threads)

    def __enter__(self) -> "AtOnce":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()

    def start(self, run: Callable[..., Result], *args: Any, **kwargs: Any) -> "Future[Result]":
        return self._threads.submit(run, *args, **kwargs)


def result(future: "Future[Result]") -> Result:
    return future.result(LONGEST)


@contextmanager
def listening(db: Database, channel: str) -> Iterator[Callable[[], list[str]]]:
    """What PostgreSQL tells the listeners of a channel: call it for the payloads of all transactions committed so far."""
    with psycopg.connect(db.url, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))

        def heard() -> list[str]:
            """A query makes the server deliver what is pending."""
            connection.execute("SELECT 1")
            return [note.payload for note in connection.notifies(timeout=0)]

        yield heard


def claim(session: Session) -> tuple[OutboundRow, Conversation] | None:
    """The next row to send, begun and claimed at once."""
    attempt = outbox.begin(session, {})
    return outbox.claim(session, attempt.row_id) if attempt else None


@dataclass
class Provider:
    """Takes bubbles, and has the troubles that a test gives it, one each time."""

    name: str = "webchat"
    got: list[tuple[str, str]] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    paces: Paces = field(default_factory=Paces)
    window: timedelta | None = None
    remembered: list[str] = field(default_factory=list)

    def send(self, address: str, body: dict[str, Any]) -> str | None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.got.append((address, body.get("template") or body["text"]))
        return f"{self.name}-{len(self.got)}"

    def taken(self, address: str, body: dict[str, Any], since: datetime) -> list[str]:
        return self.remembered

    def fetch(self, reference: str) -> Content:
        return Content(reference.encode(), "audio/ogg")

    def discard(self, reference: str) -> None:
        self.remembered.append(f"deleted {reference}")

    def meaning(self, error: str) -> SendError:
        return {"63016": WindowClosed(error), "63014": Unreachable(error)}.get(error, Rejected(error))

    def texts(self) -> list[str]:
        return [words for _, words in self.got]
