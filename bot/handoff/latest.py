"""What was said last in each of many cases, for the lines of a list: the same few queries for one case and for fifty."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session, aliased

from bot.handoff import thread
from bot.handoff.thread import Bubble
from bot.messaging import media
from bot.privacy.vault import vault
from bot.tables import Case, Conversation, InboundRow, Option, OutboundRow

LONGEST = 110  # characters: two lines on a phone, one on a desk
Rows = dict[int, Any]


def of(session: Session, case_ids: Collection[int]) -> dict[int, Bubble]:
    """By case; what may be read is what `thread.read` shows."""
    asked, answered = _asked(session, case_ids), _answered(session, case_ids)
    newer = {n: row for n, row in asked.items() if n not in answered or row.received_at > answered[n].created_at}
    said = {n: _said(session, row) for n, row in answered.items() if n not in newer}
    return {n: _short(bubble) for n, bubble in {**_questions(session, newer), **said}.items()}


def _asked(session: Session, case_ids: Collection[int]) -> Rows:
    mine = select(InboundRow).where(InboundRow.conversation_id == Case.conversation_id, thread.said_in(InboundRow.received_at))
    row = aliased(InboundRow, mine.order_by(InboundRow.id.desc()).limit(1).lateral())
    found = session.execute(select(Case.id, row).join(row, true()).where(Case.id.in_(case_ids)))
    return {n: said for n, said in found.tuples()}


def _answered(session: Session, case_ids: Collection[int]) -> Rows:
    """Not a word of the bot that will be dropped, nor the template that says "an answer waits"."""
    going = or_(OutboundRow.state.in_(("sent", "dead")), OutboundRow.actor != "bot", OutboundRow.epoch == Conversation.epoch)
    mine = select(OutboundRow).where(OutboundRow.conversation_id == Case.conversation_id, thread.said_in(OutboundRow.created_at), going)
    shown = mine.where(OutboundRow.state.in_(thread.SHOWN_STATES), OutboundRow.template == "")
    row = aliased(OutboundRow, shown.order_by(OutboundRow.id.desc()).limit(1).correlate(Case, Conversation).lateral())
    query = select(Case.id, row).join(Conversation, Conversation.id == Case.conversation_id).join(row, true())
    return {n: said for n, said in session.execute(query.where(Case.id.in_(case_ids))).tuples()}


def _questions(session: Session, rows: Rows) -> dict[int, Bubble]:
    bodies = {n: vault(session).unseal(row.body_sealed) for n, row in rows.items()}
    titles = _titles(session, [body["token"] for body in bodies.values() if "token" in body])
    files = media.of(session, [row.id for row in rows.values()])
    return {n: thread.question(row, bodies[n], titles, files.get(row.id, [])) for n, row in rows.items()}


def _titles(session: Session, tokens: Sequence[str]) -> dict[str, str]:
    query = select(Option.token, Option.title).where(Option.token.in_(tokens))
    return {token: title for token, title in session.execute(query).tuples()} if tokens else {}


def _said(session: Session, row: OutboundRow) -> Bubble:
    body = vault(session).unseal(row.body_sealed)
    return Bubble(f"out-{row.id}", thread.side(row), row.created_at, body["text"], body.get("form", ""))


def _short(bubble: Bubble) -> Bubble:
    words = " ".join(bubble.text.split())
    return replace(bubble, text=words if len(words) <= LONGEST else words[: LONGEST - 1] + "…")
