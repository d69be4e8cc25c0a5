"""Whatever a provider, or somebody who holds its secret, may send: an answer below 500, and the next good message is still kept.

`--hypothesis-profile=thorough` tries 3,400 of each; the profile of every run tries 60.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from bot.db import Database
from bot.settings import ROOT, Settings
from bot.tables import InboundRow
from channels import telegram, whatsapp
from web.app import build_app

FIXTURES = ROOT / "tests" / "channels" / "fixtures"
UPDATES = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((FIXTURES / "telegram").glob("*.json"))]
HOSTILE = [
    "\x00",
    "\u202eevil",
    "\u200b" * 500,
    "/restart",
    '/greet{"a":1}',
    "'; DROP TABLE inbound;--",
    "{{7*7}}",
    "<script>",
    "\ud800",
    "x" * 10_000,
]
words = st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE))
leaves = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), words)
values = st.recursive(leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)), max_leaves=8)
loose = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


@pytest.fixture
def own(config: Settings) -> Settings:
    accounts = {"twilio_account_sid": "AC1", "twilio_auth_token": SecretStr("token"), "whatsapp_number": "+212600000000"}
    return config.model_copy(update={"public_url": "https://dalil.example", "telegram_token": SecretStr("7:secret"), **accounts})


@pytest.fixture
def web(db: Database, own: Settings) -> Iterator[TestClient]:
    with TestClient(build_app(db, own)) as client:
        yield client


@st.composite
def updates(draw: st.DrawFn) -> dict[str, Any]:
    """A real update with some of its fields replaced, added or gone."""
    update: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(UPDATES))))
    update["update_id"] = draw(st.one_of(st.integers(1, 2**31), values))
    for _ in range(draw(st.integers(0, 3))):
        _spoil(draw, update)
    return update


def _spoil(draw: st.DrawFn, at: dict[str, Any]) -> None:
    key = draw(st.sampled_from(sorted(at))) if at else "message"
    inner = at.get(key)
    if isinstance(inner, dict) and inner and draw(st.booleans()):
        _spoil(draw, inner)
    elif draw(st.booleans()):
        at[key] = draw(values)
    else:
        at.pop(key, None)


@loose
@given(update=updates())
def test_no_update_breaks_the_webhook_of_telegram(web: TestClient, db: Database, own: Settings, update: dict[str, Any]) -> None:
    body = json.dumps(update).encode("utf-8", "surrogatepass")
    assert web.post(telegram.PATH, content=body, headers={telegram.SECRET_HEADER: telegram.secret(own, db)}).status_code < 500


@loose
@given(body=st.one_of(st.binary(max_size=300), values.map(lambda v: json.dumps(v).encode())))
def test_no_body_breaks_the_webhook_of_telegram(web: TestClient, db: Database, own: Settings, body: bytes) -> None:
    assert web.post(telegram.PATH, content=body, headers={telegram.SECRET_HEADER: telegram.secret(own, db)}).status_code < 500


FIELDS = [
    "MessageSid",
    "From",
    "WaId",
    "Body",
    "NumMedia",
    "MediaUrl0",
    "MediaContentType0",
    "Latitude",
    "Longitude",
    "ButtonPayload",
    "ListId",
]
FIELDS += ["MessageType", "ExternalUserId", "ProfileName", "MessageStatus", "ErrorCode", "To"]
likely = st.sampled_from(
    ["SM1", "whatsapp:+212600000001", "212600000001", "1", "99", "nan", "inf", "1e999", "sent", "failed", "63016", "MA.1"]
)
forms = st.dictionaries(st.one_of(st.sampled_from(FIELDS), words), st.one_of(likely, words), max_size=9)


@loose
@given(fields=forms, path=st.sampled_from([whatsapp.PATH, whatsapp.STATUS_PATH]))
def test_no_signed_form_breaks_the_webhooks_of_whatsapp(web: TestClient, fields: dict[str, str], path: str) -> None:
    clean = {k.encode("utf-8", "replace").decode(): v.encode("utf-8", "replace").decode() for k, v in fields.items()}
    signature = RequestValidator("token").compute_signature(f"https://dalil.example{path}", clean)
    assert web.post(path, data=clean, headers={"X-Twilio-Signature": signature}).status_code < 500


@loose
@given(
    body=st.binary(max_size=300), signature=st.one_of(st.just(""), st.text(st.characters(max_codepoint=126, min_codepoint=33), max_size=40))
)
def test_nothing_unsigned_is_kept(web: TestClient, db: Database, body: bytes, signature: str) -> None:
    headers = {"X-Twilio-Signature": signature, telegram.SECRET_HEADER: signature}
    assert [web.post(path, content=body, headers=headers).status_code for path in (whatsapp.PATH, telegram.PATH)] == [403, 403]
    with db.begin() as session:
        assert session.scalar(select(func.count()).select_from(InboundRow)) == 0


@loose
@given(message=st.one_of(values, st.fixed_dictionaries({"id": words, "text": words})))
def test_no_message_breaks_the_web_chat(web: TestClient, message: object) -> None:
    token = web.post("/api/chat/conversations").json()["token"]
    body = json.dumps(message).encode("utf-8", "surrogatepass")
    answer = web.post(f"/api/chat/conversations/{token}/messages", content=body, headers={"content-type": "application/json"})
    assert answer.status_code < 500
