"""A draft is tried, asked questions, and published when it passes."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import Conflict, Refused
from bot.faq import entries, preview, revisions, workflow
from bot.faq.rules import book
from bot.language.forms import known
from bot.staff.rights import Right
from bot.tables import EntryRow
from console import entry_view
from console.door import MOST_ROWS, Door, Signed
from console.entries import ENTRY
from console.entry_page import EntryPages
from console.entry_steps import Pressed, pressed
from console.pages import ROOT
from console.trials import Job, Trials, Wish

if TYPE_CHECKING:  # see trials.py
    from bot.understanding.understand import Understanding

LONGEST = 500  # characters of a question


class TrialPages:
    def __init__(self, door: Door) -> None:
        self.door, self.entry = door, EntryPages(door)
        self.trials = Trials(door.db, door.settings)

    def start(self, request: Request, signed: Signed, pressed: Pressed, live: bool) -> Response:
        """What can be refused at once is: nobody waits for a trial that could not be published."""
        wish = None
        try:
            with self.door.db.begin() as session:
                if live:
                    rules = book(self.door.settings.data_dir)
                    row = workflow.as_seen(session, pressed.entry_id, pressed.seen, pressed.stood)
                    workflow.publishable(session, signed.staff, row, rules)
                    wish = Wish(signed.staff.id, workflow.stands(row))
                else:
                    revisions.get(session, pressed.entry_id, pressed.seen)
        except (Conflict, Refused) as error:
            return self.entry.edit(request, pressed.entry_id, error)
        self.trials.start((pressed.entry_id, pressed.seen), wish)
        return RedirectResponse(f"{ROOT}{ENTRY}/{pressed.entry_id}/trial?seen={pressed.seen}", 303)

    def show(self, request: Request, key: tuple[str, int], asked: str, fragment: bool) -> Response:
        job = self.trials.find(key)
        if job and job.published and not asked:
            return RedirectResponse(f"{ROOT}{ENTRY}/{key[0]}?done=publish", 303)
        if job and job.ended.is_set() and isinstance(job.problem, Conflict | Refused):
            return self.entry.edit(request, key[0], job.problem)
        with self.door.db.begin() as session:
            body, stood = revisions.get(session, *key).body, workflow.stands(session.get_one(EntryRow, key[0]))
            shown = entry_view.warnings(session, body, self.entry.reader(request, session))
        answer = self._answer(job, body, asked)
        with self.door.db.begin() as session:
            titles = entries.titles(session, [*_named(job), *_near(answer["read"])])
        context = {
            "job": job,
            "body": body,
            "seen": key[1],
            "stood": stood,
            **shown,
            "titles": titles | {key[0]: body["titles"]},
            "longest": LONGEST,
        }
        return self.door.page(request, "_trial.html" if fragment else "trial.html", {**context, **answer})

    def _answer(self, job: Job | None, body: entries.Entry, asked: str) -> dict[str, Any]:
        """What the bot would understand, and say if it is this entry."""
        if not (job and job.trial and asked.strip()):
            return {"asked": asked, "read": None}
        from bot.understanding.understand import History, understand  # the encoder: see trials.py

        read = understand(asked, History(), job.trial.index)
        found = read.route in ("faq", "urgent") and (read.id if read.route == "faq" else read.candidates[0][0]) == body["id"]
        said = preview.said(body, known(read.form), {}, self.door.settings.data_dir) if found else None
        return {"asked": asked, "read": read, "preview": said}


def _named(job: Job | None) -> list[str]:
    """Other entries that the result speaks of."""
    if job is None or job.trial is None:
        return []
    misses, collisions = job.trial.misses, job.trial.collisions
    return [*(miss.entry for miss in misses), *(miss.found for miss in misses), *(collision.entry for collision in collisions)]


def _near(read: "Understanding | None") -> list[str]:
    """Entries that the question came near to."""
    return [id for id, _ in read.candidates] if read else []


def add(routes: APIRouter, door: Door) -> None:
    pages = TrialPages(door)
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))
    Seen = Annotated[int, Query(ge=0, le=MOST_ROWS)]

    def publish(request: Request, signed: Annotated[Signed, may_change], pressed: Annotated[Pressed, Depends(pressed)]) -> Response:
        return pages.start(request, signed, pressed, live=True)

    def attempt(request: Request, signed: Annotated[Signed, may_change], pressed: Annotated[Pressed, Depends(pressed)]) -> Response:
        return pages.start(request, signed, pressed, live=False)

    def show(
        request: Request,
        entry_id: str,
        signed: Annotated[Signed, may],
        seen: Seen = 0,
        q: Annotated[str, Query(max_length=LONGEST)] = "",
    ) -> Response:
        return pages.show(request, (entry_id, seen), q, fragment=False)

    def progress(request: Request, entry_id: str, signed: Annotated[Signed, may], seen: Seen = 0) -> Response:
        return pages.show(request, (entry_id, seen), "", fragment=True)

    routes.add_api_route(f"{ENTRY}/{{entry_id}}/publish", publish, methods=["POST"])
    routes.add_api_route(f"{ENTRY}/{{entry_id}}/try", attempt, methods=["POST"])
    routes.add_api_route(f"{ENTRY}/{{entry_id}}/trial", show, methods=["GET"])
    routes.add_api_route(f"{ENTRY}/{{entry_id}}/trial/progress", progress, methods=["GET"])
