"""The one Rasa InputChannel: takes messages from the inbox, runs Rasa, and puts every reply into the outbox.

It starts its workers when the model is loaded. A turn is written whole or not at all (bot/messaging/turns.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.core.events import ActionExecuted
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.components.tracker import CURRENT, Held, to_json
from bot.components.understanding import intent_of
from bot.db import Database
from bot.errors import ModelRefused, NotReady
from bot.faq import entries
from bot.log import configure as configure_log
from bot.messages import Effect, Reply
from bot.messaging import conversations, inbox, notes, turns
from bot.messaging.turns import Outcome, Work
from bot.messaging.without_bot import answer
from bot.settings import Settings, settings
from bot.texts import Texts
from bot.understanding.holder import HOLDER
from bot.understanding.ready import is_trained, ready_index
from bot.understanding.understand import Understanding
from channels.steady import for_ever

log = logging.getLogger("dalil.turn")
WORKERS = 3
IDLE_SECONDS = 0.5


class Collector(OutputChannel):
    """Catches what actions return: replies, effects and end markers. Nothing is sent from here."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "collector"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.said.append(message.get("custom") or {})

    def replies(self) -> list[Reply]:
        return [Reply.from_json(raw) for part in self.said for raw in part.get("replies", [])]

    def effects(self) -> list[Effect]:
        return [Effect.from_json(raw) for part in self.said for raw in part.get("effects", [])]

    def ended(self) -> list[str]:
        return [part["end"] for part in self.said if "end" in part]


class Brain:
    """Rasa, asked for one turn. Knows the agent, not the database."""

    def __init__(self, agent: Agent, turn_seconds: float) -> None:
        self.agent, self.turn_seconds = agent, turn_seconds

    async def read(self, work: Work) -> Understanding:
        """What the text means, by the graph of the model; Rasa's own parsing of `/commands` is not used."""
        if self.agent.processor is None:
            raise NotReady("no model is loaded")
        message = UserMessage(_never_a_command(work.text), sender_id=str(work.conversation_id), metadata={"history": asdict(work.history)})
        parsed = await self.agent.processor.parse_message(message)
        return Understanding(**parsed["understanding"])

    async def run(self, work: Work, seen: Understanding | None) -> Outcome:
        """Policies and actions. `NotReady` unless every action returned its end marker."""
        intent = work.intent or (intent_of(seen) if seen else "menu")
        understanding = seen.as_json() if seen and not work.intent else {}
        metadata = {"form": _reply_form(work, seen), "data": work.data, "understanding": understanding, "unsafe": work.safe is False}
        parsed = {"text": work.text, "intent": {"name": intent, "confidence": 1.0}, "entities": [], "metadata": metadata}
        collector, held = Collector(), Held(work.tracker)
        message = UserMessage(_never_a_command(work.text), collector, str(work.conversation_id), parse_data=parsed, metadata=metadata)
        CURRENT.set(held)
        await asyncio.wait_for(self.agent.handle_message(message), self.turn_seconds)
        if held.saved is None or not _complete(held, collector):
            raise NotReady("the action server did not finish the turn")
        return Outcome(collector.replies(), collector.effects(), seen, to_json(held.saved))


def _reply_form(work: Work, seen: Understanding | None) -> str:
    """The form of this reply: of the text when it is clear, else the one of the conversation."""
    if seen and not work.intent and seen.form in seen.forms and (not work.form or seen.forms[seen.form] >= 0.5):
        return seen.form
    return work.form or "fr"


def _never_a_command(text: str) -> str:
    """Rasa takes what starts with a slash for an intent of its own, and drops what our component found."""
    return text.lstrip("/ ") or "."


def _complete(held: Held, collector: Collector) -> bool:
    """Every custom action that Rasa ran in this turn has returned its end marker, and there was at least one."""
    assert held.saved is not None
    ran: list[str] = []
    for event in reversed(held.saved.events):
        if type(event).__name__ == "UserUttered":
            break
        if isinstance(event, ActionExecuted) and event.action_name not in ("action_listen", "action_session_start"):
            ran.append(str(event.action_name))
    return bool(ran) and sorted(ran) == sorted(collector.ended())


