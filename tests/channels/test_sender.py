"""The sender: in order, once, and never a word of the bot after a person has taken over."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError

from bot.db import Database
from bot.errors import Rejected, TryAgain
from bot.handoff import cases
from bot.handoff.cases import Ending
from bot.messages import Effect, Reply
from bot.privacy import forget
from bot.settings import Settings
from bot.tables import Case, Conversation, OutboundRow
from bot.texts import Texts
from channels.registry import channels_of
from channels.sender import Sender, send_one
from tests.story import AtOnce, Provider, Somebody, bot, hire, result, system, until, waiting_for_a_lock

BUSY = TryAgain("HTTP 503")
BLOCKED = Rejected("not acceptable")


class Slow(Provider):
    """Holds the first bubble until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.go_on = threading.Event(), threading.Event()

    def send(self, address: str, body: dict[str, Any]) -> str | None:
        self.started.set()
        assert self.go_on.wait(30)
        return super().send(address, body)


@pytest.fixture
def somebody(db: Database) -> Somebody:
    return Somebody(db)


@pytest.fixture
def provider() -> Provider:
    return Provider()


def send(db: Database, provider: Provider) -> bool:
    return send_one(db, {provider.name: provider})


def send_all(db: Database, provider: Provider) -> None:
    while send(db, provider):
        pass


def take(db: Database, number: int, texts: Texts) -> Case:
    with db.begin() as session:
        return cases.take(session, hire(db), number, texts)


def due_at_once(db: Database) -> None:
    with db.begin() as session:
        session.execute(update(OutboundRow).values(next_at=func.clock_timestamp()))


# --- In order, once


