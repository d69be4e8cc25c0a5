"""One service of the directory: all that people are told of it. For editors."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.directory import editing, organizations, search, typed, usage
from bot.directory.editing import STATUS, TEXTS, Change, WrongField, WrongFields
from bot.directory.eligibility import spoken, tags
from bot.directory.hours_text import in_words, to_type
from bot.directory.kinds import kind_names
from bot.directory.presentation import called, details_text
from bot.directory.snapshot import TRUST
from bot.directory.towns import town_names
from bot.directory.typed import LONGEST_DAY, LONGEST_NOTE, SameName
from bot.errors import Conflict, DalilError
from bot.language.forms import FORMS, known
from bot.staff.rights import Right
from bot.staff.week import MOST
from bot.tables import Service
from bot.texts import Texts
from console import erasing, meanwhile, service_form
from console.door import Door, Signed
from console.erasing import Erases
from console.meanwhile import Meanwhile, Words
from console.pages import ROOT
from console.team_forms import Filled
from console.tries import tried

PATH = "/directory"
SERVICE, NEW = f"{PATH}/services/{{service_id}}", f"{PATH}/organizations/{{organization_id}}/services/new"
TextId = Annotated[str, Path(max_length=200)]
LIMITS = {"longest": editing.LONGEST, "longest_name": editing.LONGEST_NAME, "longest_line": editing.LONGEST_LINE}
LIMITS |= {"longest_note": LONGEST_NOTE, "longest_day": LONGEST_DAY}
EXAMPLE = "Mo-Fr 09:00-15:00"


@dataclass(frozen=True)
class Tried:
    """A form that was refused; nothing that was typed is lost. `meanwhile`: what somebody else saved."""

    error: DalilError
    filled: Filled
    meanwhile: Meanwhile | None = None

    @property
    def status(self) -> int:
        return 409 if isinstance(self.error, Conflict) else 422

    @property
    def faults(self) -> tuple[WrongField, ...]:
        if isinstance(self.error, WrongFields):
            return self.error.faults
        return (self.error,) if isinstance(self.error, WrongField) else ()


def refusal(problem: str, refused: Tried | None, stored: Filled) -> dict[str, Any]:
    """What a form says of it: in all, and at each field. `came_back`: with something that is not stored."""
    faults = refused.faults if refused else ()
    twin = refused.error.twin if refused and isinstance(refused.error, SameName) else ""
    wrong = {fault.at: str(fault) for fault in faults}
    typed_in = refused.filled.items() if refused else ()
    came_back = any(stored.get(key, "") != text for key, text in typed_in if key not in ("csrf", "seen"))
    marked = {"faults": faults, "wrong": wrong, "faulty": {fault.field for fault in faults}}
    erased = refused.error.erased if refused and isinstance(refused.error, Erases) else {}
    return {"problem": problem, **marked, "twin": twin, "erased": erased, "came_back": came_back}


class ServicePage:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, about: tuple[str, str], refused: Tried | None = None) -> Response:
        """`about`: the organisation, when the service is a new one; the service."""
        lang, data_dir = self.door.language(request).code, self.door.settings.data_dir
        with self.door.db.begin() as session:
            context = self._kept(session, about[1], lang) if about[1] else self._new(session, about[0], lang)
        filled = refused.filled if refused else context["filled"]
        said = refusal(self.door.sentence(request, refused.error if refused else None), refused, context["filled"])
        texts = Texts.load(data_dir)
        said["understood"] = service_form.understood(filled, lambda hours: in_words(hours, known(lang), texts))
        said["hours_typed"] = service_form.has_hours(filled)
        said["example"] = in_words(EXAMPLE, known(lang), texts)
        rows = {key: service_form.rows(filled, key) for key in ("phones", "specials")}
        lists = {"kinds": kind_names(data_dir, lang), "towns": town_names(data_dir, lang), "tags": tags(data_dir, lang)}
        fixed = {"spoken": spoken(data_dir, lang), "forms": FORMS, "texts": TEXTS, "trust": TRUST, "states": STATUS}
        theirs = refused.meanwhile if refused else None
        form = {
            "fields": {"service": filled, "hours": filled},
            "meanwhile": theirs,
            "rows": rows,
            "most": MOST,
            "phone_kinds": service_form.OFFERED,
        }
        saved = request.query_params.get("saved", "")
        status = refused.status if refused else 200
        return self.door.page(request, "service.html", {**context, **said, **lists, **fixed, **form, **LIMITS, "saved": saved}, status)

    def save(self, request: Request, signed: Signed, about: tuple[str, str], filled: Filled) -> Response:
        data_dir, filled = self.door.settings.data_dir, self._decided(request, about[1], filled)

        def do(session: Session) -> Service:
            before = session.get(Service, about[1]) if about[1] else None
            erased = erasing.to_erase(before, filled)
            values, wrong = service_form.read(erasing.without(filled) if erased else filled, before)
            again = editing.reopening(before, values) if before else {}
            wrong += service_form.checked(filled, chain(editing.faults(values | again, data_dir), typed.faults(values, before)))
            if wrong:
                raise WrongFields(service_form.in_order(wrong))
            if erased and erasing.YES not in filled:
                raise Erases(erased)
            other = None if before or "another" in filled else typed.twin(session, about[0], values)
            if other:
                raise SameName(other.id)
            return editing.save_service(session, signed.staff, about, Change(values, filled.get("seen", "")), data_dir)

        row, error = tried(self.door, do)
        if row:
            return RedirectResponse(f"{ROOT}{PATH}/services/{row.id}?saved={'1' if about[1] else 'new'}", 303)
        assert error
        return self.show(request, about, self._refused(request, about[1], error, filled))

    def act(self, request: Request, signed: Signed, service_id: str, what: tuple[str, str]) -> Response:
        """`what`: checked or end, and the version that was seen."""
        do = {"checked": editing.checked, "end": editing.end}[what[0]]
        _, error = tried(self.door, lambda session: do(session, signed.staff, service_id, what[1]))
        if error:
            with self.door.db.begin() as session:
                service = search.get(session, service_id).service
                filled = {**self._stored(request)(service), "seen": editing.version(service)}
            return self.show(request, ("", service_id), Tried(error, filled))
        return RedirectResponse(f"{ROOT}{PATH}/services/{service_id}?saved={what[0]}", 303)

    def _typing(self, lang: str) -> Callable[[str], str]:
        texts = Texts.load(self.door.settings.data_dir)
        return lambda hours: to_type(hours, known(lang), texts)

    def _stored(self, request: Request) -> Callable[[Service], Filled]:
        return lambda service: service_form.stored(service, self._typing(self.door.language(request).code))

    def _decided(self, request: Request, service_id: str, filled: Filled) -> Filled:
        with self.door.db.begin() as session:
            row = session.get(Service, service_id) if filled.get("take") else None
            return meanwhile.decided(session, row, filled, self._stored(request)) if row else filled

    def _refused(self, request: Request, service_id: str, error: DalilError, filled: Filled) -> Tried:
        """After a conflict to save once more is a choice: the form now knows the other's version. That all is true must be said anew."""
        with self.door.db.begin() as session:
            filled = erasing.unanswered(session.get(Service, service_id) if service_id else None, filled)
        if not isinstance(error, Conflict):
            return Tried(error, filled)
        with self.door.db.begin() as session:
            service = search.get(session, service_id).service
            language, filled = self.door.language(request), {**filled, "verified": service.verified}
            words = Words(language, town_names(self.door.settings.data_dir, language.code))
            return Tried(error, *meanwhile.merged(session, service, filled, (self._stored(request), words)))

    def _kept(self, session: Session, service_id: str, lang: str) -> dict[str, Any]:
        hit, data_dir = search.get(session, service_id), self.door.settings.data_dir
        texts = Texts.load(data_dir)
        return {
            "row": hit.service,
            "owner": hit.organization,
            "owner_name": organizations.name_of(session, hit.organization, known(lang)),
            "title": called(hit.service, hit.organization, known(lang)),
            "hidden_by": search.hidden_by(hit.service, search.Query().at),
            "opening": hit.opening,
            "hours_said": in_words(hit.service.hours, known(lang), texts),
            "seen": editing.version(hit.service),
            "filled": {**service_form.stored(hit.service, self._typing(lang)), "seen": editing.version(hit.service)},
            "read": {form: details_text(hit, form, texts, data_dir) for form in FORMS},
            "used": usage.of_service(session, hit.service, lang, data_dir),
        }

    def _new(self, session: Session, organization_id: str, lang: str) -> dict[str, Any]:
        owner = editing.organization(session, organization_id)
        name = organizations.name_of(session, owner, known(lang))
        common = {
            "row": None,
            "owner": owner,
            "owner_name": name,
            "title": "",
            "hidden_by": (),
            "opening": None,
            "seen": "",
            "hours_said": "",
        }
        return {**common, "filled": service_form.empty(), "read": {}, "used": None}


