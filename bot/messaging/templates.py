"""Message templates as the provider knows them: created from files, some approved by WhatsApp before they may be used."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.tables import TemplateRow

USABLE = ("", "approved")  # needs no approval, or has it


def usable(session: Session, name: str) -> str | None:
    """The provider's id of a template that may be sent now."""
    row = session.get(TemplateRow, name)
    return row.provider_id if row and row.approval in USABLE else None


def known(session: Session, name: str) -> TemplateRow | None:
    return session.get(TemplateRow, name)


def keep(session: Session, name: str, provider_id: str, content_hash: str, approval: str) -> None:
    values = {"provider_id": provider_id, "content_hash": content_hash, "approval": approval}
    row = insert(TemplateRow).values(name=name, **values)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))
