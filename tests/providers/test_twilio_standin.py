"""The Twilio stand-in's REST API against Twilio's own library, which nobody here wrote."""

import base64
import json
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest
from requests.exceptions import ConnectionError as Lost
from requests.exceptions import ReadTimeout
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.providers.twilio import ACCOUNT_SID, NUMBER
from tests.providers.twilio_desk import AUTH, CALLBACK, PERSON, QUICK, TEXT, TO, Desk


def refused(desk: Desk, **message: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        desk.send(**message)
    return caught.value.status, caught.value.code


def test_a_message_is_created_and_delivered(desk: Desk) -> None:
    desk.say(text="hello")
    sent = desk.send(body="Answer مرحبا")
    assert (sent.status, sent.direction, sent.error_code) == ("queued", "outbound-api", None)
    assert desk.receiver.statuses(3) == ["queued", "sent", "delivered"]
    desk.settled()
    assert desk.client.messages(sent.sid).fetch().status == "delivered"
    entry = desk.look("sent")[0]
    assert (entry["n"], entry["to"], entry["text"], entry["buttons"]) == (1, PERSON, "Answer مرحبا", [])
    assert desk.look("sent", after=1) == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, 21619),
        ({"body": " "}, 21619),
        ({"body": "x" * 1601}, 21617),
        ({"body": "x", "to": "+212600000001"}, 21211),
        ({"body": "x", "to": "whatsapp:someone"}, 21211),
        ({"body": "x", "from_": "whatsapp:+212600000098"}, 63007),
        ({"body": "x", "status_callback": "not an address"}, 21609),
        ({"content_sid": "HX" + "0" * 32}, 21655),
        ({"content_variables": "{}", "body": "x"}, 21654),
    ],
)
def test_what_is_refused_at_once(desk: Desk, message: dict[str, str], code: int) -> None:
    assert refused(desk, **message) == (400, code)
    assert desk.look("sent") == []


def test_limits_that_still_pass(desk: Desk) -> None:
    desk.say(text="hello", bsuid="US.13491208655302741918")
    assert desk.send(body="é" * 1600).sid
    assert desk.send(body="x", to="whatsapp:US.13491208655302741918").sid
    desk.settled()
    assert [entry["status"] for entry in desk.look("sent")] == ["delivered"] * 2
    assert {entry["to"] for entry in desk.look("sent")} == {PERSON}


def test_a_wrong_token_is_refused(desk: Desk) -> None:
    with pytest.raises(TwilioRestException) as caught:
        Client(ACCOUNT_SID, "wrong", http_client=desk.client.http_client).api.account.fetch()
    assert (caught.value.status, caught.value.code) == (401, 20003)
    assert desk.client.api.account.fetch().status == "active"


def test_the_list_has_filters_and_pages(desk: Desk) -> None:
    for text in ("1", "2", "3"):
        desk.order("say", from_=PERSON, text=text, missed=True)
    desk.order("say", from_="212600000002", text="other", missed=True)
    desk.send(body="answer", status_callback=CALLBACK)
    listed = desk.client.messages.list(to=NUMBER, from_=TO, page_size=2)
    assert [(message.body, message.direction) for message in listed] == [(text, "inbound") for text in ("3", "2", "1")]
    soon = datetime.now(timezone.utc) + timedelta(minutes=1)
    assert len(desk.client.messages.list(date_sent_after=soon - timedelta(minutes=2))) == 5
    assert desk.client.messages.list(date_sent_after=soon) == []
    assert len(desk.client.messages.list(date_sent_before=soon, to=NUMBER)) == 4
    assert len(desk.client.messages.list(to=TO, limit=1)) == 1
    assert desk.receiver.statuses(3) == ["queued", "sent", "delivered"]


