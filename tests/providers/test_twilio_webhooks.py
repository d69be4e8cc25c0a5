"""The Twilio stand-in's webhooks and callbacks: signed, repeated, out of order; and the written bodies of fixtures."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.providers.twilio import AUTH_TOKEN, NUMBER
from tests.providers.twilio_desk import CALLBACK, PERSON, PUBLIC, QUICK, ROWS, TO, Desk

FIXTURES = Path(__file__).parents[1] / "channels" / "fixtures" / "whatsapp"


def test_an_inbound_webhook_is_signed_with_blank_values(desk: Desk) -> None:
    hook = desk.say(voice={}, name="محمد")
    assert (hook.params["Body"], hook.params["NumMedia"], hook.params["MediaContentType0"]) == ("", "1", "audio/ogg")
    validator = RequestValidator(AUTH_TOKEN)
    signature = hook.headers["x-twilio-signature"]
    assert validator.validate(f"{PUBLIC}/hooks/whatsapp", hook.params, signature)
    assert not validator.validate(f"{PUBLIC}/hooks/whatsapp", hook.params | {"Body": "x"}, signature)
    assert hook.headers["i-twilio-idempotency-token"]


def test_a_status_callback_is_signed_with_its_query(desk: Desk) -> None:
    desk.say(text="hello")
    desk.send(body="x")
    hook = desk.receiver.next()
    assert hook.path == "/whatsapp/status?ref=1"
    assert RequestValidator(AUTH_TOKEN).validate(CALLBACK, hook.params, hook.headers["x-twilio-signature"])


def test_buttons_and_rows_are_tapped(desk: Desk) -> None:
    desk.say(text="hello")
    asked = desk.send(content_sid=desk.content(QUICK), content_variables='{"1": "friend", "2": "No"}', status_callback="")
    desk.send(content_sid=desk.content(ROWS), status_callback="")
    assert desk.look("sent")[0]["buttons"] == [{"title": "Yes", "token": "b:1"}, {"title": "No", "token": "b:2"}]
    tap = desk.say(button="b:2").params
    assert (tap["Body"], tap["ButtonText"], tap["ButtonPayload"], tap["OriginalRepliedMessageSid"]) == ("No", "No", "b:2", asked.sid)
    row = desk.say(list_="l:1").params
    assert (row["Body"], row["ListId"], row["ListTitle"]) == ("Health", "l:1", "Health")
    assert desk.http.post("/control/say", json={"from": PERSON, "button": "never sent"}).status_code == 404


def test_people_without_a_number(desk: Desk) -> None:
    alone = desk.say(from_="", bsuid="MA.1234567890", text="hello").params
    assert alone["From"] == "whatsapp:MA.1234567890" and "WaId" not in alone
    both = desk.say(bsuid="MA.1234567890", text="hello").params
    assert (both["From"], both["WaId"], both["ExternalUserId"]) == (TO, PERSON, "MA.1234567890")


def test_places_and_extra_parameters(desk: Desk) -> None:
    place = {"latitude": 30.42, "longitude": -9.6, "address": "Agadir", "label": "Office"}
    params = desk.say(location=place, forwarded=True, params={"NewParameter": "1"}).params
    assert (params["Latitude"], params["Label"], params["MessageType"], params["NewParameter"]) == ("30.42", "Office", "location", "1")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("normal", ["queued", "sent", "delivered"]),
        ("reversed", ["delivered", "sent", "queued"]),
        ("twice", ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        ("fail", ["queued", "failed"]),
        ("none", []),
    ],
)
def test_callbacks_come_as_ordered(desk: Desk, mode: str, expected: list[str]) -> None:
    desk.say(text="hello")
    desk.order("status", mode=mode)
    sent = desk.send(body="x")
    assert desk.receiver.statuses(len(expected)) == expected
    desk.settled()
    assert desk.receiver.hooks.empty()
    assert desk.client.messages(sent.sid).fetch().status == ("failed" if mode == "fail" else "delivered")


def test_callbacks_come_before_the_answer(desk: Desk) -> None:
    desk.say(text="hello")
    desk.order("status", mode="before_create", read=True)
    assert desk.send(body="x").status == "queued"
    assert [desk.receiver.hooks.get_nowait().status for _ in range(4)] == ["queued", "sent", "delivered", "read"]


def test_who_blocked_or_is_not_on_whatsapp(desk: Desk) -> None:
    desk.say(text="hello")
    for code, status in ((63014, "failed"), (63024, "undelivered")):
        desk.order("block", from_=PERSON, code=code)
        sent = desk.send(body="x", status_callback="")
        desk.settled()
        found = desk.client.messages(sent.sid).fetch()
        assert (found.status, found.error_code) == (status, code)
    desk.order("block", from_=PERSON, on=False)
    desk.send(body="x", status_callback="")
    desk.settled()
    assert desk.look("sent")[-1]["status"] == "delivered"


def test_an_error_is_not_repeated_unless_ordered(desk: Desk) -> None:
    desk.receiver.codes[:] = [500]
    desk.say(text="lost")
    desk.settled()
    assert [(entry["status"], entry["tries"]) for entry in desk.look("deliveries")] == [(500, 1)]
    desk.order("retries", retries=3)
    desk.receiver.codes[:] = [500, 503]
    first, *others = [desk.say(text="kept"), desk.receiver.next(), desk.receiver.next()]
    desk.settled()
    assert desk.look("deliveries")[-1]["tries"] == 3
    token = first.headers["i-twilio-idempotency-token"]
    assert {hook.headers["i-twilio-idempotency-token"] for hook in others} == {token}


def test_the_address_itself_may_ask_for_retries(desk: Desk) -> None:
    place = desk.order("address", webhook=f"{PUBLIC}/hooks/whatsapp#rc=1&rp=all")
    assert place["webhook"].endswith("#rc=1&rp=all")
    desk.receiver.codes[:] = [500]
    hook = desk.say(text="kept")
    assert desk.receiver.next().params == hook.params
    assert RequestValidator(AUTH_TOKEN).validate(f"{PUBLIC}/hooks/whatsapp", hook.params, hook.headers["x-twilio-signature"])
    desk.order("address", webhook=f"{PUBLIC}/hooks/whatsapp")


def test_a_missed_message_is_only_in_the_list_until_repeated(desk: Desk) -> None:
    sid = desk.order("say", from_=PERSON, text="missed", missed=True)["sid"]
    desk.settled()
    assert desk.receiver.hooks.empty()
    assert [message.sid for message in desk.client.messages.list(to=NUMBER)] == [sid]
    desk.order("repeat", sid=sid)
    assert desk.receiver.next().params["MessageSid"] == sid


def test_disorder_delivers_twice(desk: Desk) -> None:
    desk.order("disorder", twice=1, late=1, seed=1)
    hook = desk.say(text="hello")
    assert desk.receiver.next().params == hook.params


def test_the_fixtures_are_webhook_bodies() -> None:
    bodies = {path.stem: path.read_bytes() for path in FIXTURES.glob("*.txt")}
    assert len(bodies) == 24 and bodies.pop("empty") == b""
    for name, body in bodies.items():
        params = dict(parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True))
        assert params["MessageSid"] and b"\n" not in body.rstrip(b"\n"), name
