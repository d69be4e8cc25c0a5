"""What is handed to Twilio: whole texts, choices that work on every phone, each bubble once and in order."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.db import Database
from bot.messages import Reply
from bot.messaging.parts import length
from bot.settings import Settings
from bot.tables import OutboundRow
from bot.texts import Texts
from channels.registry import whatsapp_of
from channels.sender import send_one
from tests.channels.whatsapp_desk import PERSON, PUBLIC, STATUS, Desk, heard_by, menu, opened, unescaped, with_twilio
from tests.providers.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.story import bot

SENTENCE = "Vous pouvez aller au centre de santé le plus proche. "
HANG = {"hang": True, "seconds": 0.1}


@pytest.fixture
def desk(db: Database, config: Settings, twilio: str) -> Iterator[Desk]:
    """Somebody has written."""
    with opened(db, config, twilio) as found:
        heard_by(found)
        yield found


def say(desk: Desk, *replies: Reply | str) -> None:
    desk.person.queue(*(Reply(reply, "fr") if isinstance(reply, str) else reply for reply in replies))
    desk.send_all()


def raw(desk: Desk, n: int = 0) -> dict[str, str]:
    return dict(desk.sent()[n]["raw"])


def chosen(desk: Desk, text: str) -> str:
    """What the gateway takes this text for."""
    desk.person.turn()
    heard_by(desk, text)
    return desk.person.load().intent


# --- Texts


def test_a_text_arrives_unchanged_at_the_person_from_our_number(desk: Desk) -> None:
    text = "Appelez le *141* <ici> & là_bas\n\nالسلام ⁦+212⁩ 🙏🏽"
    say(desk, text)
    assert {k: raw(desk)[k] for k in ("Body", "To", "From")} == {"Body": text, "To": f"whatsapp:{PERSON}", "From": NUMBER}


def test_reports_are_asked_for_at_our_public_address(desk: Desk) -> None:
    say(desk, "a")
    assert raw(desk)["StatusCallback"] == PUBLIC + STATUS


@pytest.mark.parametrize("letter", ["a", "م"])
def test_a_text_of_1600_is_one_message(desk: Desk, letter: str) -> None:
    say(desk, letter * 1600)
    assert desk.texts() == [letter * 1600]


@pytest.mark.parametrize("text", [SENTENCE * 31, SENTENCE * 90, "x" * 1601, "🙏" * 1000, "م" * 5000], ids=len)
def test_a_longer_text_is_several_messages_that_twilio_takes(desk: Desk, text: str) -> None:
    say(desk, text)
    said = desk.texts()
    assert len(said) > 1 and all(length(part) <= 1600 for part in said) and set(desk.person.states()) == {"sent"}
    assert "".join(said).replace(" ", "") == text.replace(" ", "")


def test_a_longer_text_is_cut_at_the_ends_of_sentences(desk: Desk) -> None:
    say(desk, (SENTENCE * 90).rstrip())
    assert all(part.endswith(".") and part.startswith("Vous") for part in desk.texts())


def test_the_choices_of_a_long_text_stand_under_its_last_message(desk: Desk) -> None:
    say(desk, menu(SENTENCE * 60, *(f"choix numéro {n}" for n in range(1, 11))))
    *first, last = desk.texts()
    assert "10. choix numéro 10" in last and not [part for part in first if "choix numéro" in part]
    assert set(desk.person.states()) == {"sent"}


def test_a_person_without_a_number_is_answered_by_user_id(desk: Desk) -> None:
    desk.person.address = "MA.13491208655302741918"
    desk.say(**{"from": "", "bsuid": desk.person.address, "text": "Bonjour"})
    desk.settled()
    say(desk, "a")
    assert raw(desk)["To"] == "whatsapp:MA.13491208655302741918" and desk.person.states() == ["sent"]


# --- Choices


def test_choices_are_a_numbered_list(desk: Desk, texts: Texts) -> None:
    say(desk, menu("Que cherchez-vous ?", "Santé", "Travail"))
    assert desk.texts() == ["Que cherchez-vous ?\n\n1. Santé\n2. Travail\n" + texts.get("numbered_hint", "fr")]


@pytest.mark.parametrize("text", ["2", "٢", "2️⃣", " 2 ", "deux", "Travail", "travail"])
def test_the_number_or_the_title_chooses(desk: Desk, text: str) -> None:
    say(desk, menu("Que cherchez-vous ?", "Santé", "Travail"))
    assert chosen(desk, text) == "intent_2"


@pytest.mark.parametrize("text", ["3", "22", "je cherche un travail"])
def test_what_names_no_choice_chooses_none(desk: Desk, text: str) -> None:
    say(desk, menu("Que cherchez-vous ?", "Santé", "Travail"))
    assert chosen(desk, text) == ""


@pytest.mark.parametrize("titles", [("Oui",), ("Oui", "Non"), ("Santé", "Travail", "Logement")], ids=len)
def test_up_to_three_short_choices_are_buttons_when_templates_are_known(desk: Desk, titles: tuple[str, ...]) -> None:
    desk.know_templates()
    say(desk, menu("Que cherchez-vous ?", *titles))
    (message,) = desk.sent()
    assert message["kind"] == "twilio/quick-reply" and message["text"] == "Que cherchez-vous ?"
    assert [button["title"] for button in message["buttons"]] == list(titles) and desk.person.states() == ["sent"]


@pytest.mark.parametrize("count", [4, 7, 10])
def test_up_to_ten_choices_are_a_list_when_templates_are_known(desk: Desk, count: int) -> None:
    desk.know_templates()
    say(desk, menu("Que cherchez-vous ?", *(f"choix {n}" for n in range(count))))
    (message,) = desk.sent()
    assert message["kind"] == "twilio/list-picker" and len(message["buttons"]) == count and desk.person.states() == ["sent"]


@pytest.mark.parametrize("how", ["button", "list"])
def test_a_tap_chooses(desk: Desk, how: str) -> None:
    desk.know_templates()
    say(desk, menu("Que cherchez-vous ?", *(f"choix {n}" for n in range(3 if how == "button" else 5))))
    desk.person.turn()
    desk.say(**{how: desk.sent()[0]["buttons"][1]["token"]})
    desk.settled()
    assert desk.person.load().intent == "intent_2"


@pytest.mark.parametrize("count", [2, 5])
def test_where_buttons_are_shown_the_number_still_chooses(desk: Desk, count: int) -> None:
    desk.know_templates()
    say(desk, menu("Que cherchez-vous ?", *(f"choix {n}" for n in range(count))))
    assert chosen(desk, "2") == "intent_2"


@pytest.mark.parametrize(
    "reply",
    [
        menu("Première ligne\nDeuxième ligne", "Oui", "Non"),
        menu("Trop     d'espaces", "Oui", "Non"),
        menu("x" * 1100, "Oui", "Non"),
        menu("Que cherchez-vous ?", "Un titre de vingt-et-un", "Non"),
        menu("Que cherchez-vous ?", *(["Un titre qui a plus de 24 lettres"] + [f"choix {n}" for n in range(5)])),
        menu("Que cherchez-vous ?", *(f"choix {n}" for n in range(11))),
    ],
    ids=["lines", "spaces", "long text", "title over 20", "title over 24", "eleven"],
)
def test_what_fits_no_template_is_a_numbered_list(desk: Desk, reply: Reply) -> None:
    desk.know_templates()
    say(desk, reply)
    (message,) = desk.sent()
    assert message["buttons"] == [] and "\n1. " in message["text"] and desk.person.states() == ["sent"]


@pytest.mark.parametrize(
    "reply",
    [menu("a\tb", "Oui", "Non"), menu("a", "Oui", "Oui"), menu("a", "x\ty", "z"), menu("a\rb", "Oui", "Non"), menu("a", " ", "Non")],
    ids=["tab", "same titles", "tab in a title", "carriage return", "blank title"],
)
def test_what_whatsapp_would_refuse_in_a_template_still_arrives(desk: Desk, reply: Reply) -> None:
    desk.know_templates()
    say(desk, reply)
    assert desk.person.states() == ["sent"] and desk.deliveries() == ["delivered"]


def test_a_template_gets_the_text_and_the_tokens_as_variables(desk: Desk) -> None:
    desk.know_templates()
    say(desk, menu("شنو بغيتي؟", "Oui", "Non"))
    tokens = [option.token for option in desk.person.options()]
    assert json.loads(raw(desk)["ContentVariables"]) == {"1": "شنو بغيتي؟", "2": "Oui", "3": tokens[0], "4": "Non", "5": tokens[1]}


# --- Trouble


@pytest.mark.parametrize("answer", [{"status": 401}, {"status": 429}, {"status": 500}, {"status": 503}, {"drop": True}], ids=str)
def test_what_twilio_did_not_take_is_tried_again(desk: Desk, answer: dict[str, Any]) -> None:
    desk.control.post("script", answers=[answer, answer])
    say(desk, "a")
    assert desk.texts() == [] and desk.person.states() == ["queued"]
    desk.again()
    desk.again()
    assert desk.texts() == ["a"] and desk.person.states() == ["sent"]


def test_a_wrong_token_loses_nothing(db: Database, desk: Desk, config: Settings, twilio: str) -> None:
    wrong = with_twilio(config, twilio, twilio_auth_token=SecretStr("wrong"))
    desk.person.queue(*bot("a"))
    send_one(db, {"whatsapp": whatsapp_of(db, wrong)})
    assert desk.person.states() == ["queued"] and "20003" in desk.errors()[0]
    desk.again()
    assert desk.texts() == ["a"]


def test_while_twilio_is_down_nothing_is_lost(db: Database, desk: Desk, config: Settings) -> None:
    desk.person.queue(*bot("a"))
    send_one(db, {"whatsapp": whatsapp_of(db, with_twilio(config, "http://127.0.0.1:9"))})
    assert desk.person.states() == ["queued"]
    desk.again()
    assert desk.texts() == ["a"]


@pytest.mark.parametrize(("code", "state"), [(21211, "dead"), (21610, "dead"), (63007, "dead"), (21617, "dead"), (63018, "queued")])
def test_what_twilio_refuses_at_once_is_given_up_unless_it_may_help_to_wait(desk: Desk, code: int, state: str) -> None:
    desk.control.post("script", answers=[{"status": 400, "code": code}])
    say(desk, "a")
    assert desk.person.states() == [state] and str(code) in desk.errors()[0]


def test_who_opted_out_is_unreachable(desk: Desk) -> None:
    desk.control.post("script", answers=[{"status": 400, "code": 21610}])
    say(desk, "a")
    assert "21610" in desk.person.conversation().unreachable


# --- Taken, but not answered


@pytest.mark.parametrize("reply", [Reply("a", "fr"), menu("a", "Oui", "Non")], ids=["text", "choices"])
@pytest.mark.parametrize("templates", [False, True])
def test_what_twilio_took_before_it_fell_silent_is_not_sent_twice(desk: Desk, reply: Reply, templates: bool) -> None:
    if templates:
        desk.know_templates()
    desk.control.post("script", answers=[HANG])
    say(desk, reply)
    assert desk.person.states() == ["queued"]
    desk.again()
    assert len(desk.texts()) == 1 and desk.person.states() == ["sent"] and desk.deliveries() == ["delivered"]


def test_what_is_found_at_twilio_has_the_id_that_twilio_gave_it(desk: Desk) -> None:
    desk.control.post("script", answers=[HANG])
    say(desk, "a")
    desk.again()
    assert [row.provider_id for row in desk.person.outbound()] == [desk.sent()[0]["sid"]]


def test_two_equal_texts_in_a_row_are_both_sent(desk: Desk) -> None:
    say(desk, "a", "a")
    assert desk.texts() == ["a", "a"] and desk.person.states() == ["sent", "sent"]


@pytest.mark.parametrize("answers", [[HANG], [{}, HANG], [HANG, HANG]], ids=["first", "second", "both"])
def test_two_equal_texts_are_two_even_when_twilio_falls_silent(desk: Desk, answers: list[dict[str, Any]]) -> None:
    desk.control.post("script", answers=answers)
    say(desk, "a", "a")
    for _ in range(4):
        desk.again()
    assert desk.texts() == ["a", "a"] and desk.person.states() == ["sent", "sent"]
    assert len({row.provider_id for row in desk.person.outbound()}) == 2


def test_an_equal_text_that_failed_is_not_taken_for_the_one_that_is_sought(desk: Desk) -> None:
    desk.control.post("status", mode="fail", code=63018)
    say(desk, "a")
    desk.control.post("status", mode="normal")
    desk.again()
    assert desk.texts() == ["a", "a"] and desk.deliveries() == ["delivered"]


def test_while_twilio_cannot_be_asked_nothing_is_sent_again(db: Database, desk: Desk, config: Settings) -> None:
    desk.control.post("script", answers=[HANG])
    say(desk, "a")
    desk.due()
    send_one(db, {"whatsapp": whatsapp_of(db, with_twilio(config, "http://127.0.0.1:9"))})
    assert desk.person.states() == ["queued"] and desk.texts() == ["a"]
    desk.again()
    assert desk.texts() == ["a"] and desk.person.states() == ["sent"]


# --- In order


def test_the_next_bubble_goes_as_soon_as_this_one_is_reported(desk: Desk) -> None:
    desk.person.queue(*bot("a", "b", "c"))
    assert [desk.send() for _ in range(4)] == [True, True, True, False]
    assert desk.texts() == ["a", "b", "c"]


def test_without_a_report_the_next_bubble_waits_about_three_seconds(desk: Desk) -> None:
    desk.control.post("status", mode="none")
    desk.person.queue(*bot("a", "b"))
    assert [desk.send() for _ in range(3)] == [True, False, False] and desk.texts() == ["a"]
    row, conversation = desk.person.outbound()[0], desk.person.conversation()
    assert row.sent_at is not None and 2 < (conversation.send_after - row.sent_at).total_seconds() <= 3
    desk.no_pause()
    assert desk.send() and desk.texts() == ["a", "b"]


def test_a_bubble_that_fails_is_not_overtaken(desk: Desk) -> None:
    desk.control.post("script", answers=[{"status": 500}])
    say(desk, "a", "b")
    assert desk.texts() == []
    desk.again()
    desk.send_all()
    assert desk.texts() == ["a", "b"]


def test_in_the_sandbox_one_message_goes_every_three_seconds(db: Database, desk: Desk, config: Settings, twilio: str) -> None:
    """To all people together."""
    slow = {"whatsapp": whatsapp_of(db, with_twilio(config, twilio, whatsapp_per_second=0.33))}
    desk.person.queue(*bot("a", "b"))
    assert send_one(db, slow)
    desk.settled()
    desk.no_pause()
    assert not send_one(db, slow) and desk.texts() == ["a"]


# --- Nothing is told


def test_neither_words_nor_number_nor_token_are_in_a_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Libraries log the addresses that they ask for, with the number in them, once somebody turns up the root logger."""
    caplog.set_level(logging.INFO)
    desk.control.post("script", answers=[HANG, {"status": 500}, {"status": 400}])
    say(desk, "un secret", "un autre secret")
    desk.again()
    log = unescaped(caplog.text)
    assert not [word for word in ("secret", PERSON.lstrip("+"), AUTH_TOKEN) if word in log]


def test_neither_words_nor_token_stand_open_in_the_database(desk: Desk) -> None:
    desk.control.post("script", answers=[{"status": 401}])
    say(desk, "un secret")
    with desk.db.begin() as session:
        found = "".join(str(vars(row)) for row in session.scalars(select(OutboundRow)))
    assert found and not [word for word in ("secret", AUTH_TOKEN, ACCOUNT_SID, PERSON) if word in found]