def test_a_message_is_redacted_and_deleted(desk: Desk) -> None:
    sid = desk.say(text="private").params["MessageSid"]
    assert desk.client.messages(sid).update(body="").body == ""
    assert desk.client.messages(sid).delete()
    with pytest.raises(TwilioRestException) as caught:
        desk.client.messages(sid).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_media_are_behind_a_redirect_that_shows_leaks(desk: Desk) -> None:
    voice = base64.b64encode(b"OggS-sound").decode()
    hook = desk.say(voice={"bytes_b64": voice})
    path, auth = urlsplit(hook.params["MediaUrl0"]).path, AUTH
    assert desk.http.get(path).status_code == 401
    redirect = desk.http.get(path, auth=auth)
    assert redirect.status_code == 307
    clean = desk.http.get(redirect.headers["Location"])
    assert (clean.content, clean.headers["content-type"]) == (b"OggS-sound", "audio/ogg")
    assert desk.look("leaks")["leaks"] == 0
    desk.http.get(redirect.headers["Location"], auth=auth)
    assert desk.look("leaks")["leaks"] == 1


def test_another_host_of_media_gets_no_token_from_httpx(desk: Desk) -> None:
    desk.order("address", cdn=desk.url.replace("127.0.0.1", "localhost"))
    path = urlsplit(desk.say(image={}, text="caption").params["MediaUrl0"]).path
    assert desk.http.get(path, auth=AUTH, follow_redirects=True).status_code == 200
    desk.order("address", cdn="")
    assert desk.look("leaks") == {"leaks": 0, "fetched": [{"media": path.rsplit("/", 1)[1], "authorization": False}]}


def test_media_are_listed_and_deleted(desk: Desk) -> None:
    sid = desk.say(document={"name": "paper.pdf"}).params["MessageSid"]
    media = desk.client.messages(sid).media.list()
    assert [item.content_type for item in media] == ["application/pdf"]
    assert desk.client.messages(sid).media(media[0].sid).fetch().parent_sid == sid
    assert desk.client.messages(sid).media(media[0].sid).delete()
    assert desk.client.messages(sid).media.list() == []


@pytest.mark.parametrize(("status", "code"), [(400, 21211), (403, 20403), (429, 20429), (500, 20500), (503, 20503)])
def test_ordered_errors_are_answered_once(desk: Desk, status: int, code: int) -> None:
    desk.order("script", answers=[{"status": status, "retry_after": 2}], to=PERSON)
    assert refused(desk, body="x") == (status, code)
    assert desk.look("sent") == []
    assert desk.send(body="x").sid


def test_a_hanging_send_was_accepted(desk: Desk) -> None:
    desk.say(text="hello")
    desk.order("script", answers=[{"hang": True}])
    desk.client.http_client.timeout = 0.3
    with pytest.raises(ReadTimeout):
        desk.send(body="x")
    desk.client.http_client.timeout = 5
    assert desk.receiver.statuses(3) == ["queued", "sent", "delivered"]
    assert [message.body for message in desk.client.messages.list(to=TO)] == ["x"]


def test_a_hanging_send_ends_without_an_answer(desk: Desk) -> None:
    desk.order("script", answers=[{"hang": True, "seconds": 0.1}])
    with pytest.raises(Lost):
        desk.send(body="x")
    assert len(desk.look("sent")) == 1


def test_a_dropped_send_was_not_accepted(desk: Desk) -> None:
    desk.order("script", answers=[{"drop": True}, {"slow": 0.05}])
    with pytest.raises(Lost):
        desk.send(body="x")
    assert desk.look("sent") == []
    assert desk.send(body="y").body == "y"


def test_outside_the_window_only_an_approved_template_passes(desk: Desk) -> None:
    desk.say(text="hello")
    desk.order("close_window", from_=PERSON)
    template = desk.content(TEXT)
    values = {"content_sid": template, "content_variables": json.dumps({"1": "Test Person"})}
    for message in ({"body": "x"}, values):
        assert desk.send(**message).error_code is None
        assert desk.receiver.next().status == "queued"
        failed = desk.receiver.next()
        assert (failed.status, failed.params["ErrorCode"]) == ("failed", "63016")
    approve(desk, template)
    desk.send(**values)
    assert desk.receiver.statuses(3) == ["queued", "sent", "delivered"]
    assert desk.look("sent")[-1]["text"] == "Please write to us again, Test Person, we have an answer."


