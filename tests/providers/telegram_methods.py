"""The methods of the Bot API that the stand-in knows; each takes the parameters and gives the result or refuses."""

import copy
import re
import time
from collections.abc import Callable
from typing import Any

from tests.providers.telegram_checks import (
    Params,
    bad,
    buttons_of,
    checked_commands,
    checked_language,
    checked_markup,
    cleaned,
    formatted,
    sized,
    units,
)
from tests.providers.telegram_state import Json, Person, Refused, State, Webhook

CHAT_ACTIONS = ["typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document"]
CHAT_ACTIONS += ["choose_sticker", "find_location", "record_video_note", "upload_video_note"]
PERMISSIONS = ["can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics", "can_edit_tag", "can_add_web_page_previews"]
PERMISSIONS += ["can_react_to_messages"]
MESSAGES = ("messages", "polls", "other_messages", "audios", "documents", "photos", "videos", "video_notes", "voice_notes")
PERMISSIONS += [f"can_send_{kind}" for kind in MESSAGES]
SENDING = ("sendmessage", "sendlocation")
LARGEST = 20 * 1024 * 1024


class Methods:
    """Names are case-insensitive, as at Telegram."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.known: dict[str, Callable[[Params], Any]] = {
            "getme": self.get_me,
            "getchatmember": self.get_member,
            "sendmessage": self.send_message,
            "sendlocation": self.send_location,
            "editmessagereplymarkup": self.edit_markup,
            "answercallbackquery": self.answer_query,
            "sendchataction": self.chat_action,
            "setmycommands": self.set_commands,
            "getmycommands": self.get_commands,
            "setmydescription": self.set_description("description", 512),
            "getmydescription": self.get_description("description"),
            "setmyshortdescription": self.set_description("short_description", 120),
            "getmyshortdescription": self.get_description("short_description"),
            "getfile": self.get_file,
            "setwebhook": self.set_webhook,
            "deletewebhook": self.delete_webhook,
            "getwebhookinfo": self.webhook_info,
        }

    def get_me(self, _: Params) -> Json:
        closed = dict.fromkeys(("can_read_all_group_messages", "supports_inline_queries", "can_connect_to_business"), False)
        return {**self.state.bot, "can_join_groups": True, **closed, "has_main_web_app": False}

    def get_member(self, params: Params) -> Json:
        """Only the bot's own place in a group."""
        group = self.state.talk.group(params.text("chat_id"))
        if group is None:
            raise bad("chat not found")
        group.refuse()
        if params.number("user_id") != self.state.bot["id"]:
            raise bad("PARTICIPANT_ID_INVALID")
        if group.status != "silent":
            return {"status": group.status, "user": self.state.bot}
        return {"status": "restricted", "user": self.state.bot, "is_member": True, "until_date": 0, **dict.fromkeys(PERMISSIONS, False)}

    def send_message(self, params: Params) -> Json:
        person = self._reachable(params)
        text, entities = self._text(params)
        markup = checked_markup(params.data("reply_markup"))
        said = {"text": text} | ({"entities": entities} if entities else {})
        return self._sent("sendMessage", person, said, params, markup)

    def send_location(self, params: Params) -> Json:
        person = self._reachable(params)
        location = {name: params.real(name) for name in ("latitude", "longitude")}
        if abs(location["latitude"]) > 90 or abs(location["longitude"]) > 180:
            raise bad("wrong location specified")
        return self._sent("sendLocation", person, {"location": location}, params, checked_markup(params.data("reply_markup")))

    def edit_markup(self, params: Params) -> Json:
        person = self._reachable(params)
        message = self.state.talk.messages.get((person.id, params.number("message_id")))
        if not message:
            raise bad("message to edit not found")
        if message["from"]["id"] != self.state.bot["id"]:
            raise bad("message can't be edited")
        return self._remarked(message, checked_markup(params.data("reply_markup")))

    def answer_query(self, params: Params) -> bool:
        query = params.text("callback_query_id")
        if query not in self.state.talk.queries:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if units(params.text("text")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.state.talk.queries.remove(query)
        return True

    def chat_action(self, params: Params) -> bool:
        if params.text("action") not in CHAT_ACTIONS:
            raise bad("wrong parameter action in request")
        self._reachable(params)
        return True

    def set_commands(self, params: Params) -> bool:
        self.state.commands[self._scope(params)] = checked_commands(params.data("commands"))
        return True

    def get_commands(self, params: Params) -> list[Json]:
        return self.state.commands.get(self._scope(params), [])

    def set_description(self, name: str, longest: int) -> Callable[[Params], bool]:
        def setting(params: Params) -> bool:
            if units(params.text(name)) > longest:
                raise bad(f"{name} is too long")
            self.state.descriptions[(name, checked_language(params.text("language_code")))] = params.text(name)
            return True

        return setting

    def get_description(self, name: str) -> Callable[[Params], Json]:
        """In the language asked for, else the one for everybody."""

        def getting(params: Params) -> Json:
            known = self.state.descriptions
            return {name: known.get((name, params.text("language_code"))) or known.get((name, ""), "")}

        return getting

    def get_file(self, params: Params) -> Json:
        name = params.text("file_id")
        if not (found := self.state.talk.files.get(name)):
            raise bad("wrong file_id or the file is temporarily unavailable")
        if found.size > LARGEST:
            raise bad("file is too big")
        return {"file_id": name, "file_unique_id": found.unique, "file_size": found.size, "file_path": found.path}

    def set_webhook(self, params: Params) -> Any:
        if not params.text("url"):
            return self.delete_webhook(params)
        self.state.webhook = self._webhook(params)
        self._forget_pending(params)
        self.state.announce()
        return True

    def delete_webhook(self, params: Params) -> bool:
        self.state.webhook = Webhook(allowed=self.state.webhook.allowed)
        self._forget_pending(params)
        self.state.announce()
        return True

    def webhook_info(self, _: Params) -> Json:
        hook = self.state.webhook
        found: Json = {"url": hook.url, "has_custom_certificate": False, "pending_update_count": len(self.state.talk.pending)}
        if hook.error_date:
            found |= {"last_error_date": hook.error_date, "last_error_message": hook.error}
        found |= {"max_connections": hook.room, "ip_address": "127.0.0.1"} if hook.url else {}
        return found | ({"allowed_updates": list(hook.allowed)} if hook.allowed else {})

    def _webhook(self, params: Params) -> Webhook:
        url, secret, room = params.text("url"), params.text("secret_token"), params.number("max_connections", 40)
        if not re.match(r"https?://[^/\s]+", url):
            raise bad("bad webhook: invalid webhook URL specified")
        if not re.fullmatch("[A-Za-z0-9_-]{0,256}", secret):
            raise bad("secret token contains unallowed characters")
        return Webhook(url, secret, self.allowed(params), min(max(room, 1), 100))

    def allowed(self, params: Params) -> tuple[str, ...]:
        """What was set before stays when nothing is said about it."""
        asked = params.data("allowed_updates")
        return self.state.webhook.allowed if asked in (None, "") else tuple(asked)

    def _forget_pending(self, params: Params) -> None:
        if params.text("drop_pending_updates").lower() in ("true", "1", "yes"):
            self.state.talk.pending.clear()

    def _scope(self, params: Params) -> tuple[str, str]:
        return str(params.data("scope") or {"type": "default"}), checked_language(params.text("language_code"))

    def _reachable(self, params: Params) -> Person:
        """The person of this chat, who has not blocked the bot; or the group, in which it may write."""
        chat = params.text("chat_id")
        if group := self.state.talk.group(chat):
            group.refuse()
            if group.status == "silent":
                raise bad("not enough rights to send text messages to the chat")
            return group
        if not chat:
            raise bad("chat_id is empty")
        unknown = self.state.known_chats_only and chat.isdigit() and int(chat) not in self.state.talk.people
        if unknown or not re.fullmatch(r"[1-9]\d{0,14}", chat):
            raise bad("chat not found")
        if (person := self.state.talk.person(int(chat))).blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return person

    def _text(self, params: Params) -> tuple[str, list[Json]]:
        text, entities = formatted(cleaned(params.text("text")), params.text("parse_mode"))
        sized(text)
        return text, entities or params.data("entities") or []

    def _sent(self, method: str, person: Person, said: Json, params: Params, markup: Json) -> Json:
        """The message as it now stands in the chat; it is refused when too many were sent."""
        replied = self._replied(person, params)
        if self.state.limits:
            self.state.talk.flood.count(person.id)
        sender = {"message_id": self.state.next_message(), "from": self.state.bot, "chat": person.chat(), "date": int(time.time())}
        shown = {"reply_markup": markup} if "inline_keyboard" in markup else {}
        message = self.state.keep({**sender, **replied, **said, **shown})
        self._remember(method, message, params, markup)
        return copy.deepcopy(message)

    def _replied(self, person: Person, params: Params) -> Json:
        asked = params.data("reply_parameters") or {}
        found = self.state.talk.messages.get((person.id, asked.get("message_id", 0)))
        if asked and not found and not asked.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        return {"reply_to_message": {key: value for key, value in found.items() if key != "reply_to_message"}} if found else {}

    def _remember(self, method: str, message: Json, params: Params, markup: Json) -> None:
        chat, sent, buttons = message["chat"]["id"], self.state.talk.sent, buttons_of(markup)
        if "keyboard" in markup or markup.get("remove_keyboard"):
            self.state.talk.keyboards[chat] = [] if markup.get("remove_keyboard") else buttons
        self._pressable(message)
        record = {"n": len(sent) + 1, "to": str(chat), "text": message.get("text", ""), "buttons": buttons, "method": method}
        sent.append({**record, "at": time.time(), "message_id": message["message_id"], "raw": params.plain()})

    def _pressable(self, message: Json) -> None:
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if "callback_data" in button:
                    self.state.talk.pressable[(message["chat"]["id"], button["callback_data"])] = message["message_id"]

    def _remarked(self, message: Json, markup: Json) -> Json:
        shown = {"reply_markup": markup} if markup.get("inline_keyboard") else {}
        if shown.get("reply_markup") == message.get("reply_markup"):
            same = "specified new message content and reply markup are exactly the same"
            raise bad(f"message is not modified: {same} as a current content and reply markup of the message")
        message.pop("reply_markup", None)
        message.update({"edit_date": int(time.time()), **shown})
        self._pressable(message)
        return copy.deepcopy(message)
