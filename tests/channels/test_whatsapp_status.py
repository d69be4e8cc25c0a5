"""What Twilio reports of our messages: late, twice, in any order, before we know of which message."""

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import event

from bot.db import Database
from bot.messaging import deliveries
from bot.settings import Settings
from bot.tables import Conversation, OutboundRow, ReportRow
from channels.base import settle
from channels.registry import whatsapp_of
from channels.sender import send_one
from channels.whatsapp import NAME
from tests.channels.whatsapp_desk import (
    PERSON,
    STATUS,
    Desk,
    Door,
    count,
    fixture,
    heard_by,
    opened,
    with_twilio,
)
from tests.story import Somebody, bot

SID = "SMa363b8d13575101a0226e8d0d054f2e7"  # of the recorded reports


@pytest.fixture
def desk(db: Database, config: Settings, twilio: str) -> Iterator[Desk]:
    """Somebody has written; what we send is reported on."""
    with opened(db, config, twilio) as found:
        heard_by(found)
        yield found


@pytest.fixture
def door(db: Database, config: Settings) -> Door:
    return Door.of(db, with_twilio(config, ""))


@pytest.fixture
def sent(db: Database) -> Somebody:
    """Somebody to whom the message of the recorded reports was sent."""
    person = Somebody(db, "whatsapp", PERSON)
    person.queue(*bot("a"))
    take_as_sent(db, person)
    return person


def take_as_sent(db: Database, person: Somebody) -> None:
    with db.begin() as session:
        row = session.get_one(OutboundRow, person.outbound()[0].id)
        row.state, row.provider_id, row.sent_at = "sent", SID, datetime.now(timezone.utc)


def report(door: Door, *names: str) -> None:
    for name in names:
        assert door.post(fixture(f"status_{name}"), STATUS) == 204


def only(person: Somebody) -> OutboundRow:
    (row,) = person.outbound()
    return row


# --- What is kept


@pytest.mark.parametrize("name", ["sent", "delivered", "read"])
def test_a_report_is_kept_on_the_row(door: Door, sent: Somebody, name: str) -> None:
    report(door, name)
    assert (only(sent).state, only(sent).delivery) == ("sent", name)


@pytest.mark.parametrize("order", list(permutations(("sent", "delivered", "read"))), ids="-".join)
def test_in_any_order_what_is_known_is_never_taken_back(door: Door, sent: Somebody, order: tuple[str, ...]) -> None:
    report(door, *order)
    assert (only(sent).state, only(sent).delivery) == ("sent", "read")


def test_a_report_that_comes_twice_is_kept_once(door: Door, sent: Somebody) -> None:
    report(door, "sent", "sent", "delivered", "delivered", "sent")
    assert only(sent).delivery == "delivered" and count(door.db, ReportRow) == 1


@pytest.mark.parametrize("later", ["delivered", "read"])
def test_what_arrived_has_not_failed(door: Door, sent: Somebody, later: str) -> None:
    report(door, later, "failed_63016")
    assert (only(sent).state, only(sent).delivery) == ("sent", later)


def test_a_failure_is_not_taken_back_by_a_late_sent(door: Door, sent: Somebody) -> None:
    report(door, "failed_63016", "sent")
    assert sent.states()[0] == "held"


@pytest.mark.parametrize("status", ["queued", "accepted", "sending", "scheduled", "something new", ""])
def test_a_report_that_says_nothing_new_changes_nothing(door: Door, sent: Somebody, status: str) -> None:
    assert door.post(fixture("status_sent") | {"MessageStatus": status}, STATUS) == 204
    assert (only(sent).state, only(sent).delivery) == ("sent", "")


@pytest.mark.parametrize("name", ["sent", "read", "failed_63016", "undelivered_63024"])
def test_a_report_of_a_message_that_is_not_ours_does_no_harm(door: Door, name: str) -> None:
    report(door, name)
    assert count(door.db, Conversation) == 0


