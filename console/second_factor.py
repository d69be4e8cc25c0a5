"""The second factor of one's own account: the QR code, the recovery codes, switching it off."""

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from bot.errors import DalilError
from bot.staff import second_factor
from console.door import Door, Signed, inside
from console.menu import ACCOUNT
from console.pages import ROOT
from console.tries import counted, tried

PATH = f"{ACCOUNT}/second-factor"
SET_UP = frozenset({"second_factor"})


def drawing(address: str) -> Markup:
    """The QR code, dark on light also on a dark page. It is made of lines only: nothing of the address stands in it as text."""
    return Markup(segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff"))


class SecondFactor:
    def __init__(self, door: Door) -> None:
        self.door = door

    def show(self, request: Request, signed: Signed, came: tuple[str, str] = ("", ""), error: DalilError | None = None) -> Response:
        """How it is set up, or what may be done with the one that is.

        `came`: where to go on afterwards, and the secret that the form brought back, so that a wrong code does not change it.
        """
        said = {"csrf": signed.csrf, "back": inside(came[0]), "path": f"{ROOT}{PATH}"}
        about: dict[str, Any]
        with self.door.db.begin() as session:
            if signed.staff.totp_sealed:
                about = {"offer": None, "left": second_factor.codes_left(session, signed.staff.id)}
            else:
                offer = second_factor.offered(session, signed.staff, came[1]) or second_factor.offer(session, signed.staff)
                about = {"offer": offer, "picture": drawing(offer.address)}
        return self.door.form(request, "second_factor.html", {**said, **about}, error)

    def set_up(self, request: Request, signed: Signed, words: tuple[str, str], back: str) -> Response:
        sealed, code = words
        codes, error = tried(self.door, lambda session: second_factor.set_up(session, signed.opened, sealed, code))
        return self.show(request, signed, (back, sealed), error) if codes is None else self._codes(request, codes, back)

    def renew(self, request: Request, signed: Signed, password: str) -> Response:
        codes, error = counted(self.door, lambda session: second_factor.renew_codes(session, signed.staff.id, password))
        return self.show(request, signed, error=error) if codes is None else self._codes(request, codes, f"{ROOT}{ACCOUNT}")

    def switch_off(self, request: Request, signed: Signed, password: str, code: str) -> Response:
        _, error = counted(self.door, lambda session: second_factor.switch_off(session, signed.opened, password, code))
        return self.show(request, signed, error=error) if error else RedirectResponse(f"{ROOT}{ACCOUNT}?saved=1", 303)

    def _codes(self, request: Request, codes: list[str], back: str) -> Response:
        return self.door.page(request, "recovery_codes.html", {"codes": codes, "back": inside(back), "path": f"{ROOT}{PATH}"})


def add(routes: APIRouter, door: Door) -> None:
    pages = SecondFactor(door)

    def page(request: Request, signed: Annotated[Signed, Depends(door.may(finishing=SET_UP))], back: str = "") -> Response:
        return pages.show(request, signed, (back, ""))

    def set_up(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change(finishing=SET_UP))],
        sealed: Annotated[str, Form()] = "",
        code: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.set_up(request, signed, (sealed, code), back)

    def renew(request: Request, signed: Annotated[Signed, Depends(door.may_change())], password: Annotated[str, Form()] = "") -> Response:
        return pages.renew(request, signed, password)

    def switch_off(
        request: Request,
        signed: Annotated[Signed, Depends(door.may_change())],
        password: Annotated[str, Form()] = "",
        code: Annotated[str, Form()] = "",
    ) -> Response:
        return pages.switch_off(request, signed, password, code)

    routes.add_api_route(PATH, page, methods=["GET"])
    routes.add_api_route(PATH, set_up, methods=["POST"])
    routes.add_api_route(f"{PATH}/codes", renew, methods=["POST"])
    routes.add_api_route(f"{PATH}/off", switch_off, methods=["POST"])
