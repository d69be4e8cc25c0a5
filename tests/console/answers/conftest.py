"""Editors at their pages, with the starting content."""

from collections.abc import Callable

import pytest

from bot.db import Database
from bot.faq import entries
from bot.settings import ROOT, Settings
from bot.understanding.corpus import seed_entries
from tests.console.conftest import Browser


@pytest.fixture
def settings() -> Settings:
    """With the real content."""
    return Settings(data_dir=ROOT / "data")


@pytest.fixture
def desk(editor: Browser, db: Database) -> Browser:
    """An editor, before the starting content."""
    with db.begin() as session:
        entries.import_entries(session, seed_entries(ROOT / "data"))
    return editor


@pytest.fixture
def omar(desk: Browser, enter: Callable[..., Browser]) -> Browser:
    return enter("Omar", "editor")
