"""What an editor fills in for a service is held to more than what an import brings; what stood there before and is unchanged may stay."""

import re
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory.editing import Values, WrongField
from bot.faq.phones import is_number
from bot.language.normalize import normalize
from bot.tables import Organization, Service

LONGEST_NUMBER, LONGEST_NOTE, LONGEST_DAY, LONGEST_HOURS = 40, 80, 60, 500
LATITUDES, LONGITUDES = (20.5, 36.2), (-17.3, -0.9)  # of Morocco
_POSITION = re.compile(r"([-+]?\d{1,4}(?:[.,]\d{1,20})?)\s*[,;\s]\s*([-+]?\d{1,4}(?:[.,]\d{1,20})?)")
_ARABIC_SIGNS = str.maketrans({"٫": ".", "،": ",", "؛": ";", "−": "-", "\u200e": None, "\u200f": None})
_BARE = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/?#:]\S*)?", re.IGNORECASE)


class SameName(WrongField):
    """`twin`: the id of the one that is there already."""

    def __init__(self, twin: str, key: str = "directory.same_name") -> None:
        super().__init__(key, "names", "names_fr")
        self.twin = twin


def with_scheme(address: str) -> str:
    """`amal.ma/aide` as a web address."""
    return f"https://{address}" if _BARE.fullmatch(address) else address


def faults(values: Values, before: Service | None) -> Iterator[WrongField]:
    """`before`: as it is stored; None for a new one, which also needs a kind and a place."""
    yield from _phones(values, before)
    yield from _point(values, before)
    yield from _lengths(values)
    if before is None and not values["categories"]:
        yield WrongField("directory.no_kind", "categories")
    if before is None and not (values["town"] or values["town_name"] or values["covers"]):
        yield WrongField("directory.no_town", "town")


def twin(session: Session, organization_id: str, values: Values) -> Service | None:
    """A service of this organisation in this town that is called the same."""
    others = session.scalars(select(Service).filter_by(organization_id=organization_id, town=values["town"]).order_by(Service.id))
    return next((other for other in others if _called(other.names) & _called(values["names"])), None)


def twin_organization(session: Session, values: Values) -> Organization | None:
    """One that is called the same, in whichever language."""
    others = session.scalars(select(Organization).order_by(Organization.id))
    return next((other for other in others if _called(other.names) & _called(values["names"])), None)


def _called(names: dict[str, str]) -> set[str]:
    """Without a name it is called as its organisation."""
    return {normalize(str(name)) for name in names.values() if name} or {""}


def _phones(values: Values, before: Service | None) -> Iterator[WrongField]:
    kept = {phone["number"] for phone in before.phones} if before else set()
    for n, phone in enumerate(values["phones"]):
        if phone["number"] not in kept and not is_number(phone["number"]):
            yield WrongField("directory.bad_phone", "phones", f"phone_number_{n}")
        if len(phone["note"]) > LONGEST_NOTE:
            yield WrongField("directory.too_long", "phones", f"phone_note_{n}")


def _point(values: Values, before: Service | None) -> Iterator[WrongField]:
    point = (values["latitude"], values["longitude"])
    if None in point or (before and (before.latitude, before.longitude) == point):
        return
    if wrong := misplaced(*point):
        yield WrongField(wrong, "point")


def position(text: str) -> tuple[float, float]:
    """`30.42, -9.59`, as maps give it; also `30,42 ; -9,59`, and with Arabic digits."""
    found = _POSITION.fullmatch(text.strip().translate(_ARABIC_SIGNS))
    if found is None:
        raise WrongField("directory.bad_point", "point")
    latitude, longitude = (float(number.replace(",", ".")) for number in found.groups())
    return latitude, longitude


def misplaced(latitude: float, longitude: float) -> str:
    """What is wrong with a position, as a key; empty when it lies in Morocco."""
    if _in_morocco(latitude, longitude):
        return ""
    return "directory.swapped_point" if _in_morocco(longitude, latitude) else "directory.outside"


def _in_morocco(latitude: float, longitude: float) -> bool:
    return LATITUDES[0] <= latitude <= LATITUDES[1] and LONGITUDES[0] <= longitude <= LONGITUDES[1]


def _lengths(values: Values) -> Iterator[WrongField]:
    if len(values["hours"]) > LONGEST_HOURS:
        yield WrongField("directory.too_long", "hours")
    for n, row in enumerate(values["special_hours"]):
        for key, most in (("name", LONGEST_DAY), ("hours", LONGEST_HOURS)):
            if len(row[key]) > most:
                yield WrongField("directory.too_long", "special_hours", f"special_{key}_{n}")
