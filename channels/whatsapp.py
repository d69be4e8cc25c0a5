"""WhatsApp through Twilio: signed webhooks, status callbacks, the 24-hour window. The contract and its traps: docs/channels.md."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import requests
from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from bot.db import Database
from bot.errors import Rejected, SendError, TryAgain, Unreachable, WindowClosed
from bot.messages import Inbound
from bot.messaging import deliveries, inbox, media, outbox
from bot.messaging.pacing import Pace, Paces
from bot.messaging.window import LENGTHS
from bot.privacy.vault import vault
from bot.settings import Settings
from bot.texts import Texts
from channels.base import Content, settle
from channels.templates import content_for, name_of

log = logging.getLogger("dalil.whatsapp")
NAME = "whatsapp"
PATH, STATUS_PATH = "/hooks/whatsapp", "/hooks/whatsapp/status"
SECONDS = 8.0  # longest wait for Twilio
CONTENT = "https://content.twilio.com/v1/Content"
MEDIA_HOSTS = ("twilio.com", "twiliocdn.com")
USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")  # WhatsApp's id of somebody who hides their number
SID = re.compile(r"[A-Za-z0-9]{1,64}")
FILE_NAME = re.compile(r"[^\n]{1,120}\.\w{2,5}")  # of a document without a caption it stands where the text would
MISSED = timedelta(hours=24)  # how far back Twilio is asked at the first start
OVERLAP = timedelta(minutes=10)  # asked again each time: dates of messages are not exact
STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed", "undelivered": "failed"}

CLOSED = frozenset({63016})
GONE = frozenset({63014, 21610, 63003, 63024, 21211, 21614, 63015})  # blocked, opted out, not on WhatsApp, has not joined the sandbox
LATER = frozenset({20429, 63018, 20003, 30001, 30022, 14107})


# --- What comes in


def signed(settings: Settings, raw: str, request: tuple[str, str], signature: str) -> dict[str, str] | None:
    """The parameters of a request that Twilio signed; None when it did not. `request`: path and query as they came.

    Signed is our public address, whatever a proxy made of it; blank values count. During a change of the token both are good."""
    path, query = request
    url = settings.public_url.rstrip("/") + path + (f"?{query}" if query else "")
    fields = dict(parse_qsl(raw, keep_blank_values=True, errors="strict"))
    tokens = [t.get_secret_value() for t in (settings.twilio_auth_token, settings.twilio_auth_token_old)]
    good = any(token and RequestValidator(token).validate(url, fields, signature) for token in tokens)
    return fields if signature and settings.public_url and good else None


def parse(fields: Mapping[str, str]) -> Inbound | None:
    """One message; None when it does not say from whom, or which."""
    if "MessageStatus" in fields and "Body" not in fields:
        return None  # a report that was sent to the wrong address
    addresses = _addresses(fields)
    name = _sid(fields)
    if not addresses or not name:
        return None
    first, *also = addresses
    start = Inbound(NAME, name, first, "", text=fields.get("Body", ""), also=tuple(also))
    return _content(fields, start)


def _sid(fields: Mapping[str, str]) -> str:
    """Twilio's id of the message; empty when it is none."""
    found = fields.get("MessageSid") or fields.get("SmsMessageSid") or ""
    return found if SID.fullmatch(found) else ""


def _addresses(fields: Mapping[str, str]) -> list[str]:
    """The number, and the id that stands for people who hide it. Under which name Twilio sends the id beside a number was not
    published when this was written: it is known by its shape."""
    sender = fields.get("From", "").removeprefix("whatsapp:")
    number = fields.get("WaId", "") or sender
    digits = number.lstrip("+")
    numbers = [f"+{digits}"] if digits.isdecimal() else []
    ids = [value for key, value in fields.items() if key.endswith("UserId") and USER_ID.fullmatch(value)]
    return list(dict.fromkeys([*numbers, *([sender] if USER_ID.fullmatch(sender) else []), *ids]))


def _content(fields: Mapping[str, str], start: Inbound) -> Inbound:
    choice = fields.get("ButtonPayload") or fields.get("ListId")
    if choice:
        return replace(start, kind="button", token=choice, text="")
    if fields.get("Latitude") and fields.get("Longitude"):
        return _place(fields, start)
    if _count(fields) > 0:
        return _media(fields, start)
    if not start.text and fields.get("MessageType", "text") != "text":
        return replace(start, kind="media", media="other")
    return replace(start, kind="text")


