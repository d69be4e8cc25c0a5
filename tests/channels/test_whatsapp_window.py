"""The 24 hours after a person's last message: outside of them nothing is said but that an answer waits, and nothing is lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import delete

from bot.db import Database
from bot.errors import Conflict, Refused
from bot.handoff import cases
from bot.messaging import outbox
from bot.settings import Settings
from bot.tables import ChannelRow, Staff, TemplateRow
from bot.texts import Texts
from channels.whatsapp import NAME
from tests.channels.whatsapp_desk import PERSON, Desk, heard_by, opened
from tests.story import bot, hire, system


@pytest.fixture
def desk(db: Database, config: Settings, twilio: str) -> Iterator[Desk]:
    """Somebody wrote a day ago; templates are approved."""
    with opened(db, config, twilio) as found:
        heard_by(found)
        found.know_templates()
        found.a_day_passes()
        yield found


def only_twilio_knows(desk: Desk) -> None:
    """We believe that the window is open: Twilio takes the message and reports 63016."""
    desk.person.change(last_inbound_at=datetime.now(timezone.utc))


def nudge(texts: Texts, form: str = "fr") -> str:
    return texts.get("answer_waits", form)


def rows(desk: Desk) -> list[tuple[str, str]]:
    return [(row.actor, row.state) for row in desk.person.outbound()]


HELD, SAID = ("bot", "held"), ("bot", "sent")
NUDGED = ("system", "sent")


# --- The window is closed


def test_outside_the_window_no_text_is_handed_over(desk: Desk, texts: Texts) -> None:
    desk.person.queue(*bot("a secret"))
    desk.send_all()
    assert desk.texts() == [nudge(texts)] and rows(desk) == [HELD, NUDGED]


def test_a_closed_window_that_only_twilio_knows_of_holds_the_row(desk: Desk, texts: Texts) -> None:
    only_twilio_knows(desk)
    desk.person.queue(*bot("a"))
    desk.send_all()
    assert desk.texts() == ["a", nudge(texts)] and rows(desk) == [HELD, NUDGED]
    assert "63016" in desk.errors()[0]


def test_the_person_is_told_once_however_much_waits(desk: Desk, texts: Texts) -> None:
    desk.person.queue(*bot("a", "b"))
    desk.send_all()
    desk.person.queue(*bot("c"))
    desk.again()
    desk.send_all()
    assert desk.texts() == [nudge(texts)] and rows(desk).count(HELD) == 3


def test_two_reports_of_a_closed_window_tell_the_person_once(desk: Desk, texts: Texts) -> None:
    only_twilio_knows(desk)
    desk.control.post("status", mode="twice")
    desk.person.queue(*bot("a"))
    desk.send_all()
    assert desk.texts() == ["a", nudge(texts)]


def test_what_is_told_names_no_topic_and_is_approved_text(desk: Desk, texts: Texts) -> None:
    desk.person.queue(*bot("your HIV test"))
    desk.send_all()
    (message,) = desk.sent()
    assert message["text"] == nudge(texts) and "Body" not in message["raw"] and "HIV" not in str(message)


@pytest.mark.parametrize("form", ["fr", "en", "ar", "ary-Arab", "ary-Latn"])
def test_the_person_is_told_in_their_form(desk: Desk, texts: Texts, form: str) -> None:
    desk.person.change(form=form)
    desk.person.queue(*bot("a"))
    desk.send_all()
    assert desk.texts() == [nudge(texts, form)]


def test_the_window_that_closes_soon_is_still_open(desk: Desk) -> None:
    heard_by(desk, "encore moi")
    desk.person.change(last_inbound_at=datetime.now(timezone.utc) - timedelta(hours=23, minutes=59))
    desk.person.queue(*bot("a"))
    desk.send_all()
    assert desk.texts() == ["a"]


# --- The person writes


def test_when_the_person_writes_what_was_held_goes_out(desk: Desk, texts: Texts) -> None:
    desk.person.queue(*bot("a"))
    desk.send_all()
    heard_by(desk, "oui")
    desk.again()
    assert desk.texts() == [nudge(texts), "a"] and rows(desk) == [SAID, NUDGED]


def test_when_the_person_writes_what_twilio_had_refused_goes_out(desk: Desk, texts: Texts) -> None:
    only_twilio_knows(desk)
    desk.person.queue(*bot("a"))
    desk.send_all()
    heard_by(desk, "oui")
    desk.again()
    assert desk.texts() == ["a", nudge(texts), "a"]
    assert rows(desk) == [SAID, NUDGED] and desk.deliveries() == ["delivered", "delivered"]


def test_what_was_held_goes_out_in_order_and_before_what_is_newer(desk: Desk, texts: Texts) -> None:
    desk.person.queue(*bot("a", "b"))
    desk.send_all()
    heard_by(desk, "oui")
    desk.person.queue(*bot("c"))
    desk.send_all()
    for _ in range(4):
        desk.again()
    assert desk.texts() == [nudge(texts), "a", "b", "c"]


def test_a_second_closed_window_is_told_again(desk: Desk, texts: Texts) -> None:
    desk.person.queue(*bot("a"))
    desk.send_all()
    heard_by(desk, "oui")
    desk.again()
    desk.a_day_passes()
    desk.person.queue(*bot("b"))
    desk.again()
    desk.send_all()
    assert desk.texts() == [nudge(texts), "a", nudge(texts)]


def test_a_row_that_twilio_refuses_a_second_time_is_held_a_second_time(desk: Desk, texts: Texts) -> None:
    """Released by a message that opened no window at Twilio."""
    only_twilio_knows(desk)
    desk.person.queue(*bot("a"))
    desk.send_all()
    desk.person.write("from elsewhere")
    desk.again()
    assert rows(desk)[0] == HELD


def test_a_word_of_the_bot_that_was_held_is_not_said_over_a_caseworker(db: Database, desk: Desk, texts: Texts) -> None:
    desk.person.queue(*bot("the bot's"), system("the system's"))
    desk.send_all()
    desk.person.asks_for_a_person()
    heard_by(desk, "oui")
    for _ in range(3):
        desk.again()
    assert desk.texts() == [nudge(texts), "the system's"]


def test_what_a_caseworker_wrote_just_before_it_closed_is_held_and_goes_out(db: Database, desk: Desk, texts: Texts) -> None:
    heard_by(desk)
    number, worker = desk.person.asks_for_a_person(), hire(db)
    with db.begin() as session:
        cases.take(session, worker, number, texts)
        cases.reply(session, worker, number, "Bonjour Awa.")
    desk.a_day_passes()
    desk.send_all()
    assert "Bonjour Awa." not in desk.texts()
    heard_by(desk, "oui")
    for _ in range(3):
        desk.again()
    assert desk.texts()[-1] == "Bonjour Awa."


# --- Caseworkers


def taken(desk: Desk, texts: Texts) -> tuple[Staff, int]:
    """A case that was taken while the window was open; a day later."""
    heard_by(desk)
    number, worker = desk.person.asks_for_a_person(), hire(desk.db)
    with desk.db.begin() as session:
        cases.take(session, worker, number, texts)
    desk.send_all()
    desk.a_day_passes()
    return worker, number


def ask_them_to_write(desk: Desk, worker: Staff, number: int) -> None:
    with desk.db.begin() as session:
        cases.nudge(session, worker, number)


def test_a_caseworker_cannot_write_into_a_closed_window(desk: Desk, texts: Texts) -> None:
    worker, number = taken(desk, texts)
    before = len(desk.person.outbound())
    with pytest.raises(Refused, match=r"case\.window_closed"), desk.db.begin() as session:
        cases.reply(session, worker, number, "Bonjour Awa.")
    assert len(desk.person.outbound()) == before


def test_a_caseworker_tells_the_person_once_that_an_answer_waits(desk: Desk, texts: Texts) -> None:
    worker, number = taken(desk, texts)
    for _ in range(2):
        ask_them_to_write(desk, worker, number)
    desk.send_all()
    assert desk.texts().count(nudge(texts)) == 1 and desk.texts()[-1] == nudge(texts)


def test_when_the_person_writes_the_caseworker_can_answer(desk: Desk, texts: Texts) -> None:
    worker, number = taken(desk, texts)
    ask_them_to_write(desk, worker, number)
    desk.send_all()
    heard_by(desk, "oui")
    with pytest.raises(Conflict, match=r"case\.window_open"):
        ask_them_to_write(desk, worker, number)
    with desk.db.begin() as session:
        cases.reply(session, worker, number, "Bonjour Awa.")
    desk.send_all()
    assert desk.texts()[-1] == "Bonjour Awa."


def test_a_window_that_the_provider_says_is_closed_is_closed_for_caseworkers(desk: Desk, texts: Texts) -> None:
    worker, number = taken(desk, texts)
    only_twilio_knows(desk)
    with desk.db.begin() as session:
        cases.reply(session, worker, number, "a")
    desk.send_all()
    with pytest.raises(Refused, match=r"case\.window_closed"), desk.db.begin() as session:
        cases.reply(session, worker, number, "b")


def test_nobody_but_who_answers_tells_the_person(desk: Desk, texts: Texts) -> None:
    _, number = taken(desk, texts)
    with pytest.raises(Conflict, match=r"case\.not_yours"):
        ask_them_to_write(desk, hire(desk.db, "Yassine"), number)
    assert desk.person.conversation().nudged_at is None


# --- Templates that are not there


def forget_templates(desk: Desk, approval: str = "") -> None:
    with desk.db.begin() as session:
        session.execute(delete(TemplateRow))
    if approval:
        desk.know_templates(approval)


@pytest.mark.parametrize("approval", ["", "pending", "rejected", "unsubmitted", "paused"])
def test_without_an_approved_template_the_row_waits_and_staff_see_why(db: Database, desk: Desk, approval: str) -> None:
    forget_templates(desk, approval)
    desk.person.queue(*bot("a"))
    desk.send_all()
    assert desk.texts() == [] and rows(desk) == [HELD, ("system", "dead")]
    with db.begin() as session:
        assert "channels sync" in outbox.dead(session)[0].error and "channels sync" in session.get_one(ChannelRow, NAME).error


def test_without_a_template_the_row_still_goes_out_when_the_person_writes(desk: Desk) -> None:
    forget_templates(desk)
    desk.person.queue(*bot("a"))
    desk.send_all()
    heard_by(desk, "oui")
    desk.again()
    assert desk.texts() == ["a"]


def test_a_template_that_twilio_took_before_it_fell_silent_is_not_sent_twice(desk: Desk, texts: Texts) -> None:
    desk.control.post("script", answers=[{"hang": True, "seconds": 0.1}])
    desk.person.queue(*bot("a"))
    desk.send_all()
    desk.again()
    assert desk.texts() == [nudge(texts)] and rows(desk) == [HELD, NUDGED]


def test_a_template_that_comes_too_late_is_not_sent_after_the_answer(desk: Desk, texts: Texts) -> None:
    """Twilio was busy; meanwhile the person wrote by themselves: no answer waits any more."""
    desk.control.post("script", answers=[{"status": 429}])
    desk.person.queue(*bot("a"))
    desk.send_all()
    heard_by(desk, "toujours rien ?")
    for _ in range(3):
        desk.again()
    assert desk.texts()[-1] == "a"


def test_a_template_that_fails_leaves_the_row_waiting(db: Database, desk: Desk) -> None:
    desk.control.post("status", mode="fail", code=63013)
    desk.person.queue(*bot("a"))
    desk.send_all()
    assert rows(desk) == [HELD, ("system", "dead")]
    with db.begin() as session:
        assert [row.error for row in outbox.dead(session)] == ["Twilio 63013"]


def test_who_blocked_us_while_the_window_was_closed_gets_what_was_held_when_they_come_back(desk: Desk) -> None:
    desk.control.post("block", **{"from": PERSON})
    desk.person.queue(*bot("a"))
    desk.send_all()
    assert desk.person.states() == ["held", "dead"]
    desk.control.post("block", **{"from": PERSON, "on": False})
    heard_by(desk, "me revoilà")
    desk.again()
    assert desk.texts()[-1] == "a"
