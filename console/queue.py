"""The lists of cases: views, filters, search. All of it stands in the address, so that a list can be kept, sent and reloaded."""

import uuid
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bot.directory.towns import town_names
from bot.faq import entries
from bot.handoff import cases, views
from bot.language.forms import FORMS, OTHER
from bot.staff import presence, teams
from bot.staff.rights import Right
from bot.understanding.danger import KINDS
from console.door import Door, Signed
from console.language import Language
from console.menu import start
from console.pages import ROOT

CHANNELS = ("webchat", "telegram", "whatsapp")
LONGEST = 200  # characters that are searched for
AS_THEY_ARE = {"urgency", "topic", "form", "channel", "place", "after"}  # fields of `Asked` and of `Wanted`


class Asked(BaseModel):
    """What the address says. Empty: does not matter."""

    view: str = "all"
    urgency: str = ""
    topic: str = ""
    form: str = ""
    channel: str = ""
    place: str = ""
    assignee: str = ""
    team: str = ""
    overdue: str = ""
    q: str = ""
    after: str = ""

    def address(self, **other: str) -> str:
        """The query of this list, or of one that differs in `other`."""
        usual = Asked().model_dump()
        return urlencode({name: value for name, value in {**self.model_dump(), **other}.items() if value != usual[name]})

    @property
    def narrowed(self) -> bool:
        """Whether anything but the view is asked for."""
        return any(value for name, value in self.model_dump().items() if name not in ("view", "after"))

    def wanted(self, called: Mapping[str, Mapping[str, str]]) -> views.Wanted:
        return views.Wanted(
            **self.model_dump(include=AS_THEY_ARE),
            view=self.view if self.view in views.VIEWS else "all",
            assignee=as_uuid(self.assignee),
            team=as_number(self.team),
            overdue=bool(self.overdue),
            text=self.q[:LONGEST],
            called=called,
        )


class QueuePage:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, signed: Signed, asked: Asked) -> Response:
        with self.door.db.begin() as session:
            context = {**self._list(session, request, signed, asked), "options": self._options(session, request, signed)}
        return self.door.page(request, "queue.html", context)

    def fragment(self, request: Request, signed: Signed, asked: Asked) -> Response:
        """Only what changes: where somebody may be typing is left alone."""
        with self.door.db.begin() as session:
            context = self._list(session, request, signed, asked)
        return self.door.page(request, "_queue.html", context)

    def _list(self, session: Session, request: Request, signed: Signed, asked: Asked) -> dict[str, Any]:
        lang = self.door.language(request)
        wanted = asked.wanted(self._called(session, lang) if asked.q else {})
        found = views.read(session, signed.staff, wanted)
        return {
            "list": found,
            "asked": asked,
            "view": wanted.view,
            "tabs": [(name, asked.address(view=name, after=""), found.counts[name]) for name in views.VIEWS],
            "towns": town_names(self.door.settings.data_dir, lang.code),
            "lang": lang.code,
            "everywhere": signed.may(Right.ALL_TEAMS),
        }

    def _called(self, session: Session, lang: Language) -> dict[str, dict[str, str]]:
        """What stored values are called on the page."""
        kinds = {"outcome": cases.OUTCOMES, "channel": CHANNELS, "urgency": KINDS, "topic": entries.topics(session)}
        called = {kind: {value: lang.named(kind, value) for value in values} for kind, values in kinds.items()}
        return {**called, "place": town_names(self.door.settings.data_dir, lang.code)}

    def _options(self, session: Session, request: Request, signed: Signed) -> dict[str, Any]:
        """What may be chosen in the filters: by name, values and what they are called."""
        lang, data_dir = self.door.language(request), self.door.settings.data_dir
        everywhere, towns = signed.may(Right.ALL_TEAMS), town_names(data_dir, lang.code)
        seen = teams.all_teams(session) if everywhere else [teams.get(session, signed.staff.team_id)]
        people = sorted((member.person for member in presence.members(session, *seen)), key=lambda person: person.name.lower())
        named = {"urgency": KINDS, "topic": entries.topics(session), "form": (*FORMS, OTHER), "channel": CHANNELS}
        return {
            **{kind: [(value, lang.named(kind, value)) for value in values] for kind, values in named.items()},
            "place": [(place, towns.get(place, place)) for place in views.places(session, signed.staff)],
            "assignee": [(str(person.id), person.name) for person in people],
            "team": [(str(team.id), team.name) for team in seen] if len(seen) > 1 else [],
        }


def as_number(text: str) -> int:
    """The id in a field that may hold anything; 0 for none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def add(routes: APIRouter, door: Door) -> None:
    pages = QueuePage(door)

    def page(request: Request, asked: Annotated[Asked, Query()], signed: Annotated[Signed, Depends(door.may())]) -> Response:
        """Where everybody lands after the sign-in; who does not work on cases is led on to their own first page."""
        if not signed.may(Right.CASES):
            return RedirectResponse(f"{ROOT}{start(signed.staff)}", 303)
        return pages.show(request, signed, asked)

    def fragment(request: Request, asked: Annotated[Asked, Query()], signed: Annotated[Signed, Depends(door.may(Right.CASES))]) -> Response:
        return pages.fragment(request, signed, asked)

    routes.add_api_route("/", page, methods=["GET"])
    routes.add_api_route("/queue", fragment, methods=["GET"])
