"""The web application as tests ask it, built once for the same settings: its routes take a second."""

import pickle
from functools import lru_cache

from fastapi import FastAPI

from bot.db import Database
from bot.settings import ROOT, Settings
from web.app import build_app


def site(db: Database, settings: Settings) -> FastAPI:
    """Whatever folder of its own a test has: no door looks into it."""
    return _built(db, pickle.dumps(settings.model_copy(update={"var_dir": ROOT / "var"})))


@lru_cache(maxsize=4)
def _built(db: Database, settings: bytes) -> FastAPI:
    return build_app(db, pickle.loads(settings))
