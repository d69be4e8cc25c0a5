"""What an installation needs before its processes start: key, schema, starting content, trained model, first sign-in."""

import hashlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import TextIO

from bot.db import Database
from bot.directory.seed import import_directory
from bot.errors import SetupError
from bot.faq.entries import import_entries
from bot.handoff import canned
from bot.migrate import upgrade
from bot.privacy.vault import make_key
from bot.settings import ROOT, Settings
from bot.staff.accounts import first_staff
from bot.understanding.corpus import seed_entries
from bot.understanding.index import PROGRESS
from cli.processes import environment

Say = Callable[[str], None]
NEEDED_BYTES = 500 * 1024 * 1024
MODEL = ROOT / "models" / "dalil.tar.gz"
MARK = ROOT / "models" / "inputs.sha256"
INPUTS = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/stories",
    "data/faq",
    "data/places.yml",
    "data/categories.yml",
    "data/languages.yml",
    "data/lexicon",
    "bot/understanding",
    "bot/language",
    "bot/components",
)


def check_machine(settings: Settings, ports: Iterable[int]) -> None:
    """One clear sentence for what would fail later."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.var_dir).free < NEEDED_BYTES:
        raise SetupError(f"Less than 500 MB are free on the disk of {settings.var_dir}. Free some space and try again.")
    for port in ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise SetupError(f"Port {port} is in use. Stop the program that uses it, or set another one (see README, settings).")


def fill_database(settings: Settings, url: str, say: Say) -> str | None:
    """Schema, content, directory, first member of staff. Returns the first password when one was made now."""
    upgrade(url)
    make_key(settings.key_path)
    with closing(Database.of(settings.model_copy(update={"database_url": url}))) as db, db.begin() as session:
        faq = import_entries(session, seed_entries(settings.data_dir))
        directory = import_directory(session, settings.data_dir)
        answers = canned.import_seeds(session, settings.data_dir)
        password = first_staff(session, settings.first_staff_email)
    say(f"content: FAQ {faq}, directory {directory}, ready answers added {answers}")
    return password


def train(settings: Settings, say: Say) -> None:
    """Train the Rasa model when its inputs changed. Our own progress is shown; what libraries say goes to `train.log`."""
    mark, log = _inputs_hash(), settings.var_dir / "train.log"
    if MODEL.exists() and MARK.exists() and MARK.read_text() == mark:
        say("model: up to date")
        return
    say("model: training (Rasa loads first: up to half a minute; the first time, sentence vectors take half a minute more)")
    with log.open("w", encoding="utf-8") as out:
        code = _rasa_train(settings, lambda line: _tell(line, out, say))
    if code != 0:
        raise SetupError(f"Training failed; {log} says why.")
    MARK.write_text(mark)
    say("model: trained")


def _rasa_train(settings: Settings, tell: Say) -> int:
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", "dalil", "--out", "models", "--force", "--skip-validation"]
    env = environment(settings, settings.database_url)
    with subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tell(line)
    return process.returncode


def _tell(line: str, out: TextIO, say: Say) -> None:
    out.write(line)
    if line.startswith(PROGRESS):
        say(f"model: {line.removeprefix(PROGRESS).rstrip()}")


def _inputs_hash() -> str:
    digest = hashlib.sha256()
    for file in sorted(f for name in INPUTS for f in _files(ROOT / name)):
        digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [f for f in path.rglob("*") if f.suffix in (".py", ".yml", ".tsv")]
