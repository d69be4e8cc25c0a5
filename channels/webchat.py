"""The web chat: a page, or any other program, posts messages and reads replies over an unguessable conversation token.

A reply is readable once the sender marked it as sent, so `send` has nothing left to do.
"""

import secrets
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Query, status
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Rejected, SendError
from bot.handoff import cases
from bot.language.forms import direction, known
from bot.messages import Inbound
from bot.messaging import conversations, inbox, outbox
from bot.messaging.pacing import Paces
from bot.staff import accounts
from bot.tables import Conversation, OutboundRow
from channels.base import Content
from channels.wakeup import Wakeup

MAX_WAIT = 30.0
LAST = 2**31 - 1  # the largest id that there can be


class WebChat:
    name = "webchat"
    paces = Paces()
    window = None

    def send(self, address: str, body: dict[str, Any]) -> None:
        """Nothing to call: the page reads rows that are marked as sent."""

    def taken(self, address: str, body: dict[str, Any], since: datetime) -> list[str]:
        return []

    def fetch(self, reference: str) -> Content:
        raise Rejected("the page sends no files")

    def discard(self, reference: str) -> None:
        """There is none."""

    def meaning(self, error: str) -> SendError:
        return Rejected(error)


class Location(BaseModel):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class NewMessage(BaseModel):
    """Exactly one of `text`, `button` (a token of a reply) and `location`. `id`: made by the client; sending it twice is harmless."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=8, max_length=64)
    text: str | None = Field(None, max_length=20_000)
    button: str | None = Field(None, max_length=64)
    location: Location | None = None
    form: str | None = Field(None, max_length=10)

    @model_validator(mode="after")
    def _one_content(self) -> "NewMessage":
        if sum(v is not None for v in (self.text, self.button, self.location)) != 1:
            raise ValueError("give exactly one of text, button, location")
        return self

    def inbound(self, token: str) -> Inbound:
        kind = "text" if self.text is not None else "button" if self.button is not None else "location"
        place = self.location
        return Inbound(
            "webchat",
            f"{token}:{self.id}",
            token,
            kind,
            self.text or "",
            self.button or "",
            place.latitude if place else None,
            place.longitude if place else None,
        )


class ButtonOut(BaseModel):
    title: str
    token: str


class MessageOut(BaseModel):
    """`from`: bot, system, person (a caseworker) or you. `id` grows; it is the cursor for `after` (0 for your own)."""

    model_config = ConfigDict(populate_by_name=True)
    id: int
    sender: str = Field(alias="from")
    name: str = ""
    text: str
    form: str
    dir: str
    buttons: list[ButtonOut] = []
    ask_location: bool = False
    at: datetime


class MessagesOut(BaseModel):
    """`owner`: bot, waiting (for a caseworker) or person. `busy`: more is coming for what was said so far. `erased`: what was read before
    is deleted, or will be at once: it must not stay on a screen."""

    messages: list[MessageOut]
    after: int
    owner: str
    busy: bool
    erased: bool = False


class TokenOut(BaseModel):
    token: str


class AcceptedOut(BaseModel):
    duplicate: bool


def router(db: Database, wakeup: Wakeup) -> APIRouter:
    """The chat API. No sign-in: who holds the token holds the conversation."""
    api = APIRouter(prefix="/api/chat/conversations", tags=["chat"])

    @api.post("", status_code=status.HTTP_201_CREATED)
    def start() -> TokenOut:
        """A new conversation. Keep the token secret: it is the only key to it."""
        token = secrets.token_urlsafe(24)
        with db.begin() as session:
            conversations.find_or_create(session, WebChat.name, token)
        return TokenOut(token=token)

    @api.post("/{token}/messages", status_code=status.HTTP_202_ACCEPTED)
    def post(token: str, message: NewMessage) -> AcceptedOut:
        """Say something. The reply is read from the messages of the conversation."""
        with db.begin() as session:
            conversation = _conversation(session, token)
            if message.form and not conversation.form:
                conversation.form = known(message.form)
            return AcceptedOut(duplicate=inbox.receive(session, message.inbound(token)) is None)

    @api.post("/{token}/left", status_code=status.HTTP_204_NO_CONTENT)
    def left(token: str) -> None:
        """The token is thrown away: nobody will read this conversation any more. A case that is open says so to the caseworkers."""
        with db.begin() as session:
            cases.left(session, _conversation(session, token))

    @api.get("/{token}/messages")
    async def read(token: str, after: int = Query(0, ge=0, le=LAST), wait: float = Query(0, ge=0, le=MAX_WAIT)) -> MessagesOut:
        """Replies after the cursor; waits up to `wait` seconds for the first one."""
        if not wait:
            return await run_in_threadpool(_new_messages, db, token, after)
        key = await run_in_threadpool(_key, db, token)
        return await wakeup.until(key, lambda: _new_messages(db, token, after), lambda found: bool(found.messages), wait)

    @api.get("/{token}/history")
    def history(token: str) -> MessagesOut:
        """Everything that was said, by both sides, oldest first."""
        with db.begin() as session:
            conversation = _conversation(session, token)
            busy = outbox.is_busy(session, conversation.id)  # before reading: what is sent in between is read, not missed
            said = [_out(session, row, body) for row, body in outbox.readable(session, conversation.id, 0)]
            everything = sorted([*said, *_own(session, conversation)], key=lambda m: (m.at, m.id))
            return MessagesOut(messages=everything, after=max((m.id for m in said), default=0), owner=conversation.owner, busy=busy)

    return api


def _conversation(session: Session, token: str) -> Conversation:
    found = conversations.by_address(session, WebChat.name, token)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such conversation. Start a new one.")
    return found


def _key(db: Database, token: str) -> str:
    with db.begin() as session:
        return str(_conversation(session, token).id)


def _new_messages(db: Database, token: str, after: int) -> MessagesOut:
    """Asked for a second time when more was coming: the rest may have arrived meanwhile, and nobody would wake the reader for that."""
    with db.begin() as session:
        conversation = _conversation(session, token)
        for _ in range(2):
            busy = outbox.is_busy(session, conversation.id)  # before reading: what is sent in between is read, not missed
            found = [_out(session, row, body) for row, body in outbox.readable(session, conversation.id, after)]
            if not busy or not found:
                break
        erased = conversation.forget_requested or outbox.is_gone(session, conversation.id, after)
        newest = max((m.id for m in found), default=after)
        return MessagesOut(messages=found, after=newest, owner=conversation.owner, busy=busy, erased=erased)


def _out(session: Session, row: OutboundRow, body: dict[str, Any]) -> MessageOut:
    name = accounts.names(session, [row.staff_id]).get(row.staff_id, "") if row.staff_id else ""
    return MessageOut(
        id=row.id,
        sender=row.actor,
        name=name,
        text=body["text"],
        form=body["form"],
        dir=direction(body["form"]),
        buttons=body["buttons"],
        ask_location=body["ask_location"],
        at=row.sent_at or row.created_at,
    )


def _own(session: Session, conversation: Conversation) -> list[MessageOut]:
    said = inbox.words(session, conversation.id)
    return [MessageOut(id=0, sender="you", text=text, form=row.form, dir="auto", at=row.received_at) for row, text in said]
