"""`dalil demo`: everything started, one short conversation in each form and one hand-over played, transcripts printed, stopped.

It has a database of its own in a temporary folder, so that a real installation is not touched.
"""

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from bot.db import Database
from bot.handoff import cases, views
from bot.language.forms import FORMS
from bot.settings import Settings
from bot.staff import accounts
from bot.tables import Case
from bot.texts import Texts
from bot.understanding.corpus import load_yaml
from cli.client import Chat, Message
from cli.postgres import Embedded
from cli.prepare import fill_database, train
from cli.processes import Stack

Say = Callable[[str], None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def apart(config: Settings, folder: Path) -> Settings:
    """The settings of an installation of its own: other ports, other database and key, same model and vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    shared = config.var_dir / "understanding"
    shared.mkdir(parents=True, exist_ok=True)
    (folder / "understanding").symlink_to(shared.resolve())
    ports = {"port": free_port(), "rasa_port": free_port(), "actions_port": free_port()}
    nobody = {"public_url": "", "smtp_url": SecretStr("")}  # who is not concerned is not told either
    return config.model_copy(update={"var_dir": folder, "key_file": None, "database_url": "", "host": "127.0.0.1", **nobody, **ports})


def play(config: Settings, say: Say) -> int:
    train(config, say)
    with tempfile.TemporaryDirectory(prefix="dalil-demo-") as folder:
        own = apart(config, Path(folder) / "var")
        with Embedded(own.var_dir / "postgres") as url:
            fill_database(own, url, say)
            with Stack(own, url, lambda _: None) as stack:
                say("starting the four processes")
                stack.wait()
                _conversations(own, say)
                _hand_over(own.model_copy(update={"database_url": url}), say)
    return 0


def _conversations(config: Settings, say: Say) -> None:
    script = load_yaml(config.data_dir / "demo.yml")
    for form in FORMS:
        say(f"\n===== {form} =====")
        chat = Chat(config.address)
        for line in script["conversations"][form]:
            _exchange(say, line, chat.say(line))
        chat.close()


def _hand_over(config: Settings, say: Say) -> None:
    """A person asks for a person; a caseworker takes the case, answers, hands back."""
    script = load_yaml(config.data_dir / "demo.yml")["hand_over"]
    texts, db, chat = Texts.load(config.data_dir), Database.of(config), Chat(config.address)
    say("\n===== hand-over =====")
    for line in script["person"]:
        _exchange(say, line, chat.say(line))
    with db.begin() as session:
        worker = accounts.create(session, "demo@dalil.local", script["caseworker"], "caseworker", "demo password only")
        case: Case = views.read(session, worker, views.Wanted()).lines[0].case
        cases.take(session, worker, case.id, texts)
        cases.reply(session, worker, case.id, script["reply"])
    _exchange(say, "", chat.settle())
    _exchange(say, script["thanks"], chat.say(script["thanks"]))
    with db.begin() as session:
        cases.hand_back(session, worker, case.id, texts)
    _exchange(say, "", chat.settle())
    chat.close()
    db.close()


def _exchange(say: Say, line: str, replies: list[Message]) -> None:
    if line:
        say(f"\n> {line}")
    for reply in replies:
        say("\n".join(f"  {reply['from']:6} | {part}" for part in reply["text"].split("\n")))
        if reply["buttons"]:
            say("         " + " ".join(f"[{n} {b['title']}]" for n, b in enumerate(reply["buttons"], 1)))
