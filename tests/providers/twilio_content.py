"""Twilio's Content API: templates, their limits on WhatsApp, their approval."""

import json
import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from tests.providers.twilio_errors import TwilioError, not_found
from tests.providers.twilio_http import Guard, Page
from tests.providers.twilio_orders import Orders
from tests.providers.twilio_state import Account, Button, Content, Store, new_sid

HOST = "https://content.twilio.com"
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# Twilio sends the richest type that the channel can show.
RICHEST_FIRST = ("twilio/list-picker", "twilio/quick-reply", "twilio/text")
BODY_LIMITS = {"twilio/text": 1600, "twilio/quick-reply": 1024, "twilio/list-picker": 1024}
FIELD_LIMITS = {"title": 20, "item": 24, "id": 200, "description": 72, "button": 20}
ENTRIES = {"twilio/quick-reply": ("actions", "title"), "twilio/list-picker": ("items", "item")}
IN_SESSION_BUTTONS = 3


@dataclass(frozen=True)
class Rendered:
    """A template with its variables filled in; `fault` is the code with which it fails later."""

    kind: str
    text: str
    buttons: list[Button]
    fault: int | None


def richest(types: dict[str, dict[str, Any]]) -> str:
    return next(kind for kind in RICHEST_FIRST if kind in types)


