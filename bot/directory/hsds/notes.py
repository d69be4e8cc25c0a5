"""What a file says of when its fields were last changed: rows of `metadata`."""

from datetime import datetime, timezone

from bot.clock import TIME_ZONE
from bot.directory.hsds.left import RECORDS
from bot.directory.hsds.record import TEXTS, Its

THEIRS = {ours: name for name, ours in TEXTS.items()} | {"last_checked": "assured_date"}


class Notes:
    """A moment that is none, or that is yet to come, is a fault of its row and counts for nothing."""

    def __init__(self, its: Its) -> None:
        self.last: dict[tuple[str, str], datetime] = {}
        now = datetime.now(timezone.utc)
        for line in (line for line in its.tables.get("metadata", {}).values() if not line.fault):
            key, at = str(line.row.get("resource_id")), _moment(line.row.get("last_action_date"))
            if at is None or at > now:
                line.fault = ("hsds.wrong_field", "last_action_date")
            elif any(key in its.tables.get(table, {}) for table in RECORDS):
                [row] = its.take([line.row])
                about = key, str(row.get("field_name"))
                self.last[about] = max(at, self.last.get(about, at))

    def newer(self, key: str, column: str, since: datetime) -> bool:
        """Whether the file says that this field was changed after that."""
        found = [self.last[key, name] for name in (column, THEIRS.get(column, "")) if (key, name) in self.last]
        return any(at > since for at in found)


def _moment(said: object) -> datetime | None:
    """A day begins at midnight in Morocco."""
    try:
        found = datetime.fromisoformat(str(said).replace("Z", "+00:00"))
        return (found if found.tzinfo else found.replace(tzinfo=TIME_ZONE)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