def test_reports_from_before_the_message_was_known_count_in_any_order(db: Database, config: Settings, door: Door) -> None:
    report(door, "read", "sent", "delivered")
    person = Somebody(db, "whatsapp", PERSON)
    person.queue(*bot("a"))
    take_as_sent(db, person)
    settle(db, whatsapp_of(db, with_twilio(config, "")), SID)
    assert only(person).delivery == "read"


def test_a_failure_that_is_reported_while_the_row_is_settled_is_not_lost(db: Database, config: Settings, sent: Somebody) -> None:
    """The sender has just looked whether there is a report, in the same moment one is committed, and then its webhook settles too."""
    looked: list[str] = []

    def report_now(*execution: Any) -> None:
        if "FROM report" in execution[2] and not looked:
            looked.append(execution[2])
            with db.begin() as webhook:
                deliveries.report(webhook, NAME, SID, "failed", "63016")

    event.listen(db.engine, "after_cursor_execute", report_now)
    try:
        for _ in ("the sender", "the webhook"):
            settle(db, whatsapp_of(db, with_twilio(config, "")), SID)
    finally:
        event.remove(db.engine, "after_cursor_execute", report_now)
    assert looked and sent.states()[0] == "held"


def test_a_report_without_a_message_does_no_harm(door: Door) -> None:
    assert door.post({"MessageStatus": "sent", "AccountSid": "AC1"}, STATUS) == 204
    assert count(door.db, ReportRow) == 0


@pytest.mark.parametrize("code", ["", "none", "99999", "٦٣٠١٦x"])
def test_a_failure_with_an_odd_code_is_given_up(door: Door, sent: Somebody, code: str) -> None:
    assert door.post(fixture("status_failed_63016") | {"ErrorCode": code}, STATUS) == 204
    assert only(sent).state == "dead"


def test_somebody_who_is_not_on_whatsapp_is_unreachable(door: Door, sent: Somebody) -> None:
    report(door, "sent", "undelivered_63024")
    assert sent.states() == ["dead"] and "63024" in sent.conversation().unreachable


# --- With Twilio


def queue(desk: Desk, *texts: str) -> None:
    desk.person.queue(*bot(*texts))


def test_what_we_send_is_reported_as_delivered(desk: Desk) -> None:
    queue(desk, "a")
    desk.send_all()
    assert (desk.person.states(), desk.deliveries()) == (["sent"], ["delivered"])


def test_what_was_read_is_known_as_read(desk: Desk) -> None:
    desk.control.post("status", read=True)
    queue(desk, "a")
    desk.send_all()
    assert desk.deliveries() == ["read"]


@pytest.mark.parametrize("mode", ["reversed", "twice", "before_create"])
def test_however_reports_come_the_end_is_the_same(desk: Desk, mode: str) -> None:
    desk.control.post("status", mode=mode, read=True)
    queue(desk, "a", "b", "c")
    desk.send_all()
    assert desk.texts() == ["a", "b", "c"] and desk.deliveries() == ["read"] * 3


def test_reports_that_overtake_each_other_end_the_same(desk: Desk) -> None:
    desk.control.post("disorder", twice=0.5, late=0.3, seed=3)
    queue(desk, "a", "b")
    desk.send_all()
    assert desk.texts() == ["a", "b"] and desk.deliveries() == ["delivered"] * 2


def test_a_failure_that_is_reported_before_the_call_has_answered_counts(desk: Desk) -> None:
    desk.control.post("status", mode="before_create")
    desk.control.post("block", **{"from": PERSON})
    queue(desk, "a")
    desk.send_all()
    assert desk.person.states() == ["dead"] and desk.person.conversation().unreachable


