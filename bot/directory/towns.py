"""What towns are called."""

from functools import lru_cache
from pathlib import Path

from bot.directory.kinds import names_in
from bot.language.forms import FORMS


def town_names(data_dir: Path, form: str) -> dict[str, str]:
    """By the id that slots and cases carry."""
    return names_in(data_dir / "places.yml", form)


@lru_cache(maxsize=2)
def town_words(data_dir: Path) -> dict[str, str]:
    """The names of each town in all forms, by its id."""
    return {town: " ".join({town_names(data_dir, form)[town] for form in FORMS}) for town in town_names(data_dir, "fr")}
