"""What the kinds of places are called."""

from functools import lru_cache
from pathlib import Path

from bot.understanding.corpus import load_yaml


@lru_cache(maxsize=8)
def kind_names(data_dir: Path, form: str) -> dict[str, str]:
    """By the id that services and slots carry."""
    return {kind: str(entry["names"][form]) for kind, entry in load_yaml(data_dir / "categories.yml").items()}
