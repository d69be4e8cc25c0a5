"""What the tests of the Twilio stand-in share: Twilio's own client on it, and a product that receives its webhooks."""

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import FastAPI, Request, Response
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response as TwilioResponse  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.providers.server import Server
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, create_app

PERSON = "212600000001"
TO = f"whatsapp:+{PERSON}"
PUBLIC = "https://dalil.example"
CALLBACK = f"{PUBLIC}/whatsapp/status?ref=1"
AUTH = (ACCOUNT_SID, AUTH_TOKEN)
QUICK = {"twilio/quick-reply": {"body": "Choose, {{1}}", "actions": [{"title": "Yes", "id": "b:1"}, {"title": "{{2}}", "id": "b:2"}]}}
ROWS = {"twilio/list-picker": {"body": "Which?", "button": "Show", "items": [{"item": "Health", "id": "l:1", "description": "d"}]}}
TEXT = {"twilio/text": {"body": "Please write to us again, {{1}}, we have an answer."}}


class Rewriting(TwilioHttpClient):  # type: ignore[misc]
    """All of Twilio's hosts are the stand-in."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=5)
        self._to = urlsplit(url)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> TwilioResponse:
        return super().request(method, urlsplit(url)._replace(scheme=self._to.scheme, netloc=self._to.netloc).geturl(), *args, **kwargs)


@dataclass
class Hook:
    """A received webhook."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]

    @property
    def status(self) -> str:
        return self.params.get("MessageStatus", "")


@dataclass
class Receiver:
    """The product's side; answers with `codes` in turn, then 204."""

    hooks: "queue.Queue[Hook]" = field(default_factory=queue.Queue)
    codes: list[int] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_api_route("/{path:path}", self.take, methods=["POST"])
        return app

    async def take(self, path: str, request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        body = parse_qs((await request.body()).decode(), keep_blank_values=True)
        self.hooks.put(Hook(f"/{path}{query}", {name: values[0] for name, values in body.items()}, dict(request.headers)))
        return Response(status_code=self.codes.pop(0) if self.codes else 204)

    def next(self) -> Hook:
        return self.hooks.get(timeout=5)

    def statuses(self, count: int) -> list[str]:
        return [self.next().status for _ in range(count)]


@dataclass
class Desk:
    """A stand-in with everything a test needs around it."""

    url: str
    client: Client
    http: httpx.Client
    receiver: Receiver

    def order(self, name: str, /, **order: Any) -> Any:
        """`from_` and `list_` stand for names that Python keeps for itself."""
        return self.http.post(f"/control/{name}", json={key.rstrip("_"): value for key, value in order.items()}).raise_for_status().json()

    def look(self, name: str, **query: Any) -> Any:
        return self.http.get(f"/control/{name}", params=query).raise_for_status().json()

    def say(self, **said: Any) -> Hook:
        self.order("say", **({"from_": PERSON} | said))
        return self.receiver.next()

    def send(self, **message: Any) -> Any:
        return self.client.messages.create(**({"from_": NUMBER, "to": TO, "status_callback": CALLBACK} | message))

    def content(self, types: dict[str, Any], variables: dict[str, str] | None = None) -> str:
        body = {"friendly_name": "n", "language": "en", "variables": variables or {}, "types": types}
        answer = self.http.post("/v1/Content", json=body, auth=AUTH)
        return str(answer.raise_for_status().json()["sid"])

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def settled(self) -> None:
        self.until(lambda: bool(self.look("idle")["idle"]))

    def fresh(self) -> "Desk":
        """Quiet: no message, no template, no order, nothing on its way from the test before."""
        self.settled()
        self.order("quiet", contents=True)
        self.order("retries", retries=None)
        self.receiver.codes.clear()
        while not self.receiver.hooks.empty():
            self.receiver.hooks.get()
        return self


@contextmanager
def started() -> Iterator[Desk]:
    """The stand-in and the product, each under its own server."""
    receiver = Receiver()
    with Server(receiver.app()) as product, Server(create_app(product.url, public_url=PUBLIC)) as standin:
        rewriting = Rewriting(standin.url)
        with httpx.Client(base_url=standin.url, trust_env=False) as http:
            yield Desk(standin.url, Client(*AUTH, http_client=rewriting), http, receiver)
        assert rewriting.session is not None
        rewriting.session.close()
