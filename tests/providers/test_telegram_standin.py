"""python-telegram-bot meets the stand-in as it would meet Telegram."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, RetryAfter, TimedOut

from tests.providers.control import Control, Inbox
from tests.providers.server import Server
from tests.providers.telegram import TOKEN, create_app


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Control, Inbox]]:
    inbox = Inbox()
    with Server(create_app()) as server, Server(inbox.app) as hook:
        control, inbox.url = Control(server.url), f"{hook.url}/hook"
        yield control, inbox
        control.close()


@pytest.fixture
def control(running: tuple[Control, Inbox], monkeypatch: pytest.MonkeyPatch) -> Control:
    """The library warns about every RetryAfter unless its new way is asked for."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    running[0].post("quiet", all=True)
    return running[0]


@pytest.fixture
def inbox(running: tuple[Control, Inbox], control: Control) -> Inbox:
    running[1].clear()
    return running[1]


def new_bot(url: str, token: str = TOKEN) -> Bot:
    return Bot(token, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot")


@pytest.fixture
async def bot(control: Control) -> AsyncIterator[Bot]:
    async with new_bot(control.url) as found:
        yield found


def menu(*data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(f"Button {one}", callback_data=one)] for one in data])


async def test_the_bot_knows_itself(bot: Bot) -> None:
    assert (await bot.get_me()).username == "dalil_test_bot"


def test_another_token_is_not_authorised(control: Control) -> None:
    answer = control.raw("/bot7000000002:wrong/getMe", verb="GET")
    assert (answer.status_code, answer.json()) == (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})


def test_an_unknown_method_is_not_found_and_other_encodings_are_read(control: Control) -> None:
    assert control.raw(f"/bot{TOKEN}/sendNothing").status_code == 404
    assert control.raw(f"/bot{TOKEN}/sendMessage", json={"chat_id": 111, "text": "json"}).json()["result"]["text"] == "json"
    assert control.raw(f"/bot{TOKEN}/SENDMESSAGE?chat_id=111&text=get", verb="GET").json()["ok"]
    assert control.raw(f"/bot{TOKEN}/sendMessage", data={"chat_id": 111}, files={"text": (None, "multipart")}).json()["ok"]
    assert [sent["text"] for sent in control.get("sent?after=1")] == ["get", "multipart"]


async def test_a_message_arrives_with_its_entities(bot: Bot, control: Control) -> None:
    message = await bot.send_message(111, "<b>مرحبا</b> \u202a&lt;you&gt;", parse_mode="HTML", reply_markup=menu("b:1:0"))
    assert (message.text, message.entities[0].length, message.chat.id) == ("مرحبا <you>", 5, 111)
    [sent] = control.get("sent")
    assert (sent["n"], sent["to"], sent["text"], sent["method"]) == (1, "111", "مرحبا <you>", "sendMessage")
    assert len((await bot.send_message(111, f"<b>{'a' * 4096}</b>", parse_mode="HTML")).text or "") == 4096
    assert sent["buttons"] == [{"title": "Button b:1:0", "token": "b:1:0"}] and sent["message_id"] == message.message_id


@pytest.mark.parametrize(
    ("text", "more", "problem"),
    [
        ("a" * 4097, {}, "message is too long"),
        ("😀" * 2049, {}, "message is too long"),
        ("<b> </b>", {"parse_mode": "HTML"}, "message text is empty"),
        ("<b>one", {"parse_mode": "HTML"}, "can't parse entities"),
        ("one</b>", {"parse_mode": "HTML"}, "can't parse entities"),
        ("<b><i>one</b></i>", {"parse_mode": "HTML"}, "can't parse entities"),
        ("1 < 2", {"parse_mode": "HTML"}, "can't parse entities"),
        ("<div>one</div>", {"parse_mode": "HTML"}, "Unsupported start tag"),
        ("one", {"reply_markup": menu("ع" * 33)}, "button_data_invalid"),
        ("one", {"chat_id": "@somebody"}, "chat not found"),
        ("one", {"reply_to_message_id": 5}, "replied not found"),
    ],
)
async def test_what_telegram_refuses(bot: Bot, control: Control, text: str, more: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){problem}"):
        await bot.send_message(**{"chat_id": 111, "text": text, **more})
    assert control.get("sent") == []


async def test_a_reply_keyboard_asks_for_the_place(bot: Bot, control: Control) -> None:
    keyboard = ReplyKeyboardMarkup([[KeyboardButton("Send my place", request_location=True)], ["No"]])
    assert (await bot.send_message(111, "Where?", reply_markup=keyboard)).reply_markup is None
    assert [button["token"] for button in control.get("sent")[0]["buttons"]] == ["request_location", ""]
    assert control.get("conversation?chat=111")["keyboard"][0]["title"] == "Send my place"
    assert (await bot.send_location(111, 30.42, -9.59)).location


