"""What was said in a conversation, by everybody, in one thread by time."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.handoff import cases, staff
from bot.messaging import conversations, outbox
from bot.privacy.vault import vault
from bot.tables import Case, Conversation, InboundRow, Option, OutboundRow, Staff

LATEST = 300
SHOWN_STATES = ("queued", "held", "sent", "dead")


@dataclass(frozen=True)
class Bubble:
    """`side`: asker, bot, system or staff. `kind`: text, button, location, media, start. `state` of delivery only where it matters."""

    id: str
    side: str
    at: datetime
    text: str = ""
    form: str = ""
    kind: str = "text"
    place: str = ""
    name: str = ""
    state: str = ""
    buttons: tuple[str, ...] = ()


def read(session: Session, case: Case) -> list[Bubble]:
    """The newest bubbles, oldest first. Nothing that was said after the case was closed: that was not said to a person."""
    conversation = conversations.get(session, case.conversation_id)
    bubbles = [*_asked(session, case), *_answered(session, case, conversation)]
    return sorted(bubbles, key=lambda b: b.at)[-LATEST:]


def already_said(session: Session, person: Staff, case_id: int, said: tuple[str, int]) -> bool:
    """Was this text sent after row `said[1]`? Then the form came twice (double click, lost answer) and must not speak twice.

    The case stays locked until the end of the transaction, so that of two equal forms the second one sees the first.
    """
    text, after = said
    case = cases.lock(session, case_id)
    query = select(OutboundRow).filter_by(conversation_id=case.conversation_id, staff_id=person.id).where(OutboundRow.id > after)
    return any(vault(session).unseal(row.body_sealed)["text"] == text.strip()[:4000] for row in session.scalars(query))


def last_said(session: Session, person: Staff, case: Case) -> int:
    """The newest row of this caseworker in this conversation; forms carry it back."""
    query = select(OutboundRow.id).filter_by(conversation_id=case.conversation_id, staff_id=person.id)
    return session.scalar(query.order_by(OutboundRow.id.desc()).limit(1)) or 0


def _asked(session: Session, case: Case) -> Iterator[Bubble]:
    query = select(InboundRow).filter_by(conversation_id=case.conversation_id)
    if case.closed_at:
        query = query.where(InboundRow.received_at <= case.closed_at)
    rows = list(session.scalars(query.order_by(InboundRow.id.desc()).limit(LATEST)))
    bodies = {row.id: vault(session).unseal(row.body_sealed) for row in rows}
    titles = _titles(session, case.conversation_id, [b["token"] for b in bodies.values() if "token" in b])
    return (_question(row, bodies[row.id], titles) for row in rows)


def _question(row: InboundRow, body: dict[str, Any], titles: dict[str, str]) -> Bubble:
    kind = body.get("kind", "text")
    text = titles.get(body.get("token", ""), "") if kind == "button" else body.get("text", "")
    place = f"{body['latitude']:.5f}, {body['longitude']:.5f}" if kind == "location" and "latitude" in body else ""
    return Bubble(f"in-{row.id}", "asker", row.received_at, text, row.form or body.get("form", ""), kind, place)


def _titles(session: Session, conversation_id: uuid.UUID, tokens: list[str]) -> dict[str, str]:
    """Titles of pressed buttons, also of buttons that are no longer valid."""
    query = select(Option.token, Option.title).filter_by(conversation_id=conversation_id).where(Option.token.in_(tokens))
    return {row.token: row.title for row in session.execute(query)} if tokens else {}


def _answered(session: Session, case: Case, conversation: Conversation) -> Iterator[Bubble]:
    """What was or will be sent: rows that are dropped never reach the person."""
    query = select(OutboundRow).filter_by(conversation_id=case.conversation_id).where(OutboundRow.state.in_(SHOWN_STATES))
    if case.closed_at:
        query = query.where(OutboundRow.created_at <= case.closed_at)
    rows = list(session.scalars(query.order_by(OutboundRow.id.desc()).limit(LATEST)))
    names = staff.names(session, [row.staff_id for row in rows])
    going = (row for row in rows if row.state == "sent" or not outbox.is_stale(row, conversation))
    return (_answer(row, vault(session).unseal(row.body_sealed), names.get(row.staff_id) if row.staff_id else "") for row in going)


def _answer(row: OutboundRow, body: dict[str, Any], name: str | None) -> Bubble:
    side = "staff" if row.actor == "person" else row.actor
    state = row.state
    shown = state if side == "staff" or state == "dead" else ""
    buttons = tuple(b["title"] for b in body.get("buttons", ()))
    return Bubble(f"out-{row.id}", side, row.created_at, body["text"], body.get("form", ""), name=name or "", state=shown, buttons=buttons)
