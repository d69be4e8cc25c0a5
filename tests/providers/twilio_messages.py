"""Twilio's REST API for messages: create, list, fetch, redact, delete."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from tests.providers.server import drop, hang
from tests.providers.twilio_content import Rendered, render
from tests.providers.twilio_errors import TwilioError, scripted_error
from tests.providers.twilio_http import Guard, Page, form_of
from tests.providers.twilio_life import WORDS, Life
from tests.providers.twilio_orders import Answer, Orders
from tests.providers.twilio_state import Account, Message, Store, new_sid, rfc2822

LONGEST = 1600
RECIPIENT = re.compile(r"whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128})")


@dataclass(frozen=True)
class Draft:
    """A checked request to send."""

    to: str
    form: dict[str, str]
    rendered: Rendered
    media: list[str]


def resource(account: Account, message: Message) -> dict[str, Any]:
    path = f"/2010-04-01/Accounts/{account.sid}/Messages/{message.sid}"
    media = len(message.media) or sum(name.startswith("MediaUrl") for name in message.form)
    return {
        "account_sid": account.sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": rfc2822(message.created),
        "date_sent": rfc2822(message.sent),
        "date_updated": rfc2822(message.updated),
        "direction": message.direction,
        "error_code": message.error,
        "error_message": None if message.error is None else WORDS.get(message.error, "Unknown error"),
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": str(media),
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": message.to,
        "uri": f"{path}.json",
    }


class Checks:
    """What Twilio refuses at once, in its own order and with its own codes."""

    def __init__(self, account: Account, store: Store) -> None:
        self._account, self._store = account, store

    def draft(self, form: dict[str, list[str]]) -> Draft:
        one = {name: values[0] for name, values in form.items()}
        self._addresses(one)
        self._callback(one.get("StatusCallback", ""))
        media = [url for url in form.get("MediaUrl", []) if url]
        return Draft(one["To"], one, self._rendered(one, bool(media)), media)

    def _addresses(self, form: dict[str, str]) -> None:
        if not form.get("To"):
            raise TwilioError(21604, "A 'To' phone number is required.")
        if not RECIPIENT.fullmatch(form["To"]):
            raise TwilioError(21211, f"Invalid 'To' Phone Number: {form['To']}")
        if not form.get("From"):
            raise TwilioError(21603, "A 'From' phone number is required.")
        if form["From"] != self._account.number:
            raise TwilioError(63007, "Twilio could not find a Channel with the specified From address")

    def _callback(self, url: str) -> None:
        if url and not re.match(r"https?://[^/\s_]+(/|$)", url):
            raise TwilioError(21609, f"The 'StatusCallback' URL {url} is not a valid URL.")

    def _rendered(self, form: dict[str, str], media: bool) -> Rendered:
        if form.get("ContentSid"):
            return self._template(form["ContentSid"], form.get("ContentVariables", ""))
        if form.get("ContentVariables"):
            raise TwilioError(21654, "ContentSid Required")
        return self._text(form.get("Body", ""), media)

    def _text(self, body: str, media: bool) -> Rendered:
        if not body.strip() and not media:
            raise TwilioError(21619, "A text message body or media urls must be specified.")
        if len(body) > LONGEST:
            raise TwilioError(21617, f"The concatenated message body exceeds the {LONGEST} character limit")
        return Rendered("text", body, [], None)

    def _template(self, sid: str, variables: str) -> Rendered:
        content = self._store.contents.get(sid)
        if content is None:
            raise TwilioError(21655, "The ContentSid is Invalid")
        return render(content, self._variables(variables))

    def _variables(self, text: str) -> dict[str, str]:
        try:
            values = json.loads(text or "{}")
        except ValueError:
            values = None
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise TwilioError(21656, "The ContentVariables Parameter is invalid.")
        if any(len(value) > LONGEST for value in values.values()):
            raise TwilioError(21658, "Parameter exceeded character limit")
        return values


def _moment(text: str) -> tuple[datetime, bool]:
    """A date of a filter, and whether it is a whole day."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise TwilioError(20001, f"Invalid parameter: DateSent {text}") from None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc), len(text) == len("2026-11-22")


