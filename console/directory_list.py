"""The lists of the directory: services, organisations, and where a number or a name stands. All of a list stands in its address."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from bot.directory import organizations, search, usage
from bot.directory.card import card
from bot.directory.editing import WrongField
from bot.directory.eligibility import spoken, tags
from bot.directory.kinds import kind_names, kinds_by_word
from bot.directory.near import gazetteer, point_near
from bot.directory.opening import State
from bot.directory.place import Point
from bot.directory.search import Query
from bot.directory.towns import town_names
from bot.directory.words import read
from bot.language.forms import known
from bot.staff.rights import Right
from console.door import Door, Signed
from console.pages import ROOT
from console.queue import LONGEST, as_number
from console.service_page import PATH

ON_A_PAGE = 30
ORGANIZATIONS = f"{PATH}/organizations"
STATES: dict[str, tuple[State, ...]] = {"open": ("open",), "unknown": ("unknown",)}
ONLY = (*STATES, "free", "accessible", "ended")
Lists = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Asked:
    """The filters of a list, whatever the address says. `page`: from 0."""

    q: str = ""
    kind: str = ""
    town: str = ""
    tag: str = ""
    language: str = ""
    only: str = ""
    near: str = ""
    page: str = ""

    @property
    def words(self) -> str:
        return self.q[:LONGEST]

    def address(self, path: str = PATH, **other: str) -> str:
        """Of this list with other filters. Another list begins at its first page."""
        kept = {key: value for key, value in {**vars(self), "q": self.words, "page": "", **other}.items() if value}
        return f"{ROOT}{path}?{urlencode(kept)}" if kept else f"{ROOT}{path}"

    def query(self, data_dir: Path) -> Query:
        """What has ended is a list of its own."""
        query = Query(self.kind, self.town, page=as_number(self.page), language=self.language, hidden=True, ended=self.only == "ended")
        query = replace(query, words=read(self.words, kinds_by_word(data_dir)), eligible=frozenset({self.tag} - {""}))
        query = replace(query, accessible=self.only == "accessible", free=self.only == "free")
        return replace(query, open_at=query.at, states=STATES[self.only]) if self.only in STATES else query


@dataclass(frozen=True)
class Leaf:
    """Which page of how many this is, from 0; one that is too far is the last."""

    number: int
    many: int

    @staticmethod
    def of(wanted: int, found: int) -> "Leaf":
        many = max(1, -(-found // ON_A_PAGE))
        return Leaf(min(wanted, many - 1), many)

    def beside(self, asked: Asked, path: str = PATH) -> dict[str, Any]:
        earlier = asked.address(path, page=str(self.number - 1)) if self.number else ""
        later = asked.address(path, page=str(self.number + 1)) if self.number + 1 < self.many else ""
        return {"leaf": self, "earlier": earlier, "later": later}


class DirectoryLists:
    def __init__(self, door: Door) -> None:
        self.door = door

    def services(self, request: Request, asked: Asked) -> Response:
        lang, data_dir = self.door.language(request).code, self.door.settings.data_dir
        with self.door.db.begin() as session:
            point, wrong_near = _from(session, asked, data_dir)
            query = replace(asked.query(data_dir), point=point, by_distance=point is not None)
            hits, many = search.listed(session, query, ON_A_PAGE)
            leaf = Leaf.of(query.page, many)
            if leaf.number != query.page:
                hits, many = search.listed(session, replace(query, page=leaf.number), ON_A_PAGE)
            unknown = search.of_unknown_hours(session, query) if asked.only == "open" else 0
        found = [(card(hit, lang, data_dir), hit, search.hidden_by(hit.service, query.at)) for hit in hits]
        named = Counter(shown.name for shown, *_ in found)
        twins = {name for name, times in named.items() if times > 1}
        lists = {"kinds": kind_names(data_dir, lang), "towns": town_names(data_dir, lang), "tags": tags(data_dir, lang)}
        lists["spoken"] = spoken(data_dir, lang)
        more = {
            "without": list(_without(asked, lists)),
            "in_town": _in_town(asked, lists["towns"], data_dir),
            "onlys": ONLY,
            "twins": twins,
        }
        return self.door.page(
            request,
            "directory.html",
            {
                "asked": asked,
                "found": found,
                "many": many,
                "unknown": unknown,
                "wrong_near": wrong_near,
                **lists,
                **leaf.beside(asked),
                **more,
            },
        )

    def organizations(self, request: Request, asked: Asked) -> Response:
        with self.door.db.begin() as session:
            found = organizations.listed(session, asked.words, known(self.door.language(request).code))
        leaf = Leaf.of(as_number(asked.page), len(found))
        rows = found[leaf.number * ON_A_PAGE :][:ON_A_PAGE]
        context = {"asked": asked, "rows": rows, "many": len(found), **leaf.beside(asked, ORGANIZATIONS)}
        return self.door.page(request, "organizations.html", context)

    def used(self, request: Request, sought: str) -> Response:
        """Where a number or a name stands."""
        lang = self.door.language(request).code
        with self.door.db.begin() as session:
            found = usage.of_text(session, sought, lang, self.door.settings.data_dir) if sought.strip() else None
        return self.door.page(request, "directory_used.html", {"sought": sought, "used": found})


def _without(asked: Asked, lists: Lists) -> Iterator[tuple[str, str, str]]:
    """Each filter: its key, what it says (nothing: `only` is named by the page), and the list without it."""
    named = {"kind": lists["kinds"], "town": lists["towns"], "tag": lists["tags"], "language": lists["spoken"]}
    for key in ("q", "kind", "town", "tag", "language", "only", "near"):
        value = asked.words if key == "q" else str(getattr(asked, key))[:LONGEST]
        if value:
            yield key, named.get(key, {}).get(value, value), asked.address(**{key: ""})


def _from(session: Session, asked: Asked, data_dir: Path) -> tuple[Point | None, str]:
    """From where the distance is counted, and what is wrong with what was typed for it."""
    if not asked.near.strip():
        return None, ""
    try:
        return point_near(session, asked.near[:LONGEST], data_dir), ""
    except WrongField as error:
        return None, str(error)


def _in_town(asked: Asked, towns: dict[str, str], data_dir: Path) -> tuple[str, str]:
    """A town that is named among the words: what it is called, and the list of it for the other words."""
    known_places = gazetteer(data_dir)
    place = known_places.place(asked.words) if asked.words and not asked.town else None
    if place is None:
        return "", ""
    rest = " ".join(word for word in asked.words.split() if known_places.place(word) is None)
    return towns.get(place.town, place.town), asked.address(town=place.town, q=rest)


def add(routes: APIRouter, door: Door) -> None:
    pages, may = DirectoryLists(door), Depends(door.may(Right.CONTENT))

    def services(request: Request, asked: Annotated[Asked, Depends()], _: Annotated[Signed, may]) -> Response:
        return pages.services(request, asked)

    def owners(request: Request, asked: Annotated[Asked, Depends()], _: Annotated[Signed, may]) -> Response:
        return pages.organizations(request, asked)

    def used(request: Request, _: Annotated[Signed, may], q: str = "") -> Response:
        return pages.used(request, q[:LONGEST])

    routes.add_api_route(PATH, services, methods=["GET"])
    routes.add_api_route(ORGANIZATIONS, owners, methods=["GET"])
    routes.add_api_route(f"{PATH}/used", used, methods=["GET"])
