"""What Telegram refuses in what a bot sends, and how it cleans texts."""

import json
import re
from typing import Any

from tests.providers.telegram_state import Json, Refused

TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)>")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
KINDS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("span", "tg-spoiler"), "spoiler"),
    **{"a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-emoji": "custom_emoji"},
}
DELETED = dict.fromkeys([0x0D, *range(0x2028, 0x202F)])
BLANKED = {number: " " for number in range(32) if number not in (0x0A, 0x0D)}
OBJECTS = ("reply_markup", "entities", "commands", "scope", "allowed_updates", "link_preview_options", "reply_parameters")
ACTIONS = ("url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat", "copy_text", "pay", "callback_game")


def bad(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


def units(text: str) -> int:
    """Telegram counts UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cleaned(text: str) -> str:
    """As TDLib: embeddings and overrides disappear (isolates stay), control characters become spaces, the ends are trimmed."""
    return text.translate(DELETED | BLANKED).strip()


def unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        named, number, hexadecimal = found.groups()
        return NAMED[named] if named else chr(int(number) if number else int(hexadecimal, 16))

    return REFERENCE.sub(one, text)


class Html:
    """Telegram's HTML: a text and its entities, or a refusal."""

    def __init__(self, html: str) -> None:
        self.text, self.entities = "", list[Json]()
        self._html, self._open = html, list[tuple[str, int, str]]()
        self._parse()

    def _parse(self) -> None:
        position = 0
        while (start := self._html.find("<", position)) >= 0:
            self.text += unescaped(self._html[position:start])
            position = self._tag(start)
        self.text += unescaped(self._html[position:])
        if self._open:
            raise self._wrong(f'Can\'t find end tag corresponding to start tag "{self._open[-1][0]}"')

    def _tag(self, start: int) -> int:
        found = TAG.match(self._html, start)
        if not found or found[2].lower() not in KINDS:
            raise self._wrong(f'Unsupported start tag "{found[2] if found else ""}" at byte offset {self._offset(start)}')
        if found[1]:
            self._close(found[2].lower(), start)
        else:
            self._open.append((found[2].lower(), units(self.text), found[3]))
        return found.end()

    def _close(self, name: str, start: int) -> None:
        if not self._open:
            raise self._wrong(f"Unexpected end tag at byte offset {self._offset(start)}")
        opened, offset, attributes = self._open.pop()
        if opened != name:
            raise self._wrong(f'Unmatched end tag at byte offset {self._offset(start)}, expected "</{opened}>", found "</{name}>"')
        if length := units(self.text) - offset:
            self.entities.append({"offset": offset, "length": length, "type": KINDS[name], **self._extra(attributes)})

    def _extra(self, attributes: str) -> Json:
        found = re.search(r"""(href|emoji-id)\s*=\s*["']?([^"'>\s]+)""", attributes)
        return {"url" if found[1] == "href" else "custom_emoji_id": unescaped(found[2])} if found else {}

    def _offset(self, start: int) -> int:
        return len(self._html[:start].encode())

    def _wrong(self, what: str) -> Refused:
        return bad(f"can't parse entities: {what}")


def formatted(text: str, mode: str) -> tuple[str, list[Json]]:
    """The text that people see; only HTML is understood, another mode passes as it is."""
    if mode.lower() != "html":
        return text, []
    parsed = Html(text)
    return parsed.text, sorted(parsed.entities, key=lambda entity: (entity["offset"], -entity["length"]))


def sized(text: str) -> None:
    if not text.strip():
        raise bad("message text is empty")
    if units(text) > 4096:
        raise bad("message is too long")


def checked_markup(data: Any) -> Json:
    """A reply markup that Telegram takes; {} when none was given."""
    if data in (None, ""):
        return {}
    if not isinstance(data, dict):
        raise bad("object expected as reply markup")
    for row in rows(data, "inline_keyboard"):
        for button in row:
            check_inline(button)
    for row in rows(data, "keyboard"):
        for button in row:
            check_reply(button)
    return data


def rows(data: Json, name: str) -> list[list[Any]]:
    found = data.get(name, [])
    if not isinstance(found, list) or any(not isinstance(row, list) for row in found):
        raise bad(f'field "{name}" of the reply markup must be an Array of Arrays')
    if sum(map(len, found)) > 100:
        raise bad("REPLY_MARKUP_TOO_LONG")
    return found


def check_inline(button: Any) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad('can\'t parse inline keyboard button: Field "text" must be a non-empty String')
    if "callback_data" in button:
        if not 1 <= len(str(button["callback_data"]).encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
    elif not any(action in button for action in ACTIONS):
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")


def check_reply(button: Any) -> None:
    text = button.get("text") if isinstance(button, dict) else button
    if not isinstance(text, str) or not text.strip():
        raise bad("can't parse keyboard button: Text must be non-empty")


def buttons_of(markup: Json) -> list[Json]:
    """Every button in order; a reply keyboard's token is what it asks for (`request_location`), or blank."""
    found = [button if isinstance(button, dict) else {"text": button} for row in rows(markup, "inline_keyboard") for button in row]
    found += [button if isinstance(button, dict) else {"text": button} for row in rows(markup, "keyboard") for button in row]
    return [{"title": button["text"], "token": token_of(button)} for button in found]


def token_of(button: Json) -> str:
    asked = [name for name in ("request_location", "request_contact") if button.get(name)]
    return str(button.get("callback_data") or button.get("url") or "".join(asked[:1]))


def checked_commands(data: Any) -> list[Json]:
    if not isinstance(data, list) or len(data) > 100:
        raise bad("expected an Array of BotCommand")
    for command in data:
        if not isinstance(command, dict) or not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", "")).removeprefix("/")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= units(str(command.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return [{"command": command["command"].removeprefix("/"), "description": command["description"]} for command in data]


def checked_language(code: str) -> str:
    if code and not re.fullmatch("[a-z]{2}", code):
        raise bad("invalid language code specified")
    return code


class Params:
    """The parameters of a call: every value of a form is a string, objects in it are JSON."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str) -> str:
        found = self.values.get(name)
        return "" if found is None else found if isinstance(found, str) else json.dumps(found)

    def data(self, name: str) -> Any:
        found = self.values.get(name)
        if not isinstance(found, str) or not found:
            return found
        try:
            return json.loads(found)
        except ValueError:
            raise bad(f"can't parse {name} JSON object") from None

    def number(self, name: str, default: int = 0) -> int:
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise bad(f"{name} must be an Integer") from None

    def real(self, name: str) -> float:
        try:
            return float(self.text(name))
        except ValueError:
            raise bad(f"{name} is empty") from None

    def plain(self) -> Json:
        """With the objects read."""
        return {name: self.data(name) if name in OBJECTS else value for name, value in self.values.items()}
