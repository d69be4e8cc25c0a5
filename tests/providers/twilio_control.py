"""The control API of the Twilio stand-in: what a person does, what goes wrong, what was seen."""

from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from tests.providers.twilio_inbound import NoSuchButton, Say, receive
from tests.providers.twilio_media import MediaApi
from tests.providers.twilio_orders import Answer, Disorder, Orders, StatusOrder
from tests.providers.twilio_page import PAGE
from tests.providers.twilio_state import Account, Message, Store
from tests.providers.twilio_webhooks import Courier, Webhook


class Script(BaseModel, extra="forbid"):
    answers: list[Answer]
    to: str | None = None


class Person(BaseModel, extra="forbid"):
    address: str = Field(alias="from")


class Block(Person):
    code: int = 63014
    on: bool = True


class Approval(BaseModel, extra="forbid"):
    """Without `sid`: for every template submitted from now on."""

    status: str = "approved"
    reason: str = ""
    sid: str | None = None


class Repeat(BaseModel, extra="forbid"):
    sid: str


class Quiet(BaseModel, extra="forbid"):
    contents: bool = False


class Place(BaseModel, extra="forbid"):
    """Where webhooks go; what is left out stays."""

    webhook: str | None = None
    web: str | None = None
    public_url: str | None = None
    cdn: str | None = None


class Retries(BaseModel, extra="forbid"):
    retries: int | None = None


class Control:
    """Handlers under /control, and the page for trying by hand."""

    def __init__(self, account: Account, store: Store, orders: Orders, courier: Courier, media: MediaApi) -> None:
        self._account, self._store, self._orders = account, store, orders
        self._courier, self._media = courier, media

    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/", self.page, methods=["GET"], response_class=HTMLResponse)
        for handler in (self.sent, self.deliveries, self.idle, self.leaks, self.typing, self.conversation):
            router.add_api_route(f"/control/{handler.__name__}", handler, methods=["GET"])
        does = (self.script, self.say, self.repeat, self.quiet, self.disorder, self.status, self.retries, self.address)
        for action in (*does, self.close_window, self.block, self.approval):
            router.add_api_route(f"/control/{action.__name__}", action, methods=["POST"])
        return router

    async def page(self) -> str:
        return PAGE

    def _entry(self, message: Message) -> dict[str, Any]:
        return {
            "n": message.n,
            "to": self._store.people.key(message.to),
            "text": message.body,
            "buttons": [{"title": button.title, "token": button.token} for button in message.buttons],
            "method": "messages.create",
            "at": message.at,
            "sid": message.sid,
            "kind": message.kind,
            "status": message.status,
            "error": message.error,
            "raw": message.form,
        }

    async def sent(self, after: int = 0) -> list[dict[str, Any]]:
        return [self._entry(message) for message in self._store.outgoing() if message.n > after]

    async def conversation(self) -> list[dict[str, Any]]:
        """Both directions, for the page."""
        return [self._entry(m) | {"inbound": m.inbound, "person": self._store.people.key(m.address)} for m in self._store.messages.values()]

    async def deliveries(self) -> list[dict[str, Any]]:
        return self._courier.deliveries()

    async def idle(self) -> dict[str, bool]:
        return {"idle": self._courier.idle}

    async def leaks(self) -> dict[str, Any]:
        """`leaks` counts the fetches that brought the account's token along."""
        return {"leaks": sum(bool(f["authorization"]) for f in self._store.fetched), "fetched": self._store.fetched}

    async def typing(self) -> list[dict[str, object]]:
        return self._store.typing

    async def script(self, order: Script) -> dict[str, int]:
        person = None if order.to is None else self._store.people.key(order.to)
        self._orders.script += [(person, answer) for answer in order.answers]
        return {"waiting": len(self._orders.script)}

    async def say(self, said: Say) -> dict[str, str]:
        if not said.number and not said.bsuid:
            raise HTTPException(422, "from or bsuid is needed")
        try:
            message = receive(self._account, self._store, said)
        except NoSuchButton as missing:
            raise HTTPException(404, f"nothing with {missing} was sent to {said.address}") from None
        if not said.missed:
            self._deliver(message)
        return {"sid": message.sid}

    def _deliver(self, message: Message) -> None:
        url = self._courier.addresses.webhook
        if url:
            self._courier.spawn(self._courier.send(Webhook(message.sid, "message", url, message.form)))

    async def repeat(self, order: Repeat) -> dict[str, str]:
        """The same message once more, as if Twilio had been asked to; with a new idempotency token."""
        self._deliver(self._store.message(order.sid))
        return {"sid": order.sid}

    async def quiet(self, order: Quiet | None = None) -> dict[str, bool]:
        """Templates and addresses stay unless `contents` says otherwise: they are set-up, not conversation."""
        await self._courier.stop()
        self._store.forget()
        self._orders.forget()
        if order and order.contents:
            self._store.contents.clear()
        return {"quiet": True}

    async def disorder(self, order: Disorder) -> Disorder:
        self._orders.upset(order)
        return order

    async def status(self, order: StatusOrder) -> StatusOrder:
        self._orders.statuses = order
        return order

    async def retries(self, order: Retries) -> Retries:
        self._orders.retries = order.retries
        return order

    async def address(self, order: Place) -> dict[str, str]:
        addresses = self._courier.addresses
        addresses.web = addresses.web if order.web is None else order.web
        addresses.public = addresses.public if order.public_url is None else order.public_url
        addresses.webhook = addresses.webhook if order.webhook is None else order.webhook
        self._media.cdn = self._media.cdn if order.cdn is None else order.cdn
        return {"web": addresses.web, "public_url": addresses.public, "webhook": addresses.webhook, "cdn": self._media.cdn}

    async def close_window(self, person: Person) -> dict[str, str]:
        self._store.people.close_window(person.address)
        return {"closed": self._store.people.key(person.address)}

    async def block(self, order: Block) -> dict[str, bool]:
        person = self._store.people.key(order.address)
        self._orders.blocked.pop(person, None)
        if order.on:
            self._orders.blocked[person] = order.code
        return {"blocked": order.on}

    async def approval(self, order: Approval) -> dict[str, str]:
        if order.sid is None:
            self._orders.approval, self._orders.reason = order.status, order.reason
        elif order.sid in self._store.contents:
            self._store.contents[order.sid].approval |= {"status": order.status, "rejection_reason": order.reason}
        else:
            raise HTTPException(404, f"no template {order.sid}")
        return {"status": order.status}