async def test_a_button_is_answered_once_and_its_keyboard_removed(bot: Bot, control: Control) -> None:
    sent = await bot.send_message(111, "Which?", reply_markup=menu("b:1:0", "b:1:1"))
    control.say(press="b:1:1")
    [update] = await bot.get_updates()
    query = update.callback_query
    assert query and query.data == "b:1:1" and query.message and query.message.message_id == sent.message_id
    assert await query.answer()
    with pytest.raises(BadRequest, match="Query is too old"):
        await query.answer()
    await query.edit_message_reply_markup(None)
    with pytest.raises(BadRequest, match="not modified"):
        await query.edit_message_reply_markup(None)


async def test_a_stale_press_takes_no_answer_and_what_was_never_sent_cannot_be_pressed(bot: Bot, control: Control) -> None:
    await bot.send_message(111, "Which?", reply_markup=menu("b:1:0"))
    control.say(press="b:1:0", stale=True)
    with pytest.raises(BadRequest, match="too old"):
        await bot.answer_callback_query((await bot.get_updates())[0].callback_query.id)  # type: ignore[union-attr]
    with pytest.raises(httpx.HTTPStatusError):
        control.say(press="b:9:9")


async def test_too_many_messages_in_a_chat_must_wait(bot: Bot, control: Control) -> None:
    with pytest.raises(RetryAfter):
        for number in range(100):
            await bot.send_message(111, str(number))
    assert 20 <= len(control.get("sent")) < 100
    await bot.send_message(222, "another chat")
    control.post("limits", on=False)
    await bot.send_message(111, "one more")


async def test_scripted_answers_come_once_each_and_only_where_told(bot: Bot, control: Control) -> None:
    answers = [{"status": 429, "retry_after": 2}, {"status": 403}, {"status": 400}, {"status": 500}, {"drop": True}]
    control.post("script", answers=answers, to=111)
    await bot.send_message(222, "not concerned")
    for error in (RetryAfter, Forbidden, BadRequest, NetworkError, NetworkError):
        with pytest.raises(error) as caught:
            await bot.send_message(111, "one")
        assert not isinstance(caught.value, RetryAfter) or caught.value._retry_after.total_seconds() == 2
    await bot.send_message(111, "at last")
    assert [sent["text"] for sent in control.get("sent")] == ["not concerned", "at last"]
    assert [call["status"] for call in control.get("calls")][-6:] == [429, 403, 400, 500, 0, 200]


async def test_what_hangs_was_accepted_all_the_same(bot: Bot, control: Control) -> None:
    control.post("script", answers=[{"hang": True}, {"hang": "close"}, {"slow": 0.1}])
    with pytest.raises(TimedOut):
        await bot.send_message(111, "never answered", read_timeout=0.1)
    with pytest.raises(NetworkError):
        await bot.send_message(111, "closed")
    await bot.send_message(111, "late")
    assert [sent["text"] for sent in control.get("sent")] == ["never answered", "closed", "late"]


async def test_who_blocked_the_bot_is_not_reached(bot: Bot, control: Control) -> None:
    control.say(block=True)
    for call in (bot.send_message(111, "one"), bot.send_chat_action(111, "typing")):
        with pytest.raises(Forbidden, match="blocked by the user"):
            await call
    control.say(unblock=True)
    await bot.send_message(111, "one")
    states = [update.my_chat_member.new_chat_member.status for update in await bot.get_updates() if update.my_chat_member]
    assert states == ["kicked", "member"]


async def test_only_known_chats_when_asked(bot: Bot, control: Control) -> None:
    control.post("limits", known_chats_only=True)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(111, "one")
    control.say(text="Hello")
    assert await bot.send_message(111, "one")


async def test_the_webhook_gets_the_updates_of_a_chat_in_order_and_again_until_taken(bot: Bot, control: Control, inbox: Inbox) -> None:
    inbox.statuses = [500, 503]
    await bot.set_webhook(inbox.url, secret_token="a-secret", allowed_updates=["message"])
    numbers = [control.say(text=str(number)) for number in range(5)]
    await control.idle()
    assert (inbox.texts(), set(inbox.secrets)) == (["0", "0", "0", "1", "2", "3", "4"], {"a-secret"})
    assert [(one["id"], one["status"], one["tries"]) for one in control.get("deliveries")][:2] == [
        (numbers[0], 200, 3),
        (numbers[1], 200, 1),
    ]
    info = await bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (0, "Wrong response from the webhook: 503 Service Unavailable")


async def test_another_chat_does_not_wait_and_what_nobody_asked_for_is_not_sent(bot: Bot, control: Control, inbox: Inbox) -> None:
    inbox.statuses = [500] * 3
    await bot.set_webhook(inbox.url, allowed_updates=["message"])
    control.say(text="first")
    control.say(chat=222, text="other")
    control.say(chat=222, edited="changed")
    await control.idle()
    assert sorted(set(inbox.texts())) == ["first", "other"] and inbox.secrets[0] is None


