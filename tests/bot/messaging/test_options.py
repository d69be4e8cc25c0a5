"""Buttons: a token belongs to one conversation; a text chooses from the menu that was sent last, and from no other."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.messages import Actor, Button, Reply
from bot.messaging import conversations, options, outbox
from bot.tables import Conversation, Option, OutboundRow
from bot.texts import number_words
from tests.story import DATA

WORDS = number_words(DATA)
MENU = (Button("Santé", "faq", {"entry": "health"}), Button("École, naissance", "faq", {"entry": "school"}), Button("الخدمة", "work"))


def somebody(session: Session, address: str = "somebody") -> Conversation:
    return conversations.get(session, conversations.find_or_create(session, "webchat", address))


def send(session: Session, conversation: Conversation, *buttons: Button) -> list[Option]:
    """Send a bubble with these buttons; the menu that is the last one then."""
    outbox.add(session, conversation, [Reply("menu", "fr", buttons)])
    return options.last_menu(session, conversation.id)


def chosen(session: Session, words: str, conversation: Conversation | None = None) -> str | None:
    """The title that these words choose."""
    option = options.by_text(session, (conversation or somebody(session)).id, words, WORDS)
    return option.title if option else None


def test_a_token_brings_back_what_the_button_means(session: Session) -> None:
    token = send(session, somebody(session), *MENU)[0].token
    option = options.by_token(session, somebody(session).id, token)
    assert option is not None and (option.intent, option.data) == ("faq", {"entry": "health"})


def test_a_token_of_another_conversation_is_not_accepted(session: Session) -> None:
    token = send(session, somebody(session), *MENU)[0].token
    assert options.by_token(session, somebody(session, "somebody else").id, token) is None


@pytest.mark.parametrize("token", ["", "no such token", "' OR true --", "a\x00b", "\ud800"])
def test_a_token_that_was_never_sent_is_not_accepted(session: Session, token: str) -> None:
    send(session, somebody(session), *MENU)
    assert options.by_token(session, somebody(session).id, token) is None


def test_what_stood_on_buttons_is_known_and_what_is_no_token_is_left_out(session: Session) -> None:
    first, second, _ = send(session, somebody(session), *MENU)
    tokens = [first.token, second.token, "unknown", "", "\x00", "\ud800"]
    expire(session)
    assert options.titles(session, tokens) == {first.token: "Santé", second.token: "École, naissance"}
    assert options.titles(session, []) == {}


def expire(session: Session) -> None:
    session.execute(update(Option).values(expires_at=datetime.now(timezone.utc) - timedelta(seconds=1)))


def test_a_token_is_valid_for_a_day(session: Session) -> None:
    sent = datetime.now(timezone.utc)
    left = send(session, somebody(session), *MENU)[0].expires_at - sent
    assert timedelta(hours=24) <= left < timedelta(hours=24, minutes=1)


def test_an_expired_token_is_not_accepted(session: Session) -> None:
    token = send(session, somebody(session), *MENU)[0].token
    expire(session)
    assert options.by_token(session, somebody(session).id, token) is None


def test_a_number_does_not_choose_from_an_expired_menu(session: Session) -> None:
    send(session, somebody(session), *MENU)
    expire(session)
    assert chosen(session, "1") is None


def test_tokens_cannot_be_guessed_from_each_other(session: Session) -> None:
    tokens = {o.token for _ in range(20) for o in send(session, somebody(session), *MENU)}
    assert len(tokens) == 60 and min(map(len, tokens)) >= 16


@pytest.mark.parametrize(
    "words", ["2", " 2 ", "2.", "2)", "٢", "۲", "2️⃣", "deux", "Deux !", "two", "second", "اثنان", "جوج", "الثاني", "jouj", "JOUJ", "nmra 2"]
)
def test_a_number_in_any_script_or_word_chooses_by_position(session: Session, words: str) -> None:
    send(session, somebody(session), *MENU)
    assert chosen(session, words) == "École, naissance"


@pytest.mark.parametrize("words", ["École, naissance", "ecole naissance", "ÉCOLE, NAISSANCE", " école,  naissance "])
def test_the_title_of_a_button_chooses_it(session: Session, words: str) -> None:
    send(session, somebody(session), *MENU)
    assert chosen(session, words) == "École, naissance"


def test_an_arabic_title_chooses_with_another_spelling_of_the_same_letters(session: Session) -> None:
    send(session, somebody(session), *MENU)
    assert chosen(session, "الخدمه") == "الخدمة"


@pytest.mark.parametrize("words", ["0", "4", "99", "100", "12345678901234567890", "", "je veux 2", "deux enfants", "-"])
def test_other_words_choose_nothing(session: Session, words: str) -> None:
    send(session, somebody(session), *MENU)
    assert chosen(session, words) is None


@pytest.mark.parametrize("words", ["፩", "፪", "𐩀", "᧚"])
def test_digits_that_are_no_decimal_digits_choose_nothing(session: Session, words: str) -> None:
    """An Ethiopic `1` is a digit to `str.isdigit` but not to `int`."""
    send(session, somebody(session), *MENU)
    assert chosen(session, words) is None


def test_a_number_without_a_menu_chooses_nothing(session: Session) -> None:
    assert chosen(session, "1") is None


def test_a_number_chooses_from_the_last_menu(session: Session) -> None:
    send(session, somebody(session), *MENU)
    send(session, somebody(session), Button("Oui", "yes"), Button("Non", "no"))
    assert chosen(session, "1") == "Oui"


def test_a_title_of_an_older_menu_is_only_a_text(session: Session) -> None:
    send(session, somebody(session), *MENU)
    send(session, somebody(session), Button("Oui", "yes"), Button("Non", "no"))
    assert chosen(session, "Santé") is None


def test_a_button_of_an_older_menu_can_still_be_pressed(session: Session) -> None:
    token = send(session, somebody(session), *MENU)[0].token
    send(session, somebody(session), Button("Oui", "yes"))
    assert options.by_token(session, somebody(session).id, token) is not None


def test_a_bubble_without_buttons_leaves_the_menu_open(session: Session) -> None:
    send(session, somebody(session), *MENU)
    send(session, somebody(session))
    assert chosen(session, "1") == "Santé"


def speak(session: Session, actor: Actor) -> None:
    outbox.add(session, somebody(session), [Reply("Avez-vous des enfants ?", "fr", actor=actor)])


@pytest.mark.parametrize("words", ["1", "Santé"])
def test_once_a_caseworker_has_spoken_words_are_for_the_caseworker(session: Session, words: str) -> None:
    token = send(session, somebody(session), *MENU)[0].token
    speak(session, "system")
    assert chosen(session, words) == "Santé"
    speak(session, "person")
    assert chosen(session, words) is None
    assert options.by_token(session, somebody(session).id, token) is not None


def test_a_menu_after_the_words_of_a_caseworker_is_open(session: Session) -> None:
    speak(session, "person")
    send(session, somebody(session), *MENU)
    assert chosen(session, "1") == "Santé"


@pytest.mark.parametrize("intent", sorted(options.LATE))
def test_a_question_of_a_caseworker_can_be_pressed_for_weeks_and_typed_for_a_day(session: Session, intent: str) -> None:
    token = send(session, somebody(session), Button("Oui", intent), Button("Non", intent))[0].token
    assert chosen(session, "oui") == "Oui"
    for days, typed in ((20, None), (0, "Oui")):  # long ago; and held back for as long, then sent
        session.execute(update(OutboundRow).values(created_at=datetime.now(timezone.utc) - timedelta(days=20)))
        session.execute(update(OutboundRow).values(sent_at=datetime.now(timezone.utc) - timedelta(days=days)))
        option = options.by_token(session, somebody(session).id, token)
        assert (
            option is not None and option.expires_at - datetime.now(timezone.utc) > timedelta(days=29) and chosen(session, "oui") == typed
        )


def test_the_menu_of_another_conversation_does_not_count(session: Session) -> None:
    send(session, somebody(session), *MENU)
    assert chosen(session, "1", somebody(session, "somebody else")) is None


def test_a_menu_is_listed_in_the_order_in_which_it_was_sent(session: Session) -> None:
    assert [(o.position, o.title) for o in send(session, somebody(session), *MENU)] == [
        (1, "Santé"),
        (2, "École, naissance"),
        (3, "الخدمة"),
    ]
