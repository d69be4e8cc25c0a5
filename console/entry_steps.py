"""The way of an entry by buttons: to the review and back, live, into the archive, back to an older answer; and comments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.errors import Conflict, Refused
from bot.faq import answered, asking, comments, workflow
from bot.faq.answered import Back
from bot.faq.asking import Ask
from bot.faq.rules import Book, book
from bot.staff.rights import Right
from bot.tables import Staff
from console.door import MOST_ROWS, Door, RowId, Signed
from console.entries import ENTRY
from console.entry_page import EntryPages
from console.entry_view import Said
from console.pages import ROOT


@dataclass(frozen=True)
class Pressed:
    """A button. `seen`: the revision on the page; `number`: an older one; `text`: what is said to the author; `of`: who is asked, `waited`:
    whom it waited for on the page; `stood`: where it stood there."""

    entry_id: str
    seen: int
    number: int = 0
    text: str = ""
    of: str = ""
    waited: str = ""
    stood: str = ""


def _submit(session: Session, person: Staff, pressed: Pressed, _: Book) -> None:
    asking.ask(session, person, Ask(pressed.entry_id, pressed.seen, pressed.of, pressed.waited))


def _send_back(session: Session, person: Staff, pressed: Pressed, _: Book) -> None:
    workflow.send_back(session, person, pressed.entry_id, pressed.seen)
    comments.send_back(session, person, pressed.entry_id, pressed.text)


def _archive(session: Session, person: Staff, pressed: Pressed, _: Book) -> None:
    workflow.archive(session, person, pressed.entry_id, pressed.seen)


def _roll_back(session: Session, person: Staff, pressed: Pressed, book: Book) -> None:
    answered.roll_back(session, person, Back(pressed.entry_id, pressed.seen, pressed.number, pressed.stood), book)


def _restore(session: Session, person: Staff, pressed: Pressed, _: Book) -> None:
    workflow.restore(session, person, pressed.entry_id, pressed.seen, pressed.number)


STEPS: dict[str, Callable[[Session, Staff, Pressed, Book], None]] = {
    "submit": _submit,
    "send-back": _send_back,
    "archive": _archive,
    "roll-back": _roll_back,
    "restore": _restore,
}


def add(routes: APIRouter, door: Door) -> None:
    pages = EntryPages(door)
    for name in STEPS:
        _add_step(routes, pages, name)
    _add_comments(routes, pages)


def _add_step(routes: APIRouter, pages: EntryPages, name: str) -> None:
    def step(
        request: Request,
        signed: Annotated[Signed, Depends(pages.door.may_change(Right.CONTENT))],
        pressed: Annotated[Pressed, Depends(pressed)],
    ) -> Response:
        try:
            with pages.door.db.begin() as session:
                STEPS[name](session, signed.staff, pressed, book(pages.door.settings.data_dir))
        except (Conflict, Refused) as error:
            return pages.edit(request, pressed.entry_id, error, Said(pressed.text, of=pressed.of))
        return RedirectResponse(f"{ROOT}{ENTRY}/{pressed.entry_id}?done={name}", 303)

    routes.add_api_route(f"{ENTRY}/{{entry_id}}/{name}", step, methods=["POST"])


def pressed(
    entry_id: str,
    seen: Annotated[int, Form(ge=0, le=MOST_ROWS)] = 0,
    number: Annotated[int, Form(ge=0, le=MOST_ROWS)] = 0,
    text: Annotated[str, Form()] = "",
    of: Annotated[str, Form()] = "",
    waited: Annotated[str, Form()] = "",
    stood: Annotated[str, Form()] = "",
) -> Pressed:
    return Pressed(entry_id, seen, number, text.replace("\r\n", "\n").replace("\0", ""), of, waited, stood)


def _add_comments(routes: APIRouter, pages: EntryPages) -> None:
    may_change = Depends(pages.door.may_change(Right.CONTENT))

    def back(entry_id: str, said: str = "") -> Response:
        return RedirectResponse(f"{ROOT}{ENTRY}/{entry_id}{said}#comments", 303)

    def say(
        request: Request,
        signed: Annotated[Signed, may_change],
        pressed: Annotated[Pressed, Depends(pressed)],
        about: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            with pages.door.db.begin() as session:
                comments.add(session, signed.staff, pressed.entry_id, (about, pressed.text))
        except Refused as error:
            return pages.edit(request, pressed.entry_id, error, Said(pressed.text, about))
        return back(pressed.entry_id, "?said=1")

    def settle(entry_id: str, comment_id: RowId, signed: Annotated[Signed, may_change], done: Annotated[str, Form()] = "") -> Response:
        with pages.door.db.begin() as session:
            comments.settle(session, signed.staff, entry_id, comment_id, done == "yes")
        return back(entry_id)

    routes.add_api_route(f"{ENTRY}/{{entry_id}}/comments", say, methods=["POST"])
    routes.add_api_route(f"{ENTRY}/{{entry_id}}/comments/{{comment_id}}", settle, methods=["POST"])
