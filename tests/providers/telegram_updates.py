"""What a person does, as the updates that Telegram makes of it."""

import base64
import copy
import re
import time
from dataclasses import dataclass, field
from typing import Any

from tests.providers.telegram_checks import cleaned, units
from tests.providers.telegram_state import File, Group, Json, Person, State

ENTITIES = {
    "bot_command": re.compile(r"(?<!\S)/\w{1,32}(?:@\w+)?"),
    "url": re.compile(r"https?://[^\s<>]+|(?<![\w@.])www\.[^\s<>]+"),
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "phone_number": re.compile(r"\+\d{8,15}\b"),
}


class Impossible(Exception):
    """What a person cannot do: a mistake in a test."""


@dataclass(frozen=True)
class Medium:
    folder: str
    suffix: str
    usual: Json = field(default_factory=dict)


def media() -> dict[str, Medium]:
    square = {"length": 240, "duration": 3}
    still = {"width": 512, "height": 512, "emoji": "👍", "set_name": "TestSet", "is_animated": False, "is_video": False, "type": "regular"}
    return {
        "voice": Medium("voice", "oga", {"duration": 3, "mime_type": "audio/ogg"}),
        "audio": Medium("music", "mp3", {"duration": 60, "file_name": "test.mp3", "mime_type": "audio/mpeg", "title": "Test"}),
        "document": Medium("documents", "pdf", {"file_name": "test.pdf", "mime_type": "application/pdf"}),
        "video": Medium("videos", "mp4", {"duration": 5, "width": 640, "height": 480, "mime_type": "video/mp4"}),
        "video_note": Medium("video_notes", "mp4", square),
        "sticker": Medium("stickers", "webp", still),
        "photo": Medium("photos", "jpg", {"width": 1280, "height": 960}),
    }


def entities_of(text: str) -> Json:
    """What Telegram finds by itself; positions in UTF-16 units."""
    found = [
        {"offset": units(text[: hit.start()]), "length": units(hit[0]), "type": kind}
        for kind, pattern in ENTITIES.items()
        for hit in pattern.finditer(text)
    ]
    return {"entities": sorted(found, key=lambda entity: entity["offset"])} if found else {}


def pieces(text: str) -> list[str]:
    """A longer text leaves the person's app as several messages."""
    found = [""]
    for letter in text:
        if units(found[-1]) + units(letter) > 4096:
            found.append("")
        found[-1] += letter
    return found


