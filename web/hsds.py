"""The directory for other programs: the read API of HSDS 3.1, open to everybody. What it is made of is in `bot.directory.hsds`."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from pydantic import AfterValidator, BeforeValidator
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.db import Database
from bot.directory.hsds import VERSION, ids, query, write
from bot.directory.hsds.book import Book, Json, Lang
from bot.directory.hsds.files import as_page
from bot.directory.hsds.query import Asked, Keys
from bot.errors import NotFound
from bot.settings import Settings

PATH = "/hsds"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
PROFILE = "https://docs.openreferral.org/en/3.1/"
MOST = 100  # a page; with `minimal` a hundred times as many
OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
_OBJECT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}}
_COUNTS = {name: {"type": "integer"} for name in ("total_items", "total_pages", "page_number", "size")}
_FLAGS = {name: {"type": "boolean"} for name in ("first_page", "last_page", "empty")}
_PAGE_OF = {**_COUNTS, **_FLAGS, "contents": {"type": "array", "items": _OBJECT}}
_PAGE = {"type": "object", "required": list(_PAGE_OF), "properties": _PAGE_OF}
_SELF = {"type": "object", "required": ["version", "profile", "openapi_url"]}
_ERROR = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
Of = Callable[[Session, Book], Any]
Id = Annotated[str, AfterValidator(lambda text: ids.as_uuid(text) or "")]  # in any spelling; what is none is no record
NOT_HERE = ("postcode", "proximity")  # of the standard


@dataclass(frozen=True)
class Paged:
    """Which page of how many records."""

    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Query(ge=1, le=MOST)] = 50
    format: Literal["json"] = "json"


@dataclass(frozen=True)
class Filters:
    """All that are given must be true."""

    search: Annotated[str, Query(max_length=200)] = ""
    taxonomy_term_id: UUID | None = None
    taxonomy_id: UUID | None = None


def _iso(text: object) -> object:
    """A bare number would be taken for seconds since 1970."""
    if isinstance(text, str) and not _DAY.match(text):
        raise ValueError("a day and a time as in 2026-11-22T10:00:00Z")
    return text


@dataclass(frozen=True)
class More:
    organization_id: UUID | None = None
    modified_after: Annotated[datetime | None, BeforeValidator(_iso)] = None
    full: bool = False
    minimal: bool = False


class Door:
    def __init__(self, db: Database, config: Settings) -> None:
        self.db, self.config, self.keys = db, config, Keys()

    def answer(self, request: Request, lang: Lang, of: Of) -> Response:
        """What is known already is not sent again."""
        try:
            with self.db.begin() as session:
                body = json.dumps(of(session, Book.of(session, self.config.data_dir, lang)), ensure_ascii=False).encode()
        except NotFound as error:
            raise HTTPException(404, str(error), OPEN) from error
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**OPEN, "ETag": tag, "Content-Language": lang}
        known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
        if known & {tag, "*"}:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)


class Heads:
    """HEAD is answered as GET is, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        await (self.app({**scope, "method": "GET"}, receive, without_body) if is_head else self.app(scope, receive, send))


def no_distance(request: Request) -> None:
    """Nobody is given all places as if they were near."""
    if wrong := [name for name in NOT_HERE if request.query_params.get(name)]:
        known = "Each location has its latitude and longitude, where they are known and public."
        raise HTTPException(400, f"Not supported: {', '.join(wrong)}. Where postal codes lie is not known here. {known}", OPEN)


def asked(paged: Paged, filters: Filters, more: More) -> Asked:
    after = more.modified_after
    return Asked(
        filters.search.replace("\0", " "),
        str(filters.taxonomy_term_id or ""),
        str(filters.taxonomy_id or ""),
        str(more.organization_id or ""),
        after.replace(tzinfo=timezone.utc) if after and after.tzinfo is None else after,
        paged.page,
        paged.per_page * (MOST if more.minimal else 1),
        more.minimal,
    )


def app(db: Database, config: Settings, **more: Any) -> FastAPI:
    """An application of its own, so that its OpenAPI file describes just this."""
    title = f"Dalil: services for migrants in Agadir and Souss-Massa (HSDS {VERSION})"
    api = FastAPI(title=title, version=VERSION, openapi_url="/openapi.json", **more)
    api.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "HEAD"], allow_headers=["*"], expose_headers=["*"])
    api.add_middleware(Heads)
    door = Door(db, config)

    @api.get("/", responses=_said(_SELF))
    def about(request: Request) -> Response:
        """Which version this is, and where its description stands."""
        address = f"{config.address}{PATH}/openapi.json"
        return door.answer(request, "fr", lambda *_: {"version": VERSION, "profile": PROFILE, "openapi_url": address})

    _services(api, door)
    _at_locations(api, door)
    _organizations(api, door)
    _taxonomies(api, door)
    return api


def _said(schema: Json, one: bool = False) -> dict[int | str, dict[str, Any]]:
    """What an answer may be, for the description."""
    found: dict[int | str, dict[str, Any]] = {
        200: {"content": {"application/json": {"schema": schema}}},
        304: {"description": "Not changed"},
    }
    missing: dict[int | str, dict[str, Any]] = {404: {"description": "No such record", "content": {"application/json": {"schema": _ERROR}}}}
    return {**found, **(missing if one else {})}


