"""What towns are called."""

from pathlib import Path

from bot.directory.kinds import names_in


def town_names(data_dir: Path, form: str) -> dict[str, str]:
    """By the id that slots and cases carry."""
    return names_in(data_dir / "places.yml", form)
