"""Trials of drafts, one after the other, each for as long as the process lives: who comes back later starts it again."""

import threading
import uuid
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.db import Database
from bot.errors import Conflict, DalilError, Refused
from bot.faq import entries, revisions, workflow
from bot.faq.rules import Book, book
from bot.settings import Settings
from bot.staff.rights import Right, having
from bot.tables import Staff

if TYPE_CHECKING:  # these load the sentence encoder: a web process in which nobody tries anything stays small
    from bot.faq.trial import Trial
    from bot.understanding.index import Index

KEPT = 3  # trials that are over; the index of each takes 60 MB
AGAIN = 3  # times that a trial is repeated because other content was published meanwhile
Key = tuple[str, int]  # entry, revision


@dataclass(frozen=True)
class Wish:
    """Somebody pressed "Publish" while the entry stood like this (`workflow.stands`)."""

    person_id: uuid.UUID
    stood: str


@dataclass
class Job:
    """`wish`: to be published if it passes; None when that is taken up. `done` of `steps` tell how far it is. `version`: of the content
    that it was tried with."""

    key: Key
    wish: Wish | None = None
    done: int = 0
    steps: int = 0
    version: int = 0
    published: bool = False
    trial: "Trial | None" = None
    problem: DalilError | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class Trials:
    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self._jobs: OrderedDict[Key, Job] = OrderedDict()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trial")
        self._present: Index | None = None
        self._guard = threading.Lock()

    def start(self, key: Key, wish: Wish | None = None) -> Job:
        """While it is tried already, nothing begins anew; who pressed "Publish" last publishes."""
        with self._guard:
            before = self._jobs.get(key)
            if before and not before.ended.is_set():
                before.wish = wish or before.wish
                return before
            job = self._jobs[key] = Job(key, wish)
            self._jobs.move_to_end(key)
        self._worker.submit(self._run, job).add_done_callback(_report)
        return job

    def find(self, key: Key) -> Job | None:
        return self._jobs.get(key)

    def _run(self, job: Job) -> None:
        try:
            self._try(job)
            while wish := self._next(job):
                self._publish(job, wish)
        except DalilError as error:
            job.problem = error
        finally:
            self._end(job)

    def _next(self, job: Job) -> Wish | None:
        """What is left to do. When that is nothing the job is over in the same moment: a click that comes now begins another."""
        with self._guard:
            wish, job.wish = job.wish, None
            if wish and job.trial and job.trial.passed and not job.published:
                return wish
            self._close(job)
            return None

    def _end(self, job: Job) -> None:
        """Where it broke off nothing may look passed."""
        with self._guard:
            if not job.ended.is_set():
                job.trial = None
                self._close(job)

    def _close(self, job: Job) -> None:
        over = [key for key, each in self._jobs.items() if each is job or each.ended.is_set()]
        for key in over[:-KEPT]:
            del self._jobs[key]
        job.ended.set()

    def _try(self, job: Job) -> None:
        from bot.faq import trial
        from bot.understanding.ready import at_hand

        job.trial = None
        with self.db.begin() as session:
            job.version, known = entries.version(session), entries.all_known(session)
            draft = revisions.get(session, *job.key).body

        def tell(done: int, steps: int) -> None:
            job.done, job.steps = done, steps

        present = at_hand(known, self.settings, self._present)
        if present is None:
            raise Refused("trial.learning")
        self._present = present
        job.trial = trial.run(present, known, draft, self.settings.data_dir, tell)

    def _publish(self, job: Job, wish: Wish) -> None:
        """Tried again when content was published meanwhile: what was tried is not what would be live."""
        try:
            for _ in range(AGAIN):
                if not (job.trial and job.trial.passed) or self._put_live(job, wish):
                    return
                self._try(job)
        except (Conflict, Refused) as error:
            job.problem = error

    def _put_live(self, job: Job, wish: Wish) -> bool:
        """False when other content is live than was tried. `Conflict` when somebody moved the entry on since that person pressed."""
        with self.db.begin() as session:
            person = session.scalar(select(Staff).where(Staff.id == wish.person_id, having(Right.CONTENT)))
            if person is None:
                raise Refused("role.not_allowed")
            row = workflow.as_seen(session, *job.key, wish.stood)
            revision = workflow.publishable(session, person, row, self._book)
            if entries.version(session, lock=True) != job.version:
                return False
            workflow.go_live(session, person, row, revision)
        job.published, job.problem = True, None
        return True

    @property
    def _book(self) -> Book:
        return book(self.settings.data_dir)


def _report(future: "Future[None]") -> None:
    """What nobody foresaw is seen in the log, not swallowed with the thread."""
    future.result()
