"""A service and an organisation as an editor saves them."""

from typing import Any

from bot.db import Database
from bot.directory import editing
from bot.directory.editing import Change
from bot.settings import ROOT
from bot.tables import Service, Staff

DATA = ROOT / "data"
NAMES = {"fr": "Permanence", "en": "", "ar": ""}
EMPTY: dict[str, Any] = {
    **{key: {} for key in ("offers", "audience", "warnings", "documents", "cost")},
    **{key: [] for key in ("categories", "covers", "eligible", "languages", "phones", "special_hours", "sources")},
    **dict.fromkeys(("town", "town_name", "address", "hours"), ""),
    **dict.fromkeys(("by_appointment", "accessible", "free", "starts_on", "ends_on", "latitude", "longitude")),
    **{"names": NAMES, "status": "active", "verified": "partly", "hidden_place": False},
}
OWNER: dict[str, Any] = {"names": {"fr": "Amal"}, "description": {}, "website": "", "email": ""}


def save(db: Database, by: Staff, key: str, **changed: Any) -> Service:
    """On what is stored now."""
    with db.begin() as session:
        row = session.get_one(Service, key)
        values = {name: getattr(row, name) for name in EMPTY}
        return editing.save_service(session, by, ("", key), Change({**values, **changed}, editing.version(row)), DATA)
