"""Files that are brought: kept for who brought them, read to say what they would change, then carried out or left."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from bot.errors import Conflict, DalilError, NotFound, Refused
from bot.exchange import reading, uploads
from bot.exchange.limits import MOST_BYTES
from bot.exchange.report import Unreadable
from bot.exchange.uploads import File, Kind
from bot.staff.rights import Right
from bot.tables import Staff
from console.door import Door, Signed
from console.language import Language
from console.pages import ROOT

MOST_SHOWN = 500


@dataclass(frozen=True)
class Chosen:
    """The file of a form; no more of it than is needed to see that it is too large."""

    name: str = ""
    content: bytes = b""


async def chosen(request: Request) -> Chosen:
    file = (await request.form()).get("file")
    return Chosen(file.filename or "", await file.read(MOST_BYTES + 1)) if isinstance(file, UploadFile) else Chosen()


def words(language: Language, key: str) -> str:
    """What a remark says; some keys are those of the editors' pages."""
    return language.messages.get(key, key) if "." in key else language.named("exchange", key)


class Planned(Protocol):
    """What a file would change. `mark`: of another plan it is another one."""

    @property
    def mark(self) -> str: ...


P = TypeVar("P", bound=Planned)


class Brought(ABC, Generic[P]):
    """The pages of one kind of file, below `path`; `templates`: where it is brought, and what it would change."""

    kind: ClassVar[Kind]
    path: ClassVar[str]
    templates: ClassVar[tuple[str, str]]

    def __init__(self, door: Door) -> None:
        self.door = door

    @abstractmethod
    def choices(self, session: Session) -> dict[str, Any]:
        """What else the page on which files are brought and taken away shows."""

    @abstractmethod
    def planned(self, session: Session, file: File) -> P:
        """Worked out anew each time: what others saved meanwhile counts."""

    @abstractmethod
    def report(self, found: P) -> dict[str, Any]:
        """What its page tells; `lines`: row by row, what matters most first."""

    @abstractmethod
    def carry_out(self, session: Session, person: Staff, found: P, others: bool) -> int:
        """How many changed. `others`: also when something is refused."""

    def show(self, request: Request, problem: str = "", detail: str = "", done: int = 0) -> Response:
        with self.door.db.begin() as session:
            choices = self.choices(session)
        told = {"problem": problem, "detail": detail, "done": done, "largest": MOST_BYTES // 2**20, "here": self.path}
        return self.door.page(request, self.templates[0], {**choices, **told}, 422 if problem else 200)

    def keep(self, request: Request, signed: Signed, file: Chosen, lang: str = "") -> Response:
        if not file.name:
            return self.show(request, "exchange.no_file")
        if len(file.content) > MOST_BYTES:
            return self.show(request, "exchange.too_large", f"> {MOST_BYTES // 2**20} MB")
        with self.door.db.begin() as session:
            uploads.keep(session, signed.staff, self.kind, File(reading.short(file.name), file.content, lang))
        return RedirectResponse(f"{ROOT}{self.path}/plan", 303)

    def plan(self, request: Request, signed: Signed, error: DalilError | None = None) -> Response:
        try:
            with self.door.db.begin() as session:
                found = self.planned(session, uploads.kept(session, signed.staff, self.kind))
        except NotFound:
            return RedirectResponse(f"{ROOT}{self.path}", 303)
        except Unreadable as unreadable:
            return self.show(request, str(unreadable), f"{unreadable.remark.where} {unreadable.remark.detail}".strip())
        report, language = self.report(found), self.door.language(request)
        some = {"lines": report["lines"][:MOST_SHOWN], "more": max(0, len(report["lines"]) - MOST_SHOWN)}
        context = {**report, **some, "plan": found, "here": self.path, "said": lambda key: words(language, key)}
        return self.door.form(request, self.templates[1], context, error)

    def apply(self, request: Request, signed: Signed, mark: str, others: bool) -> Response:
        try:
            with self.door.db.begin() as session:
                found = self.planned(session, uploads.kept(session, signed.staff, self.kind, lock=True))
                if found.mark != mark:
                    raise Conflict("exchange.plan_changed")
                count = self.carry_out(session, signed.staff, found, others)
                uploads.drop(session, signed.staff, self.kind)
        except (Conflict, Refused) as error:
            return self.plan(request, signed, error)
        except (NotFound, Unreadable):
            return RedirectResponse(f"{ROOT}{self.path}/plan", 303)
        return RedirectResponse(f"{ROOT}{self.path}?done={count}", 303)


def add(routes: APIRouter, pages: Brought[Any]) -> None:
    """What every kind of file has: where it is brought; what it would change; let it; or leave it."""
    door, path = pages.door, pages.path
    may, may_change = Depends(door.may(Right.CONTENT)), Depends(door.may_change(Right.CONTENT))

    def show(request: Request, _: Annotated[Signed, may], done: str = "") -> Response:
        return pages.show(request, done=int(done) if done.isascii() and done.isdecimal() and len(done) < 6 else 0)

    def report(request: Request, signed: Annotated[Signed, may]) -> Response:
        return pages.plan(request, signed)

    def carry_out(
        request: Request,
        signed: Annotated[Signed, may_change],
        mark: Annotated[str, Form()] = "",
        others: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.apply(request, signed, mark, others == "yes")

    def drop(signed: Annotated[Signed, may_change]) -> Response:
        with door.db.begin() as session:
            uploads.drop(session, signed.staff, pages.kind)
        return RedirectResponse(f"{ROOT}{path}", 303)

    routes.add_api_route(path, show, methods=["GET"])
    routes.add_api_route(f"{path}/plan", report, methods=["GET"])
    routes.add_api_route(f"{path}/apply", carry_out, methods=["POST"])
    routes.add_api_route(f"{path}/drop", drop, methods=["POST"])
