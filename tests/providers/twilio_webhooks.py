"""Webhooks as Twilio posts them: signed, each on its own, with few retries and no order."""

import asyncio
import base64
import hashlib
import hmac
import uuid
from collections.abc import Coroutine, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, urldefrag, urlencode

import httpx

from tests.providers.twilio_orders import Orders
from tests.providers.twilio_state import Account

CONNECTION, READ = "ct", "rt"


def sign(token: str, url: str, params: dict[str, str]) -> str:
    """X-Twilio-Signature: the address and every parameter, blank ones too, in the order of their names."""
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Addresses:
    """Twilio knows the public address; here the same server is reached at `web`."""

    web: str
    public: str
    webhook: str

    def local(self, url: str) -> str:
        return self.web + url[len(self.public) :] if self.public and url.startswith(self.public) else url

    def signed(self, url: str) -> str:
        return self.public + url[len(self.web) :] if self.web and url.startswith(self.web) else url


@dataclass(frozen=True)
class Policy:
    """How often to try again, and after which failures (Twilio's connection overrides `#rc=3&rp=all`)."""

    count: int = 1
    kinds: frozenset[str] = frozenset({CONNECTION})

    @classmethod
    def of(cls, fragment: str, retries: int | None) -> "Policy":
        if retries is not None:
            return cls(retries, frozenset({"all"}))
        wanted = parse_qs(fragment)
        kinds = frozenset(wanted.get("rp", [CONNECTION])[0].split(","))
        return cls(int(wanted.get("rc", ["1"])[0]), kinds)

    def again(self, outcome: str, tries: int) -> bool:
        failed = not outcome.startswith(("2", "3"))
        kind = f"{outcome[0]}xx" if outcome.isdigit() else outcome
        return failed and tries <= self.count and bool(self.kinds & {"all", kind})


@dataclass
class Delivery:
    """`status` is the last HTTP status; 0 when there was no answer."""

    id: str
    kind: str
    url: str
    status: int | None = None
    tries: int = 0


@dataclass(frozen=True)
class Webhook:
    sid: str
    kind: str
    url: str
    params: dict[str, str]
    token: str = field(default_factory=lambda: str(uuid.uuid4()))


def waits() -> Iterator[float]:
    """0.05, 0.1, 0.2 … up to 2 seconds between two tries."""
    wait = 0.05
    while True:
        yield wait
        wait = min(wait * 2, 2)


class Courier:
    """Delivers webhooks beside the API. `timeout` is Twilio's own read timeout."""

    def __init__(self, account: Account, addresses: Addresses, orders: Orders, timeout: float) -> None:
        self.account, self.addresses, self.orders = account, addresses, orders
        self.log: list[Delivery] = []
        self._timeout = timeout
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    @property
    def idle(self) -> bool:
        return not self._tasks

    def deliveries(self) -> list[dict[str, Any]]:
        return [asdict(delivery) for delivery in self.log]

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Keeps the task: the loop alone would forget it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def send(self, webhook: Webhook) -> None:
        """Comes back when it was delivered, or at once when it is to be late and may be overtaken."""
        times, late = self.orders.fate()
        if times > 1:
            self.spawn(self._deliver(webhook))
        if late:
            self.spawn(self._deliver_after(late, webhook))
        else:
            await self._deliver(webhook)

    async def _deliver_after(self, seconds: float, webhook: Webhook) -> None:
        await asyncio.sleep(seconds)
        await self._deliver(webhook)

    async def _deliver(self, webhook: Webhook) -> None:
        url, fragment = urldefrag(webhook.url)
        policy = Policy.of(fragment, self.orders.retries)
        delivery = Delivery(webhook.sid, webhook.kind, self.addresses.local(url))
        self.log.append(delivery)
        for wait in waits():
            outcome = await self._attempt(url, webhook)
            delivery.tries += 1
            delivery.status = int(outcome) if outcome.isdigit() else 0
            if not policy.again(outcome, delivery.tries):
                return
            await asyncio.sleep(wait)

    async def _attempt(self, url: str, webhook: Webhook) -> str:
        """The HTTP status, or what kind of failure it was."""
        try:
            answer = await self._http().post(
                self.addresses.local(url), content=urlencode(webhook.params), headers=self._headers(url, webhook)
            )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return CONNECTION
        except httpx.HTTPError:
            return READ
        return str(answer.status_code)

    def _headers(self, url: str, webhook: Webhook) -> dict[str, str]:
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Home-Region": "us1",
            "X-Twilio-Signature": sign(self.account.token, self.addresses.signed(url), webhook.params),
            "I-Twilio-Idempotency-Token": webhook.token,
        }

    def _http(self) -> httpx.AsyncClient:
        """Made in the server's loop, not at import; no proxy of the environment."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=httpx.Timeout(self._timeout, connect=5), trust_env=False)
        return self._client

    async def stop(self) -> None:
        """Drops what waits to be delivered."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.log.clear()

    async def close(self) -> None:
        await self.stop()
        if self._client is not None:
            await self._client.aclose()
