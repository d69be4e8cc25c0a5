"""What towns are called."""

from functools import lru_cache
from pathlib import Path

from bot.understanding.corpus import load_yaml


@lru_cache(maxsize=8)
def town_names(data_dir: Path, form: str) -> dict[str, str]:
    """By the id that slots and cases carry."""
    return {town: str(entry["names"][form]) for town, entry in load_yaml(data_dir / "places.yml").items()}
