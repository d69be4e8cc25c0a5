"""What all tables share."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, LargeBinary, func
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        uuid.UUID: UUID(as_uuid=True),
    }


def now() -> Mapped[datetime]:
    """A time that the database notes when the row is made."""
    return mapped_column(server_default=func.clock_timestamp())
