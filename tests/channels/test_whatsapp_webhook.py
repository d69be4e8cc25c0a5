"""The door for Twilio: only what Twilio signed comes in, each message once, and a person has one conversation."""

import logging
from itertools import permutations
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.db import Database
from bot.privacy.vault import vault
from bot.settings import Settings
from bot.tables import AddressRow, Conversation, IgnoredRow, InboundRow, MediaRow, ReportRow
from tests.channels.whatsapp_desk import (
    FIXTURES,
    HOOK,
    PERSON,
    PUBLIC,
    STATUS,
    USER_ID,
    Door,
    count,
    fixture,
    received,
    text_fields,
    unescaped,
    with_twilio,
)
from tests.providers.twilio import AUTH_TOKEN
from tests.providers.twilio_webhooks import sign

MESSAGES = sorted(path.stem for path in FIXTURES.glob("*.txt") if not path.stem.startswith("status") and path.stem != "empty")
OLD = "the token before"
NOT_UTF8 = b"MessageSid=SM1&From=whatsapp%3A%2B212600000001&Body=\xff\xfe"
NOT_UTF8_QUOTED = b"MessageSid=SM1&From=whatsapp%3A%2B212600000001&Body=%FF%FE"


@pytest.fixture
def door(db: Database, config: Settings) -> Door:
    return Door.of(db, with_twilio(config, ""))


def rows(db: Database) -> int:
    """Everything that a request could have left."""
    return sum(count(db, table) for table in (Conversation, AddressRow, InboundRow, IgnoredRow, MediaRow, ReportRow))


# --- Who may come in


def test_what_twilio_signed_is_kept(door: Door) -> None:
    assert door.post(text_fields("Bonjour")) == 204 and door.texts() == ["Bonjour"]


@pytest.mark.parametrize("name", MESSAGES)
def test_every_recorded_message_is_kept(door: Door, name: str) -> None:
    """The signature covers all its parameters: Arabic names, blank ones, and those that we have never seen."""
    assert door.post(fixture(name)) == 204 and len(door.texts()) == 1


def test_the_raw_recorded_body_is_kept_as_it_came(door: Door) -> None:
    body = (FIXTURES / "text_arabic.txt").read_bytes().strip()
    signature = sign(AUTH_TOKEN, PUBLIC + HOOK, fixture("text_arabic"))
    assert door.raw(body, HOOK, {"X-Twilio-Signature": signature}).status_code == 204
    assert door.texts()[0].startswith("السلام")


@pytest.mark.parametrize("path", [HOOK, STATUS])
@pytest.mark.parametrize(
    "how",
    [
        {"signed": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
        {"signed": ""},
        {"signed": "é"},
        {"token": "of somebody else"},
        {"token": ""},
        {"at": "https://other.example" + HOOK},
        {"at": PUBLIC + "/hooks/other"},
        {"at": PUBLIC + HOOK + "?a=1"},
        {"at": "http://testserver" + HOOK},
        {"at": "http://dalil.example" + HOOK},
    ],
    ids=str,
)
def test_what_is_signed_otherwise_is_refused_and_leaves_nothing(door: Door, path: str, how: dict[str, Any]) -> None:
    assert door.post(text_fields(MessageStatus="sent"), path, **how) == 403 and rows(door.db) == 0


@pytest.mark.parametrize("path", [HOOK, STATUS])
def test_a_request_without_a_signature_is_refused_and_leaves_nothing(door: Door, path: str) -> None:
    assert door.raw(b"MessageSid=SM1&From=whatsapp%3A%2B212600000001&MessageStatus=sent", path).status_code == 403
    assert rows(door.db) == 0


@pytest.mark.parametrize("change", [{"Body": "Salut"}, {"From": "whatsapp:+212600000002"}, {"Added": "1"}, {"ProfileName": "x"}])
def test_a_body_that_was_changed_on_the_way_is_refused(door: Door, change: dict[str, str]) -> None:
    signature = sign(AUTH_TOKEN, PUBLIC + HOOK, text_fields())
    assert door.post(text_fields() | change, signed=signature) == 403 and rows(door.db) == 0


def test_a_blank_value_is_signed_too(door: Door) -> None:
    fields = text_fields(AnotherNew="")
    signature = sign(AUTH_TOKEN, PUBLIC + HOOK, fields)
    without = {name: value for name, value in fields.items() if name != "AnotherNew"}
    assert [door.post(f, signed=signature) for f in (without, fields | {"AnotherNew": "x"}, fields)] == [403, 403, 204]


def test_spaces_around_a_value_belong_to_it(door: Door) -> None:
    assert door.post(text_fields("  Bonjour \n")) == 204


def test_a_query_is_part_of_the_address(door: Door) -> None:
    assert door.post(text_fields(), HOOK + "?from=twilio&a=%20b") == 204
    assert door.post(text_fields(sid="SM2"), HOOK + "?from=twilio", at=PUBLIC + HOOK) == 403
    assert len(door.texts()) == 1


@pytest.mark.parametrize("headers", [{"Host": "10.0.0.7:8080"}, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}])
def test_what_a_proxy_makes_of_the_address_does_not_matter(door: Door, headers: dict[str, str]) -> None:
    body = (FIXTURES / "text.txt").read_bytes().strip()
    signature = sign(AUTH_TOKEN, PUBLIC + HOOK, fixture("text"))
    assert door.raw(body, HOOK, headers | {"X-Twilio-Signature": signature}).status_code == 204