class Pump:
    """Workers that each hold the advisory lock of one conversation while they run its turns."""

    def __init__(self, brain: Brain, db: Database, config: Settings) -> None:
        self.brain, self.db, self.config = brain, db, config
        self.texts = Texts.load(config.data_dir)
        self.wake = asyncio.Event()

    async def listen(self) -> None:
        """Sets `wake` at each notification, and swaps the index when published content changed, for ever."""
        await for_ever("listener", self._listen_connected)

    async def _listen_connected(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.db.url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {inbox.CHANNEL}")
            await connection.execute("LISTEN content")
            await self._refresh_index()
            async for note in connection.notifies():
                self.wake.set()
                if note.channel == "content":
                    await self._refresh_index()

    async def _refresh_index(self) -> None:
        await asyncio.to_thread(self._swap_index)

    def _swap_index(self) -> None:
        with self.db.begin() as session:
            version, known = entries.version(session), entries.all_known(session)
        if not known:
            return
        learned_anew = HOLDER.index.trained is not None and is_trained(known, self.config)
        try:
            if HOLDER.refresh(version, lambda: ready_index(known, self.config, HOLDER.index), learned_anew):
                log.info("index of content version %s in use: %s", version, HOLDER.index.version)
        except ModelRefused as refusal:
            HOLDER.keep(version)
            log.error("content version %s: %s", version, refusal)

    async def work(self) -> None:
        """One worker, for ever."""
        await for_ever("worker", self._work_connected)

    async def _work_connected(self) -> None:
        """The connection holds the advisory locks of this worker; PostgreSQL frees them when it is gone."""
        async with await psycopg.AsyncConnection.connect(self.db.url, autocommit=True) as locks:
            while True:
                self.wake.clear()
                if not await self._work_on_due(locks):
                    with suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(self.wake.wait(), IDLE_SECONDS)

    async def _work_on_due(self, locks: psycopg.AsyncConnection[Any]) -> bool:
        """Work on the first due conversation that no other worker holds. False when there is none."""
        for conversation_id in await asyncio.to_thread(self._due):
            key = conversations.lock_key(conversation_id)
            if await _locked(locks, key):
                try:
                    return await self._turn(conversation_id)
                finally:
                    await locks.execute("SELECT pg_advisory_unlock(%s)", (key,))
        return False

    def _due(self) -> list[UUID]:
        with self.db.begin() as session:
            return inbox.due(session)

    async def _turn(self, conversation_id: UUID) -> bool:
        """Run the next message of a conversation. A failure is noted on its row; the next try comes later."""
        started = time.perf_counter()
        work = await asyncio.to_thread(self._load, conversation_id)
        if work is None:
            return False
        loaded = time.perf_counter()
        try:
            outcome = await self._outcome(work)
        except Exception as error:  # one of the three places that catch everything: the message must not be lost
            log.warning("turn %s failed (try %s): %s: %s", work.inbound_id, work.attempts + 1, type(error).__name__, error)
            await asyncio.to_thread(self._give_up, work, f"{type(error).__name__}: {error}")
            return True
        ran = time.perf_counter()
        written = await asyncio.to_thread(self._finish, work, outcome)
        _log_turn(work, outcome, written, (started, loaded, ran, time.perf_counter()))
        return True

    async def _outcome(self, work: Work) -> Outcome:
        """Who speaks decides: the bot, or nobody but danger while a person is waited for or speaks."""
        seen = await self.brain.read(work) if work.text and not work.intent else None
        if (said := notes.instead(work, seen, self.texts, self.config.most_a_minute)) is not None:
            return said
        if work.owner == "bot":
            done = await self.brain.run(work, seen)
            return replace(done, replies=[*notes.before(work, seen, self.texts), *done.replies])
        if work.owner == "waiting" and work.wants_bot:
            return await self._back_to_bot(work)
        return answer(work, seen, self.texts, self.config.data_dir)

    async def _back_to_bot(self, work: Work) -> Outcome:
        done = await self.brain.run(replace(work, intent="menu"), None)
        notice = Reply(self.texts.say("back_to_bot", work.form or "fr"), work.form or "fr", actor="system")
        return replace(done, replies=[notice, *done.replies], effects=[Effect("back_to_bot"), *done.effects])

    def _load(self, conversation_id: UUID) -> Work | None:
        with self.db.begin() as session:
            return turns.load(session, conversation_id, self.config.data_dir)

    def _finish(self, work: Work, outcome: Outcome) -> bool:
        with self.db.begin() as session:
            return turns.finish(session, work, outcome)

    def _give_up(self, work: Work, error: str) -> None:
        with self.db.begin() as session:
            turns.give_up(session, work, error, self.texts)


async def _locked(locks: psycopg.AsyncConnection[Any], key: int) -> bool:
    row = await (await locks.execute("SELECT pg_try_advisory_lock(%s)", (key,))).fetchone()
    return bool(row and row[0])


def _log_turn(work: Work, outcome: Outcome, written: bool, times: tuple[float, float, float, float]) -> None:
    """Where the time went. No text, no address: ids and routes only."""
    load, run, write = (round(1000 * (b - a)) for a, b in pairwise(times))
    seen = outcome.understanding
    what = f"{seen.form} {seen.route} {seen.id}" if seen else work.intent
    log.info(
        "turn %s %s: read %s ms, answer %s ms, write %s ms, replies %s%s",
        work.inbound_id,
        what,
        load,
        run,
        write,
        len(outcome.replies),
        "" if written else " (done before, thrown away)",
    )


class Gateway(InputChannel):
    """What `credentials.yml` names. It has no route of its own for messages: they come through the inbox."""

    @classmethod
    def name(cls) -> str:
        return "gateway"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("gateway", __name__)

        @blueprint.route("/ready")
        async def ready(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            is_ready = bool(agent and agent.is_ready())
            return json({"ready": is_ready}, status=200 if is_ready else 503)

        @blueprint.listener("after_server_start")
        async def start(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            if app.ctx.agent and app.ctx.agent.is_ready():
                tasks.extend(_start(app))

        @blueprint.listener("before_server_stop")
        async def stop(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            """Before the loop ends under them. A turn that is cut off is run again."""
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        tasks: list[asyncio.Task[None]] = []
        return blueprint


def _start(app: Sanic) -> list[asyncio.Task[None]]:
    configure_log()
    config = settings()
    pump = Pump(Brain(app.ctx.agent, config.turn_seconds), Database.of(config), config)
    return [asyncio.create_task(work) for work in (pump.listen(), *(pump.work() for _ in range(WORKERS)))]
