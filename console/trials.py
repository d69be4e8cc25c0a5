"""Trials of drafts, one after the other, each for as long as the process lives: who comes back later starts it again."""

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.db import Database
from bot.errors import DalilError
from bot.faq import entries, revisions, workflow
from bot.faq.rules import book
from bot.settings import Settings
from bot.tables import Staff

if TYPE_CHECKING:  # these load the sentence encoder: a web process in which nobody tries anything stays small
    from bot.faq.trial import Trial
    from bot.understanding.index import Index

KEPT = 3  # trials; the index of each takes 60 MB
AGAIN = 3  # times that a trial is repeated because other content was published meanwhile
Key = tuple[str, int]  # entry, revision


@dataclass
class Job:
    """`live`: to be published if it passes. `done` of `steps` tell how far it is."""

    person: Staff
    key: Key
    live: bool
    done: int = 0
    steps: int = 0
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

    def start(self, person: Staff, key: Key, live: bool) -> Job:
        """A second click changes nothing while the first one is worked on."""
        with self._guard:
            before = self._jobs.get(key)
            if before and not before.ended.is_set():
                before.live = before.live or live
                return before
            job = self._jobs[key] = Job(person, key, live)
            while len(self._jobs) > KEPT and next(iter(self._jobs.values())).ended.is_set():
                self._jobs.popitem(last=False)
        self._worker.submit(self._run, job).add_done_callback(_report)
        return job

    def find(self, key: Key) -> Job | None:
        return self._jobs.get(key)

    def _run(self, job: Job) -> None:
        try:
            for _ in range(AGAIN):
                if self._try(job):
                    break
        except DalilError as error:
            job.problem = error
        finally:
            job.ended.set()

    def _try(self, job: Job) -> bool:
        """False when content was published meanwhile: what was tried is not what would be live."""
        from bot.faq import trial
        from bot.understanding.ready import ready_index

        with self.db.begin() as session:
            version, known = entries.version(session), entries.all_known(session)
            draft = revisions.get(session, *job.key).body

        def tell(done: int, steps: int) -> None:
            job.done, job.steps = done, steps

        self._present = ready_index(known, self.settings, self._present)
        job.trial = trial.run(self._present, known, draft, self.settings.data_dir, tell)
        if not (job.live and job.trial.passed):
            return True
        with self.db.begin() as session:
            if entries.version(session, lock=True) != version:
                return False
            workflow.publish(session, job.person, *job.key, book(self.settings.data_dir))
            job.published = True
        return True


def _report(future: "Future[None]") -> None:
    """What nobody foresaw is seen in the log, not swallowed with the thread."""
    future.result()