def test_a_stroke_at_the_end_of_our_address_does_not_matter(db: Database, config: Settings) -> None:
    door = Door.of(db, with_twilio(config, "", public_url=PUBLIC + "/"))
    assert door.post(text_fields()) == 204


def test_while_the_token_is_changed_both_are_good(db: Database, config: Settings) -> None:
    door = Door.of(db, with_twilio(config, "", twilio_auth_token_old=SecretStr(OLD)))
    assert door.post(text_fields(sid="SM1"), token=OLD) == 204
    assert door.post(text_fields(sid="SM2")) == 204
    assert door.post(text_fields(sid="SM3"), token="a third") == 403
    assert len(door.texts()) == 2


def test_after_the_change_the_old_token_is_refused(door: Door) -> None:
    assert door.post(text_fields(), token=OLD) == 403 and rows(door.db) == 0


def test_without_a_public_address_nothing_can_be_signed(db: Database, config: Settings) -> None:
    door = Door.of(db, with_twilio(config, "", public_url=""))
    assert door.post(text_fields(), at=HOOK) == 403 and rows(db) == 0


def test_without_an_account_there_is_no_door(db: Database, config: Settings) -> None:
    assert Door.of(db, config).post(text_fields()) == 404


# --- Bodies that are none


@pytest.mark.parametrize("path", [HOOK, STATUS])
@pytest.mark.parametrize("body", [NOT_UTF8, NOT_UTF8_QUOTED])
def test_a_body_that_is_not_utf8_is_refused_and_leaves_nothing(door: Door, path: str, body: bytes) -> None:
    signature = sign(AUTH_TOKEN, PUBLIC + path, {"MessageSid": "SM1", "From": "whatsapp:+212600000001", "Body": "\ufffd\ufffd"})
    assert door.raw(body, path, {"X-Twilio-Signature": signature}).status_code == 403 and rows(door.db) == 0


@pytest.mark.parametrize("path", [HOOK, STATUS])
def test_an_empty_body_starts_no_conversation(door: Door, path: str) -> None:
    signature = sign(AUTH_TOKEN, PUBLIC + path, {})
    assert door.raw(b"", path, {"X-Twilio-Signature": signature}).status_code == 204
    assert count(door.db, Conversation) == count(door.db, InboundRow) == 0


def test_an_empty_body_without_a_signature_is_refused(door: Door) -> None:
    assert door.raw(b"").status_code == 403 and rows(door.db) == 0


def test_what_is_no_message_is_kept_aside_once(door: Door) -> None:
    for _ in range(2):
        assert door.post({"EventType": "something new", "AccountSid": "AC1"}) == 204
    assert (count(door.db, IgnoredRow), count(door.db, Conversation)) == (1, 0)


def test_a_body_over_the_limit_is_refused(door: Door) -> None:
    assert door.post(text_fields("x" * 300_000)) == 413 and rows(door.db) == 0


def test_a_nul_in_the_text_does_no_harm(door: Door) -> None:
    assert door.post(text_fields("a\0b")) == 204 and len(door.texts()) == 1


def test_the_doors_open_to_posts_only(door: Door) -> None:
    assert {door.client.get(path).status_code for path in (HOOK, STATUS)} == {405}


# --- Once


