"""A conversation and who speaks in it. `owner` and `epoch` change only here, by compare-and-set."""

import uuid
from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotFound
from bot.messages import Owner
from bot.privacy.vault import vault
from bot.tables import AddressRow, Conversation


def find_or_create(session: Session, channel: str, address: str, also: Collection[str] = ()) -> uuid.UUID:
    """The conversation of this address, or of another one of the same person; look-ups go by HMAC, the address itself is encrypted.

    From now on it is found by all of them, and answered at the first."""
    prints = [_fingerprint(session, channel, name) for name in (address, *also)]
    known = _known(session, channel, prints)
    if len(known) == len(prints) and len(set(known.values())) == 1:
        return known[prints[0]]
    for fingerprint in sorted(prints):  # two first messages of one person at the same time
        session.execute(select(func.pg_advisory_xact_lock(int(fingerprint[:15], 16))))
    known = _known(session, channel, prints)
    found = next((known[p] for p in prints if p in known), None)
    chosen = found or _create(session, channel, address)
    rows = [{"channel": channel, "fingerprint": p, "conversation_id": chosen} for p in prints]
    mine = insert(AddressRow).values(rows)
    session.execute(mine.on_conflict_do_update(index_elements=["channel", "fingerprint"], set_={"conversation_id": chosen}))
    if found:
        session.execute(update(Conversation).filter_by(id=chosen).values(address_sealed=vault(session).seal(address)))
    return chosen


def _fingerprint(session: Session, channel: str, address: str) -> str:
    return vault(session).fingerprint(f"{channel}:{address}")


def _known(session: Session, channel: str, prints: Collection[str]) -> dict[str, uuid.UUID]:
    query = select(AddressRow).filter_by(channel=channel).where(AddressRow.fingerprint.in_(prints))
    return {row.fingerprint: row.conversation_id for row in session.scalars(query)}


def _create(session: Session, channel: str, address: str) -> uuid.UUID:
    row = insert(Conversation).values(id=uuid.uuid4(), channel=channel, address_sealed=vault(session).seal(address))
    return session.scalars(row.returning(Conversation.id)).one()


def by_address(session: Session, channel: str, address: str) -> Conversation | None:
    found = _known(session, channel, [_fingerprint(session, channel, address)])
    return session.get(Conversation, *found.values()) if found else None


def blocked(session: Session, channel: str, address: str, reason: str) -> None:
    """The person blocked us (a reason), or took it back (none). What waits for them is given up; a case shows it."""
    conversation = by_address(session, channel, address)
    if conversation:
        conversation.unreachable = reason


def get(session: Session, conversation_id: uuid.UUID) -> Conversation:
    found = session.get(Conversation, conversation_id)
    if found is None:
        raise NotFound("This conversation does not exist, or was deleted.")
    return found


def change_owner(session: Session, conversation: Conversation, to: Owner) -> int:
    """Hand the conversation on and return the new epoch. `Conflict` when somebody was faster.

    FOR UPDATE waits for a send that is going on (see `outbox.claim`); a plain UPDATE would not.
    """
    session.execute(select(Conversation.id).filter_by(id=conversation.id).with_for_update())
    changed = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id, Conversation.owner == conversation.owner, Conversation.epoch == conversation.epoch)
        .values(owner=to, epoch=Conversation.epoch + 1)
        .returning(Conversation.epoch)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict("The conversation was taken by somebody else. Load it again.")
    session.refresh(conversation)
    return changed


def lock_key(conversation_id: uuid.UUID) -> int:
    """Key of the advisory lock that lets one worker at a time run a turn of this conversation."""
    return int.from_bytes(conversation_id.bytes[:8], "big", signed=True)