def _place(fields: Mapping[str, str], start: Inbound) -> Inbound:
    try:
        return replace(start, kind="location", text="", latitude=float(fields["Latitude"]), longitude=float(fields["Longitude"]))
    except ValueError:
        return replace(start, kind="text")


def _count(fields: Mapping[str, str]) -> int:
    number = fields.get("NumMedia", "0")
    return int(number) if number.isdecimal() else 0


def _media(fields: Mapping[str, str], start: Inbound) -> Inbound:
    mime = media.plain(fields.get("MediaContentType0", ""))
    main = mime.split("/")[0]
    kind = {"audio": "voice", "image": "picture"}.get(main, "document" if main in ("video", "application", "text") else "other")
    kind = "other" if mime in ("text/vcard", "text/x-vcard", "image/webp") else kind
    caption = "" if kind == "document" and FILE_NAME.fullmatch(start.text) else start.text
    return replace(start, kind="media", media=kind, reference=fields.get("MediaUrl0", ""), mime=mime, text=caption)


def router(db: Database, settings: Settings, channel: "WhatsApp") -> APIRouter:
    """Where Twilio posts messages, and what became of ours."""
    api = APIRouter(tags=["channels"])

    async def fields_of(request: Request) -> dict[str, str]:
        try:
            raw = (await request.body()).decode()
            fields = signed(settings, raw, (request.url.path, request.url.query), request.headers.get("X-Twilio-Signature", ""))
        except ValueError:
            fields = None
        if fields is None:
            raise HTTPException(403, "The signature is missing or wrong.")
        return fields

    @api.post(PATH)
    async def message(request: Request) -> Response:
        """A message of a person. Only with Twilio's signature; the same one twice is kept once."""
        await run_in_threadpool(hear, db, await fields_of(request), channel)
        return Response(status_code=204)

    @api.post(STATUS_PATH)
    async def status(request: Request) -> Response:
        """What became of a message of ours; may come twice, late, and in any order."""
        await run_in_threadpool(note, db, await fields_of(request), channel)
        return Response(status_code=204)

    return api


def hear(db: Database, fields: Mapping[str, str], channel: "WhatsApp") -> None:
    """A message; or a report, when somebody entered the wrong address at Twilio."""
    note(db, fields, channel)
    take(db, fields)


def take(db: Database, fields: Mapping[str, str]) -> None:
    found = parse(fields)
    with db.begin() as session:
        if found:
            inbox.receive(session, found)
        else:
            inbox.ignore(session, NAME, _sid(fields) or vault(session).fingerprint(str(sorted(fields.items()))), dict(fields))


def note(db: Database, fields: Mapping[str, str], channel: "WhatsApp") -> None:
    name, delivery = _sid(fields), STATUSES.get(fields.get("MessageStatus", ""), "")
    if not name or not delivery:
        return
    with db.begin() as session:
        news = deliveries.report(session, NAME, name, delivery, "".join(re.findall(r"[0-9]", fields.get("ErrorCode", "")))[:9])
    if news:
        settle(db, channel, name)


# --- What goes out


class Elsewhere:
    """Twilio's HTTP client with a time limit; `base`: an address that stands in for all of Twilio's."""

    def __init__(self, base: str) -> None:
        self._inner, self._base = TwilioHttpClient(timeout=SECONDS), base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> TwilioResponse:
        return self._inner.request(method, moved(url, self._base), *args, **kwargs)


def moved(url: str, base: str) -> str:
    """The address at the stand-in, when there is one."""
    if not base:
        return url
    there, asked = urlsplit(base), urlsplit(url)
    return asked._replace(scheme=there.scheme, netloc=there.netloc).geturl()


@contextmanager
def answering() -> Iterator[None]:
    """No answer of Twilio, by whichever library we asked, is a reason to try again."""
    try:
        yield
    except (TwilioException, requests.RequestException, httpx.HTTPError) as error:
        raise TryAgain(f"Twilio did not answer ({type(error).__name__})") from None