def test_a_bubble_goes_to_the_address_of_the_person(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a"))
    send_all(db, provider)
    assert provider.got == [(somebody.address, "a")] and somebody.states() == ["sent"]


def test_bubbles_of_a_conversation_are_sent_in_order(db: Database, somebody: Somebody, provider: Provider) -> None:
    for words in ("a", "b", "c"):
        somebody.queue(*bot(words, f"{words}2"))
    send_all(db, provider)
    assert provider.texts() == ["a", "a2", "b", "b2", "c", "c2"]


def test_with_nothing_to_send_nothing_is_sent(db: Database, provider: Provider) -> None:
    assert send(db, provider) is False and provider.got == []


def test_several_senders_send_each_bubble_once_and_in_order(db: Database, provider: Provider) -> None:
    people = [Somebody(db) for _ in range(5)]
    for n in range(8):
        for somebody in people:
            somebody.queue(*bot(str(n)))
    with AtOnce() as senders:
        while any("queued" in somebody.states() for somebody in people):
            for done in [senders.start(send_all, db, provider) for _ in range(4)]:
                result(done)
    assert set(Counter(provider.got).values()) == {1}
    assert all([words for address, words in provider.got if address == p.address] == list("01234567") for p in people)


def test_a_sender_that_is_killed_while_it_sends_leaves_the_bubble_to_the_next(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a"))
    slow = Slow()
    with AtOnce() as other:
        killed = other.start(send, db, slow)
        assert slow.started.wait(20)
        kill_the_sender(db)
        slow.go_on.set()
        assert isinstance(killed.exception(), OperationalError)
    due_at_once(db)
    send_all(db, provider)
    assert provider.texts() == ["a"] and somebody.states() == ["sent"]


def kill_the_sender(db: Database) -> None:
    """Every connection that is in the middle of a transaction."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
    with db.engine.connect() as connection:
        assert set(connection.execute(text(query)).scalars()) == {True}


def test_on_the_web_a_sent_bubble_can_be_read(db: Database, config: Settings, somebody: Somebody) -> None:
    somebody.queue(*bot("a"))
    assert send_one(db, channels_of(db, config))
    assert somebody.states() == ["sent"] and somebody.outbound()[0].sent_at is not None


# --- Who speaks


def test_a_word_of_the_bot_from_before_a_change_is_dropped(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("too late"))
    somebody.asks_for_a_person()
    send_all(db, provider)
    assert provider.got == [] and somebody.states() == ["dropped"]


def test_a_word_of_the_system_is_never_dropped(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(system("call 15"), *bot("too late"), system("we were told"))
    somebody.asks_for_a_person()
    send_all(db, provider)
    assert provider.texts() == ["call 15", "we were told"] and somebody.states() == ["sent", "dropped", "sent"]


def test_a_word_of_a_caseworker_is_never_dropped(db: Database, somebody: Somebody, provider: Provider, texts: Texts) -> None:
    number, worker = somebody.asks_for_a_person(), hire(db)
    with db.begin() as session:
        cases.take(session, worker, number, texts)
        cases.reply(session, worker, number, "Bonjour.")
        cases.close(session, worker, number, Ending(texts, "no_reply"))
    send_all(db, provider)
    assert provider.texts() == [texts.say("person_joined", "fr", name="Salma"), "Bonjour.", texts.say("case_closed", "fr")]


def test_the_answer_of_the_turn_that_hands_over_is_sent(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.write()
    somebody.turn(*bot("the answer"), effects=[Effect("open_case", {"reason": "asked"})])
    send_all(db, provider)
    assert provider.texts() == ["the answer"]


def test_a_claim_waits_for_a_send_that_is_going_on(db: Database, somebody: Somebody, texts: Texts) -> None:
    number = somebody.asks_for_a_person()
    somebody.queue(*bot("now"), *bot("later"))
    slow = Slow()
    with AtOnce() as both:
        sending = both.start(send, db, slow)
        assert slow.started.wait(20)
        claim = both.start(take, db, number, texts)
        until(lambda: waiting_for_a_lock(db) == 1)
        before = (claim.done(), somebody.conversation().owner)
        slow.go_on.set()
        assert result(sending) and result(claim).state == "taken"
    assert before == (False, "waiting") and slow.texts() == ["now"]


def test_every_change_of_the_owner_waits_for_a_send_that_is_going_on(db: Database, somebody: Somebody) -> None:
    somebody.queue(*bot("now"))
    slow = Slow()
    with AtOnce() as both:
        sending = both.start(send, db, slow)
        assert slow.started.wait(20)
        change = both.start(somebody.asks_for_a_person)
        until(lambda: waiting_for_a_lock(db) == 1)
        before = change.done()
        slow.go_on.set()
        assert result(sending) and result(change) and not before


def test_after_a_claim_no_send_of_the_bot_starts(db: Database, somebody: Somebody, provider: Provider, texts: Texts) -> None:
    number = somebody.asks_for_a_person()
    somebody.queue(*bot("too late"))
    take(db, number, texts)
    send_all(db, provider)
    assert provider.texts() == [texts.say("person_joined", "fr", name="Salma")]


def test_a_send_that_meets_a_claim_waits_for_it_and_drops_the_word(
    db: Database, somebody: Somebody, provider: Provider, texts: Texts
) -> None:
    """The sender has read the old epoch before the claim is committed; it must look again."""
    number, worker = somebody.asks_for_a_person(), hire(db)
    somebody.queue(*bot("too late"))
    with AtOnce() as both, db.begin() as claiming:
        cases.take(claiming, worker, number, texts)
        sending = both.start(send, db, provider)
        until(lambda: waiting_for_a_lock(db) == 1)
        claiming.commit()
        assert result(sending)
    assert provider.got == [] and somebody.states() == ["dropped", "queued"]


# --- Trouble


def test_a_send_that_fails_is_tried_again(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a"))
    provider.troubles = [BUSY, BUSY]
    for _ in range(3):
        due_at_once(db)
        send(db, provider)
    (row,) = somebody.outbound()
    assert provider.texts() == ["a"] and (row.state, row.attempts, row.error) == ("sent", 2, "")


def test_between_two_tries_there_is_a_pause(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a"))
    provider.troubles = [BUSY] * 9
    send_all(db, provider)
    assert len(provider.troubles) == 8 and somebody.outbound()[0].error == "HTTP 503"


def test_a_send_that_goes_on_failing_is_given_up_and_said_to_staff(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a"))
    provider.troubles = [BUSY] * 9
    for _ in range(9):
        due_at_once(db)
        send_all(db, provider)
    (row,) = somebody.outbound()
    assert (row.state, row.attempts, row.error, len(provider.troubles)) == ("dead", 6, "HTTP 503", 3)


def test_what_no_try_can_help_is_given_up_at_once(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a", "b"))
    provider.troubles = [BLOCKED]
    send_all(db, provider)
    assert somebody.states() == ["dead", "sent"] and provider.texts() == ["b"]


def test_a_bubble_that_fails_is_not_overtaken(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a", "b"))
    provider.troubles = [BUSY]
    send_all(db, provider)
    assert provider.got == []


def test_a_bubble_that_fails_holds_up_nobody_else(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a"))
    Somebody(db).queue(*bot("b"))
    provider.troubles = [BUSY]
    send_all(db, provider)
    assert provider.texts() == ["b"]


@pytest.mark.parametrize("trouble", [ValueError("unforeseen"), KeyError("x"), TimeoutError()])
def test_an_unforeseen_error_is_noted_and_holds_up_nobody_else(
    db: Database, somebody: Somebody, provider: Provider, trouble: Exception
) -> None:
    somebody.queue(*bot("a"))
    Somebody(db).queue(*bot("b"))
    provider.troubles = [trouble]
    send_all(db, provider)
    (row,) = somebody.outbound()
    assert provider.texts() == ["b"] and (row.state, row.attempts, row.error) == ("queued", 1, type(trouble).__name__)


def test_a_bubble_for_a_channel_that_was_switched_off_holds_up_nobody_else(db: Database, provider: Provider) -> None:
    Somebody(db, "telegram").queue(*bot("a"))
    Somebody(db).queue(*bot("b"))
    send_all(db, provider)
    assert provider.texts() == ["b"]


def test_a_bubble_that_nobody_can_decrypt_holds_up_nobody_else(db: Database, somebody: Somebody, provider: Provider) -> None:
    somebody.queue(*bot("a"))
    with db.begin() as session:
        session.execute(update(OutboundRow).values(body_sealed=b"made with another key"))
    Somebody(db).queue(*bot("b"))
    send_all(db, provider)
    assert provider.texts() == ["b"]


def test_a_person_can_write_while_a_bubble_is_being_sent(db: Database, somebody: Somebody) -> None:
    """The webhook of a provider is answered at once, however slow the same provider takes our bubble."""
    somebody.queue(*bot("a"))
    slow = Slow()
    with AtOnce() as both:
        sending = both.start(send, db, slow)
        assert slow.started.wait(20)
        written = both.start(somebody.write)
        until(lambda: written.done() or waiting_for_a_lock(db) > 0)
        was_kept = written.done()
        slow.go_on.set()
        assert result(sending) and was_kept


# --- The process


@pytest.fixture
def running(db: Database, config: Settings, provider: Provider) -> Callable[[], Any]:
    """The loop of the process, in a thread, with a provider that can be watched."""

    @contextmanager
    def run(takes: Provider = provider) -> Iterator[Sender]:
        sender = Sender(db, {takes.name: takes})
        with AtOnce() as thread:
            loop = thread.start(sender.run)
            try:
                yield sender
            finally:
                sender.stopping.set()
            result(loop)

    return run


def test_the_process_sends_what_waits_and_what_comes(
    db: Database, somebody: Somebody, provider: Provider, running: Callable[..., Any]
) -> None:
    somebody.queue(*bot("before"))
    with running():
        until(lambda: provider.texts() == ["before"])
        somebody.queue(*bot("after"))
        until(lambda: provider.texts() == ["before", "after"])


def test_the_process_goes_on_when_its_connections_are_cut(
    db: Database, somebody: Somebody, provider: Provider, running: Callable[..., Any]
) -> None:
    slow = Slow()
    somebody.queue(*bot("a"))
    with running(slow):
        assert slow.started.wait(20)
        kill_the_sender(db)
        slow.go_on.set()
        until(lambda: somebody.states() == ["sent"])


def test_the_process_erases_what_was_asked_for_once_the_confirmation_is_out(
    db: Database, somebody: Somebody, provider: Provider, running: Callable[..., Any]
) -> None:
    somebody.write("je m'appelle Awa")
    somebody.turn(system("all is erased"), effects=[Effect("forget")])
    with running():
        until(lambda: somebody.inbound() == [])
    assert provider.texts() == ["all is erased"]


def test_the_process_deletes_what_is_over(db: Database, somebody: Somebody, running: Callable[..., Any]) -> None:
    somebody.write()
    with db.begin() as session:
        old = func.clock_timestamp() - forget.REFUSED_KEPT - forget.GRACE
        session.execute(update(Conversation).values(agreed=False, last_inbound_at=old))
    with running():
        until(lambda: _count(db) == 0)


def _count(db: Database) -> int:
    with db.begin() as session:
        return session.scalar(select(func.count()).select_from(Conversation)) or 0


def test_the_process_stops_when_it_is_told_to(somebody: Somebody, running: Callable[..., Any]) -> None:
    with running():
        pass
    somebody.queue(Reply("a", "fr"))
    assert somebody.states() == ["queued"]
