"""All is learned anew once content has been quiet: by one process at a time, and not again when it was refused."""

import sys
import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import update

from bot.db import Database
from bot.settings import Settings
from bot.tables import EntryRow
from bot.understanding.index import place_of
from channels.training import LOCK, QUIET, Training
from tests.content import publish
from tests.story import listening

ENTRY = {"id": "a", "topic": "health", "titles": {"fr": "Titre"}, "answers": {"fr": "Oui."}, "questions": {}, "related": []}


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


def training(db: Database, config: Settings, script: str) -> Training:
    return Training(db, config, [sys.executable, "-c", script])


def store(config: Settings) -> str:
    """What stands for the training: it leaves the file that a training would leave."""
    place = place_of([ENTRY], config)
    return f"import pathlib; p = pathlib.Path({str(place)!r}); p.parent.mkdir(exist_ok=True); p.write_text('x'); print('trained')"


def published(db: Database, ago: timedelta) -> None:
    with db.begin() as session:
        publish(session, "a", dict(ENTRY))
        session.flush()
        session.execute(update(EntryRow).values(updated_at=EntryRow.updated_at - ago))


def test_quiet_content_is_learned_once_and_everybody_is_told(db: Database, config: Settings, stopping: threading.Event) -> None:
    published(db, QUIET + timedelta(minutes=1))
    job = training(db, config, store(config))
    with listening(db, "content") as heard:
        assert job.once(stopping)
        assert heard()
    assert place_of([ENTRY], config).exists() and not job.once(stopping)


def test_while_editors_publish_it_waits(db: Database, config: Settings, stopping: threading.Event) -> None:
    published(db, QUIET - timedelta(minutes=1))
    assert not training(db, config, store(config)).once(stopping)
    assert not place_of([ENTRY], config).exists()


def test_what_was_refused_is_not_tried_again_until_content_changes(
    db: Database, config: Settings, stopping: threading.Event, tmp_path: Path
) -> None:
    published(db, QUIET + timedelta(minutes=1))
    tries = tmp_path / "tries"
    job = training(db, config, f"import sys; open({str(tries)!r}, 'a').write('x'); sys.exit(1)")
    assert not job.once(stopping) and not job.once(stopping)
    assert tries.read_text() == "x"
    published(db, QUIET + timedelta(minutes=1))
    assert not job.once(stopping)
    assert tries.read_text() == "xx"


def test_two_senders_train_one_after_the_other(db: Database, config: Settings, stopping: threading.Event) -> None:
    published(db, QUIET + timedelta(minutes=1))
    with psycopg.connect(db.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        assert not training(db, config, store(config)).once(stopping)
    assert training(db, config, store(config)).once(stopping)


def test_a_sender_that_stops_leaves_no_training_behind(db: Database, config: Settings, stopping: threading.Event) -> None:
    published(db, QUIET + timedelta(minutes=1))
    stopping.set()
    assert not training(db, config, "import signal; signal.pause()").once(stopping)
