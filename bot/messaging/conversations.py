"""A conversation and who speaks in it. `owner` and `epoch` change only here, by compare-and-set."""

import uuid

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotFound
from bot.messages import Owner
from bot.privacy.vault import vault
from bot.tables import Conversation


def find_or_create(session: Session, channel: str, address: str) -> uuid.UUID:
    """The conversation of this address; look-ups go by HMAC, the address itself is encrypted."""
    fingerprint = vault(session).fingerprint(f"{channel}:{address}")
    row = {"id": uuid.uuid4(), "channel": channel, "address_hash": fingerprint, "address_sealed": vault(session).seal(address)}
    session.execute(insert(Conversation).values(**row).on_conflict_do_nothing())
    return session.scalars(select(Conversation.id).filter_by(channel=channel, address_hash=fingerprint)).one()


def by_address(session: Session, channel: str, address: str) -> Conversation | None:
    fingerprint = vault(session).fingerprint(f"{channel}:{address}")
    return session.scalars(select(Conversation).filter_by(channel=channel, address_hash=fingerprint)).one_or_none()


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
