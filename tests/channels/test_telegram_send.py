"""What the channel says to Telegram arrives as it was meant: texts, buttons, places, long texts, at a pace that is taken."""

import itertools
from typing import Any

import pytest

from bot.db import Database
from bot.language.forms import FORMS
from bot.messages import Button, Reply
from bot.messaging.parts import length
from bot.settings import Settings
from bot.texts import Texts
from channels.registry import channels_of
from channels.telegram import NAME, Telegram
from tests.channels.telegram_story import (
    PERSON,
    at,
    calls_of,
    end,
    receive,
    rested,
    send_due,
    send_waiting,
    texts_of,
)
from tests.providers.control import Control
from tests.story import Somebody, bot

SENTENCE = "Le centre d'accueil est ouvert du lundi au vendredi, de neuf heures à midi. "


def raw(control: Control, n: int = 0) -> dict[str, Any]:
    """The parameters of a bubble as they reached Telegram."""
    found = control.get("sent")[n]["raw"]
    assert isinstance(found, dict)
    return found


def menu(*titles: str, text: str = "Que cherchez-vous ?", **more: Any) -> Reply:
    return Reply(text, "fr", tuple(Button(title, f"intent_{n}") for n, title in enumerate(titles)), **more)


# --- Texts


@pytest.mark.parametrize(
    "words",
    [
        "1 < 2 && 3 > 2",
        "<b>gras</b> <script>x</script> </p>",
        "&amp; &lt; &#39;",
        "*étoile* _souligné_ ~barré~ `code` [lien](https://example.org) ||caché||",
        "v1.0 (test) #1 + 2 - 3 = 0! {x} | y > z\\n",
        "snake_case_and*star",
        "السلام عليكم، \u2066+212 528 000 000\u2069 (مفتوح)",
        "une ligne\n\nune autre\n- un point",
        "@dalil /menu #mot 15 km²",
        "😀 👩🏽‍⚕️",
    ],
)
def test_a_text_arrives_unchanged(db: Database, control: Control, channel: Telegram, somebody: Somebody, words: str) -> None:
    somebody.queue(*bot(words))
    send_due(db, channel)
    assert texts_of(control) == [words] and somebody.states() == ["sent"]