_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"description": "A filter that is not supported", "content": {"application/json": {"schema": _ERROR}}}
}
Page = Annotated[Paged, Depends()]
Wanted = Annotated[Filters, Depends()]
Rest = Annotated[More, Depends()]


def _services(api: FastAPI, door: Door) -> None:
    @api.get("/services", responses=_said(_PAGE))
    def services(request: Request, paged: Page, filters: Wanted, more: Rest, lang: Lang = "fr") -> Response:
        """A page of services; `full`: with all that belongs to them; `minimal`: only their ids and when they changed."""

        def found(session: Session, book: Book) -> Json:
            wanted = asked(paged, filters, more)
            pairs, total = query.services(session, wanted, book, door.keys)
            make = write.minimal_service if more.minimal else write.service if more.full else write.listed_service
            return as_page([make(*pair, book) for pair in pairs], total, wanted.page, wanted.size)

        return door.answer(request, lang, found)

    @api.get("/services/{id}", responses=_said(_OBJECT, one=True))
    def service(request: Request, id: Id, lang: Lang = "fr") -> Response:
        """A service with all that belongs to it."""
        return door.answer(request, lang, lambda s, book: write.service(*query.service(s, id, door.keys), book))


def _at_locations(api: FastAPI, door: Door) -> None:
    @api.get("/service_at_locations", responses={**_said(_PAGE), **_REFUSED}, dependencies=[Depends(no_distance)])
    def at_locations(request: Request, paged: Page, filters: Wanted, more: Rest, lang: Lang = "fr") -> Response:
        """A page of services at their places. A service whose place nobody knows is on none."""

        def found(session: Session, book: Book) -> Json:
            wanted = asked(paged, filters, More(more.organization_id, more.modified_after))
            pairs, total = query.placed(session, wanted, book, door.keys)
            return as_page([write.at_place(row, owner, book, more.full) for row, owner in pairs], total, wanted.page, wanted.size)

        return door.answer(request, lang, found)

    @api.get("/service_at_locations/{id}", responses=_said(_OBJECT, one=True))
    def at_location(request: Request, id: Id, lang: Lang = "fr") -> Response:
        """A service at its place."""
        return door.answer(request, lang, lambda s, book: write.at_place(*query.at_location(s, id, book, door.keys), book, True))


def _organizations(api: FastAPI, door: Door) -> None:
    @api.get("/organizations", responses=_said(_PAGE))
    def organizations(request: Request, paged: Page, filters: Wanted, full: bool = False, lang: Lang = "fr") -> Response:
        """A page of organisations; `full`: with their places."""

        def found(session: Session, book: Book) -> Json:
            wanted = asked(paged, filters, More())
            rows, total = query.organizations(session, wanted, book, door.keys)
            its = query.services_of(session, rows) if full else {}
            records = [write.whole_organization(row, its.get(row.id, []), book) for row in rows]
            return as_page(records, total, wanted.page, wanted.size)

        return door.answer(request, lang, found)

    @api.get("/organizations/{id}", responses=_said(_OBJECT, one=True))
    def organization(request: Request, id: Id, lang: Lang = "fr") -> Response:
        """An organisation with its places."""
        return door.answer(request, lang, lambda s, book: write.whole_organization(*query.organization(s, id, door.keys), book))


def _taxonomies(api: FastAPI, door: Door) -> None:
    @api.get("/taxonomies", responses=_said(_PAGE))
    def taxonomies(request: Request, paged: Page, search: Annotated[str, Query(max_length=200)] = "", lang: Lang = "fr") -> Response:
        """What our terms are taken from."""
        return door.answer(request, lang, lambda _, book: _cut(_naming(book.taxonomies.values(), search), paged))

    @api.get("/taxonomies/{id}", responses=_said(_OBJECT, one=True))
    def taxonomy(request: Request, id: Id, lang: Lang = "fr") -> Response:
        return door.answer(request, lang, lambda _, book: _one(book.taxonomies.values(), id))

    @api.get("/taxonomy_terms", responses=_said(_PAGE))
    def terms(
        request: Request,
        paged: Page,
        search: Annotated[str, Query(max_length=200)] = "",
        taxonomy_id: UUID | None = None,
        parent_id: UUID | None = None,
        lang: Lang = "fr",
    ) -> Response:
        """Kinds of places, whom a service is for, what is good to know, how it was checked. No term has a parent."""

        def found(_: Session, book: Book) -> Json:
            of = [term for term in book.terms.values() if taxonomy_id is None or term["taxonomy_id"] == str(taxonomy_id)]
            return _cut(_naming([] if parent_id else of, search), paged)

        return door.answer(request, lang, found)

    @api.get("/taxonomy_terms/{id}", responses=_said(_OBJECT, one=True))
    def term(request: Request, id: Id, lang: Lang = "fr") -> Response:
        return door.answer(request, lang, lambda _, book: _one(book.terms.values(), id))


def _naming(found: Iterable[Json], words: str) -> list[Json]:
    return [each for each in found if words.casefold() in f"{each['name']} {each['description']} {each.get('code', '')}".casefold()]


def _one(found: Iterable[Json], key: str) -> Json:
    for each in found:
        if each["id"] == key:
            return each
    raise NotFound("There is no such record.")


def _cut(found: list[Json], paged: Paged) -> Json:
    start = (paged.page - 1) * paged.per_page
    return as_page(found[start : start + paged.per_page], len(found), paged.page, paged.per_page)
