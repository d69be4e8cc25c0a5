"""What Twilio posts, read as a message: every recorded body, and bodies that nobody has seen yet."""

from typing import Any

import pytest

from bot.messages import Inbound
from channels.whatsapp import parse
from tests.channels.whatsapp_desk import FIXTURES, PERSON, USER_ID, fixture, text_fields

ACCOUNT = "ACe268443e43d93dab7ebef303bbe9642f"


def media_url(number: str) -> str:
    return f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM{number}/Media/ME{number}"


def media(name: str, kind: str, mime: str, number: str, text: str = "") -> dict[str, Any]:
    return {"provider_id": name, "kind": "media", "media": kind, "mime": mime, "reference": media_url(number), "text": text}


VOICE, PICTURE, FILE = "b95677216e439d96ec4fba1240a3c1f8", "78805a221a988e79ef3f42d7c5bfd418", "fdc3bdefb79cec8eb8211d2499e04704"
STICKER, CARD = "9173f7d7444d3161c4dea50f35f5d15f", "4136a932eb7724a00cb87c3fb9e1ea1d"
ARABIC = "السلام عليكم، فين نقدر ندير البطاقة ديال الإقامة؟"
CAPTION = "What is written here? C'est urgent & important"

EXPECTED: dict[str, dict[str, Any] | None] = {
    "text": {"provider_id": "SM1cb251ec0d568de6a929b520c4aed8d1", "text": "Hello, where can I see a doctor?"},
    "text_arabic": {"provider_id": "SMc0bee19412a24710f2f4eb38137f525c", "text": ARABIC},
    "text_blank_profile": {"provider_id": "SMdcdf69df6cde78b8a265f34e72ce69c8", "text": "Bonjour"},
    "text_emoji": {"provider_id": "SMa3ded91acb10b5b45d97cc5e9b036792", "text": "🙏🏽👨‍👩‍👧"},
    "forwarded": {"provider_id": "SM3c86288e3871b544e13a836c2c245653", "text": "Offices are closed tomorrow, tell everyone"},
    "reply_to": {"provider_id": "SM690b684a6c535da876147eb8d72b4e29", "text": "I mean this one"},
    "referral_ad": {"provider_id": "SMcd9bcdcbf9ef392bb2bce89a7c150638", "text": "I saw your page"},
    "unknown_parameters": {"provider_id": "SMad921d60486366258809553a3db49a4a", "text": "Hello"},
    "button_reply": {"provider_id": "SMce50a09343724eb82df11390e2c1de18", "kind": "button", "token": "b:7f3a:1"},
    "list_reply": {"provider_id": "SM10ae9fc7d453b0dd525d0edf2ede7961", "kind": "button", "token": "l:7f3a:2"},
    "location": {"provider_id": "SMd5189de027922f81005951e6efe0efd5", "kind": "location", "latitude": 30.4277, "longitude": -9.5981},
    "voice": media(f"MM{VOICE}", "voice", "audio/ogg", VOICE),
    "image_caption": media(f"MM{PICTURE}", "picture", "image/jpeg", PICTURE, CAPTION),
    "document": media(f"MM{FILE}", "document", "application/pdf", FILE),
    "sticker": media(f"MM{STICKER}", "other", "image/webp", STICKER),
    "contacts_vcard": media(f"MM{CARD}", "other", "text/vcard", CARD),
    "bsuid_only": {"provider_id": "SMf0847063b4db104ebdace913f6e58483", "address": USER_ID, "text": "Hello"},
    "bsuid_and_number": {"provider_id": "SMf68a443a4a334fd06d059d2b829f38bc", "also": (USER_ID,), "text": "Hello"},
    "empty": None,
    "status_sent": None,
    "status_delivered": None,
    "status_read": None,
    "status_failed_63016": None,
    "status_undelivered_63024": None,
}


def test_every_recorded_body_is_in_the_table() -> None:
    assert set(EXPECTED) == {path.stem for path in FIXTURES.glob("*.txt")}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_body_is_read_as_expected(name: str) -> None:
    """A report on a message of ours is no message: read as one, it would come from our own number."""
    told = EXPECTED[name]
    expected = None if told is None else Inbound(**{"channel": "whatsapp", "address": PERSON, "kind": "text"} | told)
    assert parse(fixture(name)) == expected


def test_what_is_kept_of_a_message_names_nobody() -> None:
    found = parse(fixture("bsuid_and_number"))
    assert found is not None and found.body() == {"kind": "text", "text": "Hello"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"MessageSid": "SM1"},
        {"From": "whatsapp:+212600000001"},
        {"MessageSid": "SM1", "From": ""},
        {"MessageSid": "SM1", "From": "whatsapp:"},
        {"MessageSid": "SM1", "From": "whatsapp:+"},
        {"MessageSid": "SM1", "From": "messenger:123x"},
        {"MessageSid": "SM1", "From": "whatsapp:M.A.1"},
        {"MessageSid": "", "From": "whatsapp:+212600000001", "SmsMessageSid": ""},
    ],
)
def test_a_body_that_does_not_say_who_or_which_is_no_message(fields: dict[str, str]) -> None:
    assert parse(fields) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"NumMedia": "many"},
        {"NumMedia": "-1"},
        {"NumMedia": ""},
        {"Latitude": "north", "Longitude": "west"},
        {"Latitude": "30.4", "Longitude": ""},
        {"ButtonPayload": "", "ListId": ""},
        {"MessageType": "something new"},
        {"WaId": ""},
    ],
)
def test_an_odd_field_hides_no_text(odd: dict[str, str]) -> None:
    found = parse(text_fields("Bonjour", **odd))
    assert found is not None and (found.kind, found.text, found.address) == ("text", "Bonjour", PERSON)


@pytest.mark.parametrize("lacking", [{"MediaUrl0": ""}, {"MediaContentType0": ""}, {"MediaUrl0": "", "MediaContentType0": ""}])
def test_media_of_which_something_is_missing_are_still_media(lacking: dict[str, str]) -> None:
    found = parse(fixture("voice") | lacking)
    assert found is not None and found.kind == "media"


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("audio/ogg; codecs=opus", "voice"),
        ("AUDIO/OGG", "voice"),
        ("image/png", "picture"),
        ("video/mp4", "document"),
        ("text/plain", "document"),
        ("application/vnd.ms-excel", "document"),
        ("text/x-vcard", "other"),
        ("model/obj", "other"),
        ("", "other"),
    ],
)
def test_the_media_type_says_what_it_is(mime: str, kind: str) -> None:
    found = parse(fixture("voice") | {"MediaContentType0": mime})
    assert found is not None and found.media == kind


def test_a_kind_without_words_or_file_is_said_to_be_something_else() -> None:
    found = parse(text_fields("", MessageType="order"))
    assert found is not None and (found.kind, found.media) == ("media", "other")


@pytest.mark.parametrize("name", ["ExternalUserId", "UserId", "WaUserId", "BusinessScopedUserId"])
def test_a_user_id_beside_a_number_is_known_by_its_shape(name: str) -> None:
    found = parse(text_fields(**{name: USER_ID}))
    assert found is not None and (found.address, found.also) == (PERSON, (USER_ID,))


@pytest.mark.parametrize("value", ["", "me", "12", "MA.", "ma.134912", "MA.134/912", "https://MA.1"])
def test_what_is_no_user_id_is_no_address(value: str) -> None:
    found = parse(text_fields(ExternalUserId=value))
    assert found is not None and found.also == ()


def test_a_slash_is_no_command() -> None:
    found = parse(text_fields("/restart"))
    assert found is not None and (found.kind, found.text) == ("text", "/restart")
