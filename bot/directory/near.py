"""Near what a list is put in order: a town in any spelling, or a position as somebody types or pastes it."""

from functools import lru_cache
from pathlib import Path

from bot.directory.editing import WrongField
from bot.directory.place import Point
from bot.directory.typed import misplaced, position
from bot.understanding.corpus import load_yaml
from bot.understanding.gazetteer import Gazetteer


def point_near(text: str, data_dir: Path) -> Point:
    """Refused with what is wrong: no town of ours, no position, or none in Morocco."""
    found = gazetteer(data_dir).place(text)
    if found:
        return centres(data_dir)[found.town]
    if any(sign.isalpha() for sign in text):
        raise WrongField("directory.no_such_place", "near")
    latitude, longitude = position(text)
    if wrong := misplaced(latitude, longitude):
        raise WrongField(wrong, "near")
    return Point(latitude, longitude)


def centres(data_dir: Path) -> dict[str, Point]:
    return {town: Point(*middle) for town, middle in load_yaml(data_dir / "centres.yml").items()}


@lru_cache(maxsize=2)
def gazetteer(data_dir: Path) -> Gazetteer:
    return Gazetteer.load(data_dir)
