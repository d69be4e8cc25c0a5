"""Where Telegram posts updates: only with the secret, each kept once, none refused, no word in the logs."""

import json
import logging
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.db import Database
from bot.privacy.vault import vault
from bot.settings import Settings
from bot.tables import Conversation, IgnoredRow, InboundRow
from channels.telegram import NAME, PATH, SECRET_HEADER, secret
from tests.channels.telegram_story import FIXTURES, at, bodies, count, dump, fixture, heard, message, telegram_stands_in
from tests.providers.server import Server
from tests.providers.telegram import TOKEN
from tests.site import site
from tests.story import AtOnce, Somebody, result, until
from web.app import MAX_BODY, build_app

PERSON = "700100111"


@pytest.fixture
def settings(config: Settings) -> Settings:
    return at("http://127.0.0.1:9", config)


@pytest.fixture
def http(db: Database, settings: Settings) -> TestClient:
    """Knows the secret; an error in the application fails the test."""
    return TestClient(site(db, settings), headers={SECRET_HEADER: secret(settings, db), "Content-Type": "application/json"})


@pytest.fixture
def somebody(db: Database) -> Somebody:
    return Somebody(db, NAME, PERSON)


def post(http: TestClient, update: Any) -> Any:
    answer = http.post(PATH, content=json.dumps(update))
    assert answer.status_code == 200, answer.text
    return answer


def ignored(db: Database) -> list[dict[str, Any]]:
    with db.begin() as session:
        return [vault(session).unseal(row.body_sealed) for row in session.scalars(select(IgnoredRow).order_by(IgnoredRow.id))]


def nothing_is_kept(db: Database) -> bool:
    return not any(count(db, table) for table in (Conversation, InboundRow, IgnoredRow))


# --- The secret


def test_with_the_secret_an_update_is_kept(http: TestClient, db: Database) -> None:
    assert post(http, message("bonjour")).content == b""
    assert heard(db) == ["bonjour"]


@pytest.mark.parametrize("shown", ["", "wrong", TOKEN, "{}x", "x{}", " {}x", "{},{}", b"\xe9\xff"])
def test_with_another_secret_nothing_is_kept(http: TestClient, db: Database, settings: Settings, shown: str | bytes) -> None:
    value = shown if isinstance(shown, bytes) else shown.replace("{}", secret(settings, db)).encode()
    answer = http.post(PATH, content=json.dumps(message()), headers={SECRET_HEADER.encode(): value})
    assert answer.status_code == 403 and nothing_is_kept(db)


def test_without_a_secret_nothing_is_kept(http: TestClient, db: Database) -> None:
    del http.headers[SECRET_HEADER]
    assert http.post(PATH, content=json.dumps(message())).status_code == 403 and nothing_is_kept(db)


def test_half_of_the_secret_is_not_enough(http: TestClient, db: Database, settings: Settings) -> None:
    half = secret(settings, db)[:-1]
    assert http.post(PATH, content=json.dumps(message()), headers={SECRET_HEADER: half}).status_code == 403 and nothing_is_kept(db)


def test_the_secret_of_another_bot_is_another_one(db: Database, settings: Settings) -> None:
    other = settings.model_copy(update={"telegram_token": type(settings.telegram_token)("7000000002:another")})
    assert secret(settings, db) != secret(other, db)


def test_the_secret_is_one_that_telegram_takes_and_not_the_token(db: Database, settings: Settings) -> None:
    found = secret(settings, db)
    assert re.fullmatch("[A-Za-z0-9_-]{32,256}", found) and TOKEN not in found


def test_without_a_token_there_is_no_place_for_updates(db: Database, config: Settings) -> None:
    config = config.model_copy(update={"telegram_token": type(config.telegram_token)("")})
    assert TestClient(site(db, config)).post(PATH, json=message()).status_code == 404


# --- What is no update


@pytest.mark.parametrize("body", [b"", b"{", b"bonjour", b"\xff\xfe", b"text=bonjour", b"[" * 100_000], ids=lambda body: str(body[:12]))
def test_what_is_not_json_is_refused(http: TestClient, db: Database, body: bytes) -> None:
    assert http.post(PATH, content=body).status_code == 400 and nothing_is_kept(db)


@pytest.mark.parametrize("body", ["[]", "null", "5", '"x"', "{}", "[{}]", '{"update_id": "5"}', '{"update_id": null}'])
def test_json_that_is_no_update_is_refused(http: TestClient, db: Database, body: str) -> None:
    assert http.post(PATH, content=body).status_code == 400 and nothing_is_kept(db)