def test_without_a_public_address_no_reports_are_asked_for(db: Database, desk: Desk) -> None:
    quiet = desk.settings.model_copy(update={"public_url": ""})
    queue(desk, "a")
    send_one(db, {"whatsapp": whatsapp_of(db, quiet)})
    desk.settled()
    assert "StatusCallback" not in desk.sent()[0]["raw"] and desk.deliveries() == [""]


# --- What a failure means


def fail(desk: Desk, code: int) -> None:
    desk.control.post("status", mode="fail", code=code)


def heal(desk: Desk) -> None:
    desk.control.post("status", mode="normal")


def test_who_blocked_us_is_unreachable_and_what_waits_is_given_up(desk: Desk) -> None:
    desk.control.post("block", **{"from": PERSON})
    queue(desk, "a", "b")
    desk.send_all()
    assert desk.texts() == ["a"] and desk.person.states() == ["dead", "dead"]
    assert "63014" in desk.person.conversation().unreachable


def test_to_somebody_unreachable_nothing_more_is_sent(desk: Desk) -> None:
    desk.control.post("block", **{"from": PERSON})
    queue(desk, "a")
    desk.send_all()
    queue(desk, "b")
    desk.again()
    assert desk.texts() == ["a"] and desk.person.states() == ["dead", "dead"]


def test_who_writes_again_is_reachable_again(desk: Desk) -> None:
    desk.control.post("block", **{"from": PERSON})
    queue(desk, "a")
    desk.send_all()
    desk.control.post("block", **{"from": PERSON, "on": False})
    heard_by(desk, "me revoilà")
    queue(desk, "b")
    desk.again()
    assert desk.person.conversation().unreachable == "" and desk.texts() == ["a", "b"]


def test_one_too_fast_is_tried_again_after_a_pause(desk: Desk) -> None:
    fail(desk, 63018)
    queue(desk, "a")
    desk.send_all()
    (row,) = desk.person.outbound()
    assert row.state == "queued" and (row.next_at - datetime.now(timezone.utc)).total_seconds() > 20
    heal(desk)
    desk.again()
    assert desk.texts() == ["a", "a"] and (desk.person.states(), desk.deliveries()) == (["sent"], ["delivered"])


def test_a_second_failure_of_the_same_row_counts_as_the_first(desk: Desk) -> None:
    fail(desk, 63018)
    queue(desk, "a")
    desk.send_all()
    desk.again()
    assert [(row.state, row.attempts) for row in desk.person.outbound()] == [("queued", 2)]


def test_one_that_goes_on_failing_is_given_up(desk: Desk) -> None:
    fail(desk, 63018)
    queue(desk, "a")
    desk.send_all()
    for _ in range(8):
        desk.again()
    assert desk.person.states() == ["dead"] and len(desk.texts()) == 6


def test_a_row_that_failed_once_is_known_as_sent_before_it_is_delivered(desk: Desk) -> None:
    """Else the next bubble waits its three seconds although this one is on its way."""
    fail(desk, 63018)
    queue(desk, "a")
    desk.send_all()
    desk.control.post("status", mode="none")
    desk.again()
    door = Door.of(desk.db, desk.settings)
    report_of = fixture("status_sent") | {"MessageSid": str(desk.person.outbound()[0].provider_id)}
    assert door.post(report_of, STATUS) == 204 and desk.deliveries() == ["sent"]


@pytest.mark.parametrize("code", [63013, 63005, 63021, 30008])
def test_what_whatsapp_will_never_take_is_given_up_and_holds_up_nothing(desk: Desk, code: int) -> None:
    fail(desk, code)
    queue(desk, "a")
    desk.send_all()
    heal(desk)
    queue(desk, "b")
    desk.again()
    assert desk.person.states() == ["dead", "sent"] and str(code) in desk.errors()[0]


def test_a_failure_is_reported_to_staff_by_its_number_not_by_the_text(desk: Desk) -> None:
    fail(desk, 63013)
    queue(desk, "un secret")
    desk.send_all()
    assert desk.errors() == ["Twilio 63013"]
