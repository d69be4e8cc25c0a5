"""Messages that ask the same thing come together, in all forms; the same messages make the same clusters."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from threading import Event
from typing import Any

import numpy as np
import psycopg
import pytest
from sqlalchemy import select

from bot.db import Database
from bot.faq import clusters
from bot.faq.clusters import Message, Space
from bot.privacy.vault import vault
from bot.settings import Settings
from bot.tables import Cluster, Unanswered
from bot.understanding.features import Matrix, Vectors
from bot.understanding.index import Index, folder_of
from channels.gathering import LOCK, Gathering
from tests.story import Somebody, seen

HUNGRY = [
    ("ary-Latn", "fin nl9a lmakla fabor"),
    ("fr", "où trouver à manger gratuitement"),
    ("en", "where can i find free food"),
    ("ar", "أين أجد الطعام مجانا"),
    ("ary-Arab", "فين نلقى الماكلة فابور"),
]


def ask(db: Database, *said: tuple[str, str]) -> None:
    for form, text in said:
        somebody = Somebody(db)
        somebody.write(text)
        somebody.turn(understanding=seen("clarify", form=form))


class Told:
    """Vectors that a test chose, by text."""

    def __init__(self, known: dict[str, Sequence[float]]) -> None:
        self.known = known

    def vectors(self, messages: Sequence[Message]) -> Matrix:
        rows = np.array([self.known[text] for _, text, _ in messages], dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def gathering(db: Database, config: Settings, space: Any) -> Gathering:
    job = Gathering(db, config)
    job._space = space
    return job


def together(db: Database) -> list[list[str]]:
    """The texts of each cluster, in the order in which they came."""
    found: dict[int | None, list[str]] = defaultdict(list)
    with db.begin() as session:
        for row in session.scalars(select(Unanswered).order_by(Unanswered.id)):
            found[row.cluster_id].append(vault(session).unseal(row.text_sealed))
    return list(found.values())


FLAT = Told({"soif": (1, 0, 0), "faim": (0.9, 0.3, 0), "toit": (0, 1, 0.1), "lit": (0.1, 1, 0), "visa": (0, 0, 1)})


def test_a_message_joins_what_is_near_or_starts_anew(db: Database, config: Settings) -> None:
    ask(db, *(("fr", text) for text in ("soif", "toit", "faim", "visa", "lit")))
    assert gathering(db, config, FLAT).once(Event()) == 5
    assert together(db) == [["soif", "faim"], ["toit", "lit"], ["visa"]]


def test_who_comes_later_changes_nothing_for_who_was_there(db: Database, config: Settings) -> None:
    job = gathering(db, config, FLAT)
    for text in ("soif", "toit", "faim", "visa", "lit"):
        ask(db, ("fr", text))
        assert job.once(Event()) == 1
    assert together(db) == [["soif", "faim"], ["toit", "lit"], ["visa"]] and job.once(Event()) == 0


def test_what_is_ignored_stays_so_when_others_join(db: Database, config: Settings) -> None:
    job = gathering(db, config, FLAT)
    ask(db, ("fr", "soif"))
    job.once(Event())
    with db.begin() as session:
        session.scalars(select(Cluster)).one().state = "ignored"
    ask(db, ("fr", "faim"))
    job.once(Event())
    with db.begin() as session:
        assert [row.state for row in session.scalars(select(Cluster))] == ["ignored"]


def test_a_cluster_goes_with_its_last_message_whatever_was_decided(db: Database, config: Settings) -> None:
    job = gathering(db, config, FLAT)
    ask(db, ("fr", "soif"), ("fr", "toit"))
    job.once(Event())
    with db.begin() as session:
        session.scalars(select(Cluster).order_by(Cluster.id)).first().state = "ignored"  # type: ignore[union-attr]
        for row in session.scalars(select(Unanswered)):
            session.delete(row)
    job.once(Event())
    with db.begin() as session:
        assert session.scalars(select(Cluster)).all() == []


def test_a_message_that_is_erased_leaves_no_share_in_the_centre(db: Database, config: Settings) -> None:
    job = gathering(db, config, FLAT)
    ask(db, ("fr", "soif"), ("fr", "faim"), ("fr", "toit"))
    job.once(Event())
    with db.begin() as session:
        session.delete(session.scalars(select(Unanswered).order_by(Unanswered.id)).first())
    job.once(Event())
    with db.begin() as session:
        first, other = (np.frombuffer(row.centre, dtype=np.float32) for row in session.scalars(select(Cluster).order_by(Cluster.id)))
    assert np.allclose([first, other], FLAT.vectors([(0, "faim", "fr"), (0, "toit", "fr")]))


def test_centres_from_before_are_made_anew(db: Database, config: Settings) -> None:
    job = gathering(db, config, FLAT)
    ask(db, ("fr", "soif"), ("fr", "faim"))
    job.once(Event())
    with db.begin() as session:
        row = session.scalars(select(Cluster)).one()
        before, row.centre, row.members = row.centre, np.ones(3, dtype=np.float32).tobytes(), 0
    job.once(Event())
    with db.begin() as session:
        row = session.scalars(select(Cluster)).one()
        assert (row.centre, row.members) == (before, 2)


def test_a_message_that_was_erased_meanwhile_leaves_nothing(db: Database) -> None:
    with db.begin() as session:
        clusters.join(session, [7], np.ones((1, 3), dtype=np.float32))
        assert session.scalars(select(Cluster)).all() == []


def test_one_process_gathers_at_a_time(db: Database, config: Settings) -> None:
    ask(db, ("fr", "soif"))
    job = gathering(db, config, FLAT)
    with psycopg.connect(db.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        assert job.once(Event()) == 0
    assert job.once(Event()) == 1


def test_before_anything_was_trained_messages_wait(db: Database, config: Settings) -> None:
    ask(db, ("fr", "soif"))
    assert Gathering(db, config).once(Event()) == 0


def test_the_marks_of_what_was_taken_out_are_not_read(db: Database) -> None:
    ask(db, ("fr", "je m'appelle Awa, j'ai faim"))
    with db.begin() as session:
        assert clusters.waiting(session, 9)[0][1:] == ("je m'appelle , j'ai faim", "fr")


# --- With the real index


@pytest.fixture(scope="session")
def space(index: Index) -> Space:
    return Space.of(index, Vectors(folder_of(Settings())))


def test_the_same_question_in_five_forms_is_one_cluster(db: Database, config: Settings, space: Space) -> None:
    ask(db, *HUNGRY, ("fr", "renouveler ma carte de séjour"), ("en", "renew my residence card"))
    gathering(db, config, space).once(Event())
    assert sorted(map(len, together(db))) == [2, 5]


def test_questions_of_an_entry_fall_together_in_all_forms(session: Any, index: Index, space: Space) -> None:
    """A sample of what the table in `clusters.join` was measured on."""
    questions = sorted((s for s in index.questions), key=lambda s: (s.label, s.form, s.text))
    random.Random(7).shuffle(questions)
    asked = questions[:3000]
    groups = clusters._Groups(session, 512, len(asked))
    found: dict[int, list[Any]] = defaultdict(list)
    for sentence, vector in zip(asked, space.vectors([(0, s.text, s.form) for s in asked])):
        found[groups.take(vector)].append(sentence)
    joined = [group for group in found.values() if len(group) > 1]
    n = sum(map(len, joined))
    pure = sum(Counter(s.label for s in group).most_common(1)[0][1] for group in joined) / n
    mixed = sum(len(group) for group in joined if len({s.form for s in group}) > 1) / n
    assert n > 0.65 * len(asked) and pure > 0.68 and mixed > 0.85, (n / len(asked), pure, mixed)