def test_a_body_over_the_limit_is_refused(http: TestClient, db: Database) -> None:
    body = json.dumps(message("x" * MAX_BODY))
    assert http.post(PATH, content=body).status_code == 413 and nothing_is_kept(db)


def test_the_largest_text_of_telegram_is_kept(http: TestClient, db: Database) -> None:
    post(http, message("😀" * 2048))
    assert heard(db) == ["😀" * 2048]


# --- Once, and in order


def test_the_same_update_twice_is_kept_once(http: TestClient, db: Database) -> None:
    for _ in range(2):
        post(http, message("bonjour"))
    assert heard(db) == ["bonjour"]


def test_the_same_update_many_times_at_once_is_kept_once(http: TestClient, db: Database) -> None:
    with AtOnce() as deliveries:
        for done in [deliveries.start(post, http, message("bonjour")) for _ in range(8)]:
            result(done)
    assert heard(db) == ["bonjour"] and count(db, Conversation) == 1


def test_the_same_words_in_another_update_are_kept_again(http: TestClient, db: Database) -> None:
    for number in (1, 2):
        post(http, message("oui", number))
    assert heard(db) == ["oui", "oui"]


def test_a_smaller_number_than_before_is_kept(http: TestClient, db: Database) -> None:
    """After a quiet week the numbers begin anywhere."""
    for number in (900, 5):
        post(http, message(str(number), number))
    assert heard(db) == ["900", "5"]


def test_updates_of_a_person_are_kept_in_the_order_in_which_they_were_written(db: Database, settings: Settings) -> None:
    """Telegram brings some twice."""
    with telegram_stands_in() as control, Server(site(db, settings)) as web:
        control.raw(f"/bot{TOKEN}/setWebhook", data={"url": web.url + PATH, "secret_token": secret(settings, db)})
        control.post("disorder", twice=0.5, late=0.2, seed=7)
        written = [control.say(text=str(number)) for number in range(12)]
        until(lambda: bool(control.get("idle")["idle"]))
        assert len(control.get("deliveries")) > len(written)
    assert heard(db) == [str(number) for number in range(12)]


def test_an_update_that_could_not_be_kept_is_not_acknowledged(db: Database, settings: Settings) -> None:
    """So that Telegram brings it again."""
    lost = Database("postgresql://127.0.0.1:9/nowhere", db.vault)
    web = TestClient(build_app(lost, settings), headers={SECRET_HEADER: secret(settings, db)}, raise_server_exceptions=False)
    assert web.post(PATH, json=message()).status_code >= 500


# --- What is no message


@pytest.mark.parametrize("name", ["unknown_kind", "inline_query", "channel_post", "group_message", "message_without_from"])
def test_what_is_no_message_to_us_is_kept_apart(http: TestClient, db: Database, name: str) -> None:
    post(http, fixture(name))
    assert [body["update_id"] for body in ignored(db)] == [fixture(name)["update_id"]] and count(db, InboundRow) == 0


def test_what_is_no_message_to_us_is_kept_as_it_was(http: TestClient, db: Database) -> None:
    post(http, fixture("unknown_kind"))
    assert ignored(db) == [fixture("unknown_kind")]


def test_what_is_no_message_to_us_is_encrypted(http: TestClient, db: Database) -> None:
    post(http, fixture("group_message"))
    assert count(db, IgnoredRow) == 1 and "Bonjour" not in dump(db) and PERSON not in dump(db)


def test_what_is_no_message_to_us_is_kept_once(http: TestClient, db: Database) -> None:
    for _ in range(2):
        post(http, fixture("unknown_kind"))
    assert len(ignored(db)) == 1


STRANGE: dict[str, dict[str, Any]] = {
    "a message that is a word": {"message": "bonjour"},
    "a message without a date": {"message": {"message_id": 5, "chat": {"id": 5, "type": "private"}}},
    "a message without a chat": {"message": {"message_id": 5, "date": 5}},
    "a message of a far year": message(date=10**12),
    "a text that is a number": message(5),
    "a language that is a number": message(**{"from": {"id": 5, "is_bot": False, "first_name": "x", "language_code": 5}}),
    "half a letter": message("\ud800"),
    "a file whose type is a number": message(None, document={"file_id": "x", "file_unique_id": "x", "mime_type": 5}),
    "a file whose type has a NUL": message(None, document={"file_id": "x", "file_unique_id": "x", "mime_type": "a\0b"}),
    "a NUL in a text": message("a\0b"),
    "a press by nobody": {"callback_query": {"id": "5"}},
    "a membership of nobody": {"my_chat_member": {}},
    "a huge number": {"update_id": 10**30},
}


