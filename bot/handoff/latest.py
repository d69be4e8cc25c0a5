"""What the person said last in each of many cases, for the lines of a list: the same few queries for one case and for fifty."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import select, true
from sqlalchemy.orm import Session, aliased

from bot.handoff import thread
from bot.handoff.thread import Bubble
from bot.messaging import media, options
from bot.privacy.vault import vault
from bot.tables import Case, InboundRow

LONGEST = 110  # characters: two lines on a phone, one on a desk


def of(session: Session, case_ids: Collection[int]) -> dict[int, Bubble]:
    """By case; what may be read is what `thread.read` shows."""
    rows = _asked(session, case_ids)
    bodies = {n: vault(session).unseal(row.body_sealed) for n, row in rows.items()}
    titles = options.titles(session, [body["token"] for body in bodies.values() if "token" in body])
    files = media.of(session, [row.id for row in rows.values()])
    return {n: _short(thread.question(row, bodies[n], titles, files.get(row.id, []))) for n, row in rows.items()}


def _asked(session: Session, case_ids: Collection[int]) -> dict[int, InboundRow]:
    mine = select(InboundRow).where(InboundRow.conversation_id == Case.conversation_id, thread.said_in(InboundRow.received_at))
    row = aliased(InboundRow, mine.order_by(InboundRow.id.desc()).limit(1).lateral())
    found = session.execute(select(Case.id, row).join(row, true()).where(Case.id.in_(case_ids)))
    return {n: said for n, said in found.tuples()}


def _short(bubble: Bubble) -> Bubble:
    words = " ".join(bubble.text.split())
    return replace(bubble, text=words if len(words) <= LONGEST else words[: LONGEST - 1] + "…")
