"""How a test, or the page, moves the stand-in: `/control/...`."""

import random
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from tests.providers.telegram_checks import buttons_of
from tests.providers.telegram_delivery import Courier
from tests.providers.telegram_methods import SENDING
from tests.providers.telegram_state import Disorder, Group, Json, State, Talk, Webhook
from tests.providers.telegram_updates import Impossible, Saying


class Control:
    """The routes; everything is JSON."""

    def __init__(self, state: State, courier: Courier) -> None:
        self._state, self._courier, self._saying = state, courier, Saying(state)
        self.router = APIRouter(prefix="/control")
        for name in ("say", "group", "repeat", "script", "quiet", "disorder", "limits"):
            self.router.add_api_route(f"/{name}", getattr(self, name), methods=["POST"], response_model=None)
        for name in ("sent", "calls", "deliveries", "idle", "setup", "conversation"):
            self.router.add_api_route(f"/{name}", getattr(self, name), methods=["GET"], response_model=None)

    async def say(self, request: Request) -> Json:
        """A person does something; `update_ids` has more than one number when a long text left as several messages."""
        try:
            numbers = self._saying.say(await request.json())
        except Impossible as error:
            raise HTTPException(400, str(error)) from error
        self._courier.wake()
        return {"update_id": numbers[-1], "update_ids": numbers}

    async def group(self, request: Request) -> Json:
        """Somebody changes the bot's place in a group, which the bot is told. `id`: negative; the others: see `Group`."""
        number = self._saying.group(Group(**{"name": "Test Group", "language_code": None, **await request.json()}))
        self._courier.wake()
        return {"update_id": number}

    async def repeat(self, request: Request) -> Json:
        if not (found := self._state.talk.updates.get((await request.json())["update_id"])):
            raise HTTPException(404, "no such update")
        self._state.queue(found.id, found.chat, found.body)
        self._courier.wake()
        return {"update_id": found.id}

    async def script(self, request: Request) -> Json:
        """For the sending methods, unless `method` names another one."""
        asked = await request.json()
        methods = (asked["method"].lower(),) if "method" in asked else SENDING
        to = str(asked["to"]) if asked.get("to") is not None else None
        self._state.talk.script.lines += [(to, methods, answer) for answer in asked["answers"]]
        return {"waiting": len(self._state.talk.script.lines)}

    async def quiet(self, request: Request) -> Json:
        """Forgets people, messages and whatever waits; the webhook, the commands and the limits stay unless `{"all": true}`."""
        await self._courier.stop()
        self._state.talk = Talk()
        if (await request.body()) and (await request.json()).get("all"):
            self._state.webhook, self._state.limits, self._state.known_chats_only = Webhook(), True, False
            self._state.commands, self._state.descriptions = {}, {}
        return {"quiet": True}

    async def disorder(self, request: Request) -> Json:
        asked = await request.json()
        rng = random.Random(asked.get("seed"))
        self._state.talk.disorder = Disorder(asked.get("twice", 0.0), asked.get("late", 0.0), rng)
        return {"twice": self._state.talk.disorder.twice, "late": self._state.talk.disorder.late}

    async def limits(self, request: Request) -> Json:
        """`on`: flood limits; `known_chats_only`: a chat that nobody wrote from is "chat not found", as at Telegram."""
        asked = await request.json()
        self._state.limits = asked.get("on", self._state.limits)
        self._state.known_chats_only = asked.get("known_chats_only", self._state.known_chats_only)
        return {"on": self._state.limits, "known_chats_only": self._state.known_chats_only}

    async def sent(self, after: int = 0) -> list[Json]:
        return self._state.talk.sent[max(0, after) :]

    async def calls(self, after: int = 0) -> list[Json]:
        """Every call of the bot with the status it was answered; 0 is no answer."""
        return self._state.talk.calls[max(0, after) :]

    async def deliveries(self) -> list[Json]:
        return [asdict(delivery) for delivery in self._state.talk.deliveries]

    async def idle(self) -> Json:
        return {"idle": self._courier.idle()}

    async def setup(self) -> Json:
        """What the bot configured."""
        hook = self._state.webhook
        commands = [{"scope": scope, "language_code": code, "commands": all_} for (scope, code), all_ in self._state.commands.items()]
        texts = [{"kind": kind, "language_code": code, "text": text} for (kind, code), text in self._state.descriptions.items()]
        webhook = {"url": hook.url, "secret_token": hook.secret, "allowed_updates": list(hook.allowed), "max_connections": hook.room}
        return {"webhook": webhook, "commands": commands, "descriptions": texts}

    async def conversation(self, chat: int) -> Json:
        """For the page: both sides in order, and the reply keyboard that is open."""
        found = [message for (where, _), message in self._state.talk.messages.items() if where == chat]
        return {"messages": [self._line(message) for message in found], "keyboard": self._state.talk.keyboards.get(chat, [])}

    def _line(self, message: Json) -> Json:
        content: Any = message.get("text") or message.get("caption") or ""
        kind = next((key for key in message if key in ("voice", "photo", "document", "sticker", "venue", "location", "contact")), "")
        bot = message["from"]["is_bot"]
        return {"bot": bot, "text": content, "kind": kind, "buttons": buttons_of(message.get("reply_markup", {}))}