@pytest.mark.parametrize("shape", STRANGE.values(), ids=STRANGE)
def test_an_update_of_a_shape_that_nobody_knows_is_acknowledged_and_kept(http: TestClient, db: Database, shape: dict[str, Any]) -> None:
    post(http, {"update_id": 5, **shape})
    assert count(db, InboundRow) + len(ignored(db)) == 1


# --- What a person does


def test_the_answer_to_a_press_ends_the_waiting_sign_on_the_button(http: TestClient) -> None:
    wanted = {"method": "answerCallbackQuery", "callback_query_id": "3007000000000000001"}
    assert post(http, fixture("callback_query")).json() == wanted


def test_a_press_is_kept(http: TestClient, db: Database) -> None:
    post(http, fixture("callback_query"))
    assert bodies(db) == [{"kind": "button", "token": "b:41:0"}]


def test_a_press_that_is_brought_again_is_answered_again_and_kept_once(http: TestClient, db: Database) -> None:
    assert post(http, fixture("callback_query")).json() == post(http, fixture("callback_query")).json()
    assert count(db, InboundRow) == 1


def test_who_blocks_us_is_unreachable(http: TestClient, somebody: Somebody) -> None:
    somebody.write()
    post(http, fixture("my_chat_member_kicked"))
    assert somebody.conversation().unreachable


def test_who_takes_a_block_back_is_reachable(http: TestClient, somebody: Somebody) -> None:
    somebody.write()
    for name in ("my_chat_member_kicked", "my_chat_member_member"):
        post(http, fixture(name))
    assert somebody.conversation().unreachable == ""


def test_who_blocks_us_without_having_written_leaves_no_trace(http: TestClient, db: Database) -> None:
    post(http, fixture("my_chat_member_kicked"))
    assert nothing_is_kept(db)


def test_the_contact_of_another_person_keeps_no_number(http: TestClient, db: Database) -> None:
    post(http, fixture("contact_other"))
    assert bodies(db)[0]["kind"] == "contact" and not re.search(r"\d{6}", str(bodies(db)))


def test_the_persons_own_contact_keeps_the_number(http: TestClient, db: Database) -> None:
    post(http, fixture("contact_own"))
    assert bodies(db)[0]["text"] == "212600000011"


def test_a_changed_text_is_a_new_message_that_says_so(http: TestClient, db: Database) -> None:
    post(http, message("Où est le consulat ?"))
    post(http, fixture("edited_message"))
    assert [(body["text"], body.get("edited", False)) for body in bodies(db)] == [
        ("Où est le consulat ?", False),
        ("Où est le consulat du Sénégal ?", True),
    ]


def test_a_live_place_that_moves_is_no_new_message(http: TestClient, db: Database) -> None:
    moved = fixture("live_location")
    post(http, fixture("live_location"))
    post(http, {"update_id": 900, "edited_message": moved["message"]})
    assert [body["kind"] for body in bodies(db)] == ["location"]


def test_the_language_of_the_app_is_the_first_guess_of_the_answer(http: TestClient, db: Database) -> None:
    post(http, fixture("text_arabic"))
    assert Somebody(db, NAME, "700100222").conversation().form == "ar"


# --- Nothing in the logs


def words_of(update: Any) -> set[str]:
    """What the person said, and how the person is called."""
    inside = update.values() if isinstance(update, dict) else update if isinstance(update, list) else ()
    said = set() if isinstance(update, dict | list) else set(re.findall(r"[\w+-]{4,}", str(update)))
    return said.union(*map(words_of, inside)) - ANYWHERE


ANYWHERE = {"message", "person", "type", "text", "audio", "voice", "video", "document", "private", "False", "True"}


def test_no_word_number_or_name_of_a_person_is_in_the_logs(http: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in {path.stem for path in FIXTURES.glob("*.json")} - {"empty_object"}:
        post(http, fixture(name))
        assert caplog.records and not words_of(fixture(name)) & set(re.findall(r"[\w+-]{4,}", caplog.text)), name


def test_no_word_of_a_shape_that_nobody_knows_is_in_the_logs(db: Database, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Also when it is refused."""
    caplog.set_level(logging.DEBUG)
    web = TestClient(site(db, settings), headers={SECRET_HEADER: secret(settings, db)}, raise_server_exceptions=False)
    for shape in STRANGE.values():
        web.post(PATH, content=json.dumps({"update_id": 5, **shape, "secret_words": "fatoumata", "text": "fatoumata"}))
    assert caplog.records and "fatoumata" not in caplog.text
