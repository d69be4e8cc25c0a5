"""`dalil doctor`: what an installation lacks, one line each, with what to do."""

from collections.abc import Iterator

from bot.errors import SetupError
from bot.handoff.urgency import numbers
from bot.settings import Settings
from cli.postgres import check
from cli.prepare import MODEL


def findings(settings: Settings) -> Iterator[str]:
    if not settings.key_path.exists():
        yield f"No key file at {settings.key_path}: run `make setup`."
    if not MODEL.exists():
        yield "No trained model: run `make train`."
    if settings.database_url:
        yield from _database(settings.database_url)
    for row in numbers(settings.data_dir):
        if not row["called_on"]:
            yield f"Emergency number {row['number']} ({row['id']}) was never called: call it, then fill `called_on` in data/emergency.yml."


def _database(url: str) -> Iterator[str]:
    try:
        check(url)
    except SetupError as error:
        yield str(error)