def test_nothing_in_a_text_is_read_as_a_format(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(*bot("*a* <b>b</b>"))
    send_due(db, channel)
    assert not {"parse_mode", "entities"} & set(raw(control))


def test_a_link_in_a_text_unfolds_no_picture(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(*bot("https://example.org"))
    send_due(db, channel)
    assert raw(control)["link_preview_options"]["is_disabled"] is True


def test_a_bubble_without_choices_has_no_keyboard(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(*bot("bonjour"))
    send_due(db, channel)
    assert "reply_markup" not in raw(control) and control.get("sent")[0]["buttons"] == []


def test_telegrams_number_of_a_bubble_is_kept(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(*bot("bonjour"))
    send_due(db, channel)
    assert somebody.outbound()[0].provider_id == f"{PERSON}:{control.get('sent')[0]['message_id']}"


def test_each_person_gets_their_own_words(db: Database, control: Control, channel: Telegram) -> None:
    people = [Somebody(db, NAME, str(number)) for number in (201, 202, 203)]
    for person in people:
        person.queue(*bot(f"pour {person.address}"))
    send_waiting(db, channel, *people)
    assert {person.address: texts_of(control, person.address) for person in people} == {p.address: [f"pour {p.address}"] for p in people}


def test_an_installation_with_a_token_has_the_channel(db: Database, config: Settings, control: Control, somebody: Somebody) -> None:
    found = channels_of(db, at(control.url, config))[NAME]
    assert isinstance(found, Telegram)
    somebody.queue(*bot("bonjour"))
    send_due(db, found)
    end(found)
    assert texts_of(control) == ["bonjour"]


# --- Choices


def test_choices_are_buttons_under_the_text_in_order(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(menu("Santé", "École <1>", "العمل"))
    send_due(db, channel)
    rows = raw(control)["reply_markup"]["inline_keyboard"]
    assert [[button["text"] for button in row] for row in rows] == [["Santé"], ["École <1>"], ["العمل"]]


def test_a_button_carries_its_token_and_nothing_else(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(menu("Santé", "École"))
    send_due(db, channel)
    assert [button["token"] for button in control.get("sent")[0]["buttons"]] == [option.token for option in somebody.options()]


def test_a_token_fits_into_a_button_however_long_the_title(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(menu(*(f"{n} {'مركز الاستقبال ' * 8}" for n in range(20))))
    send_due(db, channel)
    tokens = [button["token"] for button in control.get("sent")[0]["buttons"]]
    assert len(set(tokens)) == 20 and all(1 <= len(token.encode()) <= 64 for token in tokens)


def test_a_button_that_is_pressed_means_its_choice(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.turn(menu("Santé", "École"))
    rested(db)
    send_due(db, channel)
    control.say(press=somebody.options()[1].token)
    receive(db, channel)
    assert somebody.load().intent == "intent_1"


# --- Places


@pytest.mark.parametrize("form", FORMS)
def test_a_place_is_asked_for_with_a_button_beside_the_text_field(
    db: Database, control: Control, channel: Telegram, somebody: Somebody, texts: Texts, form: str
) -> None:
    somebody.queue(Reply("Où êtes-vous ?", form, ask_location=True))
    send_due(db, channel)
    [[button]] = raw(control)["reply_markup"]["keyboard"]
    assert button == {"text": texts.get("share_location", form), "request_location": True}


def test_the_button_that_asks_for_a_place_goes_away_once_it_is_used(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    somebody.queue(Reply("Où êtes-vous ?", "fr", ask_location=True))
    send_due(db, channel)
    assert raw(control)["reply_markup"]["one_time_keyboard"] is True


def test_choices_beside_a_place_are_shown(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(menu("Agadir", "Inezgane", ask_location=True))
    send_due(db, channel)
    place, *choices = control.get("sent")[0]["buttons"]
    assert place["token"] == "request_location" and [choice["title"] for choice in choices] == ["Agadir", "Inezgane"]


def test_a_choice_beside_a_place_means_its_choice(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    """Such a button writes its title."""
    somebody.turn(menu("Agadir", "Inezgane", ask_location=True))
    rested(db)
    send_due(db, channel)
    control.say(text=control.get("conversation?chat=111")["keyboard"][2]["title"])
    receive(db, channel)
    assert somebody.load().intent == "intent_1"


def test_a_place_that_is_shared_is_understood(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.turn(Reply("Où êtes-vous ?", "fr", ask_location=True))
    control.say(location={"latitude": 30.42, "longitude": -9.6})
    receive(db, channel)
    work = somebody.load()
    assert (work.intent, work.data) == ("share_location", {"latitude": 30.42, "longitude": -9.6})


# --- Long texts


def test_a_long_text_is_cut_where_a_sentence_ends(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(*bot(SENTENCE * 120))
    send_waiting(db, channel, somebody)
    found = texts_of(control)
    assert len(found) == 3 and all(text.endswith("midi.") and text.startswith("Le centre") for text in found)


def test_the_parts_of_a_long_text_arrive_in_order_and_whole(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    whole = " ".join(f"Phrase numéro {n}, qui dit une chose." for n in range(300))
    somebody.queue(*bot(whole, "Voilà."))
    send_waiting(db, channel, somebody)
    assert " ".join(texts_of(control)) == f"{whole} Voilà."


@pytest.mark.parametrize(
    "words", ["😀" * 5000, "x" * 9000, "كلمة " * 2000, "a\u2066b\u2069 " * 1500], ids=["emoji", "word", "arabic", "isolates"]
)
def test_no_part_is_longer_than_telegram_takes(db: Database, control: Control, channel: Telegram, somebody: Somebody, words: str) -> None:
    somebody.queue(*bot(words))
    send_waiting(db, channel, somebody)
    found = texts_of(control)
    assert "".join(found).replace(" ", "") == words.replace(" ", "") and all(length(text) <= 4096 for text in found)


def test_a_text_of_the_greatest_length_is_one_bubble(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(*bot("😀" * 2048))
    send_waiting(db, channel, somebody)
    assert texts_of(control) == ["😀" * 2048]


def test_the_choices_of_a_long_text_stand_under_its_end(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(menu("Oui", "Non", text=SENTENCE * 80))
    send_waiting(db, channel, somebody)
    assert [len(sent["buttons"]) for sent in control.get("sent")] == [0, 2]


# --- The pace


def waits_between(control: Control) -> list[float]:
    times = [sent["at"] for sent in control.get("sent")]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def test_eight_bubbles_to_one_person_are_all_taken_in_order(db: Database, control: Control, channel: Telegram, somebody: Somebody) -> None:
    somebody.queue(*bot(*"12345678"))
    send_waiting(db, channel, somebody)
    assert texts_of(control) == list("12345678") and {call["status"] for call in calls_of(control, "sendMessage")} == {200}


def test_after_some_bubbles_at_once_one_person_gets_one_a_second(
    db: Database, control: Control, channel: Telegram, somebody: Somebody
) -> None:
    somebody.queue(*bot(*"1234567"))
    send_waiting(db, channel, somebody)
    assert all(wait < 0.9 for wait in waits_between(control)[:4]) and all(wait > 0.9 for wait in waits_between(control)[5:])


def test_the_first_answer_to_a_new_person_goes_out_at_once(db: Database, control: Control, channel: Telegram) -> None:
    """Nobody has spoken to them yet: up to five bubbles go at once, as to anybody."""
    stranger = Somebody(db, NAME, "112")
    stranger.write("/start", "start")
    stranger.turn(*bot("Bonjour.", "Je suis Dalil.", "Que cherchez-vous ?"))
    send_due(db, channel)
    assert stranger.states() == ["sent"] * 3


def test_bubbles_to_many_people_are_all_taken(db: Database, control: Control, channel: Telegram) -> None:
    """Telegram takes 30 a second of one bot."""
    people = [Somebody(db, NAME, str(number)) for number in range(300, 375)]
    for person in people:
        person.queue(*bot("bonjour"))
    send_waiting(db, channel, *people)
    assert {call["status"] for call in calls_of(control, "sendMessage")} == {200} and len(control.get("sent")) == len(people)