@dataclass
class WhatsApp:
    """Twilio's REST API. `template`: the id that Twilio gave to a template of ours, None when it has none."""

    client: Client
    settings: Settings
    texts: Texts
    template: Callable[[str], str | None]
    name = NAME
    window: timedelta | None = LENGTHS[NAME]

    @staticmethod
    def of(settings: Settings, template: Callable[[str], str | None]) -> "WhatsApp":
        logging.getLogger("twilio.http_client").setLevel(logging.WARNING)  # it logs to whom we write
        account, token = settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
        client = Client(account, token, http_client=Elsewhere(settings.twilio_api))
        return WhatsApp(client, settings, Texts.load(settings.data_dir), template)

    @property
    def paces(self) -> Paces:
        """Twilio does not keep the order of quick messages: the next waits until this one is reported as sent, at most three seconds."""
        rate = self.settings.whatsapp_per_second
        return Paces(Pace(3.0), Pace(1 / rate, burst=max(1, int(rate))))

    def send(self, address: str, body: dict[str, Any]) -> str | None:
        message = {"to": f"whatsapp:{address}", "from_": f"whatsapp:{self.settings.whatsapp_number}", **self._content(body)}
        if self.settings.is_public:
            message["status_callback"] = self.settings.public_url.rstrip("/") + STATUS_PATH
        with answering():
            try:
                return str(self.client.messages.create(**message).sid)
            except TwilioRestException as error:
                raise self._meaning(error) from None

    def _content(self, body: dict[str, Any]) -> dict[str, str]:
        if body.get("template"):
            sid = self.template(name_of(body["template"], body["form"]))
            if sid is None:
                raise Rejected("no approved template: run `dalil channels sync`")
            return {"content_sid": sid}
        return content_for(body, self.template) or {"body": self.written(body)}

    def written(self, body: dict[str, Any]) -> str:
        """The text, with the choices as a numbered list: it works on every phone, and with a screen reader."""
        if not body["buttons"]:
            return str(body["text"])
        choices = [f"{n}. {b['title']}" for n, b in enumerate(body["buttons"], start=1)]
        hint = self.texts.get("numbered_hint", body["form"])
        return "\n".join([body["text"], "", *choices, hint])

    def taken(self, address: str, body: dict[str, Any], since: datetime) -> list[str]:
        """Messages to this person with the same text that are not failed, the oldest first."""
        text = self.texts.get(body["template"], body["form"]) if body.get("template") else self.written(body)
        with answering():
            found = self.client.messages.list(to=f"whatsapp:{address}", date_sent_after=since - timedelta(seconds=5), limit=50)
        same = [m for m in found if m.body in {text, body["text"]} - {""} and STATUSES.get(str(m.status)) != "failed"]
        return [str(m.sid) for m in reversed(same)]

    def meaning(self, error: str) -> SendError:
        """Of an error code in a status callback."""
        code = int(error) if error.isdecimal() else 0
        if code in CLOSED:
            return WindowClosed("63016: the person wrote more than a day ago")
        if code in GONE:
            return Unreachable(f"Twilio {code}")
        return TryAgain(f"Twilio {code}", 30.0 if code == 63018 else None) if code in LATER else Rejected(f"Twilio {code or 'failed'}")

    def _meaning(self, error: TwilioRestException) -> SendError:
        if error.status == 429 or error.status >= 500 or error.status == 401:
            return TryAgain(f"Twilio {error.code or error.status}")
        return self.meaning(str(error.code or ""))

    # --- Setting up

    def account_status(self) -> str:
        return str(self._json("GET", f"https://api.twilio.com/2010-04-01/Accounts/{self.settings.twilio_account_sid}.json")["status"])

    def create_template(self, payload: dict[str, Any], category: str) -> str:
        """Twilio's id of it. `category`: ask for WhatsApp's approval under it."""
        sid = str(self._json("POST", CONTENT, payload)["sid"])
        if category:
            self._json("POST", f"{CONTENT}/{sid}/ApprovalRequests/whatsapp", {"name": payload["friendly_name"], "category": category})
        return sid

    def approval(self, sid: str) -> str:
        """What WhatsApp says of it: approved, pending, rejected …"""
        return str(self._json("GET", f"{CONTENT}/{sid}/ApprovalRequests").get("whatsapp", {}).get("status", "unsubmitted"))

    def _json(self, method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The library cannot write templates: they are sent by hand."""
        with answering():
            found = httpx.request(method, moved(url, self.settings.twilio_api), json=body, auth=self._account, timeout=SECONDS)
        if found.is_error:
            raise Rejected(f"Twilio says HTTP {found.status_code} to {method} {urlsplit(url).path}")
        return dict(found.json())

    @property
    def _account(self) -> tuple[str, str]:
        return self.settings.twilio_account_sid, self.settings.twilio_auth_token.get_secret_value()

    # --- Files

    def fetch(self, reference: str) -> Content:
        """Twilio asks for our sign-in and sends us on to another host, which must not see it."""
        try:
            self._allowed(reference)
            with answering(), httpx.Client(timeout=SECONDS, follow_redirects=False) as web:
                found = web.get(moved(reference, self.settings.twilio_api), auth=self._account)
                if found.is_redirect:
                    found = self._follow(web, urljoin(str(found.url), found.headers.get("location", "")))
        except (ValueError, httpx.InvalidURL):
            raise Rejected("the address of the file is no address") from None
        if found.status_code != 200:
            raise (TryAgain if found.status_code in (401, 404, 429) or found.status_code >= 500 else Rejected)(f"HTTP {found.status_code}")
        return Content(found.content, found.headers.get("content-type", ""))

    def _follow(self, web: httpx.Client, target: str) -> httpx.Response:
        self._allowed(target)
        with web.stream("GET", target) as answer:
            data = b""
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > media.MOST_BYTES:
                    raise Rejected("the file is too large")
            return httpx.Response(answer.status_code, headers={"content-type": answer.headers.get("content-type", "")}, content=data)

    def _allowed(self, url: str) -> None:
        """No address inside our network, and none of a stranger."""
        target, stand_in = urlsplit(url), urlsplit(self.settings.twilio_api)
        host = target.hostname or ""
        ours = target.scheme == "https" and any(host == good or host.endswith(f".{good}") for good in MEDIA_HOSTS)
        if not ours and not (stand_in.netloc and target.netloc == stand_in.netloc):
            raise Rejected(f"files are not fetched from {host or 'nowhere'}")

    def discard(self, reference: str) -> None:
        """Ours is the only copy from now on. A failure is harmless: Twilio deletes what its account's settings say."""
        try:
            httpx.delete(moved(reference, self.settings.twilio_api), auth=self._account, timeout=SECONDS)
        except httpx.HTTPError as error:
            log.info("a file stays at Twilio: %s", type(error).__name__)


# --- What was missed


class Reconciler:
    """Asks Twilio for messages that came while no webhook could reach us: Twilio does not send them again."""

    def __init__(self, db: Database, channel: WhatsApp) -> None:
        self.db, self.channel = db, channel

    def __call__(self) -> None:
        started = datetime.now(timezone.utc)
        with self.db.begin() as session:
            cursor = outbox.channel_state(session, NAME).cursor
        since = datetime.fromisoformat(cursor) if cursor else started - MISSED
        ours = f"whatsapp:{self.channel.settings.whatsapp_number}"
        try:
            with answering():
                found = self.channel.client.messages.list(to=ours, date_sent_after=since - OVERLAP)
                messages = [self._fields(m) for m in reversed(found)]
        except TryAgain as error:
            log.warning("missed messages were not asked for: %s", error)
            return
        for fields in messages:
            take(self.db, fields)
        with self.db.begin() as session:
            outbox.channel_state(session, NAME).cursor = started.isoformat()

    def _fields(self, message: MessageInstance) -> dict[str, str]:
        """A message as the webhook would have told it."""
        fields = {
            "MessageSid": str(message.sid),
            "From": str(message.from_),
            "Body": message.body or "",
            "NumMedia": str(message.num_media or 0),
        }
        if fields["NumMedia"] == "0":
            return fields
        first = next(iter(self.channel.client.messages(str(message.sid)).media.list(limit=1)), None)
        return fields | (
            {"MediaUrl0": "https://api.twilio.com" + str(first.uri).removesuffix(".json"), "MediaContentType0": str(first.content_type)}
            if first
            else {}
        )