def test_a_message_that_comes_twice_is_kept_once(door: Door) -> None:
    assert [door.post(text_fields("Bonjour")) for _ in range(3)] == [204] * 3
    assert door.texts() == ["Bonjour"]


def test_a_file_that_comes_twice_is_wanted_once(door: Door) -> None:
    assert [door.post(fixture("voice")) for _ in range(2)] == [204] * 2
    assert count(door.db, MediaRow) == 1


def test_two_messages_with_the_same_words_are_two(door: Door) -> None:
    for sid in ("SM1", "SM2"):
        door.post(text_fields("oui", sid=sid))
    assert door.texts() == ["oui", "oui"]


# --- Who it is

NUMBER_ONLY = text_fields(sid="SM1")
BOTH = text_fields(sid="SM2", ExternalUserId=USER_ID)
ID_ONLY = {name: value for name, value in text_fields(sid="SM3", From=f"whatsapp:{USER_ID}").items() if name != "WaId"}


def people(db: Database) -> int:
    return count(db, Conversation)


def test_number_then_both_then_user_id_is_one_person(door: Door) -> None:
    assert [door.post(fields) for fields in (NUMBER_ONLY, BOTH, ID_ONLY)] == [204] * 3
    assert people(door.db) == 1 and len(door.texts()) == 3


def test_user_id_first_and_number_later_is_one_person(door: Door) -> None:
    assert [door.post(fields) for fields in (ID_ONLY, BOTH, NUMBER_ONLY)] == [204] * 3
    assert people(door.db) == 1 and len(door.texts()) == 3


@pytest.mark.parametrize("order", [p for p in permutations((0, 1, 2)) if p.index(1) < 2], ids=str)
def test_once_both_were_seen_together_either_finds_the_person(door: Door, order: tuple[int, ...]) -> None:
    for n in order:
        door.post((NUMBER_ONLY, BOTH, ID_ONLY)[n])
    assert people(door.db) == 1


def test_who_was_two_is_one_from_the_moment_that_both_are_seen(door: Door) -> None:
    """Number alone and user id alone cannot be known as one; afterwards all that they write must meet in one conversation."""
    for fields in (NUMBER_ONLY, ID_ONLY, BOTH):
        door.post(fields)
    for n, fields in enumerate((NUMBER_ONLY, ID_ONLY, BOTH), start=4):
        door.post(fields | {"MessageSid": f"SM{n}"})
    with door.db.begin() as session:
        last = list(session.scalars(select(InboundRow.conversation_id).order_by(InboundRow.id.desc()).limit(3)))
    assert len(set(last)) == 1


def test_somebody_with_a_number_is_answered_at_the_number(door: Door) -> None:
    for fields in (ID_ONLY, BOTH):
        door.post(fields)
    with door.db.begin() as session:
        sealed = session.scalars(select(Conversation.address_sealed)).one()
        assert vault(session).unseal(sealed) == PERSON


def test_two_people_are_two(door: Door) -> None:
    door.post(NUMBER_ONLY)
    door.post(text_fields(sid="SM9", From="whatsapp:+212600000002", WaId="212600000002"))
    assert people(door.db) == 2


# --- Nothing is told


def test_neither_words_nor_number_nor_name_are_in_a_log(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = text_fields("un secret de famille", ProfileName="Aminata", ExternalUserId=USER_ID)
    for how in ({}, {"signed": "wrong"}, {"token": OLD}):
        door.post(secret, **how)
    door.raw(NOT_UTF8)
    log = unescaped(caplog.text)
    assert not [word for word in ("secret", "Aminata", PERSON.lstrip("+"), USER_ID) if word in log]


def test_neither_words_nor_number_stand_open_in_the_database(door: Door) -> None:
    door.post(text_fields("un secret de famille", ExternalUserId=USER_ID))
    with door.db.begin() as session:
        tables = (Conversation, AddressRow, InboundRow)
        found = [str(vars(row)) for table in tables for row in session.scalars(select(table))]
    assert found and not [word for word in ("secret", PERSON.lstrip("+"), USER_ID) if word in "".join(found)]


def test_a_refusal_tells_nothing_of_what_was_expected(door: Door) -> None:
    answer = door.raw(b"MessageSid=SM1", HOOK, {"X-Twilio-Signature": "wrong"})
    assert AUTH_TOKEN not in answer.text and sign(AUTH_TOKEN, PUBLIC + HOOK, {"MessageSid": "SM1"}) not in answer.text
    assert received(door.db) == []
