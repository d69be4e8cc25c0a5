"""Whom a service is for, in tags, and which languages are spoken there."""

from pathlib import Path

from bot.directory.kinds import names_in


def tags(data_dir: Path, form: str) -> dict[str, str]:
    """What the tags of `Service.eligible` are called. A service without a tag has not said so: that is not a no."""
    return names_in(data_dir / "eligibility.yml", form)


def spoken(data_dir: Path, form: str) -> dict[str, str]:
    """What the languages of `Service.languages` are called."""
    return names_in(data_dir / "spoken.yml", form)
