"""Where no webhook can reach us the sender asks Telegram for updates: one of all senders, each update once, from where it was."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from bot.db import Database
from bot.messages import Button, Reply
from bot.settings import Settings
from bot.tables import InboundRow
from channels.registry import sender_of
from channels.telegram import NAME, Polling, Telegram, take
from tests.channels.telegram_story import PERSON, at, bodies, calls_of, count, end, heard, rested, send_due, speaking
from tests.providers.control import Control
from tests.providers.telegram import TOKEN
from tests.story import AtOnce, Somebody, bot, result, until

PROMPT = 4.0  # seconds; the launcher kills what has not ended after 8
soon = partial(until, seconds=10)
Poller = Callable[[], AbstractContextManager[None]]


def ended(control: Control, loop: "Future[None]") -> None:
    """What was told to stop has stopped; who waits for news at Telegram is sent away."""

    def is_over() -> bool:
        control.raw(f"/bot{TOKEN}/setWebhook", data={"url": "http://127.0.0.1:9/nowhere"})
        control.raw(f"/bot{TOKEN}/deleteWebhook")
        return loop.done()

    soon(is_over)
    result(loop)


@contextmanager
def polling(db: Database, control: Control) -> Iterator[None]:
    """A process of its own that asks for updates."""
    stopping = threading.Event()
    with speaking(control.url) as own, AtOnce(1) as thread:
        loop = thread.start(Polling(db, own), stopping)
        try:
            yield
        finally:
            stopping.set()
            ended(control, loop)


@pytest.fixture
def poller(db: Database, control: Control) -> Poller:
    return lambda: polling(db, control)


@contextmanager
def sender(db: Database, settings: Settings, control: Control) -> Iterator[None]:
    """The whole sending process of an installation."""
    process = sender_of(db, settings)
    with AtOnce(1) as thread:
        loop = thread.start(process.run)
        try:
            yield
        finally:
            process.stopping.set()
            ended(control, loop)
            end(process.channels[NAME])  # type: ignore[arg-type]


def asked(control: Control) -> list[dict[str, Any]]:
    return calls_of(control, "getUpdates")


def offsets(control: Control) -> list[str]:
    return [str(call["params"].get("offset", "")) for call in asked(control)]


def waits_for_news(control: Control, after: int = 0) -> bool:
    """Somebody asks at this moment, and asked after these calls."""
    return len(asked(control)) > after and asked(control)[-1]["status"] == 0 and bool(control.get("idle")["idle"])


# --- Who asks


def test_without_a_public_address_updates_arrive(db: Database, control: Control, config: Settings) -> None:
    control.say(text="before")
    with sender(db, at(control.url, config, public_url=""), control):
        soon(lambda: heard(db) == ["before"])
        control.say(text="after")
        soon(lambda: heard(db) == ["before", "after"])


def test_with_a_public_address_nobody_asks(db: Database, control: Control, config: Settings) -> None:
    somebody = Somebody(db, NAME, PERSON)
    somebody.queue(*bot("bonjour"))
    with sender(db, at(control.url, config, public_url="https://dalil.example"), control):
        soon(lambda: somebody.states() == ["sent"])
        assert asked(control) == []


def test_a_webhook_of_an_earlier_time_is_removed(control: Control, db: Database, poller: Poller) -> None:
    control.raw(f"/bot{TOKEN}/setWebhook", data={"url": "http://127.0.0.1:9/nowhere"})
    control.say(text="bonjour")
    with poller():
        soon(lambda: heard(db) == ["bonjour"])


def test_every_kind_that_we_know_is_asked_for(control: Control, db: Database, poller: Poller) -> None:
    with poller():
        soon(lambda: waits_for_news(control))
        control.say(text="Où ?")
        control.say(edited="Où et quand ?")
        control.say(block=True)
        soon(lambda: count(db, InboundRow) == 2 and Somebody(db, NAME, PERSON).conversation().unreachable != "")
    assert [body.get("edited", False) for body in bodies(db)] == [False, True]


def test_of_two_pollers_only_one_asks(control: Control, db: Database, poller: Poller) -> None:
    """Telegram refuses who asks beside another one: 409."""
    with poller(), poller():
        for number in range(3):
            control.say(text=str(number))
            soon(lambda number=number: len(heard(db)) == number + 1)  # type: ignore[misc]
        soon(lambda: waits_for_news(control))
        statuses = {call["status"] for call in asked(control)}
    assert statuses == {0, 200} and heard(db) == ["0", "1", "2"]


def test_when_one_poller_stops_the_other_goes_on(control: Control, db: Database, poller: Poller) -> None:
    with poller():
        with poller():
            soon(lambda: waits_for_news(control))
        control.say(text="bonjour")
        soon(lambda: heard(db) == ["bonjour"])


def test_a_poller_that_lost_the_database_comes_back(control: Control, db: Database, poller: Poller) -> None:
    with poller():
        soon(lambda: waits_for_news(control))
        cut_the_holder(db)
        control.say(text="one")
        control.say(text="two")
        soon(lambda: heard(db) == ["one", "two"])


def cut_the_holder(db: Database) -> None:
    """The connections that hold an advisory lock."""
    holders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    with db.engine.connect() as connection:
        assert set(connection.execute(text(holders)).scalars()) == {True}


# --- Once, and from where it was


def test_updates_are_kept_in_order(control: Control, db: Database, poller: Poller) -> None:
    for number in range(10):
        control.say(text=str(number))
    with poller():
        soon(lambda: len(heard(db)) == 10)
    assert heard(db) == [str(number) for number in range(10)]


def test_a_new_poller_goes_on_where_the_last_one_was(control: Control, db: Database, poller: Poller) -> None:
    with poller():
        number = control.say(text="before")
        soon(lambda: heard(db) == ["before"] and waits_for_news(control))
    done = len(asked(control))
    with poller():
        soon(lambda: len(asked(control)) > done)
    assert offsets(control)[done] == str(number + 1)


def test_over_a_restart_no_update_is_lost_and_none_kept_twice(control: Control, db: Database, poller: Poller) -> None:
    with poller():
        control.say(text="before")
        soon(lambda: heard(db) == ["before"])
    control.say(text="between")
    with poller():
        control.say(text="after")
        soon(lambda: len(heard(db)) >= 3 and waits_for_news(control))
    assert heard(db) == ["before", "between", "after"]


def test_an_update_that_was_kept_before_the_poller_died_is_kept_once(
    control: Control, db: Database, channel: Telegram, poller: Poller
) -> None:
    """It died before it could note how far it was."""
    control.say(text="bonjour")
    for found in channel.call(channel.bot.get_updates()):
        take(db, found)
    with poller():
        soon(lambda: waits_for_news(control))
    assert heard(db) == ["bonjour"]


def test_an_update_that_telegram_brings_again_is_kept_once(control: Control, db: Database, poller: Poller) -> None:
    with poller():
        number = control.say(text="one")
        soon(lambda: heard(db) == ["one"])
        control.post("repeat", update_id=number)
        control.say(text="two")
        soon(lambda: "two" in heard(db))
    assert heard(db) == ["one", "two"]


# --- Presses


def a_menu_was_sent(db: Database, channel: Telegram) -> str:
    """The token of its button."""
    somebody = Somebody(db, NAME, PERSON)
    somebody.queue(Reply("Que cherchez-vous ?", "fr", (Button("Santé", "choose"),)))
    rested(db)
    send_due(db, channel)
    return somebody.options()[0].token


def test_a_press_is_kept_and_answered(control: Control, db: Database, channel: Telegram, poller: Poller) -> None:
    token = a_menu_was_sent(db, channel)
    control.say(press=token)
    with poller():
        soon(lambda: [call["status"] for call in calls_of(control, "answerCallbackQuery")] == [200])
    assert bodies(db) == [{"kind": "button", "token": token}]


def test_a_press_that_is_too_old_to_be_answered_is_kept_and_holds_up_nothing(
    control: Control, db: Database, channel: Telegram, poller: Poller
) -> None:
    control.say(press=a_menu_was_sent(db, channel), stale=True)
    control.say(text="bonjour")
    with poller():
        soon(lambda: len(bodies(db)) == 2)
    assert [body["kind"] for body in bodies(db)] == ["button", "text"]


# --- Trouble


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 429, "retry_after": 1}, {"status": 409}, {"drop": True}], ids=str)
def test_when_telegram_fails_it_is_asked_again(control: Control, db: Database, poller: Poller, answer: dict[str, Any]) -> None:
    control.post("script", method="getUpdates", answers=[answer])
    control.say(text="bonjour")
    with poller():
        soon(lambda: heard(db) == ["bonjour"])


def said(**more: Any) -> dict[str, Any]:
    """A message, but."""
    sender = {"id": 5, "is_bot": False, "first_name": "Test"}
    return {"message": {"message_id": 5, "date": 5, "text": "fatoumata", "chat": {"id": 5, "type": "private"}, "from": sender, **more}}


STRANGE: dict[str, dict[str, Any]] = {
    "a message that is a word": {"message": "fatoumata"},
    "a message without a chat": {"message": {"message_id": 5, "text": "fatoumata"}},
    "a message of a far year": said(date=10**12),
    "a text that is a number": said(text=5),
    "a language that is a number": said(**{"from": {"id": 5, "is_bot": False, "first_name": "Test", "language_code": 5}}),
    "of tomorrow": {"of_tomorrow": {"text": "fatoumata"}},
}


@pytest.mark.parametrize("shape", STRANGE.values(), ids=STRANGE)
def test_an_update_of_a_shape_that_nobody_knows_holds_up_nothing(
    control: Control, db: Database, poller: Poller, shape: dict[str, Any]
) -> None:
    control.say(raw=shape)
    control.say(text="bonjour")
    with poller():
        until(lambda: "bonjour" in heard(db), PROMPT)


def test_no_word_of_a_shape_that_nobody_knows_is_in_the_logs(control: Control, poller: Poller, caplog: pytest.LogCaptureFixture) -> None:
    control.say(raw=STRANGE["a message without a chat"])
    with suppress(KeyError), poller():  # whether it goes on is the matter of the test above
        soon(lambda: bool(asked(control)) and asked(control)[0]["status"] == 200)
    assert "fatoumata" not in caplog.text


# --- The end


def test_the_sending_process_stops_promptly_while_it_waits_for_news(db: Database, control: Control, config: Settings) -> None:
    process = sender_of(db, at(control.url, config, public_url=""))
    with AtOnce(1) as thread:
        loop = thread.start(process.run)
        soon(lambda: waits_for_news(control))
        process.stopping.set()
        started = time.monotonic()
        until(lambda: loop.done() or time.monotonic() - started > PROMPT)
        was_prompt = loop.done()
        ended(control, loop)
    end(process.channels[NAME])  # type: ignore[arg-type]
    assert was_prompt
