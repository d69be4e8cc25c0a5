"""An entry on a topic never seen is published: the running bot answers from it within seconds, and nothing is trained anew."""

import pytest

from bot.db import Database
from bot.language.forms import FORMS
from cli.client import Chat
from tests.content import publish
from tests.journeys.test_journeys import all_text
from tests.journeys.test_kills import until

pytestmark = pytest.mark.journey
ENTRY = {
    "id": "beehive_permit",
    "topic": "beehives",
    "titles": dict.fromkeys(FORMS, "Ruches"),
    "answers": dict.fromkeys(FORMS, "Les ruches se posent loin des maisons."),
    "questions": {"fr": ["où poser mes ruches d'abeilles ?", "je veux élever des abeilles", "les ruches et le miel, quelles règles ?",
                         "distance entre une ruche et les voisins", "apiculteur débutant, que faire ?"]},
    "facts": ["emergency_numbers.1"], "related": [], "categories": [], "checked_by": None, "checked_on": None,
}  # fmt: skip


def test_a_topic_never_seen_answers_after_it_is_published(live: Database, chat: Chat) -> None:
    asked = "mon oncle a des abeilles, à quelle distance de la maison on met la ruche ?"
    assert ENTRY["answers"]["fr"] not in all_text(chat.say(asked))
    with live.begin() as session:
        publish(session, "beehive_permit", ENTRY)
    until(lambda: ENTRY["answers"]["fr"] in all_text(chat.say(asked)), seconds=30)
