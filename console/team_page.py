"""One team: when it works, who is on call, who is there. For who leads it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.errors import Conflict, DalilError
from bot.faq import entries
from bot.staff import hours, on_call, presence, team_days, team_settings, teams
from bot.staff.rights import Right
from bot.staff.team_settings import Change
from bot.staff.week import MOST, WrongDay
from bot.tables import Staff, Team
from console import team_forms
from console.door import Door, RowId, Signed
from console.pages import ROOT
from console.team_forms import Filled
from console.teams import PATH
from console.tries import tried

Do = Callable[[Session, Staff, int, Filled], None]
FORMS: dict[str, tuple[Right, Do]] = {
    "name": (Right.PEOPLE, lambda session, me, team, filled: team_settings.rename(session, me, team, team_forms.name_of(filled))),
    "hours": (Right.LEAD, lambda session, me, team, filled: team_settings.set_hours(session, me, team, team_forms.hours_of(filled))),
    "minutes": (Right.LEAD, lambda session, me, team, filled: team_settings.set_minutes(session, me, team, team_forms.minutes_of(filled))),
    "places": (Right.LEAD, lambda session, me, team, filled: team_settings.set_places(session, me, team, team_forms.places_of(filled))),
    "days": (Right.LEAD, lambda session, me, team, filled: team_days.add(session, me, team, team_forms.days_of(filled))),
    "on_call": (Right.LEAD, lambda session, me, team, filled: on_call.add(session, me, team, team_forms.shift_of(filled))),
}
REMOVED: dict[str, Callable[[Session, Staff, int, int], None]] = {"days": team_days.remove, "on_call": on_call.remove}


@dataclass(frozen=True)
class Tried:
    """A form that was refused, so that nothing that was typed is lost. `topics`: those that were ticked."""

    form: str
    error: DalilError
    filled: Filled = field(default_factory=dict)
    topics: tuple[str, ...] = ()


class TeamPage:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, signed: Signed, team_id: int, refused: Tried | None = None) -> Response:
        with self.door.db.begin() as session:
            team = teams.led(session, signed.staff, team_id)
            context = {**_shown(session, team), **self._typed(request, team, refused)}
        common = {"path": f"{ROOT}{PATH}/{team_id}", "may_manage": signed.may(Right.PEOPLE), "most": MOST}
        return self.door.form(request, "team.html", {**context, **common}, refused.error if refused else None)

    def act(self, request: Request, signed: Signed, team_id: int, form: str, filled: Filled) -> Response:
        _, error = tried(self.door, lambda session: FORMS[form][1](session, signed.staff, team_id, filled))
        return self.show(request, signed, team_id, Tried(form, error, filled)) if error else _saved(team_id, form)

    def set_topics(self, request: Request, signed: Signed, team_id: int, change: Change[list[str]]) -> Response:
        _, error = tried(self.door, lambda session: team_settings.set_topics(session, signed.staff, team_id, change))
        if error:
            return self.show(request, signed, team_id, Tried("topics", error, topics=tuple(change.after)))
        return _saved(team_id, "topics")

    def remove(self, signed: Signed, team_id: int, form: str, row_id: int) -> Response:
        with self.door.db.begin() as session:
            REMOVED[form](session, signed.staff, team_id, row_id)
        return _saved(team_id, form)

    def _typed(self, request: Request, team: Team, refused: Tried | None) -> dict[str, Any]:
        """What stands in the fields; what is wrong, and where; what was saved."""
        fields, ticked = team_forms.stored(team), tuple(team.topics)
        if refused:
            fields[refused.form], ticked = refused.filled, refused.topics if refused.form == "topics" else ticked
        error = refused.error if refused else None
        wrong = {"form": refused.form if refused else "", "day": error.day if isinstance(error, WrongDay) else -1}
        wrong["changed"] = isinstance(error, Conflict)
        return {"fields": fields, "ticked": ticked, "wrong": wrong, "saved": request.query_params.get("saved", "")}


def _shown(session: Session, team: Team) -> dict[str, Any]:
    at = datetime.now(timezone.utc)
    others = {topic: other for other in teams.all_teams(session) if other.id != team.id for topic in other.topics}
    return {
        "team": team,
        "before": team_forms.before(team),
        "now": hours.now(session, team, at),
        "days": sorted(hours.exceptions(session, team, at.astimezone(TIME_ZONE).date()), key=lambda row: (row.first, row.last, row.id)),
        "plan": on_call.plan(session, team, at),
        "on_call_now": on_call.now(session, team, at),
        "members": presence.members(session, team),
        "topics": sorted({*entries.topics(session), *team.topics}),
        "taken": others,
    }


def _saved(team_id: int, form: str) -> Response:
    return RedirectResponse(f"{ROOT}{PATH}/{team_id}?saved={form}#{form}", 303)


async def filled_in(request: Request) -> Filled:
    """All fields of the form; most of them are one of a row of equals."""
    return {key: value for key, value in (await request.form()).items() if isinstance(value, str)}


def add(routes: APIRouter, door: Door) -> None:
    pages = TeamPage(door)

    def page(request: Request, team_id: RowId, signed: Annotated[Signed, Depends(door.may(Right.LEAD))]) -> Response:
        return pages.show(request, signed, team_id)

    def set_topics(
        request: Request,
        team_id: RowId,
        signed: Annotated[Signed, Depends(door.may_change(Right.PEOPLE))],
        before: Annotated[str, Form()] = "",
        topics: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        return pages.set_topics(request, signed, team_id, Change([t for t in before.split(",") if t], topics or []))

    routes.add_api_route(f"{PATH}/{{team_id}}", page, methods=["GET"])
    routes.add_api_route(f"{PATH}/{{team_id}}/topics", set_topics, methods=["POST"])
    for form in FORMS:
        routes.add_api_route(f"{PATH}/{{team_id}}/{form}", _changing(pages, form), methods=["POST"])
    for form in REMOVED:
        routes.add_api_route(f"{PATH}/{{team_id}}/{form}/{{row_id}}/remove", _removing(pages, form), methods=["POST"])


def _changing(pages: TeamPage, form: str) -> Callable[..., Response]:
    def change(
        request: Request,
        team_id: RowId,
        signed: Annotated[Signed, Depends(pages.door.may_change(FORMS[form][0]))],
        filled: Annotated[Filled, Depends(filled_in)],
    ) -> Response:
        return pages.act(request, signed, team_id, form, filled)

    return change


def _removing(pages: TeamPage, form: str) -> Callable[..., Response]:
    def remove(team_id: RowId, row_id: RowId, signed: Annotated[Signed, Depends(pages.door.may_change(Right.LEAD))]) -> Response:
        return pages.remove(signed, team_id, form, row_id)

    return remove