def _in_time(name: str, text: str) -> Callable[[datetime], bool]:
    """Both ends count: DateSent> means "on and after"."""
    start, whole_day = _moment(text)
    end = start + timedelta(days=1, seconds=-1) if whole_day else start
    if name == "DateSent>":
        return lambda when: when >= start
    return (lambda when: when <= end) if name == "DateSent<" else (lambda when: start <= when <= end)


class MessagesApi:
    """/2010-04-01/Accounts/{account}/Messages."""

    def __init__(self, account: Account, store: Store, orders: Orders, life: Life) -> None:
        self._account, self._store, self._orders, self._life = account, store, orders, life
        self._checks = Checks(account, store)

    def router(self, guard: Guard) -> APIRouter:
        router = APIRouter(prefix="/2010-04-01/Accounts/{account}", dependencies=[Depends(guard)])
        router.add_api_route("/Messages.json", self.create, methods=["POST"])
        router.add_api_route("/Messages.json", self.index, methods=["GET"])
        router.add_api_route("/Messages/{sid}.json", self.fetch, methods=["GET"])
        router.add_api_route("/Messages/{sid}.json", self.redact, methods=["POST"])
        router.add_api_route("/Messages/{sid}.json", self.delete, methods=["DELETE"])
        return router

    async def create(self, request: Request) -> JSONResponse:
        draft = self._checks.draft(await form_of(request))
        answer = self._orders.answer(self._store.people.key(draft.to))
        if answer.drop:
            await drop(request)
        if answer.drop or answer.status is not None:
            raise scripted_error(answer.status or 500, answer.code, answer.retry_after)
        body = await self._accept(draft, answer)
        if answer.hang:
            await hang(request, answer.seconds)
        return JSONResponse(body, 201)

    async def _accept(self, draft: Draft, answer: Answer) -> dict[str, Any]:
        """The answer always says "queued", even when the callbacks were faster."""
        message = self._add(draft)
        body = resource(self._account, message)
        if self._orders.statuses.mode == "before_create":
            await self._life.run(message)
        else:
            self._life.start(message)
        await asyncio.sleep(answer.slow)
        return body

    def _add(self, draft: Draft) -> Message:
        number, rendered, form = self._store.next_number(inbound=False), draft.rendered, draft.form
        form |= {f"MediaUrl{index}": url for index, url in enumerate(draft.media[1:], 1)}
        message = Message(
            number, new_sid("MM" if draft.media else "SM"), "outbound-api", form["From"], draft.to, rendered.text, "queued", form
        )
        message.buttons, message.kind, message.fault = rendered.buttons, rendered.kind, rendered.fault
        message.callback, message.content_sid = form.get("StatusCallback", ""), form.get("ContentSid", "")
        return self._store.add(message)

    async def index(self, request: Request) -> dict[str, Any]:
        page = Page(request, self._matching(dict(request.query_params)))
        return {"messages": [resource(self._account, self._store.messages[sid]) for sid in page.shown], **page.frame()}

    def _matching(self, query: dict[str, str]) -> list[str]:
        """Newest first; a message that is not sent yet is found by its creation."""
        found = list(reversed(self._store.messages.values()))
        found = [m for m in found if query.get("To") in (None, m.to) and query.get("From") in (None, m.sender)]
        for name in ("DateSent", "DateSent<", "DateSent>"):
            if name in query:
                fits = _in_time(name, query[name])
                found = [m for m in found if fits(m.sent or m.created)]
        return [m.sid for m in found]

    async def fetch(self, sid: str) -> dict[str, Any]:
        return resource(self._account, self._store.message(sid))

    async def redact(self, sid: str, request: Request) -> dict[str, Any]:
        """Twilio's only update that concerns us: an empty Body removes the text."""
        message = self._store.message(sid)
        if (await form_of(request)).get("Body") == [""]:
            message.body = ""
        return resource(self._account, message)

    async def delete(self, sid: str) -> Response:
        message = self._store.message(sid)
        if message.status == "queued":
            raise TwilioError(20009, "Cannot delete this resource before it is complete", 409)
        del self._store.messages[sid]
        return Response(status_code=204)
