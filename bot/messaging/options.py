"""Buttons: the person gets a token, a number and a title; what they mean stays in the table `option`."""

import re
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.language.normalize import normalize
from bot.messages import Button
from bot.tables import Option, OutboundRow

VALID = timedelta(hours=24)
LASTING = timedelta(days=30)  # a caseworker's question may wait for days; what has become of it is checked when it is answered
LATE = frozenset({"referral_answer", "satisfaction_answer"})
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_KEYCAP = "\ufe0f\u20e3"


def add(session: Session, conversation_id: uuid.UUID, outbound_id: int, buttons: tuple[Button, ...]) -> list[dict[str, str]]:
    """Store the buttons of one bubble; returns what a channel needs: title and token."""
    now = datetime.now(timezone.utc)
    rows = [
        Option(
            token=secrets.token_urlsafe(12),
            conversation_id=conversation_id,
            outbound_id=outbound_id,
            position=n,
            title=b.title,
            intent=b.intent,
            data=b.data,
            expires_at=now + (LASTING if b.intent in LATE else VALID),
        )
        for n, b in enumerate(buttons, start=1)
    ]
    session.add_all(rows)
    return [{"title": row.title, "token": row.token} for row in rows]


def by_token(session: Session, conversation_id: uuid.UUID, token: str) -> Option | None:
    """The option of this token, if it was sent in this conversation and is still valid."""
    if not _TOKEN.fullmatch(token):  # NUL and half surrogates cannot be asked of PostgreSQL
        return None
    query = select(Option).filter_by(token=token, conversation_id=conversation_id).where(Option.expires_at > func.clock_timestamp())
    return session.scalars(query).one_or_none()


def titles(session: Session, tokens: Iterable[str]) -> dict[str, str]:
    """What stood on these buttons, also on those that are no longer valid. What is no token of ours is left out."""
    query = select(Option.token, Option.title).where(Option.token.in_([token for token in tokens if _TOKEN.fullmatch(token)]))
    return dict(session.execute(query).tuples().all())


def by_text(session: Session, conversation_id: uuid.UUID, text: str, numbers: dict[str, int]) -> Option | None:
    """The option of the last menu that this text names: by number, number word or title. `numbers`: words to numbers."""
    menu = last_menu(session, conversation_id)
    said = normalize(text.replace(_KEYCAP[1], "").replace(_KEYCAP[0], ""))
    position = int(said) if said.isdecimal() and len(said) <= 2 else numbers.get(said)
    chosen = (o for o in menu if o.position == position or normalize(o.title) == said)
    return next(chosen, None)


def last_menu(session: Session, conversation_id: uuid.UUID) -> list[Option]:
    """The options that were sent last, in order. None once a caseworker has spoken after them: "yes" then answers the caseworker."""
    newest = select(func.max(Option.outbound_id)).filter_by(conversation_id=conversation_id).scalar_subquery()
    spoken = select(OutboundRow.id).filter_by(conversation_id=conversation_id, actor="person").where(OutboundRow.id > newest).exists()
    said_at = select(func.coalesce(OutboundRow.sent_at, OutboundRow.created_at)).where(OutboundRow.id == newest).scalar_subquery()
    query = select(Option).filter_by(conversation_id=conversation_id).where(Option.outbound_id == newest, ~spoken)
    fresh = query.where(Option.expires_at > func.clock_timestamp(), said_at > func.clock_timestamp() - VALID)
    return list(session.scalars(fresh.order_by(Option.position)))
