"""Messages that ask the same thing come together, in whatever form they are written.

Their vectors are those of the index, without its main directions, which turn with each training: the gloss of a text as the sentence
encoder reads it, moved by the centre of its form. What tells wordings of one question apart is made small, as it is measured on the
questions of the entries (within-class covariance normalisation). A message joins the nearest cluster whose centre is near enough, else
it starts one, in the order in which they came: the same messages always make the same clusters, and a cluster stays what it is when
others come.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.language.lexicon import Glosses
from bot.privacy.redact import bare
from bot.privacy.vault import vault
from bot.settings import Settings
from bot.tables import Cluster, Unanswered
from bot.understanding.alignment import Alignment
from bot.understanding.features import Matrix, Vectors, encode
from bot.understanding.index import Index, basis, folder_of, load

NEAR = 0.34  # cosine, see the table in `join`
EVEN = 0.6  # how much of the spread within a question counts as the same in all directions
Message = tuple[int, str, str]  # id, text, form


@dataclass(frozen=True)
class Space:
    """Where all forms lie together. What it needs of an index is small; the rest of the index is let go."""

    glosses: Glosses
    alignment: Alignment
    evened: Matrix

    @staticmethod
    def of(index: Index, known: Vectors) -> "Space":
        plain = Alignment(index.alignment.centres, np.eye(len(index.alignment.directions), dtype=np.float32))
        asked = sorted(index.questions, key=lambda one: (one.label, one.form, one.text))
        read = known.of([index.glosses.english(one.text, one.form) for one in asked])
        return Space(index.glosses, plain, _evened(plain.of(read, [one.form for one in asked]), [one.label for one in asked]))

    @staticmethod
    def stored(settings: Settings) -> "Space | None":
        """Of the index that was trained last; None before there is one."""
        folder = folder_of(settings)
        files = sorted(folder.glob(f"{basis(settings.data_dir)}-*.pickle"), key=lambda file: file.stat().st_mtime)
        return Space.of(load(files[-1]), Vectors(folder)) if files else None

    def vectors(self, messages: Sequence[Message]) -> Matrix:
        """One row a message. About 3 ms each."""
        read = encode([self.glosses.english(text, form) for _, text, form in messages])
        found = self.alignment.of(read, [form for *_, form in messages]) @ self.evened
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def _evened(vectors: Matrix, labels: Sequence[str]) -> Matrix:
    """Turns nothing, and makes those directions small in which questions of one entry differ."""
    rows, size = np.array(labels), vectors.shape[1]
    apart = np.concatenate([vectors[rows == label] - vectors[rows == label].mean(axis=0) for label in sorted(set(labels))])
    within = apart.T @ apart / len(apart)
    values, directions = np.linalg.eigh((1 - EVEN) * within + EVEN * np.trace(within) / size * np.eye(size))
    return np.asarray((directions / np.sqrt(values)) @ directions.T, dtype=np.float32)


def waiting(session: Session, most: int) -> list[Message]:
    """Messages that are in no cluster yet, the oldest first."""
    rows = session.scalars(select(Unanswered).filter_by(cluster_id=None).order_by(Unanswered.id).limit(most))
    return [_message(session, row) for row in rows]


def join(session: Session, ids: Sequence[int], vectors: Matrix) -> None:
    """Each of these messages, in this order, to the nearest cluster or to a new one. One that was erased meanwhile leaves nothing.

    NEAR was chosen on questions of our 85 entries in five forms, in a random order, as if nobody knew where they belong: those of 43
    entries, evened by what the others tell. How many came together with others; of these, how many with their own entry in the majority,
    with their own topic, with another form. Not evened, at 0.50, as it was before: 0.15 / 0.50 / 0.68 of them came together.

        messages   near   joined   entry   topic   forms
             300   0.34     0.31    0.80    0.87    0.74
            2000   0.30     0.82    0.76    0.84    0.92
            2000   0.34     0.71    0.83    0.89    0.89
            2000   0.36     0.65    0.85    0.91    0.88
            6600   0.34     0.87    0.80    0.87    0.92
    """
    there = set(session.scalars(select(Unanswered.id).where(Unanswered.id.in_(ids), Unanswered.cluster_id.is_(None)).with_for_update()))
    if not there:
        return
    groups = _Groups(session, vectors.shape[1], len(there))
    taken = [{"id": id, "cluster_id": groups.take(vector)} for id, vector in zip(ids, vectors) if id in there]
    session.execute(update(Unanswered), taken)
    groups.write()


def tidy(session: Session) -> None:
    """A cluster goes with its last message, also one that is ignored: of what was erased not even a direction may be left."""
    members = select(Unanswered.id).where(Unanswered.cluster_id == Cluster.id).exists()
    session.execute(delete(Cluster).where(~members))


def altered(session: Session) -> dict[int, list[Message]]:
    """Clusters that have other messages than their centre was made of, since some were erased or grew too old; with those that are left."""
    counted = select(Cluster.id).join(Unanswered).group_by(Cluster.id).having(func.count() != Cluster.members)
    rows = session.scalars(select(Unanswered).where(Unanswered.cluster_id.in_(counted)).order_by(Unanswered.id))
    found: defaultdict[int, list[Message]] = defaultdict(list)
    for row in rows:
        if row.cluster_id is not None:
            found[row.cluster_id].append(_message(session, row))
    return dict(found)


def renew(session: Session, cluster_id: int, vectors: Matrix) -> None:
    """The centre of these, and of nothing that is gone."""
    new = {"centre": vectors.sum(axis=0, dtype=np.float32).tobytes(), "members": len(vectors)}
    session.execute(update(Cluster).where(Cluster.id == cluster_id).values(new))


def _message(session: Session, row: Unanswered) -> Message:
    return row.id, bare(vault(session).unseal(row.text_sealed)), row.form


class _Groups:
    """All clusters in memory, with room for so many new ones."""

    def __init__(self, session: Session, dimensions: int, room: int) -> None:
        self._session = session
        self._rows = list(session.scalars(select(Cluster).order_by(Cluster.id).with_for_update()))
        self.sums: Matrix = np.zeros((len(self._rows) + room, dimensions), dtype=np.float32)
        for sum_, row in zip(self.sums, self._rows):
            sum_[:] = np.frombuffer(row.centre, dtype=np.float32)
        self._centres = self.sums / np.maximum(np.linalg.norm(self.sums, axis=1, keepdims=True), 1e-6)
        self._changed: set[int] = set()

    def take(self, vector: Matrix) -> int:
        """The id of the cluster of this message."""
        known = len(self._rows)
        near = self._centres[:known] @ vector
        best = int(near.argmax()) if known else known
        if not known or near[best] < NEAR:
            best = self._begin()
        self.sums[best] += vector
        self._centres[best] = self.sums[best] / max(float(np.linalg.norm(self.sums[best])), 1e-6)
        self._changed.add(best)
        self._rows[best].members += 1
        return self._rows[best].id

    def _begin(self) -> int:
        row = Cluster(centre=b"", members=0)
        self._session.add(row)
        self._session.flush()
        self._rows.append(row)
        return len(self._rows) - 1

    def write(self) -> None:
        for n in self._changed:
            self._rows[n].centre = self.sums[n].tobytes()
