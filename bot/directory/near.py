"""Near what a list is put in order: a town in any spelling, or a position as somebody types or pastes it."""

from functools import lru_cache
from pathlib import Path
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.editing import WrongField
from bot.directory.place import Point
from bot.directory.typed import misplaced, position
from bot.tables import Service
from bot.understanding.gazetteer import Gazetteer


def point_near(session: Session, text: str, data_dir: Path) -> Point:
    """Refused with what is wrong: no town of ours, none of whose places we know where it is, no position, or none in Morocco."""
    found = gazetteer(data_dir).place(text)
    if found:
        return _middle(session, found.town)
    if any(sign.isalpha() for sign in text):
        raise WrongField("directory.no_such_place", "near")
    latitude, longitude = position(text)
    if wrong := misplaced(latitude, longitude):
        raise WrongField(wrong, "near")
    return Point(latitude, longitude)


def _middle(session: Session, town: str) -> Point:
    """Of the places of the directory that lie there: nobody has to know where the middle of a town is."""
    located = select(Service.latitude, Service.longitude).where(Service.town == town, ~Service.hidden_place, Service.latitude.is_not(None))
    points = session.execute(located).tuples().all()
    if not points:
        raise WrongField("directory.town_unlocated", "near")
    latitudes, longitudes = zip(*points)
    return Point(median(latitudes), median(longitudes))


@lru_cache(maxsize=2)
def gazetteer(data_dir: Path) -> Gazetteer:
    return Gazetteer.load(data_dir)