def approve(desk: Desk, sid: str) -> str:
    """Submits with plain HTTP and reads the decision with the library."""
    body = {"name": "answer_ready", "category": "UTILITY"}
    desk.http.post(f"/v1/Content/{sid}/ApprovalRequests/whatsapp", json=body, auth=AUTH).raise_for_status()
    decided = desk.client.content.v1.contents(sid).approval_fetch().fetch().whatsapp
    assert decided is not None
    return str(decided["status"])


def test_approval_is_decided_at_once_or_as_ordered(desk: Desk) -> None:
    assert approve(desk, desk.content(TEXT)) == "approved"
    assert approve(desk, desk.content({"twilio/text": {"body": "Hello {{1}}"}})) == "rejected"
    desk.order("approval", status="pending")
    waiting = desk.content(TEXT)
    assert approve(desk, waiting) == "pending"
    desk.order("approval", status="approved", sid=waiting)
    assert desk.client.content.v1.contents(waiting).approval_fetch().fetch().whatsapp["status"] == "approved"


def test_templates_are_listed_in_pages_and_deleted(desk: Desk) -> None:
    sids = [desk.content(TEXT) for _ in range(3)]
    assert [content.sid for content in desk.client.content.v1.contents.list(page_size=2)] == sids[::-1]
    assert desk.client.content.v1.contents(sids[0]).delete()
    assert len(desk.client.content.v1.contents.list()) == 2


@pytest.mark.parametrize(
    "types",
    [
        {},
        {"twilio/text": {"body": ""}},
        {"twilio/quick-reply": {"body": "x", "actions": []}},
        {"twilio/quick-reply": {"body": "x", "actions": [{"title": "a title of 21 letters", "id": "1"}]}},
        {"twilio/quick-reply": {"body": "x", "actions": [{"title": "same", "id": "1"}, {"title": "same", "id": "2"}]}},
        {"twilio/list-picker": {"body": "x", "button": "b", "items": [{"item": "y" * 25, "id": "1"}]}},
        {"twilio/list-picker": {"body": "x", "button": "b", "items": [{"item": str(n), "id": str(n)} for n in range(11)]}},
        {"twilio/unknown": {"body": "x"}},
    ],
)
def test_templates_beyond_the_limits_are_refused(desk: Desk, types: dict[str, Any]) -> None:
    body = {"friendly_name": "n", "language": "en", "types": types}
    assert desk.http.post("/v1/Content", json=body, auth=AUTH).status_code == 400


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"1": "", "2": "No"}, "63013"),
        ({"1": "two\nlines", "2": "No"}, "63013"),
        ({"1": "far     away", "2": "No"}, "63013"),
        ({"1": "x", "2": "a title of 21 letters"}, "63021"),
        ({"1": "x"}, "63028"),
    ],
)
def test_bad_variables_fail_later(desk: Desk, variables: dict[str, str], code: str) -> None:
    desk.say(text="hello")
    desk.send(content_sid=desk.content(QUICK), content_variables=json.dumps(variables))
    desk.receiver.next()
    assert desk.receiver.next().params["ErrorCode"] == code


@pytest.mark.parametrize(("variables", "code"), [("{", 21656), ('{"1": null}', 21656), (json.dumps({"1": "x" * 1601}), 21658)])
def test_bad_variables_that_are_refused(desk: Desk, variables: str, code: int) -> None:
    assert refused(desk, content_sid=desk.content(QUICK), content_variables=variables) == (400, code)


def test_typing_wants_a_received_message(desk: Desk) -> None:
    sid = desk.say(text="hello").params["MessageSid"]
    assert desk.client.messaging.v2.typing_indicator.create(channel="whatsapp", message_id=sid).success
    assert desk.look("typing") == [{"sid": sid, "to": PERSON}]
    with pytest.raises(TwilioRestException):
        desk.client.messaging.v2.typing_indicator.create(channel="whatsapp", message_id="SM" + "0" * 32)


def test_the_page_loads_nothing_from_elsewhere(desk: Desk) -> None:
    page = desk.http.get("/").text
    assert "/control/say" in page and "http" not in page