def add(routes: APIRouter, door: Door) -> None:
    pages = ServicePage(door)

    def page(request: Request, service_id: TextId, _: Annotated[Signed, Depends(door.may(Right.CONTENT))]) -> Response:
        return pages.show(request, ("", service_id))

    def new(request: Request, organization_id: TextId, _: Annotated[Signed, Depends(door.may(Right.CONTENT))]) -> Response:
        return pages.show(request, (organization_id, ""))

    def create(
        request: Request,
        organization_id: TextId,
        signed: Annotated[Signed, Depends(door.may_change(Right.CONTENT))],
        filled: Annotated[Filled, Depends(service_form.filled_in)],
    ) -> Response:
        return pages.save(request, signed, (organization_id, ""), filled)

    def save(
        request: Request,
        service_id: TextId,
        signed: Annotated[Signed, Depends(door.may_change(Right.CONTENT))],
        filled: Annotated[Filled, Depends(service_form.filled_in)],
    ) -> Response:
        return pages.save(request, signed, ("", service_id), filled)

    routes.add_api_route(NEW, new, methods=["GET"])
    routes.add_api_route(NEW, create, methods=["POST"])
    routes.add_api_route(SERVICE, page, methods=["GET"])
    routes.add_api_route(SERVICE, save, methods=["POST"])
    for what in ("checked", "end"):
        routes.add_api_route(f"{SERVICE}/{what}", _acting(pages, what), methods=["POST"])


def _acting(pages: ServicePage, what: str) -> Any:
    def act(
        request: Request,
        service_id: TextId,
        signed: Annotated[Signed, Depends(pages.door.may_change(Right.CONTENT))],
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.act(request, signed, service_id, (what, seen))

    return act