async def test_disorder_repeats_but_keeps_the_order(bot: Bot, control: Control, inbox: Inbox) -> None:
    await bot.set_webhook(inbox.url)
    control.post("disorder", twice=1.0, late=0.0, seed=7)
    control.say(text="one")
    number = control.say(text="two")
    await control.idle()
    assert inbox.texts() == ["one", "one", "two", "two"]
    control.post("disorder")
    control.post("repeat", update_id=number)
    await control.idle()
    assert inbox.bodies[-1] == inbox.bodies[-2] and len(inbox.bodies) == 5


async def test_polling_acknowledges_with_the_offset(bot: Bot, control: Control) -> None:
    numbers = [control.say(text=text) for text in ("one", "two")]
    assert [update.update_id for update in await bot.get_updates()] == numbers
    assert [update.update_id for update in await bot.get_updates(offset=numbers[1])] == numbers[1:]
    assert await bot.get_updates(offset=numbers[1] + 1) == () and control.get("idle")["idle"]
    control.post("repeat", update_id=numbers[0])
    assert [update.update_id for update in await bot.get_updates(offset=numbers[1] + 1)] == numbers[:1]


async def test_a_long_poll_ends_with_news_and_with_a_rival_and_with_a_webhook(bot: Bot, control: Control) -> None:
    async with new_bot(control.url) as rival:
        first = asyncio.create_task(bot.get_updates(timeout=30))
        await control.until(lambda: "getUpdates" in [call["method"] for call in control.get("calls")])
        second = asyncio.create_task(rival.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await first
        control.say(text="news")
        assert (await second)[0].message.text == "news"  # type: ignore[union-attr]
        await bot.set_webhook("http://127.0.0.1:9/hook")
        with pytest.raises(Conflict, match="webhook is active"):
            await rival.get_updates()


async def test_a_voice_message_is_fetched(bot: Bot, control: Control) -> None:
    control.say(voice={"bytes_b64": base64.b64encode(b"OggS...").decode(), "duration": 7})
    control.say(document={"file_size": 21 * 1024 * 1024})
    voice, document = [update.message.effective_attachment for update in await bot.get_updates() if update.message]
    assert bytes(await (await voice.get_file()).download_as_bytearray()) == b"OggS..."  # type: ignore[union-attr]
    with pytest.raises(BadRequest, match="too big"):
        await document.get_file()  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["voice", "audio", "document", "photo", "video", "video_note", "sticker", "location", "venue", "contact"])
async def test_every_kind_of_message_is_understood(bot: Bot, control: Control, kind: str) -> None:
    cards: dict[str, Any] = {"location": {"latitude": 30.4, "longitude": -9.6}, "contact": {"phone_number": "212600000011"}}
    control.say(**{kind: {**cards, "venue": {**cards["location"], "title": "Café", "address": "1 Test Street"}}.get(kind, {})})
    [update] = await bot.get_updates()
    assert update.message and update.message[kind] and update.message.from_user and update.message.from_user.id == 111


async def test_an_edit_a_name_and_a_text_longer_than_one_message(bot: Bot, control: Control) -> None:
    control.say(text="/start a_b", name="Amina Test", language_code="ar")
    control.say(edited="\u202bcorrected\u202c \u2066x\u2069")
    assert len(control.post("say", chat=111, text="a" * 5000)["update_ids"]) == 2
    first, edited, *rest = await bot.get_updates()
    assert first.message and first.message.entities[0].type == "bot_command" and first.message.from_user.language_code == "ar"  # type: ignore[union-attr]
    assert edited.edited_message and edited.edited_message.text == "corrected \u2066x\u2069" and len(rest) == 2
    assert edited.edited_message.message_id == first.message.message_id


async def test_commands_and_descriptions_by_language(bot: Bot, control: Control) -> None:
    await bot.set_my_commands([BotCommand("start", "Begin")])
    await bot.set_my_commands([BotCommand("start", "ابدأ")], language_code="ar")
    await bot.set_my_description("Dalil", language_code="fr")
    await bot.set_my_short_description("Dalil")
    assert [one.description for one in await bot.get_my_commands(language_code="ar")] == ["ابدأ"]
    assert [one["language_code"] for one in control.get("setup")["commands"]] == ["", "ar"]
    for commands, code in (([BotCommand("Start", "Begin")], "fr"), ([BotCommand("start", "Begin")], "ary")):
        with pytest.raises(BadRequest):
            await bot.set_my_commands(commands, language_code=code)


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[1].glob("channels/fixtures/telegram/*.json")), ids=lambda path: path.stem)
async def test_raw_updates_arrive_as_they_are(control: Control, inbox: Inbox, path: Path) -> None:
    wanted = json.loads(path.read_text())
    control.raw(f"/bot{TOKEN}/setWebhook", data={"url": inbox.url})
    control.post("say", raw=wanted)
    await control.idle()
    assert inbox.bodies == [wanted]
    assert path.stem == "empty_object" or Update.de_json(wanted, None).update_id == wanted["update_id"]


def test_the_page_is_served_without_other_hosts(control: Control) -> None:
    page = control.raw("/", verb="GET").text
    assert "<form" in page and "//" not in page.replace("</", "")
