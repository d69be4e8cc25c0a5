"""The outbox: queued with the change that caused it, sent in order, by one sender, never twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Rejected, TryAgain
from bot.handoff import cases
from bot.messages import Actor, Button, Effect, Reply
from bot.messaging import conversations, outbox
from bot.privacy.vault import vault
from bot.tables import Conversation, OutboundRow
from bot.texts import Texts
from tests.story import AtOnce, Somebody, bot, claim, held, hire, listening, result, system, until, waiting_for_a_lock


@pytest.fixture
def somebody(session: Session) -> Conversation:
    return conversations.get(session, conversations.find_or_create(session, "webchat", "somebody"))


def rows(session: Session) -> list[OutboundRow]:
    return list(session.scalars(select(OutboundRow).order_by(OutboundRow.id)))


def claimed(session: Session) -> OutboundRow:
    found = claim(session)
    assert found is not None
    return found[0]


def all_claimed(session: Session) -> Iterator[str]:
    """The texts in the order in which they are sent."""
    while found := claim(session):
        outbox.sent(session, found[0])
        yield vault(session).unseal(found[0].body_sealed)["text"]


def test_a_bubble_is_stored_with_all_that_a_channel_needs(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, [Reply("سلام", "ary-Arab", (Button("آه", "affirm"),), ask_location=True)])
    body = vault(session).unseal(rows(session)[0].body_sealed)
    assert body == {
        "text": "سلام",
        "form": "ary-Arab",
        "buttons": [{"title": "آه", "token": body["buttons"][0]["token"]}],
        "ask_location": True,
    }


def test_what_a_button_means_is_not_sent(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, [Reply("?", "fr", (Button("Oui", "delete_answer", {"yes": True}),))])
    assert set(vault(session).unseal(rows(session)[0].body_sealed)["buttons"][0]) == {"title", "token"}


def test_bubbles_of_a_turn_are_numbered_from_zero(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a", "b", "c"))
    assert [row.n for row in rows(session)] == [0, 1, 2]


def test_bubbles_carry_the_epoch_of_the_conversation(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a"))
    conversations.change_owner(session, somebody, "waiting")
    outbox.add(session, somebody, bot("b"))
    assert [row.epoch for row in rows(session)] == [0, 1]


def test_a_turn_cannot_speak_twice(db: Database) -> None:
    somebody = Somebody(db)
    inbound_id = somebody.write()
    with db.begin() as session:
        outbox.add(session, somebody.row(session), bot("a"), inbound_id=inbound_id)
    with pytest.raises(IntegrityError), db.begin() as session:
        outbox.add(session, somebody.row(session), bot("b"), inbound_id=inbound_id)
    assert somebody.heard() == ["a"]


def test_a_caseworker_may_speak_more_than_once(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a"))
    outbox.add(session, somebody, bot("b"))
    assert len(rows(session)) == 2


def test_the_sender_is_woken_when_the_replies_are_committed(db: Database) -> None:
    with listening(db, outbox.CHANNEL) as heard:
        Somebody(db).queue(*bot("a"))
        assert heard() == [""]


def test_nobody_is_woken_when_there_is_nothing_to_say(db: Database) -> None:
    with listening(db, outbox.CHANNEL) as heard:
        Somebody(db).queue()
        assert heard() == []


def test_the_reader_of_the_conversation_is_woken_when_a_bubble_was_sent(db: Database) -> None:
    somebody = Somebody(db)
    somebody.queue(*bot("a"))
    with listening(db, "sent") as heard:
        somebody.mark_sent()
        assert heard() == [str(somebody.conversation().id)]


def test_an_empty_outbox_gives_nothing(session: Session) -> None:
    assert claim(session) is None


def test_bubbles_of_a_conversation_leave_in_order(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a", "b"))
    outbox.add(session, somebody, bot("c"))
    assert list(all_claimed(session)) == ["a", "b", "c"]


def test_a_bubble_that_is_tried_again_later_holds_up_those_behind_it(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a", "b"))
    outbox.failed(session, rows(session)[0], TryAgain("timeout"))
    assert claim(session) is None


def test_a_bubble_that_waits_does_not_hold_up_another_conversation(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a"))
    outbox.failed(session, rows(session)[0], TryAgain("timeout"))
    other = conversations.get(session, conversations.find_or_create(session, "webchat", "other"))
    outbox.add(session, other, bot("b"))
    assert list(all_claimed(session)) == ["b"]


def test_after_its_pause_a_bubble_is_tried_again(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a", "b"))
    outbox.failed(session, rows(session)[0], TryAgain("timeout"))
    session.execute(update(OutboundRow).values(next_at=func.clock_timestamp()))
    assert list(all_claimed(session)) == ["a", "b"]


def test_behind_a_bubble_that_is_given_up_the_next_one_is_sent(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a", "b"))
    outbox.failed(session, rows(session)[0], Rejected("blocked"))
    assert list(all_claimed(session)) == ["b"]


@contextmanager
def two_senders(db: Database) -> Iterator[tuple[Session, Session]]:
    """Two transactions at the same time; one that would wait for the other fails."""
    with db.begin() as one, db.begin() as two:
        two.execute(text("SET LOCAL lock_timeout = '5s'"))
        yield one, two


def test_two_senders_never_take_the_same_bubble(db: Database) -> None:
    Somebody(db).queue(*bot("a"))
    with two_senders(db) as (one, two):
        assert [claim(one) is None, claim(two) is None] == [False, True]


def test_two_senders_never_send_two_bubbles_of_a_conversation_at_a_time(db: Database) -> None:
    Somebody(db).queue(*bot("a", "b"))
    with two_senders(db) as (one, two):
        claimed(one)
        assert claim(two) is None


def test_two_senders_serve_two_conversations_at_a_time(db: Database) -> None:
    people = [Somebody(db), Somebody(db)]
    for somebody in people:
        somebody.queue(*bot("a"))
    with two_senders(db) as (one, two):
        assert {claimed(one).conversation_id, claimed(two).conversation_id} == {p.conversation().id for p in people}


@pytest.mark.parametrize(
    ("actor", "changed", "stale"),
    [("bot", False, False), ("bot", True, True), ("system", True, False), ("person", True, False), ("system", False, False)],
)
def test_only_a_word_of_the_bot_from_before_a_change_is_stale(
    session: Session, somebody: Conversation, actor: Actor, changed: bool, stale: bool
) -> None:
    outbox.add(session, somebody, [Reply("a", "fr", actor=actor)])
    if changed:
        conversations.change_owner(session, somebody, "waiting")
    assert outbox.is_stale(rows(session)[0], somebody) is stale


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 5), (3, 30), (4, 120), (5, 600)])
def test_a_failed_bubble_is_tried_again_after_a_growing_pause(
    session: Session, somebody: Conversation, failures: int, seconds: int
) -> None:
    outbox.add(session, somebody, bot("a"))
    row = rows(session)[0]
    row.attempts = failures - 1
    before = datetime.now(timezone.utc)
    outbox.failed(session, row, TryAgain("timeout"))
    assert row.state == "queued" and timedelta(0) <= row.next_at - before - timedelta(seconds=seconds) < timedelta(
        seconds=1 + 0.2 * seconds
    )


def test_the_sixth_failure_is_the_last(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a"))
    row = rows(session)[0]
    for _ in range(6):
        outbox.failed(session, row, TryAgain("timeout"))
    assert (row.state, row.attempts, row.error) == ("dead", 6, "timeout")


def test_what_no_try_can_help_is_given_up_at_once(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a"))
    outbox.failed(session, rows(session)[0], Rejected("blocked by the person"))
    assert rows(session)[0].state == "dead"


def test_a_long_error_is_cut(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a"))
    outbox.failed(session, rows(session)[0], TryAgain("x" * 5000))
    assert len(rows(session)[0].error) == 200


def test_only_what_was_sent_can_be_read(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("queued", "sent", "dropped", "dead"))
    _, sent, dropped, dead = rows(session)
    outbox.sent(session, sent)
    outbox.dropped(dropped)
    outbox.failed(session, dead, Rejected("blocked"))
    assert [body["text"] for _, body in outbox.readable(session, somebody.id, 0)] == ["sent"]


def test_reading_goes_on_after_the_cursor(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a", "b", "c"))
    for row in rows(session):
        outbox.sent(session, row)
    after = rows(session)[0].id
    assert [body["text"] for _, body in outbox.readable(session, somebody.id, after)] == ["b", "c"]


def test_another_conversation_is_not_read(session: Session, somebody: Conversation) -> None:
    outbox.add(session, somebody, bot("a"))
    outbox.sent(session, rows(session)[0])
    assert outbox.readable(session, conversations.find_or_create(session, "webchat", "other"), 0) == []


def busy(somebody: Somebody) -> bool:
    with somebody.db.begin() as session:
        return outbox.is_busy(session, somebody.row(session).id)


def test_busy_until_the_reply_was_sent(db: Database) -> None:
    somebody, story = Somebody(db), []
    somebody.write()
    story.append(busy(somebody))
    somebody.turn(*bot("a"))
    story.append(busy(somebody))
    somebody.mark_sent()
    story.append(busy(somebody))
    assert story == [True, True, False]


def test_busy_until_the_data_are_erased(db: Database) -> None:
    somebody = Somebody(db)
    somebody.queue()
    somebody.change(forget_requested=True)
    assert busy(somebody)


def test_what_others_wait_for_does_not_make_a_conversation_busy(db: Database) -> None:
    somebody = Somebody(db)
    somebody.queue()
    Somebody(db).write()
    assert not busy(somebody)


@pytest.fixture
def taken(db: Database, texts: Texts) -> tuple[Somebody, Callable[[Session, str], OutboundRow]]:
    """Somebody to whom a caseworker speaks, and how the caseworker says something."""
    somebody, worker = Somebody(db), hire(db)
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        cases.take(session, worker, number, texts)
    return somebody, lambda session, words: cases.reply(session, worker, number, words)


def test_a_turn_speaks_after_a_caseworker_who_was_first(
    db: Database, taken: tuple[Somebody, Callable[[Session, str], OutboundRow]]
) -> None:
    """A reader goes on after the highest number it saw: a lower one that is committed later would never be read."""
    somebody, reply = taken
    somebody.write("au secours")
    with AtOnce() as both, db.begin() as slow:
        reply(slow, "words")
        turn = both.start(somebody.turn, system("danger"))
        until(lambda: waiting_for_a_lock(db) == 1)
        slow.commit()
        assert result(turn)
    assert somebody.heard()[-2:] == ["words", "danger"]


def test_a_caseworker_speaks_after_a_turn_that_was_first(
    db: Database, taken: tuple[Somebody, Callable[[Session, str], OutboundRow]]
) -> None:
    """The turn has the conversation and is held up before it speaks; the caseworker must not get a lower number meanwhile."""
    somebody, reply = taken
    somebody.write("au secours")

    def say() -> None:
        with db.begin() as session:
            reply(session, "words")

    with AtOnce() as both:
        with held(db, "LOCK TABLE feedback"):
            turn = both.start(somebody.turn, system("danger"), effects=[Effect("feedback", {"entry": "e", "yes": True})])
            until(lambda: waiting_for_a_lock(db) == 1)
            words = both.start(say)
            until(lambda: waiting_for_a_lock(db) == 2)
        assert result(turn) and result(words) is None
    assert somebody.heard()[-2:] == ["danger", "words"]
