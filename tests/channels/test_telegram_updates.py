"""What Telegram's updates say: every kind we know, and shapes that nobody knows."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.language.forms import FORMS
from bot.messages import Inbound
from channels.telegram import COMMANDS, LANGUAGES, NAME, Blocked, parse, read
from tests.channels.telegram_story import FIXTURES, fixture, message

Found = Inbound | Blocked | None
FRENCH, ARAB = "700100111", "700100222"


def said(number: int, kind: str, address: str = FRENCH, form: str = "fr", **more: Any) -> Inbound:
    return Inbound(NAME, str(number), address, kind, form=form, **more)


def file(number: int, media: str, name: str, mime: str, text: str = "", **more: Any) -> Inbound:
    return said(number, "media", media=media, reference=name, mime=mime, text=text, **more)


def place(number: int, latitude: float) -> Inbound:
    return said(number, "location", latitude=latitude, longitude=-9.598107)


MEANINGS: dict[str, Found] = {
    "text": said(700000101, "text", text="Bonjour, où puis-je apprendre l'arabe ? Écrivez à test.person@example.org"),
    "text_arabic": said(700000102, "text", ARAB, "ar", text="السلام عليكم، أين يوجد مكتب الهجرة في أكادير؟"),
    "command_start": said(700000103, "start"),
    "start_with_payload": said(700000104, "start"),
    "voice": file(700000105, "voice", "AwACAgQAAxkBAAIQ301invented-file-id-0301AAE", "audio/ogg", address=ARAB, form="ar"),
    "audio": file(700000106, "voice", "CQACAgQAAxkBAAIQ302invented-file-id-0302AAE", "audio/mp4"),
    "photo": file(700000107, "picture", "AgACAgQAAxkBAAIQ306invented-file-id-0306AAE", "image/jpeg", "Que dit ce papier ?"),
    "document": file(700000108, "document", "BQACAgQAAxkBAAIQ307invented-file-id-0307AAE", "application/pdf", "Mon attestation"),
    "video": file(700000109, "document", "BAACAgQAAxkBAAIQ309invented-file-id-0309AAE", "video/mp4"),
    "video_note": file(700000110, "document", "DQACAgQAAxkBAAIQ311invented-file-id-0311AAE", "video/mp4"),
    "sticker": file(700000111, "other", "", ""),
    "location": place(700000112, 30.420211),
    "live_location": place(700000113, 30.420211),
    "venue": place(700000114, 30.427755),
    "contact_own": said(700000115, "contact", text="212600000011"),
    "contact_other": said(700000116, "contact"),
    "callback_query": Inbound(NAME, "700000117", ARAB, "button", token="b:41:0"),
    "edited_message": said(700000118, "text", text="Où est le consulat du Sénégal ?", edited=True),
    "my_chat_member_kicked": Blocked(FRENCH, "blocked by the person"),
    "my_chat_member_member": Blocked(FRENCH, ""),
    "group_message": None,
    "channel_post": None,
    "reply_to_message": said(700000123, "text", text="Et le samedi ?"),
    "forwarded": said(700000124, "text", text="Le bureau est fermé demain"),
    "emoji_only": said(700000125, "text", ARAB, "ar", text="🙏🏽❤️"),
    "unknown_kind": None,
    "inline_query": None,
    "message_without_from": None,
}
NO_UPDATE = {"empty_object"}


def meaning(update: Any) -> Found:
    return parse(read(json.dumps(update)))


# --- Every kind we know


@pytest.mark.parametrize(("name", "wanted"), MEANINGS.items(), ids=MEANINGS)
def test_an_update_says_what_the_person_did(name: str, wanted: Found) -> None:
    assert meaning(fixture(name)) == wanted


def test_the_table_knows_every_update_that_was_recorded() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(MEANINGS) | NO_UPDATE


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("written", ["/{}", "/{}@dalil_test_bot", "/{} now", "/{}\nnow"])
def test_a_command_of_the_menu_is_known_by_its_name(command: str, written: str) -> None:
    found = meaning(message(written.format(command)))
    assert isinstance(found, Inbound) and (found.kind, found.text) == ("command", command)


@pytest.mark.parametrize("written", ["/start", "/start@dalil_test_bot", "/start poster", "/start@dalil_test_bot poster"])
def test_start_is_a_start_however_it_is_written(written: str) -> None:
    found = meaning(message(written))
    assert isinstance(found, Inbound) and (found.kind, found.text) == ("start", "")


@pytest.mark.parametrize("written", ["/", "/ menu", "//menu", "/menus", "/unknown", "/help_me", "menu", "see /menu", "/@menu", "/startled"])
def test_what_only_looks_like_a_command_is_a_text(written: str) -> None:
    found = meaning(message(written))
    assert isinstance(found, Inbound) and (found.kind, found.text) == ("text", written)


@pytest.mark.parametrize(
    ("language", "form"), [("fr", "fr"), ("fr-CA", "fr"), ("en-US", "en"), ("ar", "ar"), ("ar-MA", "ar"), ("wo", ""), ("", ""), (None, "")]
)
def test_the_language_of_the_app_is_a_first_guess_of_the_form(language: str | None, form: str) -> None:
    found = meaning(message(**{"from": {**fixture("text")["message"]["from"], "language_code": language}}))
    assert isinstance(found, Inbound) and found.form == form


def test_every_first_guess_is_a_form_that_we_speak() -> None:
    assert set(LANGUAGES.values()) <= set(FORMS)


@pytest.mark.parametrize("owner", [700100333, None])
def test_a_contact_that_is_not_the_persons_own_keeps_no_number(owner: int | None) -> None:
    contact = {"phone_number": "+212600000012", "first_name": "Other", "user_id": owner}
    found = meaning(message(text=None, contact=contact))
    assert isinstance(found, Inbound) and "212600000012" not in str(found)


def test_of_a_voice_note_without_a_type_the_type_is_known_all_the_same() -> None:
    """`mime_type` is optional; voice notes are OGG. Without a type it would be refused."""
    update = fixture("voice")
    del update["message"]["voice"]["mime_type"]
    found = meaning(update)
    assert isinstance(found, Inbound) and found.mime == "audio/ogg"


@pytest.mark.parametrize("kind", ["location", "live_location", "photo", "sticker"])
def test_a_change_without_a_text_says_nothing(kind: str) -> None:
    update = fixture(kind)
    update["edited_message"] = update.pop("message")
    assert meaning(update) is None


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
@pytest.mark.parametrize("name", ["text", "edited_message", "my_chat_member_kicked"])
def test_what_happens_outside_of_a_private_chat_says_nothing(name: str, kind: str) -> None:
    update = fixture(name)
    next(part for part in update.values() if isinstance(part, dict))["chat"]["type"] = kind
    assert meaning(update) is None


# --- Shapes that nobody knows

STRANGE: tuple[Any, ...] = (None, True, 5, -1, 10**12, 10**30, "x", "", "\ud800", [], [5], {}, {"x": 5})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every way into a nested value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*path, key)
        yield from places(part, (*path, key))


def changed(update: Any, path: tuple[Any, ...], value: Any) -> Any:
    found = copy.deepcopy(update)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return found


def without(update: Any, path: tuple[Any, ...]) -> Any:
    found = copy.deepcopy(update)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return found


def strange(update: Any) -> Iterator[Any]:
    """The update with one part taken out, or in a shape that Telegram never sent so far."""
    for path in places(update):
        if path != ("update_id",):
            yield without(update, path)
            yield from (changed(update, path, value) for value in STRANGE)


def trouble(update: Any) -> str:
    """The error that an update raises; empty when there is none."""
    try:
        found = meaning(update)
        assert found is None or isinstance(found, Inbound | Blocked)
    except Exception as error:
        return type(error).__name__
    return ""


@pytest.mark.parametrize("name", MEANINGS)
def test_an_update_of_a_shape_that_nobody_knows_is_never_refused(name: str) -> None:
    """Who refuses an update gets it again and again, and nothing else of its chat."""
    refused = [(error, json.dumps(update)[:400]) for update in strange(fixture(name)) if (error := trouble(update))]
    assert not refused, f"{len(refused)} shapes, the first: {refused[0]}"


@pytest.mark.parametrize("kind", ["message", "edited_message", "callback_query", "my_chat_member", "poll", "of_tomorrow"])
@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_an_update_with_nothing_sensible_in_it_says_nothing(kind: str, value: Any) -> None:
    assert meaning({"update_id": 5, kind: value}) is None


@pytest.mark.parametrize("raw", ["", "{", "x", "[]", "null", "5", '"x"', "{}", '{"update_id": null}', '{"update_id": "5"}', b"\xff\xfe"])
def test_what_has_no_number_is_no_update(raw: bytes | str) -> None:
    with pytest.raises(ValueError):
        read(raw)


def test_what_is_nested_without_end_is_no_update() -> None:
    with pytest.raises(ValueError):
        read("[" * 100_000)
