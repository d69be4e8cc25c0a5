"""How content is published: what a manager decides while everything runs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from bot.errors import DalilError, Refused
from bot.faq import content_settings
from bot.staff.rights import Right
from console.door import Door, Signed
from console.pages import ROOT

PATH = "/content/settings"
LONGEST_GRACE = 365  # days


class SettingsPage:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, typed: dict[str, object] | None = None, error: DalilError | None = None) -> Response:
        with self.door.db.begin() as session:
            stored = {
                "four_eyes": content_settings.four_eyes(session),
                "grace_days": content_settings.grace_days(session),
                "check_links": content_settings.check_links(session),
            }
        context = {"kept": stored | (typed or {}), "longest": LONGEST_GRACE}
        return self.door.form(request, "content_settings.html", context, error)

    def save(self, request: Request, signed: Signed, wanted: dict[str, object]) -> Response:
        days = wanted["grace_days"]
        if not (isinstance(days, int) and days <= LONGEST_GRACE):
            return self.show(request, wanted, Refused("settings.grace"))
        with self.door.db.begin() as session:
            before = {"four_eyes": content_settings.four_eyes(session), "grace_days": content_settings.grace_days(session)}
            before["check_links"] = content_settings.check_links(session)
            for name in (name for name, value in wanted.items() if before[name] != value):
                content_settings.put(session, signed.staff, name, wanted[name])
        return RedirectResponse(f"{ROOT}{PATH}?saved=1", 303)


def add(routes: APIRouter, door: Door) -> None:
    page = SettingsPage(door)

    def show(request: Request, signed: Annotated[Signed, Depends(door.may(Right.EDITORIAL))]) -> Response:
        return page.show(request)

    def save(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(Right.EDITORIAL))],
        four_eyes: Annotated[str, Form()] = "",
        grace_days: Annotated[str, Form()] = "",
        check_links: Annotated[str, Form()] = "",
    ) -> Response:
        days = int(grace_days) if grace_days.isascii() and grace_days.isdecimal() and len(grace_days) < 5 else grace_days
        return page.save(request, signed, {"four_eyes": four_eyes == "yes", "grace_days": days, "check_links": check_links == "yes"})

    routes.add_api_route(PATH, show, methods=["GET"])
    routes.add_api_route(PATH, save, methods=["POST"])
