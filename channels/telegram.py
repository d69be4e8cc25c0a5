"""Telegram: updates by webhook or long polling, bubbles with inline buttons. The contract and its traps: docs/channels.md."""

import hmac
import json
import logging
import threading
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import psycopg
from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from telegram import (
    Bot,
    ChatMemberUpdated,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.db import Database
from bot.errors import Rejected, SendError, TryAgain, Unreachable
from bot.messages import Inbound
from bot.messaging import conversations, inbox, outbox
from bot.messaging.pacing import Pace, Paces
from bot.settings import Settings
from bot.staff.team_settings import GROUP
from bot.texts import Texts
from channels.background import Background
from channels.base import Content

log = logging.getLogger("dalil.telegram")
NAME = "telegram"
PATH = "/hooks/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
COMMANDS = ("menu", "help", "person", "urgent", "delete", "language")
LANGUAGES = {"fr": "fr", "en": "en", "ar": "ar"}  # what Telegram calls the app's language -> form
OUTSIDE = ("left", "kicked")  # of a group
POLL_SECONDS = 10
POLL_LOCK = 7_301_443
STRANGE = (TypeError, KeyError, ValueError, IndexError, AttributeError, OverflowError, OSError)  # what the library meets in odd shapes
Result = TypeVar("Result")


class Blocked(NamedTuple):
    """`reason` is empty when the person took it back."""

    address: str
    reason: str


def secret(settings: Settings, db: Database) -> str:
    """What Telegram must show with each update. Derived from the key file, so that nobody has to choose or keep it."""
    return db.vault.fingerprint(f"telegram webhook {settings.telegram_token.get_secret_value()}")


# --- Updates


def parse(update: Update) -> Inbound | Blocked | None:
    """What an update says; None when it is no message of a person to us."""
    if update.my_chat_member:
        return _membership(update.my_chat_member)
    if update.callback_query:
        query = update.callback_query
        return Inbound(NAME, str(update.update_id), str(query.from_user.id), "button", token=query.data or "")
    message = update.message or update.edited_message
    if message is None or message.chat.type != message.chat.PRIVATE or message.from_user is None:
        return None
    start = Inbound(
        NAME, str(update.update_id), str(message.chat.id), "", form=LANGUAGES.get((message.from_user.language_code or "")[:2], "")
    )
    return _edited(message, start) if update.edited_message else _content(message, start)


def _membership(change: ChatMemberUpdated) -> Blocked | None:
    if change.chat.type != change.chat.PRIVATE:
        return None
    return Blocked(str(change.chat.id), "blocked by the person" if change.new_chat_member.status == "kicked" else "")


def _edited(message: Message, start: Inbound) -> Inbound | None:
    """A changed text counts as a new one; a live place that moves does not."""
    return replace(start, kind="text", text=message.text, edited=True) if message.text else None


def _content(message: Message, start: Inbound) -> Inbound | None:
    if message.text is not None:
        return _text(message.text, start)
    if message.location:
        return replace(start, kind="location", latitude=message.location.latitude, longitude=message.location.longitude)
    if message.contact:
        own = message.from_user is not None and message.contact.user_id == message.from_user.id
        return replace(start, kind="contact", text=message.contact.phone_number if own else "")
    return _media(message, start) if message.effective_attachment else None


def _text(text: str, start: Inbound) -> Inbound:
    command = text.split()[0].split("@")[0] if text.startswith("/") and text.split() else ""
    if command == "/start":
        return replace(start, kind="start")
    if command[1:] in COMMANDS:
        return replace(start, kind="command", text=command[1:])
    return replace(start, kind="text", text=text)


def _media(message: Message, start: Inbound) -> Inbound:
    """`other`: a sticker, a poll, a game."""
    heard, seen = message.voice or message.audio, message.photo[-1] if message.photo else None
    filmed = message.video or message.video_note
    file = heard or seen or message.document or filmed
    kind = "voice" if heard else "picture" if seen else "document" if file else "other"
    usual = "audio/ogg" if message.voice else "image/jpeg" if seen else "video/mp4" if filmed else ""
    mime = str(getattr(file, "mime_type", None) or usual)
    return replace(start, kind="media", media=kind, reference=file.file_id if file else "", mime=mime, text=message.caption or "")


def read(raw: bytes | str, bot: Bot | None = None) -> Update:
    """`ValueError` when it is no update."""
    try:
        data = _whole(json.loads(raw))
    except RecursionError:
        raise ValueError("nested without end") from None
    if not isinstance(data, dict) or type(data.get("update_id")) is not int:
        raise ValueError("an update has an update_id")
    try:
        update = Update.de_json(data, bot)
        parse(update)
    except STRANGE:
        return Update(data["update_id"], api_kwargs=data)  # of a shape that nobody knows: kept as one that says nothing
    return update


def _whole(value: Any) -> Any:
    """Halves of letters, which JSON can carry and nobody can store, become question marks."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {_whole(key): _whole(item) for key, item in value.items()} if isinstance(value, dict) else value


def take(db: Database, update: Update) -> None:
    """Keep an update: the same one twice is kept once. Whatever it is, it is acknowledged: one that is refused would block its chat."""
    found = parse(update)
    with db.begin() as session:
        if isinstance(found, Inbound):
            inbox.receive(session, found)
        elif isinstance(found, Blocked):
            conversations.blocked(session, NAME, found.address, found.reason)
        else:
            inbox.ignore(session, NAME, str(update.update_id), json.loads(update.to_json()))


def router(db: Database, settings: Settings) -> APIRouter:
    """Where Telegram posts updates."""
    api, expected = APIRouter(tags=["channels"]), secret(settings, db).encode()

    @api.post(PATH)
    async def webhook(request: Request) -> Response:
        """An update. Only with the secret that was given to Telegram."""
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), expected):
            raise HTTPException(403, "The secret is missing or wrong.")
        try:
            update = read(await request.body())
        except ValueError:
            raise HTTPException(400, "This is no update.") from None
        await run_in_threadpool(take, db, update)
        return _pressed(update) if update.callback_query else Response()

    return api


def _pressed(update: Update) -> Response:
    """The answer to the webhook may call one method: it ends the waiting sign on the button."""
    assert update.callback_query is not None
    call = {"method": "answerCallbackQuery", "callback_query_id": update.callback_query.id}
    return Response(json.dumps(call), media_type="application/json")


# --- Bubbles


@dataclass
class Telegram:
    """The Bot API. Coroutines of the library run in one loop of their own."""

    bot: Bot
    texts: Texts
    loop: Background
    connections: tuple[HTTPXRequest, HTTPXRequest]
    name = NAME
    paces = Paces(Pace(1.0, burst=5), Pace(1 / 25, burst=25))
    window: timedelta | None = None

    @staticmethod
    def of(settings: Settings) -> "Telegram":
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, and ours carries the token
        calls, news = (HTTPXRequest(n, connect_timeout=5, read_timeout=8, write_timeout=8, pool_timeout=5) for n in (16, 1))
        base = settings.telegram_api
        bot = Bot(settings.telegram_token.get_secret_value(), f"{base}/bot", f"{base}/file/bot", request=calls, get_updates_request=news)
        return Telegram(bot, Texts.load(settings.data_dir), Background(), (calls, news))

    def call(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Raises SendError; the token, which the library puts into some texts, stays out of it."""
        try:
            return self.loop.run(work)
        except TelegramError as error:
            raise _meaning(error) from None

    def send(self, address: str, body: dict[str, Any]) -> str | None:
        keyboard, plain = self._keyboard(body), LinkPreviewOptions(is_disabled=True)
        sent = self.call(self.bot.send_message(int(address), body["text"], reply_markup=keyboard, link_preview_options=plain))
        return f"{address}:{sent.message_id}"

    def _keyboard(self, body: dict[str, Any]) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
        """A place can only be asked for beside the text field; then the choices stand there too, and come back as their titles."""
        titles = [b["title"] for b in body["buttons"]]
        if body["ask_location"]:
            place = KeyboardButton(self.texts.get("share_location", body["form"]), request_location=True)
            rows = [[place], *([KeyboardButton(title)] for title in titles)]
            return ReplyKeyboardMarkup(rows, one_time_keyboard=True, resize_keyboard=True)
        buttons = [[InlineKeyboardButton(b["title"], callback_data=b["token"])] for b in body["buttons"]]
        return InlineKeyboardMarkup(buttons) if buttons else None

    def tell(self, group: str, text: str) -> None:
        """Write into a group. Raises SendError."""
        self.call(self.bot.send_message(_known_group(group), text, link_preview_options=LinkPreviewOptions(is_disabled=True)))

    def may_write(self, group: str) -> bool:
        """Whether we are a member of this group, and are not kept silent. Raises SendError."""
        us = {"chat_id": _known_group(group), "user_id": self.call(self.bot.get_me()).id}
        place: dict[str, Any] = self.call(self.bot.do_api_request("getchatmember", api_kwargs=us))  # in lower case: see `Polling`
        return place["status"] not in OUTSIDE and bool(place.get("can_send_messages", True))

    def taken(self, address: str, body: dict[str, Any], since: datetime) -> list[str]:
        """Telegram cannot be asked what a bot said: after an attempt without a word the bubble is sent again, and may come twice."""
        return []

    def fetch(self, reference: str) -> Content:
        return Content(bytes(self.call(self._file(reference))), "")

    async def _file(self, reference: str) -> bytearray:
        return await (await self.bot.get_file(reference)).download_as_bytearray()

    def discard(self, reference: str) -> None:
        """Telegram lets no bot delete what a person sent."""

    def meaning(self, error: str) -> SendError:
        return Rejected(error)

    def stop(self) -> None:
        for connection in self.connections:
            self.loop.run(connection.shutdown())
        self.loop.stop()


def groups(updates: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Groups that these updates, the newest first, say we are in: number and title."""
    places: dict[str, tuple[str, str]] = {}
    for change in (update["my_chat_member"] for update in updates if "my_chat_member" in update):
        chat = change["chat"]
        places.setdefault(str(chat["id"]), (change["new_chat_member"]["status"], chat.get("title", "")))
    return {number: title for number, (status, title) in places.items() if number.startswith("-") and status not in OUTSIDE}


def _known_group(group: str) -> str:
    if not GROUP.fullmatch(group):
        raise Rejected(f"{group} is not a group: its number begins with -, its name with @")
    return group


def _meaning(error: TelegramError) -> SendError:
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        return TryAgain("too many messages", float(wait if isinstance(wait, int) else wait.total_seconds()))
    if isinstance(error, Forbidden):
        return Unreachable(error.message)
    if isinstance(error, BadRequest):
        return Unreachable(error.message) if "chat not found" in error.message.lower() else Rejected(error.message)
    if isinstance(error, ChatMigrated):
        return Rejected(f"the group has a new number: {error.new_chat_id}")
    return TryAgain("Telegram did not answer" if isinstance(error, NetworkError) else type(error).__name__)


# --- Long polling


class Polling:
    """Asks for updates where no webhook can reach us. One process of all: who holds the lock."""

    def __init__(self, db: Database, channel: Telegram) -> None:
        self.db, self.channel = db, channel

    def __call__(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                self._poll_alone(stopping)
            except (psycopg.Error, SQLAlchemyError, SendError, OSError, ValueError) as error:
                log.warning("Telegram or the database is not reachable, trying again: %s", type(error).__name__)
            stopping.wait(1.0)

    def _poll_alone(self, stopping: threading.Event) -> None:
        with psycopg.connect(self.db.url, autocommit=True) as holder:
            if holder.execute("SELECT pg_try_advisory_lock(%s)", (POLL_LOCK,)).fetchone() != (True,):
                return
            self.channel.call(self.channel.bot.delete_webhook())
            while not stopping.is_set():
                holder.execute("SELECT 1")  # who lost the connection has lost the lock
                for update in self._next():
                    self._take(update)

    def _next(self) -> Iterator[Update]:
        """Asked for as they come: the library's own method gives up on all of them when one has an odd shape, and logs what it says.

        Methods of the Bot API may be written in any case; written so, the library does not insist on its own."""
        with self.db.begin() as session:
            cursor = outbox.channel_state(session, NAME).cursor
        wanted = {"offset": int(cursor) if cursor else 0, "timeout": POLL_SECONDS, "allowed_updates": UPDATES}
        found = self.channel.bot.do_api_request("getupdates", api_kwargs=wanted, read_timeout=POLL_SECONDS + 5)
        yield from (read(json.dumps(raw), self.channel.bot) for raw in self.channel.call(found))

    def _take(self, update: Update) -> None:
        take(self.db, update)
        if update.callback_query:
            self._answer(update.callback_query.id)
        with self.db.begin() as session:
            outbox.channel_state(session, NAME).cursor = str(update.update_id + 1)

    def _answer(self, query_id: str) -> None:
        """Only a courtesy: the press itself is kept."""
        try:
            self.channel.call(self.channel.bot.answer_callback_query(query_id))
        except SendError as error:
            log.info("a button press was not acknowledged: %s", error)
