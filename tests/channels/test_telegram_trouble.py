"""What happens when Telegram does not take a bubble: too many, blocked, refused, down, silent. And what is never told."""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.settings import Settings
from bot.tables import ChannelRow
from channels.sender import fetch_one, send_one
from channels.telegram import NAME, Telegram
from tests.channels.telegram_story import (
    PERSON,
    at,
    calls_of,
    due_at_once,
    dump,
    end,
    impatient,
    receive,
    send_due,
    send_waiting,
    speaking,
    texts_of,
)
from tests.providers.control import Control
from tests.providers.telegram import TOKEN
from tests.story import Somebody, bot

REFUSALS = [{"status": 400}, {"status": 403}, {"status": 401}, {"status": 404}, {"status": 409}, {"status": 429, "retry_after": 1}]
FAILURES: list[dict[str, Any]] = [{"status": 500}, {"status": 502}, {"status": 401}, {"status": 409}, {"drop": True}]


@pytest.fixture
def hasty(control: Control) -> Iterator[Telegram]:
    with impatient(control.url) as found:
        yield found


def script(control: Control, *answers: dict[str, Any], **more: Any) -> None:
    control.post("script", answers=list(answers), **more)


# --- Too many messages


def test_who_is_told_to_wait_waits_and_the_bubble_arrives_once(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    script(control, {"status": 429, "retry_after": 1})
    somebody.queue(*bot("a"))
    started = time.time()
    send_waiting(db, channel, somebody)
    assert texts_of(control) == ["a"] and control.get("sent")[0]["at"] - started >= 1


def test_the_bubble_that_has_to_wait_waits_as_long_as_telegram_said(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    script(control, {"status": 429, "retry_after": 60})
    somebody.queue(*bot("a"))
    send_due(db, channel)
    wait = (somebody.outbound()[0].next_at - datetime.now(timezone.utc)).total_seconds()
    assert 55 < wait < 75 and somebody.states() == ["queued"]


def test_what_was_said_later_does_not_overtake_a_bubble_that_waits(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    script(control, {"status": 429, "retry_after": 1})
    somebody.queue(*bot("a", "b"))
    send_waiting(db, channel, somebody)
    assert texts_of(control) == ["a", "b"]


def test_while_one_person_has_to_wait_another_one_is_answered(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    script(control, {"status": 429, "retry_after": 60}, to=PERSON)
    other = Somebody(db, NAME, "222")
    somebody.queue(*bot("a"))
    other.queue(*bot("b"))
    send_waiting(db, channel, other)
    assert texts_of(control, "222") == ["b"] and somebody.states() == ["queued"]


# --- Blocked


def test_who_has_blocked_us_is_unreachable_and_what_waits_is_given_up(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    control.say(block=True)
    somebody.queue(*bot("a", "b", "c"))
    send_due(db, channel)
    assert somebody.states() == ["dead"] * 3 and "blocked" in somebody.conversation().unreachable


def test_who_has_blocked_us_is_not_spoken_to_again(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    script(control, {"status": 403})
    somebody.queue(*bot("a", "b"))
    send_due(db, channel)
    somebody.queue(*bot("c"))
    send_due(db, channel)
    assert len(calls_of(control, "sendMessage")) == 1 and somebody.states() == ["dead"] * 3


def test_who_told_us_of_the_block_is_not_spoken_to(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(*bot("a", "b"))
    control.say(block=True)
    receive(db, channel)
    send_due(db, channel)
    assert calls_of(control, "sendMessage") == [] and somebody.states() == ["dead"] * 2


def test_who_writes_again_is_reachable(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    script(control, {"status": 403})
    somebody.queue(*bot("a"))
    send_due(db, channel)
    control.say(text="je suis là")
    receive(db, channel)
    somebody.queue(*bot("b"))
    send_waiting(db, channel, somebody)
    assert texts_of(control) == ["b"] and somebody.conversation().unreachable == ""


def test_who_takes_the_block_back_is_spoken_to(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    for did in ("block", "unblock"):
        control.say(**{did: True})
    receive(db, channel)
    somebody.queue(*bot("a"))
    send_due(db, channel)
    assert texts_of(control) == ["a"]


def test_who_is_gone_from_telegram_is_unreachable(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    control.post("limits", known_chats_only=True)
    somebody.queue(*bot("a"))
    send_due(db, channel)
    assert somebody.states() == ["dead"] and somebody.conversation().unreachable


def test_who_has_blocked_us_holds_up_nobody_else(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    script(control, {"status": 403}, to=PERSON)
    other = Somebody(db, NAME, "222")
    somebody.queue(*bot("a"))
    other.queue(*bot("b"))
    send_waiting(db, channel, other)
    assert texts_of(control, "222") == ["b"] and other.conversation().unreachable == ""


# --- Refused


def test_a_bubble_that_is_refused_is_given_up_and_the_next_one_goes(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    script(control, {"status": 400})
    somebody.queue(*bot("a", "b"))
    send_due(db, channel)
    assert somebody.states() == ["dead", "sent"] and texts_of(control) == ["b"]


def test_a_bubble_that_is_refused_makes_nobody_unreachable(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    script(control, {"status": 400})
    somebody.queue(*bot("a"))
    send_due(db, channel)
    assert somebody.conversation().unreachable == "" and "scripted" in somebody.outbound()[0].error.lower()


# --- Down


@pytest.mark.parametrize("answer", FAILURES, ids=str)
def test_when_telegram_fails_the_bubble_waits(
    db: Database, control: Control, channel: Telegram, somebody: Somebody, answer: dict[str, Any]
) -> None:
    script(control, answer)
    somebody.queue(*bot("a"))
    send_due(db, channel)
    assert somebody.states() == ["queued"] and len(calls_of(control, "sendMessage")) == 1


@pytest.mark.parametrize("answer", FAILURES, ids=str)
def test_when_telegram_fails_the_bubble_is_tried_again_and_arrives_once(
    db: Database, control: Control, channel: Telegram, somebody: Somebody, answer: dict[str, Any]
) -> None:
    script(control, answer, answer)
    somebody.queue(*bot("a", "b"))
    for _ in range(3):
        send_due(db, channel)
        due_at_once(db)
    assert texts_of(control) == ["a", "b"] and somebody.states() == ["sent"] * 2


def test_when_telegram_goes_on_failing_the_bubble_is_given_up(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    script(control, *[{"status": 500}] * 9)
    somebody.queue(*bot("a"))
    for _ in range(9):
        send_due(db, channel)
        due_at_once(db)
    assert somebody.states() == ["dead"] and len(calls_of(control, "sendMessage")) == 6


def test_when_nobody_answers_at_telegrams_address_the_bubble_waits(db: Database, somebody: Somebody) -> None:
    somebody.queue(*bot("a"))
    with speaking("http://127.0.0.1:9") as lost:
        send_due(db, lost)
    assert somebody.states() == ["queued"] and somebody.outbound()[0].attempts == 1


def test_the_last_trouble_is_told_to_staff(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    script(control, {"status": 500})
    somebody.queue(*bot("a"))
    send_due(db, channel)
    with db.begin() as session:
        state = session.scalars(select(ChannelRow).filter_by(name=NAME)).one()
    assert state.error and state.error_at


# --- Silent


@pytest.mark.parametrize("hang", ["close", True])
def test_what_was_taken_without_an_answer_is_sent_once_more(
    db: Database, control: Control, hasty: Telegram, somebody: Somebody, hang: str | bool
) -> None:
    """Telegram cannot be asked whether it took a bubble: better twice than never."""
    script(control, {"hang": hang})
    somebody.queue(*bot("a", "b"))
    send_due(db, hasty)
    due_at_once(db)
    send_due(db, hasty)
    assert texts_of(control) == ["a", "a", "b"] and somebody.states() == ["sent"] * 2


def test_a_slow_answer_is_waited_for(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    script(control, {"slow": 0.5})
    somebody.queue(*bot("a"))
    send_due(db, channel)
    assert texts_of(control) == ["a"] and somebody.states() == ["sent"]


def test_a_bubble_without_an_answer_is_not_overtaken(db: Database, control: Control, hasty: Telegram, somebody: Somebody) -> None:
    script(control, {"hang": True})
    somebody.queue(*bot("a", "b"))
    send_due(db, hasty)
    assert texts_of(control) == ["a"] and somebody.states() == ["queued"] * 2


# --- The token


def everything_fails(db: Database, control: Control, config: Settings) -> None:
    """A bubble and a file meet every trouble."""
    logging.getLogger("httpx").setLevel(logging.NOTSET)  # as in a new process
    channel = Telegram.of(at(control.url, config))
    control.say(voice={})
    receive(db, channel)
    for answer in (*REFUSALS, *FAILURES):
        one_trouble(db, control, channel, answer)
    end(channel)


def one_trouble(db: Database, control: Control, channel: Telegram, answer: dict[str, Any]) -> None:
    script(control, answer)
    script(control, answer, method="getFile")
    Somebody(db, NAME, PERSON).queue(*bot("a"))
    due_at_once(db)
    send_one(db, {NAME: channel})
    fetch_one(db, {NAME: channel})


def test_the_token_is_in_no_line_of_the_logs(db: Database, control: Control, config: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """At the level at which the product writes."""
    caplog.set_level(logging.INFO)
    everything_fails(db, control, config)
    assert all(part not in caplog.text for part in TOKEN.split(":"))


def test_the_token_is_in_no_row_of_the_database(db: Database, control: Control, config: Settings) -> None:
    """Errors are kept as Telegram says them."""
    everything_fails(db, control, config)
    assert "scripted" in dump(db).lower() and all(part not in dump(db) for part in TOKEN.split(":"))


# --- The end


def test_a_channel_that_is_stopped_holds_no_connection(db: Database, control: Control, config: Settings, somebody: Somebody) -> None:
    channel = Telegram.of(at(control.url, config))
    somebody.queue(*bot("a"))
    send_due(db, channel)
    channel.stop()
    assert texts_of(control) == ["a"] and all(request._client.is_closed for request in channel.bot._request)  # type: ignore[attr-defined]
