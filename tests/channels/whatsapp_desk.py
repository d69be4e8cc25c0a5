"""What the tests of WhatsApp share: the channel on the stand-in of Twilio, and signed webhooks at our door."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import func, select, update

from bot.db import Database
from bot.messages import Button, Reply
from bot.messaging import templates
from bot.privacy.vault import vault
from bot.settings import Settings
from bot.tables import Conversation, InboundRow, MediaRow, OutboundRow
from channels.registry import whatsapp_of
from channels.sender import fetch_one, send_one
from channels.templates import wanted
from channels.whatsapp import Reconciler, WhatsApp
from tests.providers.control import Control
from tests.providers.server import Server
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.providers.twilio_webhooks import sign
from tests.site import site
from tests.story import DATA, Somebody, until

FIXTURES = Path(__file__).parent / "fixtures" / "whatsapp"
PUBLIC = "https://dalil.example"
HOOK, STATUS = "/hooks/whatsapp", "/hooks/whatsapp/status"
PERSON, USER_ID = "+212600000001", "MA.13491208655302741918"
FORM = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}


def with_twilio(config: Settings, api: str, **more: Any) -> Settings:
    """The settings of an installation whose Twilio is at `api`."""
    account = {"twilio_account_sid": ACCOUNT_SID, "twilio_auth_token": SecretStr(AUTH_TOKEN), "twilio_api": api}
    ours = {"public_url": PUBLIC, "whatsapp_number": NUMBER.removeprefix("whatsapp:"), "whatsapp_per_second": 1e6}
    return config.model_copy(update=account | ours | more)


def fixture(name: str) -> dict[str, str]:
    return dict(parse_qsl((FIXTURES / f"{name}.txt").read_text(encoding="utf-8").strip(), keep_blank_values=True))


def text_fields(text: str = "Bonjour", sid: str = "SM" + "1" * 32, **more: str) -> dict[str, str]:
    """What Twilio posts for a text of the person."""
    return fixture("text_blank_profile") | {"MessageSid": sid, "SmsMessageSid": sid, "SmsSid": sid, "Body": text} | more


@dataclass
class Door:
    """Our webhooks, as somebody outside reaches them."""

    db: Database
    client: TestClient

    @staticmethod
    def of(db: Database, settings: Settings) -> "Door":
        return Door(db, TestClient(site(db, settings)))

    def post(self, fields: dict[str, str], path: str = HOOK, *, signed: str | None = None, token: str = AUTH_TOKEN, at: str = "") -> int:
        """`signed`: a signature of the test's own; `at`: the address that is signed, when it is not the one that is asked."""
        signature = signed if signed is not None else sign(token, at or PUBLIC + path, fields)
        return int(self.raw(urlencode(fields).encode(), path, {"X-Twilio-Signature": signature.encode("latin-1")}).status_code)

    def raw(self, body: bytes, path: str = HOOK, headers: dict[str, Any] | None = None) -> Any:
        return self.client.post(path, content=body, headers=FORM | (headers or {}))

    def texts(self) -> list[str]:
        return received(self.db)


def received(db: Database) -> list[str]:
    """The words of all messages in the inbox."""
    with db.begin() as session:
        rows = session.scalars(select(InboundRow).order_by(InboundRow.id))
        return [str(vault(session).unseal(row.body_sealed).get("text", "")) for row in rows]


def count(db: Database, table: type[Any]) -> int:
    with db.begin() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def unescaped(log: str) -> str:
    """A log in which digits stand side by side, however they were written."""
    return re.sub(r"%2B|\+", "", log)


