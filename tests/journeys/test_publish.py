"""An entry on a topic never seen is published: every process of Rasa answers from it within seconds, and nothing is trained anew."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import pytest

from bot.db import Database
from bot.language.forms import FORMS
from bot.settings import Settings
from cli.client import Chat
from cli.demo import free_port
from cli.processes import Stack, Supervised, environment, rasa
from tests.content import publish
from tests.journeys.test_journeys import all_text
from tests.journeys.test_kills import until

pytestmark = pytest.mark.journey
ENTRY: dict[str, Any] = {
    "id": "beehive_permit",
    "topic": "beehives",
    "titles": dict.fromkeys(FORMS, "Ruches"),
    "answers": dict.fromkeys(FORMS, "Les ruches se posent loin des maisons."),
    "questions": {"fr": ["où poser mes ruches d'abeilles ?", "je veux élever des abeilles", "les ruches et le miel, quelles règles ?",
                         "distance entre une ruche et les voisins", "apiculteur débutant, que faire ?"]},
    "facts": ["emergency_numbers.1"], "related": [], "categories": [], "checked_by": None, "checked_on": None,
}  # fmt: skip
ASKED = "mon oncle a des abeilles, à quelle distance de la maison on met la ruche ?"
KITES: dict[str, Any] = ENTRY | {
    "id": "kite_festival",
    "topic": "kites",
    "titles": dict.fromkeys(FORMS, "Cerfs-volants"),
    "answers": dict.fromkeys(FORMS, "Les cerfs-volants se lâchent loin des avions."),
    "questions": {"fr": ["où faire voler un cerf-volant ?", "lâcher des cerfs-volants à la plage", "le cerf-volant, quelles règles ?",
                         "fête des cerfs-volants, c'est quand ?", "mon cerf-volant vole haut, est-ce permis ?"]},
}  # fmt: skip
ASKED_KITES = "mon voisin a un cerf-volant, sur quelle plage peut-il le faire voler ?"


@contextmanager
def paused(process: Supervised) -> Iterator[None]:
    """It keeps what it has in memory, and answers nobody."""
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


@pytest.fixture
def both(installation: tuple[Stack, Settings]) -> Iterator[tuple[Supervised, Supervised]]:
    """A second Rasa beside the one of the installation."""
    stack, settings = installation
    second = Supervised(rasa("rasa_2", free_port()), environment(settings, settings.database_url), print)
    try:
        until(second.is_ready, seconds=120)
        yield stack.running["rasa"], second
    finally:
        second.stop()


def test_a_topic_never_seen_answers_after_it_is_published(live: Database, chat: Chat) -> None:
    assert ENTRY["answers"]["fr"] not in all_text(chat.say(ASKED))
    with live.begin() as session:
        publish(session, "beehive_permit", ENTRY)
    until(lambda: ENTRY["answers"]["fr"] in all_text(chat.say(ASKED)), seconds=30)


def test_every_process_answers_from_what_was_published(
    live: Database, both: tuple[Supervised, Supervised], installation: tuple[Stack, Settings]
) -> None:
    """One is paused, so that the other one must answer."""
    with live.begin() as session:
        publish(session, "kite_festival", KITES)
    for silent in both:
        with paused(silent), closing(Chat(installation[1].address)) as chat:
            until(partial(_says_so, chat), seconds=30)


def _says_so(chat: Chat) -> bool:
    return KITES["answers"]["fr"] in all_text(chat.say(ASKED_KITES))
