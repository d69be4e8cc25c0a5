"""Voice notes, pictures and files: wanted by the inbox, fetched by the sender, kept encrypted, deleted with the conversation."""

import re
from collections.abc import Sequence

from cryptography.fernet import InvalidToken
from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from bot.db import notify
from bot.errors import NotFound, SendError
from bot.messages import Inbound
from bot.messaging import outbox, retries
from bot.privacy.vault import vault
from bot.tables import InboundRow, MediaRow

MOST_BYTES = 16 * 2**20
_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")
WAITS = (5, 30, 120, 600)  # seconds between tries to fetch
PLAYED = ("audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/wav", "image/jpeg", "image/png", "image/webp")
KEPT = (*PLAYED, "application/pdf", "video/mp4", "text/plain")


def want(session: Session, inbound_id: int, message: Inbound) -> None:
    """Note what is to be fetched."""
    sealed = vault(session).seal(message.reference)
    session.add(
        MediaRow(inbound_id=inbound_id, channel=message.channel, reference_sealed=sealed, kind=message.media, mime=plain(message.mime))
    )
    notify(session, outbox.CHANNEL)  # the sender fetches it


def plain(mime: str) -> str:
    """A media type without its parameters (`audio/ogg; codecs=opus`); empty when it is none."""
    found = _TYPE.match(mime.strip().lower())
    return found.group() if found else ""


def next_wanted(session: Session, channels: Sequence[str]) -> MediaRow | None:
    """The next one to fetch, locked."""
    query = select(MediaRow).where(MediaRow.state == "wanted", MediaRow.channel.in_(channels), MediaRow.next_at <= func.clock_timestamp())
    return session.scalars(query.order_by(MediaRow.id).limit(1).with_for_update(skip_locked=True)).one_or_none()


def keep(session: Session, row: MediaRow, content: bytes, mime: str) -> None:
    """Encrypted as it is. What is too large, or of a kind that nobody should open, is refused."""
    row.mime = plain(mime) or row.mime
    if len(content) > MOST_BYTES or row.mime not in KEPT:
        row.state, row.error = "refused", f"{row.mime}, {len(content)} bytes"
    else:
        row.state, row.content_sealed = "kept", vault(session).seal_bytes(content)
    _tell(session, row)


def failed(session: Session, row: MediaRow, error: SendError) -> None:
    row.attempts += 1
    row.error = str(error)[:200]
    if again := retries.after(error, row.attempts, WAITS):
        row.next_at = again
    else:
        row.state = "failed"
        _tell(session, row)


def _tell(session: Session, row: MediaRow) -> None:
    conversation_id = session.scalar(select(InboundRow.conversation_id).filter_by(id=row.inbound_id))
    notify(session, "console", str(conversation_id))


def content(session: Session, media_id: int) -> tuple[MediaRow, bytes]:
    """What was kept. `NotFound` when it was not, or the key has changed."""
    row = session.get(MediaRow, media_id)
    if row is None or row.content_sealed is None:
        raise NotFound("There is no such file, or it was not kept.")
    try:
        return row, vault(session).unseal_bytes(row.content_sealed)
    except InvalidToken as error:
        raise NotFound("The key has changed: the file cannot be read.") from error


def of(session: Session, inbound_ids: Sequence[int]) -> dict[int, list[MediaRow]]:
    """The media of these messages."""
    found: dict[int, list[MediaRow]] = {}
    query = select(MediaRow).where(MediaRow.inbound_id.in_(inbound_ids)).options(defer(MediaRow.content_sealed))
    for row in session.scalars(query.order_by(MediaRow.id)):
        found.setdefault(row.inbound_id, []).append(row)
    return found