@dataclass
class Desk:
    """The channel, its stand-in and the person who writes."""

    db: Database
    settings: Settings
    control: Control
    channel: WhatsApp
    person: Somebody

    def say(self, **said: Any) -> str:
        """The person writes on their phone."""
        return str(self.control.post("say", **({"from": PERSON.lstrip("+")} | said))["sid"])

    def send(self) -> bool:
        """One row of the outbox, and all that Twilio reports of it."""
        done = send_one(self.db, {self.channel.name: self.channel})
        self.settled()
        return done

    def send_all(self) -> None:
        """Until nothing is due, without the pauses between bubbles."""
        self.no_pause()
        while self.send():
            self.no_pause()

    def no_pause(self) -> None:
        with self.db.begin() as session:
            session.execute(update(Conversation).values(send_after=func.clock_timestamp()))

    def again(self) -> None:
        """The pauses are over: everything that waits is tried once."""
        self.due()
        self.send()

    def due(self) -> None:
        with self.db.begin() as session:
            session.execute(update(OutboundRow).values(next_at=func.clock_timestamp()))
            session.execute(update(MediaRow).values(next_at=func.clock_timestamp()))
        self.no_pause()

    def fetch(self) -> bool:
        return fetch_one(self.db, {self.channel.name: self.channel})

    def reconcile(self) -> None:
        Reconciler(self.db, self.channel)()

    def settled(self) -> None:
        until(lambda: bool(self.control.get("idle")["idle"]))

    def sent(self) -> list[dict[str, Any]]:
        return list(self.control.get("sent"))

    def texts(self) -> list[str]:
        """What reached Twilio, in order."""
        return [str(message["text"]) for message in self.sent()]

    def errors(self) -> list[str]:
        return [row.error for row in self.person.outbound()]

    def deliveries(self) -> list[str]:
        return [row.delivery for row in self.person.outbound()]

    def a_day_passes(self) -> None:
        """The window is closed, for us and for Twilio."""
        self.person.change(last_inbound_at=datetime.now(timezone.utc) - timedelta(hours=25))
        self.control.post("close_window", **{"from": PERSON})

    def know_templates(self, approval: str = "approved") -> None:
        """What `dalil channels sync` does."""
        self.control.post("approval", status=approval)
        for template in wanted(DATA):
            self._know(template.name, self._create(template.payload(), template.category), approval if template.category else "")

    def _create(self, payload: dict[str, Any], category: str) -> str:
        auth = (ACCOUNT_SID, AUTH_TOKEN)
        sid = str(self.control.raw("/v1/Content", json=payload, auth=auth).raise_for_status().json()["sid"])
        if category:
            asked = {"name": payload["friendly_name"], "category": category}
            self.control.raw(f"/v1/Content/{sid}/ApprovalRequests/whatsapp", json=asked, auth=auth).raise_for_status()
        return sid

    def _know(self, name: str, sid: str, approval: str) -> None:
        with self.db.begin() as session:
            templates.keep(session, name, sid, "hash", approval)


@contextmanager
def opened(db: Database, config: Settings, api: str, *, listens: bool = True) -> Iterator[Desk]:
    """`listens`: our web process runs and gets Twilio's webhooks; else nobody is there."""
    settings = with_twilio(config, api)
    with ExitStack() as stack:
        control = Control(api)
        stack.callback(control.close)
        control.post("quiet", contents=True)
        web = stack.enter_context(Server(site(db, settings))).url if listens else ""
        control.post("address", web=web, webhook=PUBLIC + HOOK if listens else "", cdn=api)
        channel = whatsapp_of(db, settings)
        yield Desk(db, settings, control, channel, Somebody(db, "whatsapp", PERSON))
        control.post("quiet")


def heard_by(desk: Desk, text: str = "Bonjour") -> None:
    """The person has written: their window is open, here and there."""
    before = count(desk.db, InboundRow)
    desk.say(text=text)
    desk.settled()
    assert count(desk.db, InboundRow) == before + 1


def menu(text: str, *titles: str) -> Reply:
    """A question with choices, each with an intent of its own."""
    return Reply(text, "fr", tuple(Button(title, f"intent_{n}") for n, title in enumerate(titles, start=1)))
