"""Ids of HSDS are UUIDs: the same thing has the same one in each export; what came from elsewhere keeps the one it came with."""

from uuid import UUID, uuid5

NAMESPACE = UUID("2f0c3b9e-6d0a-5b57-9a40-3c1d5a7be0d1")  # never changes: partners know our records by what it makes
FOREIGN = "hsds-"  # our id of a record that came from elsewhere is this and its UUID


def of(kind: str, *parts: str) -> str:
    return str(uuid5(NAMESPACE, "\x1f".join((kind, *parts))))


def of_row(kind: str, row_id: str) -> str:
    """Of an organisation or a service, by our id."""
    kept = as_uuid(row_id[len(FOREIGN) :]) if row_id.startswith(FOREIGN) else None
    return kept or of(kind, row_id)


def as_uuid(text: object) -> str | None:
    """As it is written in canonical form; None when it is none."""
    try:
        return str(UUID(text)) if isinstance(text, str) else None
    except ValueError:
        return None