def entries(kind: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    return list(fields.get(ENTRIES[kind][0]) or []) if kind in ENTRIES else []


def _too_long(fields: dict[str, Any], limits: dict[str, int]) -> list[str]:
    """Only what is already known: a text with variables is measured when it is sent."""
    long = (name for name, limit in limits.items() if len(str(fields.get(name) or "")) > limit)
    return [f"{name} exceeds {limits[name]} characters" for name in long if not VARIABLE.search(str(fields[name]))]


def complaints(kind: str, fields: dict[str, Any]) -> list[str]:
    """What WhatsApp's limits say against a type of a template."""
    found = [] if fields.get("body") else ["body is required"]
    found += _too_long(fields, {"body": BODY_LIMITS[kind], "button": FIELD_LIMITS["button"]})
    if kind in ENTRIES:
        found += _entry_complaints(kind, entries(kind, fields))
    return found


def _entry_complaints(kind: str, rows: list[dict[str, Any]]) -> list[str]:
    key, title = ENTRIES[kind]
    found = [] if 1 <= len(rows) <= 10 else [f"{key} must have between 1 and 10 entries"]
    names = [str(row.get(title) or "") for row in rows]
    found += [] if all(names) else [f"{title} is required"]
    found += [] if len(set(names)) == len(names) else [f"{title} must be unique"]
    return found + [complaint for row in rows for complaint in _too_long(row, FIELD_LIMITS)]


def _filled(value: Any, values: dict[str, str]) -> Any:
    """Every text inside, with the variables replaced."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: values.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    return {key: _filled(item, values) for key, item in value.items()} if isinstance(value, dict) else value


def _unsendable(value: str) -> bool:
    return not value.strip() or bool(re.search(r"[\n\r\t]| {5,}", value))


def _fault(content: Content, kind: str, fields: dict[str, Any], given: dict[str, str]) -> int | None:
    """What WhatsApp, not Twilio, has against it."""
    if any(_unsendable(value) for value in given.values()):
        return 63013
    if VARIABLE.search(json.dumps(fields)):
        return 63028
    buttons = len(entries(kind, fields)) if kind == "twilio/quick-reply" else 0
    crowded = buttons > IN_SESSION_BUTTONS and not content.approved
    return 63021 if crowded or complaints(kind, fields) else None


def render(content: Content, given: dict[str, str]) -> Rendered:
    """The template's own values stand in for variables that were not given."""
    kind = richest(content.types)
    fields = _filled(content.types[kind], content.variables | given)
    title = ENTRIES[kind][1] if kind in ENTRIES else ""
    buttons = [Button(str(row.get(title)), str(row.get("id") or row.get(title))) for row in entries(kind, fields)]
    return Rendered(kind, str(fields.get("body", "")), buttons, _fault(content, kind, fields, given))


def rejection(content: Content) -> str:
    """WhatsApp refuses a body that starts or ends with a variable, or has two side by side."""
    body = str(content.types[richest(content.types)].get("body", "")).strip()
    edges = VARIABLE.match(body) or re.search(VARIABLE.pattern + r"$", body)
    beside = re.search(VARIABLE.pattern + r"\s*" + VARIABLE.pattern, body)
    return "Variables can't be at the start or end of the template, nor beside each other" if edges or beside else ""


def resource(account: Account, content: Content) -> dict[str, Any]:
    when = content.created.strftime("%Y-%m-%dT%H:%M:%SZ")
    url = f"{HOST}/v1/Content/{content.sid}"
    return {
        "sid": content.sid,
        "account_sid": account.sid,
        "friendly_name": content.friendly_name,
        "language": content.language,
        "variables": content.variables,
        "types": content.types,
        "date_created": when,
        "date_updated": when,
        "url": url,
        "links": {"approval_create": f"{url}/ApprovalRequests/whatsapp", "approval_fetch": f"{url}/ApprovalRequests"},
    }


def _checked_types(payload: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """twilio-python posts every type it knows, most of them as null."""
    types = {kind: fields for kind, fields in (payload.get("types") or {}).items() if fields}
    unknown = [kind for kind in types if kind not in RICHEST_FIRST]
    found = [f"{kind} is not supported" for kind in unknown] if types else ["types is required"]
    found += [complaint for kind in types if kind not in unknown for complaint in complaints(kind, types[kind])]
    found += [] if payload.get("language") else ["language is required"]
    if found:
        raise TwilioError(20001, "Invalid parameter: " + "; ".join(found))
    return types


class ContentApi:
    """/v1/Content and its approval requests."""

    def __init__(self, account: Account, store: Store, orders: Orders) -> None:
        self._account, self._store, self._orders = account, store, orders

    def router(self, guard: Guard) -> APIRouter:
        router = APIRouter(prefix="/v1/Content", dependencies=[Depends(guard)])
        router.add_api_route("", self.create, methods=["POST"])
        router.add_api_route("", self.index, methods=["GET"])
        router.add_api_route("/{sid}", self.fetch, methods=["GET"])
        router.add_api_route("/{sid}", self.delete, methods=["DELETE"])
        router.add_api_route("/{sid}/ApprovalRequests/whatsapp", self.submit, methods=["POST"])
        router.add_api_route("/{sid}/ApprovalRequests", self.approval, methods=["GET"])
        return router

    def _find(self, sid: str) -> Content:
        if sid not in self._store.contents:
            raise not_found(f"/Content/{sid}")
        return self._store.contents[sid]

    async def create(self, request: Request) -> JSONResponse:
        payload = json.loads(await request.body())
        types, variables = _checked_types(payload), payload.get("variables") or {}
        content = Content(new_sid("HX"), payload.get("friendly_name") or "", payload["language"], variables, types)
        self._store.contents[content.sid] = content
        return JSONResponse(resource(self._account, content), 201)

    async def index(self, request: Request) -> dict[str, Any]:
        page = Page(request, list(reversed(self._store.contents)))
        shown = [resource(self._account, self._store.contents[sid]) for sid in page.shown]
        return {"contents": shown, "meta": page.meta(HOST, "contents")}

    async def fetch(self, sid: str) -> dict[str, Any]:
        return resource(self._account, self._find(sid))

    async def delete(self, sid: str) -> Response:
        del self._store.contents[self._find(sid).sid]
        return Response(status_code=204)

    async def submit(self, sid: str, request: Request) -> JSONResponse:
        """Answers "received" as Twilio does; what became of it stands in `approval`."""
        content, asked = self._find(sid), json.loads(await request.body())
        name, category = str(asked.get("name") or ""), str(asked.get("category") or "")
        if "twilio/list-picker" in content.types or not re.fullmatch(r"[a-z0-9_]+", name):
            raise TwilioError(20001, "Invalid parameter: a list-picker cannot be submitted; a name is lower case letters, digits and _")
        if category not in ("UTILITY", "MARKETING", "AUTHENTICATION"):
            raise TwilioError(20001, "Invalid parameter: category")
        content.approval = self._decided(content) | {"name": name, "category": category}
        return JSONResponse(content.approval | {"status": "received", "rejection_reason": ""}, 201)

    def _decided(self, content: Content) -> dict[str, Any]:
        refused = rejection(content)
        return {
            "type": "whatsapp",
            "content_type": richest(content.types),
            "status": "rejected" if refused else self._orders.approval,
            "rejection_reason": refused or self._orders.reason,
            "allow_category_change": True,
        }

    async def approval(self, sid: str) -> dict[str, Any]:
        content = self._find(sid)
        whatsapp = content.approval or {"type": "whatsapp", "status": "unsubmitted"}
        url = f"{HOST}/v1/Content/{sid}/ApprovalRequests"
        return {"sid": sid, "account_sid": self._account.sid, "url": url, "whatsapp": whatsapp}
