"""The thread: everybody who spoke, by time, a part of it at once; nothing is lost between two parts."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, update

from bot.db import Database
from bot.errors import WindowClosed
from bot.handoff import cases, earlier, notes, thread
from bot.handoff.thread import LATEST, Bubble
from bot.messaging import outbox
from bot.privacy.vault import vault
from bot.tables import Case, InboundRow, OutboundRow, Staff, Team
from tests.story import Somebody, bot, claim, hire, system

START = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)


@pytest.fixture
def somebody(db: Database) -> Somebody:
    found = Somebody(db)
    found.write("bonjour")
    return found


def read(db: Database, number: int, before: datetime | None = None) -> list[Bubble]:
    with db.begin() as session:
        return thread.read(session, cases.get(session, number), before)


def fill(db: Database, number: int, times: int, both: bool = True) -> None:
    """So many messages before today, one a minute; `both`: every second one is ours."""
    with db.begin() as session:
        case = cases.get(session, number)
        asked = {"channel": "webchat", "conversation_id": case.conversation_id, "state": "done"}
        said = {"conversation_id": case.conversation_id, "actor": "bot", "epoch": 0, "state": "sent", "created_at": START}
        theirs, ours = [], []
        for n in range(times):
            at, body = START + timedelta(minutes=n), vault(session).seal({"kind": "text", "text": f"n{n}", "form": "fr"})
            if both and n % 2:
                ours.append({**said, "body_sealed": body, "created_at": at})
            else:
                theirs.append({**asked, "provider_id": str(uuid.uuid4()), "body_sealed": body, "received_at": at})
        for table, rows in ((InboundRow, theirs), (OutboundRow, ours)):
            if rows:
                session.execute(insert(table), rows)


def all_parts(db: Database, number: int) -> list[list[Bubble]]:
    """What somebody sees who asks for earlier messages until there are none."""
    parts = [read(db, number)]
    while len(parts[0]) == LATEST:
        parts.insert(0, read(db, number, parts[0][0].at))
    return parts


# --- Long threads


@pytest.mark.parametrize("both", [True, False])
def test_a_long_thread_is_read_in_parts_and_nothing_is_lost(db: Database, somebody: Somebody, both: bool) -> None:
    number = somebody.asks_for_a_person()
    fill(db, number, 2 * LATEST + 50, both)
    parts = all_parts(db, number)
    ids = [bubble.id for part in parts for bubble in part]
    assert len(parts) == 3 and max(map(len, parts)) == LATEST
    assert len(set(ids)) == 2 * LATEST + 51
    for part in parts:
        assert [b.at for b in part] == sorted(b.at for b in part)


def test_notes_stand_among_the_messages_of_their_time(db: Database, somebody: Somebody) -> None:
    number = somebody.asks_for_a_person()
    fill(db, number, LATEST + 20)
    with db.begin() as session:
        note = notes.add(session, hire(db), cases.get(session, number), "note")
        note.at = START + timedelta(minutes=5, seconds=30)
    first, last = all_parts(db, number)
    texts = [bubble.text for bubble in first]
    assert texts[texts.index("note") - 1 : texts.index("note") + 2] == ["n5", "note", "n6"]
    assert "note" not in [bubble.text for bubble in last]


def test_words_that_will_be_dropped_leave_no_hole(db: Database, somebody: Somebody) -> None:
    """They are many and the newest; what is older must still be there."""
    number = somebody.asks_for_a_person()
    fill(db, number, 100)
    somebody.queue(*bot(*["stale"] * LATEST))
    with db.begin() as session:
        session.execute(update(OutboundRow).where(OutboundRow.state == "queued").values(epoch=0))
    texts = [bubble.text for bubble in read(db, number)]
    assert "stale" not in texts and {f"n{n}" for n in range(100)} < set(texts)


def test_the_database_and_the_sender_call_the_same_rows_stale(db: Database, somebody: Somebody) -> None:
    somebody.queue(*bot("a"), system("b"))
    somebody.asks_for_a_person()
    somebody.queue(*bot("c"))
    for nudged in (None, START):
        somebody.change(nudged_at=None)
        with db.begin() as session:
            outbox.nudge(session, somebody.row(session))
        somebody.change(nudged_at=nudged)
        with db.begin() as session:
            conversation = somebody.row(session)
            mine = select(OutboundRow).filter_by(conversation_id=conversation.id)
            found = {row.id for row in session.scalars(mine.where(outbox.is_stale(OutboundRow, conversation)))}
            rows = list(session.scalars(mine))
            assert found == {row.id for row in rows if outbox.is_stale(row, conversation)} != set()


# --- What became of it


def test_of_what_the_bot_says_only_trouble_and_waiting_is_named(db: Database, somebody: Somebody) -> None:
    number = somebody.asks_for_a_person()
    somebody.queue(system("a"), system("b"), system("c"))
    with db.begin() as session:
        row, _ = claim(session) or pytest.fail("nothing to send")
        outbox.failed(session, row, WindowClosed("closed"))
    with db.begin() as session:
        row, _ = claim(session) or pytest.fail("nothing to send")
        outbox.sent(session, row)
        row.delivery = "read"
    assert [(b.text, b.state) for b in read(db, number) if b.side == "system"] == [("a", "held"), ("b", ""), ("c", "queued")]


def test_the_form_of_each_message_is_told(db: Database, somebody: Somebody) -> None:
    number = somebody.asks_for_a_person()
    with db.begin() as session:
        session.execute(update(InboundRow).values(form="ary-Latn"))
    assert [b.form for b in read(db, number) if b.side == "asker"] == ["ary-Latn"]


# --- Earlier cases


@pytest.fixture
def again(db: Database, somebody: Somebody) -> Callable[[], int]:
    """The case is over; the person asks once more."""

    def once_more() -> int:
        with db.begin() as session:
            case = cases.current(session, somebody.row(session).id)
            assert case
            case.state, case.outcome, case.closed_at = "closed", "answered", datetime.now(timezone.utc)
            somebody.row(session).owner = "bot"
        return somebody.asks_for_a_person()

    return once_more


def before(db: Database, person: Staff, number: int) -> list[int]:
    with db.begin() as session:
        return [case.id for case in earlier.of(session, person, cases.get(session, number))]


def test_earlier_cases_of_the_person_are_listed_the_newest_first(db: Database, somebody: Somebody, again: Callable[[], int]) -> None:
    other = Somebody(db)
    other.write()
    other.asks_for_a_person()
    first, worker = somebody.asks_for_a_person(), hire(db)
    second = again()
    third = again()
    assert before(db, worker, third) == [second, first] and before(db, worker, first) == []


def test_a_case_of_another_team_is_not_listed(db: Database, somebody: Somebody, again: Callable[[], int]) -> None:
    first, worker = somebody.asks_for_a_person(), hire(db)
    second = again()
    with db.begin() as session:
        team = Team(name="elsewhere")
        session.add(team)
        session.flush()
        session.get_one(Case, first).team_id = team.id
    assert before(db, worker, second) == []