class Saying:
    """Turns `/control/say` into queued updates and gives their numbers."""

    def __init__(self, state: State) -> None:
        self._state, self._media = state, media()

    def say(self, asked: Json) -> list[int]:
        if "raw" in asked:
            return [self._raw(asked["raw"])]
        if "chat" not in asked:
            raise Impossible("chat is missing")
        person = self._person(asked)
        if person.blocked and "unblock" not in asked:
            raise Impossible("this person has blocked the bot")
        return self._said(person, asked)

    def _said(self, person: Person, asked: Json) -> list[int]:
        special = {"press": self._press, "edited": self._edit, "block": self._block, "unblock": self._unblock}
        for name, doing in special.items():
            if asked.get(name):
                return [doing(person, asked)]
        return [self._message(person, content) for content in self._contents(person, asked)]

    def _person(self, asked: Json) -> Person:
        person = self._state.talk.person(int(asked["chat"]))
        person.name = asked.get("name", person.name)
        person.language_code = asked.get("language_code", person.language_code)
        return person

    def _contents(self, person: Person, asked: Json) -> list[Json]:
        for kind in self._media:
            if kind in asked:
                return [{kind: self._medium(kind, asked[kind]), **self._caption(asked)}]
        for kind in ("location", "venue", "contact"):
            if kind in asked:
                return [self._card(person, kind, asked[kind])]
        return self._texts(asked.get("text", ""))

    def _texts(self, text: str) -> list[Json]:
        if not (clean := cleaned(text)):
            raise Impossible("an app does not send an empty text")
        return [{"text": piece, **entities_of(piece)} for piece in pieces(clean)]

    def _caption(self, asked: Json) -> Json:
        return {"caption": cleaned(asked["text"])} if asked.get("text") else {}

    def _card(self, person: Person, kind: str, given: Json) -> Json:
        """A venue comes with its location once more; a contact is one's own unless it says otherwise."""
        if kind == "contact":
            return {kind: {"first_name": person.user()["first_name"], "user_id": person.id, **given}}
        place = given.get("location") or {name: given[name] for name in ("latitude", "longitude")}
        if kind == "location":
            return {kind: {**given}}
        return {"location": place, kind: {"location": place, "title": given.get("title", ""), "address": given.get("address", "")}}

    def _medium(self, kind: str, given: Any) -> Any:
        given = given if isinstance(given, dict) else {}
        medium = self._media[kind]
        kept = self._keep(medium, given)
        whole = {**medium.usual, **{key: value for key, value in given.items() if key != "bytes_b64"}, **kept}
        return [{**whole, **self._keep(medium, given), "width": 90, "height": 67}, whole] if kind == "photo" else whole

    def _keep(self, medium: Medium, given: Json) -> Json:
        """Stores the bytes so that the bot can fetch them; `file_size` may claim more than there are."""
        number, content = self._state.next_id(), base64.b64decode(given.get("bytes_b64", "")) or b"stand-in"
        file = File(f"{medium.folder}/file_{number}.{medium.suffix}", content, given.get("file_size", len(content)), f"AgAD{number}")
        name = f"AwACAgQAAxkBAAI{number}"
        self._state.talk.files[name] = file
        return {"file_id": name, "file_unique_id": file.unique, "file_size": file.size}

    def _message(self, person: Person, content: Json) -> int:
        head = {"message_id": self._state.next_message(), "from": person.user(), "chat": person.chat(), "date": int(time.time())}
        return self._queue(person.id, "message", self._state.keep({**head, **content}))

    def _edit(self, person: Person, asked: Json) -> int:
        own = [found for (chat, _), found in self._state.talk.messages.items() if chat == person.id and found["from"]["id"] == chat]
        texts = [message for message in own if "text" in message]
        if not texts:
            raise Impossible("there is no text of this person to edit")
        texts[-1].pop("entities", None)
        texts[-1].update({"edit_date": int(time.time()), **self._texts(asked["edited"])[0]})
        return self._queue(person.id, "edited_message", texts[-1])

    def _press(self, person: Person, asked: Json) -> int:
        """A button once sent can be pressed for ever; `stale`: so late that Telegram takes no answer any more."""
        number = self._state.talk.pressable.get((person.id, asked["press"]))
        if number is None:
            raise Impossible(f"no such button was sent to {person.id}: {asked['press']}")
        query: Json = {"id": self._state.next_id(), "from": person.user(), "message": self._state.talk.messages[(person.id, number)]}
        if not asked.get("stale"):
            self._state.talk.queries.add(query["id"])
        return self._queue(person.id, "callback_query", {**query, "chat_instance": f"-{person.id}77", "data": asked["press"]})

    def _block(self, person: Person, _: Json) -> int:
        return self._membership(person, "member", "kicked")

    def _unblock(self, person: Person, _: Json) -> int:
        return self._membership(person, "kicked", "member")

    def _membership(self, person: Person, before: str, after: str) -> int:
        person.blocked = after == "kicked"
        head = {"chat": person.chat(), "from": person.user(), "date": int(time.time())}
        return self._queue(person.id, "my_chat_member", {**head, "old_chat_member": self._bot(before), "new_chat_member": self._bot(after)})

    def group(self, group: Group) -> int:
        before, self._state.talk.groups[group.id] = self._state.talk.groups.get(group.id), group
        head = {"chat": group.chat(), "from": Person(111).user(), "date": int(time.time())}
        change = {"old_chat_member": self._bot(before.status if before else "left"), "new_chat_member": self._bot(group.status)}
        return self._queue(group.id, "my_chat_member", {**head, **change})

    def _bot(self, status: str) -> Json:
        return {"user": self._state.bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})

    def _queue(self, chat: int, kind: str, what: Json) -> int:
        """What the bot did not ask for with `allowed_updates` is never queued; the number is used up all the same."""
        number = self._state.number()
        if self._state.webhook.wants(kind):
            self._state.queue(number, chat, {"update_id": number, kind: copy.deepcopy(what)})
        return number

    def _raw(self, body: Json) -> int:
        """As given; a number is added unless it is there, or the whole is empty."""
        number = body.get("update_id", self._state.number())
        return self._state.queue(number, chat_of(body), {"update_id": number, **body} if body else body)


def chat_of(body: Json) -> int:
    """The chat or the person of a raw update: where it waits in line."""
    for found in [part for part in body.values() if isinstance(part, dict)]:
        inside = found.get("chat") or found.get("message", {}).get("chat") or found.get("from") or {}
        return int(inside.get("id", 0))
    return 0
